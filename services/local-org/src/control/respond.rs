//! How calls of the control API reach an org and answer.

use actix_web::{HttpResponse, web};

use crate::cdc::Origin;
use crate::error::ApiError;
use crate::host::{Host, OrgHost};
use crate::http::answer::{Answer, internal};
use crate::store::Tx;
use crate::version::Version;

/// Runs `work` in one transaction of the org's administrator, as if it was done in the user interface.
pub(super) async fn in_transaction(
    host: &Host,
    name: &str,
    work: impl FnOnce(&OrgHost, &mut Tx<'_>) -> Result<Answer, ApiError> + Send + 'static,
) -> HttpResponse {
    let origin = Origin::user_interface(&Version::DEFAULT);
    blocking(host, name, move |org| org.store.transaction_from(&org.store.admin(), &origin, |tx| work(org, tx))).await
}

/// Runs `work`, which waits for the org's database, off the async threads.
pub(crate) async fn blocking(
    host: &Host,
    name: &str,
    work: impl FnOnce(&OrgHost) -> Result<Answer, ApiError> + Send + 'static,
) -> HttpResponse {
    let Some(org) = host.org(name).cloned() else { return no_such_org() };
    let done = web::block(move || work(&org).map(Answer::written)).await;
    let done = done.unwrap_or_else(|error| Err(internal(error.to_string())));
    done.unwrap_or_else(Answer::from).into_response()
}

/// 404: none of the orgs is called so.
pub(crate) fn no_such_org() -> HttpResponse {
    Answer::from(ApiError::new(404, "NOT_FOUND", "There is no org of that name")).into_response()
}

/// 204.
pub(super) fn no_content() -> HttpResponse {
    HttpResponse::NoContent().finish()
}

/// Runs `work`, which is short, where the call arrived.
pub(super) fn at_once(
    host: &Host,
    name: &str,
    work: impl FnOnce(&OrgHost) -> Result<Answer, ApiError>,
) -> HttpResponse {
    let Some(org) = host.org(name) else { return no_such_org() };
    work(org).unwrap_or_else(Answer::from).into_response()
}
