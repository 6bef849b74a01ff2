//! `login`, `getUserInfo` and `logout` of the partner and the enterprise API (SOAP API Developer Guide). They are the way
//! in of older clients, which then use other APIs.

use std::sync::Arc;

use actix_web::{HttpRequest, HttpResponse, web};

use super::answer::envelope;
use super::api::Api;
use super::envelope::Request;
use super::fault::Fault;
use crate::host::{Host, OrgHost, User};
use crate::http::answer::internal;
use crate::http::gateway::{counted, with_faults};
use crate::http::request::base_url;
use crate::version::Version;
use crate::xml::Xml;

/// How long a session lives without a call, in seconds, as clients are told; a local org does not end it by itself.
const SECONDS_VALID: u32 = 7_200;

/// Answers a call.
pub(super) async fn answer(
    request: &HttpRequest,
    host: &web::Data<Host>,
    api: Api,
    version: Version,
    call: Request,
    body: &[u8],
) -> Result<HttpResponse, Fault> {
    if call.operation == "login" {
        return login(request, host, api, version, &call).await;
    }
    let token = call.session_id.ok_or_else(Fault::session)?;
    let (org, session) = host.session(&token).ok_or_else(Fault::session)?;
    let (org, base_url) = (Arc::clone(org), base_url(request));
    match call.operation.as_str() {
        "getUserInfo" => {
            let mut xml = Xml::default();
            xml.open("getUserInfoResponse").open("result");
            user_info(&mut xml, &org, &session.user)?;
            xml.close("result").close("getUserInfoResponse");
            let execute = |_| async { respond(api, xml) };
            Ok(counted(host, request, &org, "getUserInfo", body, execute).await)
        }
        "logout" => {
            let ending = Arc::clone(&org);
            let execute = |_| async move {
                let ended = web::block(move || ending.end_session(&token)).await;
                let ended = ended.unwrap_or_else(|error| Err(internal(error.to_string())));
                let mut xml = Xml::default();
                xml.open("logoutResponse").close("logoutResponse");
                ended.map_or_else(|error| Fault::from(error).into_response(api), |()| respond(api, xml))
            };
            Ok(counted(host, request, &org, "logout", body, execute).await)
        }
        operation => {
            let instead = format!("use the REST API ({base_url}{}) with the same session", version.path());
            Err(Fault::unsupported(operation, &instead))
        }
    }
}

/// Any password is right, but not none. A login is no API call.
async fn login(
    request: &HttpRequest,
    host: &web::Data<Host>,
    api: Api,
    version: Version,
    call: &Request,
) -> Result<HttpResponse, Fault> {
    let username = call.arguments.value("username").unwrap_or_default();
    let password = call.arguments.value("password").unwrap_or_default();
    let found = host.orgs.iter().find_map(|org| Some((org, org.user_named(username)?)));
    let (org, user) = found.filter(|_| !password.is_empty()).ok_or_else(Fault::login)?;
    let base_url = base_url(request);
    let execute = |_| async {
        let done = match org.token(&user.id).await {
            Ok(token) => logged_in(org, user, &token, &base_url, api, version),
            Err(error) => Err(error.into()),
        };
        done.map_or_else(|fault| fault.into_response(api), |xml| respond(api, xml))
    };
    Ok(with_faults(host, request, Some(org.store.name()), b"", execute).await)
}

fn logged_in(
    org: &OrgHost,
    user: &User,
    token: &str,
    base_url: &str,
    api: Api,
    version: Version,
) -> Result<Xml, Fault> {
    let url = |api: &str| format!("{base_url}/services/Soap/{api}/{version}/{}", org.short_id());
    let mut xml = Xml::default();
    xml.open("loginResponse").open("result");
    xml.text("metadataServerUrl", &url("m"))
        .text("passwordExpired", "false")
        .text("sandbox", "false")
        .text("serverUrl", &url(if api == Api::Partner { "u" } else { "c" }))
        .text("sessionId", token)
        .text("userId", &user.id)
        .open("userInfo");
    user_info(&mut xml, org, user)?;
    xml.close("userInfo").close("result").close("loginResponse");
    Ok(xml)
}

/// `GetUserInfoResult`, in the order of the WSDL, which generated clients insist on.
fn user_info(xml: &mut Xml, org: &OrgHost, user: &User) -> Result<(), Fault> {
    let profile = org.store.transaction(&org.store.admin(), |tx| {
        let soql = format!("SELECT ProfileId FROM User WHERE Id = '{}'", user.id);
        Ok(tx.query(&soql, false, &Version::DEFAULT.to_string())?.records.first().map(|user| user["ProfileId"].clone()))
    })?;
    xml.text("accessibilityMode", "false")
        .text("chatterExternal", "false")
        .text("currencySymbol", "$")
        .text("orgAttachmentFileSizeLimit", "26214400")
        .text("orgDefaultCurrencyIsoCode", "USD")
        .text("orgDefaultCurrencyLocale", "en_US")
        .text("orgDisallowHtmlAttachments", "false")
        .text("orgHasPersonAccounts", "false")
        .text("organizationId", org.store.id())
        .text("organizationMultiCurrency", "false")
        .text("organizationName", org.store.name())
        .text("profileId", profile.as_ref().and_then(serde_json::Value::as_str).unwrap_or_default())
        .optional("roleId", None)
        .value("sessionSecondsValid", SECONDS_VALID)
        .optional("userDefaultCurrencyIsoCode", None)
        .text("userEmail", &user.email)
        .text("userFullName", &user.name)
        .text("userId", &user.id)
        .text("userLanguage", "en_US")
        .text("userLocale", "en_US")
        .text("userName", &user.username)
        .text("userTimeZone", "GMT")
        .text("userType", "Standard")
        .text("userUiSkin", "Theme3");
    Ok(())
}

fn respond(api: Api, xml: Xml) -> HttpResponse {
    let namespaces = format!("xmlns=\"{}\"", api.namespace());
    HttpResponse::Ok().content_type("text/xml; charset=utf-8").body(envelope(&namespaces, &xml.into_string()))
}
