//! The way from a token into the pages of an org (Salesforce Help, "Generate a Frontdoor URL to Bridge into UI Sessions"):
//! what `sf org open` opens. The pages of a local org are its console's.

use actix_web::http::header::LOCATION;
use actix_web::{HttpRequest, HttpResponse, web};
use serde::Deserialize;
use serde_json::json;
use url::form_urlencoded;

use super::identity::bad_token;
use crate::host::Host;
use crate::http::answer::Answer;
use crate::http::request::{base_url, session_of};

#[derive(Deserialize)]
pub(super) struct Wanted {
    redirect_uri: Option<String>,
}

/// `/services/oauth2/singleaccess`: a URL that works once.
pub(super) async fn pass(request: HttpRequest, query: web::Query<Wanted>, host: web::Data<Host>) -> HttpResponse {
    let Some((org, _)) = session_of(&host, &request) else { return bad_token() };
    let pass = host.logins.grants.pass(org.store.name().to_owned());
    let mut parameters = form_urlencoded::Serializer::new(String::new());
    parameters.append_pair("otp", &pass);
    if let Some(start) = &query.redirect_uri {
        parameters.append_pair("startURL", start);
    }
    let uri = format!("{}/secur/frontdoor.jsp?{}", base_url(&request), parameters.finish());
    Answer::ok(json!({"frontdoor_uri": uri})).into_response()
}

#[derive(Deserialize)]
pub(super) struct Entry {
    otp: Option<String>,
    sid: Option<String>,
}

/// `/secur/frontdoor.jsp`: to the org's page in the console, wherever else the URL says to go, as there are no others.
pub(super) async fn enter(entry: web::Query<Entry>, host: web::Data<Host>) -> HttpResponse {
    let by_session = || Some(host.session(entry.sid.as_deref()?)?.0.store.name().to_owned());
    let org = entry.otp.as_deref().and_then(|pass| host.logins.grants.admitted(pass)).or_else(by_session);
    // Without a good pass an org shows its login page; the console asks nobody who they are.
    let page = org.map_or_else(|| "/console".to_owned(), |org| format!("/console/orgs/{org}"));
    HttpResponse::Found().insert_header((LOCATION, page)).finish()
}
