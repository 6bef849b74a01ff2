//! New connections and authorizations: of a user who logs in, or by a private key (JWT bearer flow).

use actix_web::{HttpRequest, HttpResponse, web};
use chrono::Utc;
use serde::Deserialize;
use serde::de::DeserializeOwned;
use url::Url;

use super::answers::{Failed, failed, invalid, not_found};
use super::caller::{Caller, caller};
use super::{login, shown};
use crate::host::Host;
use crate::host::links::{Failure, Kind, Link, Refused, State};
use crate::host::logins::{Assertion, signed};
use crate::http::gateway::with_faults;
use crate::http::request::base_url;

/// What the plugin sends of either kind; each has a name of its own.
#[derive(Deserialize)]
struct Wanted {
    connection_name: Option<String>,
    developer_name: Option<String>,
    login_url: Option<String>,
}

/// With a private key, which is used once and not kept.
#[derive(Deserialize)]
struct WantedByJwt {
    #[serde(flatten)]
    wanted: Wanted,
    alias: Option<String>,
    #[serde(default)]
    client_id: String,
    #[serde(default)]
    jwt_private_key: String,
    #[serde(default)]
    username: String,
}

impl Wanted {
    /// The name of that kind.
    fn name(&self, kind: Kind) -> (&'static str, &str) {
        let (member, name) = match kind {
            Kind::Connection => ("connection_name", &self.connection_name),
            Kind::Authorization => ("developer_name", &self.developer_name),
        };
        (member, name.as_deref().unwrap_or_default())
    }

    /// Whether the login URL, if there is one, leads anywhere. All orgs of this process are behind any of them.
    fn check_login_url(&self) -> Result<(), Failed> {
        let is_url = |text: &String| Url::parse(text).is_ok_and(|url| matches!(url.scheme(), "http" | "https"));
        match self.login_url.as_ref().filter(|url| !is_url(url)) {
            Some(_) => Err(invalid("login_url must be an http or https URL")),
            None => Ok(()),
        }
    }
}

/// `POST …/connections/salesforce` and `POST …/authorizations/salesforce`: a user is to log in at the `redirect_uri`.
pub(super) async fn ask(kind: Kind, request: HttpRequest, body: web::Bytes, host: web::Data<Host>) -> HttpResponse {
    let caller = match called(&host, &request) {
        Ok(caller) => caller,
        Err(refused) => return refused.into(),
    };
    with_faults(&host, &request, None, &body, |_| async {
        let asked = || {
            let wanted: Wanted = read(&body)?;
            wanted.check_login_url()?;
            let state = login::asking(&base_url(&request))?;
            add(&host, &request, &wanted, Link::new(kind, wanted.name(kind).1, &caller.app.name, caller.name(), state))
        };
        asked().unwrap_or_else(HttpResponse::from)
    })
    .await
}

/// `POST …/connections/salesforce/jwt` and `POST …/authorizations/salesforce/jwt`. A login that fails is told by the status
/// of what was made.
pub(super) async fn by_jwt(kind: Kind, request: HttpRequest, body: web::Bytes, host: web::Data<Host>) -> HttpResponse {
    let caller = match called(&host, &request) {
        Ok(caller) => caller,
        Err(refused) => return refused.into(),
    };
    // The body has a private key, which fault rules do not look at.
    with_faults(&host, &request, None, b"", |_| async {
        let wanted: WantedByJwt = match read(&body) {
            Ok(wanted) => wanted,
            Err(refused) => return refused.into(),
        };
        for (member, text) in [
            ("client_id", &wanted.client_id),
            ("jwt_private_key", &wanted.jwt_private_key),
            ("username", &wanted.username),
        ] {
            if text.trim().is_empty() {
                return invalid(&format!("{member} must not be empty")).into();
            }
        }
        if let Err(refused) = wanted.wanted.check_login_url() {
            return refused.into();
        }
        let base_url = base_url(&request);
        let now = Utc::now().timestamp();
        let assertion = signed(&wanted.jwt_private_key, &wanted.client_id, &wanted.username, &base_url, now);
        let assertion = match assertion {
            Ok(assertion) => assertion,
            Err(problem) => return invalid(&format!("jwt_private_key {problem}")).into(),
        };
        let state = match logged_in(&host, &assertion, &base_url, now) {
            Ok((org, user_id)) => login::settled(&host, kind, &org, &user_id).await,
            Err(why) => State::Failed(Failure::authentication(format!("JWT authentication failed: {why}"))),
        };
        let mut link = Link::new(kind, wanted.wanted.name(kind).1, &caller.app.name, caller.name(), state);
        (link.by_jwt, link.alias) = (true, wanted.alias.clone().filter(|alias| !alias.is_empty()));
        add(&host, &request, &wanted.wanted, link).unwrap_or_else(HttpResponse::from)
    })
    .await
}

/// The caller of a route whose last part says where a new link leads.
fn called<'h>(host: &'h Host, request: &HttpRequest) -> Result<Caller<'h>, Failed> {
    let caller = caller(host, request)?;
    match request.match_info().query("key") {
        "salesforce" => Ok(caller),
        "datacloud" => Err(invalid("a local org has no Data Cloud")),
        _ => Err(not_found()),
    }
}

fn read<T: DeserializeOwned>(body: &[u8]) -> Result<T, Failed> {
    // The error would quote what was sent, which may be a key: its place is enough.
    serde_json::from_slice(body).map_err(|error| {
        invalid(&format!("the body is not what is expected at line {}, column {}", error.line(), error.column()))
    })
}

fn add(host: &Host, request: &HttpRequest, wanted: &Wanted, link: Link) -> Result<HttpResponse, Failed> {
    let kind = link.kind;
    let added = host.links.add(link).map_err(|refused| match (refused, kind) {
        (Refused::Exists, Kind::Connection) => failed(409, "conflict", "Connection already exists"),
        (Refused::Exists, Kind::Authorization) => failed(409, "conflict", "Authorization already exists"),
        (Refused::Name | Refused::TooMany, _) => invalid(&format!("{} {refused}", wanted.name(kind).0)),
    })?;
    tracing::info!(name = added.name, kind = ?kind, "the add-on has a new link");
    Ok(HttpResponse::Accepted().json(shown::link(host, &added, &base_url(request))))
}

/// The org and the user whom an assertion logs in, as the token endpoint would.
fn logged_in(host: &Host, assertion: &str, base_url: &str, now: i64) -> Result<(String, String), String> {
    let assertion = Assertion::parse(assertion).ok_or("invalid assertion")?;
    let app = host.logins.app(assertion.issuer()).filter(|app| app.has_certificate());
    let app = app.ok_or("client identifier invalid")?;
    assertion.check(&app, base_url, now).map_err(|doubt| doubt.to_string())?;
    let found = host.orgs.iter().find_map(|org| Some((org, org.user_named(assertion.subject())?)));
    let (org, user) = found.ok_or("user hasn't approved this consumer")?;
    Ok((org.store.name().to_owned(), user.id.clone()))
}
