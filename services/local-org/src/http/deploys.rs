//! Deploying over REST: `metadata/deployRequest` (Metadata API Developer Guide, "Deploying Metadata with REST").

use std::sync::Arc;

use actix_web::{HttpRequest, HttpResponse, web};
use serde_json::{Value, json};

use super::answer::{Answer, internal, invalid_session, malformed_json, not_found};
use super::encoding::Encoding;
use super::gateway::counted;
use super::request::{header, session_of};
use crate::deploys::{Deploy, Options, Unended};
use crate::error::ApiError;
use crate::host::{Host, OrgHost, Session};
use crate::version::Version;

/// Largest body that is read, in bytes: an archive of 39 MB, and what stands around it.
pub(crate) const MAX_BODY: usize = 40 * 1024 * 1024;

/// Adds the routes, below `/services/data`.
pub(crate) fn configure(config: &mut web::ServiceConfig) {
    let requests = web::resource("/{version}/metadata/deployRequest");
    let request = web::resource("/{version}/metadata/deployRequest/{id}");
    config
        .service(requests.app_data(web::PayloadConfig::new(MAX_BODY)).route(web::post().to(deploy)))
        .service(request.route(web::get().to(status)).route(web::patch().to(cancel)));
}

type Body = Result<web::Bytes, actix_web::Error>;

async fn deploy(request: HttpRequest, body: Body, host: web::Data<Host>) -> HttpResponse {
    let read = async {
        let body = body.map_err(|error| malformed_json(error.to_string()))?;
        let body = Encoding::of(&request)?.decode(body, MAX_BODY).await?;
        let boundary = header(&request, "Content-Type")
            .and_then(boundary)
            .ok_or_else(|| malformed_json("The Content-Type must be multipart/form-data with a boundary"))?;
        let (options, archive) = parts(&body, &boundary)?;
        Ok::<_, ApiError>((options.unwrap_or_default(), archive.to_vec()))
    };
    let (options, archive) = match read.await {
        Ok(read) => read,
        Err(error) => return Answer::from(error).into_response(),
    };
    answer(&request, &host, move |org, session| {
        let deploy = org.deploys.ask(archive, options_of(&options), &session.user.id, &session.user.name)?;
        let (running, asked) = (Arc::clone(org), Unended::new(&deploy));
        // It goes on when the answer is sent, as in an org.
        std::thread::Builder::new()
            .name("deploy".to_owned())
            .spawn(move || running.deploys.run(&running.store, &asked))
            .map_err(|error| internal(error.to_string()))?;
        Ok(Answer::json(201, shown(&deploy, false)))
    })
    .await
}

async fn status(request: HttpRequest, host: web::Data<Host>) -> HttpResponse {
    let id = request.match_info().query("id").to_owned();
    let with_details = request.query_string().split('&').any(|parameter| parameter == "includeDetails=true");
    answer(&request, &host, move |org, _| {
        let deploy = org.deploys.requests.find_deploy(&id).ok_or_else(not_found)?;
        Ok(Answer::ok(shown(&deploy, with_details)))
    })
    .await
}

/// `{"deployResult": {"status": "Canceling"}}`
async fn cancel(request: HttpRequest, body: web::Bytes, host: web::Data<Host>) -> HttpResponse {
    let id = request.match_info().query("id").to_owned();
    answer(&request, &host, move |org, _| {
        let body: Value = serde_json::from_slice(&body).map_err(|error| malformed_json(error.to_string()))?;
        if body["deployResult"]["status"] != "Canceling" {
            return Err(malformed_json("deployResult.status can only be set to Canceling"));
        }
        let deploy = org.deploys.requests.find_deploy(&id).ok_or_else(not_found)?;
        deploy.cancel();
        Ok(Answer::json(202, shown(&deploy, false)))
    })
    .await
}

/// Answers a call of an administrator, which counts as one of the org.
async fn answer(
    request: &HttpRequest,
    host: &web::Data<Host>,
    work: impl FnOnce(&Arc<OrgHost>, &Session) -> Result<Answer, ApiError> + Send + 'static,
) -> HttpResponse {
    if Version::parse(request.match_info().query("version")).is_none() {
        return Answer::from(not_found()).into_response();
    }
    let Some((org, session)) = session_of(host, request) else {
        return Answer::from(invalid_session()).into_response();
    };
    let (org, working) = (Arc::clone(org), Arc::clone(org));
    counted(host, request, &org, "metadata", b"", |_| async move {
        let done = web::block(move || {
            if !working.store.access(&session.actor())?.administers() {
                let message = "insufficient access rights on cross-reference id";
                return Err(ApiError::new(403, "INSUFFICIENT_ACCESS", message));
            }
            work(&working, &session)
        });
        let done = done.await.unwrap_or_else(|error| Err(internal(error.to_string())));
        done.unwrap_or_else(Answer::from).into_response()
    })
    .await
}

fn shown(deploy: &Deploy, with_details: bool) -> Value {
    json!({
        "id": deploy.id,
        "validatedDeployRequestId": null,
        "deployOptions": deploy.shown_options(),
        "deployResult": deploy.shown(with_details),
    })
}

fn options_of(given: &Value) -> Options {
    let given = &given["deployOptions"];
    let flag = |name: &str, otherwise: bool| given[name].as_bool().unwrap_or(otherwise);
    Options {
        check_only: flag("checkOnly", false),
        rollback_on_error: flag("rollbackOnError", true),
        ignore_warnings: flag("ignoreWarnings", false),
    }
}

/// The boundary that a `Content-Type` header names.
pub(crate) fn boundary(content_type: &str) -> Option<String> {
    let (kind, parameters) = content_type.split_once(';')?;
    if !kind.trim().eq_ignore_ascii_case("multipart/form-data") {
        return None;
    }
    let mut parameters = parameters.split(';').filter_map(|parameter| parameter.split_once('='));
    let (_, value) = parameters.find(|(name, _)| name.trim().eq_ignore_ascii_case("boundary"))?;
    Some(value.trim().trim_matches('"').to_owned()).filter(|value| !value.is_empty())
}

/// The options, which are JSON, and the archive. Clients name the parts in different ways (`json`, `entity_content`; `file`,
/// `fileField`), so what is in them tells.
pub(crate) fn parts<'b>(body: &'b [u8], boundary: &str) -> Result<(Option<Value>, &'b [u8]), ApiError> {
    let delimiter = format!("--{boundary}").into_bytes();
    let (mut options, mut archive) = (None, None);
    let mut places = positions(body, &delimiter);
    let Some(mut from) = places.next() else { return Err(malformed_json("The multipart body has no parts")) };
    for to in places {
        let part = &body[from + delimiter.len()..to];
        from = to;
        let Some(head) = positions(part, b"\r\n\r\n").next() else { continue };
        let content = &part[head + 4..];
        let content = content.strip_suffix(b"\r\n").unwrap_or(content);
        if content.starts_with(b"PK") {
            archive = Some(content);
        } else {
            options = Some(serde_json::from_slice(content).map_err(|error| malformed_json(error.to_string()))?);
        }
    }
    let archive = archive.ok_or_else(|| malformed_json("The multipart body has no zip file"))?;
    Ok((options, archive))
}

/// Where `needle` begins, without overlaps.
fn positions<'b>(body: &'b [u8], needle: &'b [u8]) -> impl Iterator<Item = usize> + 'b {
    let mut from = 0;
    std::iter::from_fn(move || {
        let first = *needle.first()?;
        loop {
            let rest = body.get(from..)?;
            let place = from + rest.iter().position(|byte| *byte == first)?;
            if body[place..].starts_with(needle) {
                from = place + needle.len();
                return Some(place);
            }
            from = place + 1;
        }
    })
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::{boundary, parts};

    #[test]
    fn takes_a_request_apart_whatever_its_parts_are_called() {
        let body = b"--B\r\nContent-Disposition: form-data; name=\"json\"\r\nContent-Type: application/json\r\n\r\n\
            {\"deployOptions\":{\"checkOnly\":true}}\r\n--B\r\nContent-Disposition: form-data; name=\"file\"; \
            filename=\"a.zip\"\r\n\r\nPK\x00\r\n--\r\nx\r\n--B--\r\n";
        let (options, archive) = parts(body, "B").unwrap();
        assert_eq!(options, Some(json!({"deployOptions": {"checkOnly": true}})));
        assert_eq!(archive, b"PK\x00\r\n--\r\nx");
        for broken in [&b""[..], b"--B", b"--B\r\n\r\n{}\r\n--B--", b"--B\r\nx: y\r\n\r\nnone\r\n--B--"] {
            assert!(parts(broken, "B").is_err(), "{broken:?}");
        }
        assert_eq!(boundary("multipart/form-data; boundary=\"a b\"").as_deref(), Some("a b"));
        assert_eq!(boundary("application/json"), None);
    }
}
