//! The add-on side of Heroku AppLink: authorizations, from which an app gets an org's URL and a live access token, and
//! connections, to which apps are published. Apps read the first (AppLink's SDKs); the plugin of the Heroku CLI makes, lists
//! and removes both. What is remembered stands in `crate::host::links`; publishing is the concern of External Services.

mod add;
mod answers;
mod caller;
mod login;
mod shown;
pub(crate) mod sso;

use actix_web::{HttpRequest, HttpResponse, web};
use percent_encoding::percent_decode_str;
use serde_json::{Value, json};

pub(crate) use self::answers::{Failed, failed, invalid, not_found};
pub(crate) use self::caller::{Caller, caller};
use crate::host::Host;
use crate::host::links::Kind;
use crate::host::logins::APPLINK_CALLBACK;
use crate::http::gateway::with_faults;
use crate::http::request::base_url;

/// Adds the routes.
pub(crate) fn configure(config: &mut web::ServiceConfig) {
    config.route(APPLINK_CALLBACK, web::get().to(login::back));
    for kind in [Kind::Connection, Kind::Authorization] {
        let all = match kind {
            Kind::Connection => "/addons/{addon}/connections",
            Kind::Authorization => "/addons/{addon}/authorizations",
        };
        let list = move |request, host| list(kind, request, host);
        let one = move |request, host| one(kind, request, host);
        let remove = move |request, host| remove(kind, request, host);
        let ask = move |request, body, host| add::ask(kind, request, body, host);
        let by_jwt = move |request, body, host| add::by_jwt(kind, request, body, host);
        // The last part names a link, or where a new one leads: `salesforce`, `datacloud`.
        let resource = web::resource(format!("{all}/{{key}}"));
        config
            .route(all, web::get().to(list))
            .service(resource.route(web::get().to(one)).route(web::delete().to(remove)).route(web::post().to(ask)))
            .route(&format!("{all}/{{key}}/jwt"), web::post().to(by_jwt));
    }
}

type HostData = web::Data<Host>;

async fn list(kind: Kind, request: HttpRequest, host: HostData) -> HttpResponse {
    if let Err(refused) = caller(&host, &request) {
        return refused.into();
    }
    with_faults(&host, &request, None, b"", |_| async {
        let links = host.links.all(kind);
        HttpResponse::Ok()
            .json(links.iter().map(|link| shown::link(&host, link, &base_url(&request))).collect::<Value>())
    })
    .await
}

/// One by its name, alias or id. An authorization that works comes with an access token.
async fn one(kind: Kind, request: HttpRequest, host: HostData) -> HttpResponse {
    if let Err(refused) = caller(&host, &request) {
        return refused.into();
    }
    let Some(link) = host.links.find(kind, &key(&request)) else { return not_found().into() };
    let org = shown::org_of(&host, &link).map(|(org, _)| org.store.name().to_owned());
    with_faults(&host, &request, org.as_deref(), b"", |_| async {
        let mut body = shown::link(&host, &link, &base_url(&request));
        if let (Kind::Authorization, Some((org, user))) = (kind, shown::org_of(&host, &link)) {
            match org.token(&user.id).await {
                Ok(token) => body["org"]["user_auth"] = shown::session(user, &token),
                Err(error) => return failed(error.status, "internal_error", &error.message).into(),
            }
        }
        HttpResponse::Ok().json(body)
    })
    .await
}

async fn remove(kind: Kind, request: HttpRequest, host: HostData) -> HttpResponse {
    if let Err(refused) = caller(&host, &request) {
        return refused.into();
    }
    with_faults(&host, &request, None, b"", |_| async {
        let Some(link) = host.links.remove(kind, &key(&request)) else { return not_found().into() };
        let mut body = shown::link(&host, &link, &base_url(&request));
        match kind {
            Kind::Connection => {
                body["status"] = json!("disconnecting");
                HttpResponse::Accepted().json(body)
            }
            Kind::Authorization => {
                body["status"] = json!("disconnected");
                HttpResponse::Ok().json(body)
            }
        }
    })
    .await
}

/// What the path names a link by. An alias may have characters that come escaped.
fn key(request: &HttpRequest) -> String {
    percent_decode_str(request.match_info().query("key")).decode_utf8_lossy().into_owned()
}
