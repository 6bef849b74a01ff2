//! Who calls the add-on's API.

use actix_web::HttpRequest;

use super::answers::{Failed, failed, not_found};
use super::sso;
use crate::host::{HerokuApp, Host};
use crate::http::request::{bearer, header};

/// An app, or somebody at the Heroku CLI in its name.
pub(crate) struct Caller<'h> {
    pub(crate) app: &'h HerokuApp,
    /// Email of the Heroku user; the app's own calls have none.
    pub(crate) email: Option<&'static str>,
}

/// Who calls with the add-on's token.
///
/// # Errors
/// 401 for strangers, 404 for another add-on.
pub(crate) fn caller<'h>(host: &'h Host, request: &HttpRequest) -> Result<Caller<'h>, Failed> {
    let app = header(request, "X-App-UUID").and_then(|id| host.heroku_apps.iter().find(|app| app.id == id));
    let app = app.filter(|_| bearer(request) == Some(host.addon.token.as_str()));
    let stranger = || failed(401, "unauthorized", "unauthorized");
    let app = app.ok_or_else(stranger)?;
    // An app sends none. Who sends one has it from the Platform API.
    let email = match header(request, "x-addon-sso") {
        None => None,
        Some(given) => Some(sso::email(&host.addon, given).ok_or_else(stranger)?),
    };
    if request.match_info().query("addon") != host.addon.id {
        return Err(not_found());
    }
    Ok(Caller { app, email })
}

impl Caller<'_> {
    /// Who did it, as records say.
    pub(crate) fn name(&self) -> &str {
        self.email.unwrap_or(&self.app.name)
    }
}
