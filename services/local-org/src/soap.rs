//! The SOAP APIs, as far as programs need them beside REST: logging in (partner and enterprise API) and the Metadata API.
//! Any other call is answered with a fault that says what to use instead.
//!
//! A request takes this way: [`configure`]'s route reads the body, [`envelope`] takes it apart, and [`partner`] or
//! [`metadata`] answers, with what [`crate::xml`] writes; a [`fault`] is an answer, too.

mod answer;
mod api;
mod envelope;
mod fault;
mod metadata;
mod partner;

use actix_web::{HttpRequest, HttpResponse, web};

use self::api::Api;
use self::envelope::Request;
use self::fault::Fault;
use crate::host::Host;
use crate::http::encoding::Encoding;
use crate::version::Version;

/// Largest body that is read, in bytes: an archive of the Metadata API of 39 MB in Base64 (Metadata API Developer Guide,
/// "Deploying and Retrieving Metadata with the Zip File").
const MAX_BODY: usize = 52 * 1024 * 1024;

/// Adds the routes.
pub(crate) fn configure(config: &mut web::ServiceConfig) {
    // The end of the path may be an org's id, or that and a name for statistics.
    let resource = web::resource(["/services/Soap/{api}/{version}", "/services/Soap/{api}/{version}/{rest:.*}"]);
    config.service(resource.app_data(web::PayloadConfig::new(MAX_BODY)).route(web::post().to(call)));
}

async fn call(request: HttpRequest, body: Result<web::Bytes, actix_web::Error>, host: web::Data<Host>) -> HttpResponse {
    let (api, version) = (request.match_info().query("api"), request.match_info().query("version"));
    let Some(api) = Api::parse(api) else { return HttpResponse::NotFound().finish() };
    let Some(version) = Version::parse(&format!("v{version}")) else {
        let message = format!("UNSUPPORTED_API_VERSION: Invalid Api version specified on URL: {version}");
        return Fault::new("UNSUPPORTED_API_VERSION", message).into_response(api);
    };
    // A task of its own, so that a client that goes away does not cancel the call halfway.
    let task = actix_web::rt::spawn(async move { answered(&request, body, &host, api, version).await });
    let done = task.await.unwrap_or_else(|error| Err(Fault::unexpected(&error)));
    done.unwrap_or_else(|fault| fault.into_response(api))
}

async fn answered(
    request: &HttpRequest,
    body: Result<web::Bytes, actix_web::Error>,
    host: &web::Data<Host>,
    api: Api,
    version: Version,
) -> Result<HttpResponse, Fault> {
    let body = body.map_err(|error| Fault::unreadable(error.to_string()))?;
    let body = Encoding::of(request)?.decode(body, MAX_BODY).await?;
    let parsed = Request::parse(&body)?;
    match (api, parsed.operation.as_str()) {
        (Api::Partner | Api::Enterprise, _) => partner::answer(request, host, api, version, parsed, &body).await,
        (Api::Apex, operation) => Err(Fault::unsupported(operation, "a local org runs no Apex")),
        (Api::Metadata, _) => metadata::answer(request, host, parsed).await,
        (Api::Tooling, operation) => {
            Err(Fault::unsupported(operation, "use the Tooling API over REST (/services/data/vXX.X/tooling)"))
        }
    }
}
