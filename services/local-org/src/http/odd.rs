//! Answers that the API itself never gives, for faults: what stands between an app and an org may give any.

use std::time::Duration;

use actix_web::HttpResponse;
use actix_web::body::{BodySize, MessageBody, SizedStream, to_bytes};
use actix_web::http::header::{CONTENT_TYPE, HeaderValue};
use actix_web::http::{ConnectionType, StatusCode};
use actix_web::rt::time::sleep;
use actix_web::web::Bytes;
use futures_util::stream::try_unfold;

use super::answer::{Answer, internal};
use crate::error::ApiError;
use crate::faults::{OddAnswer, OddBody};

/// A page of a site in maintenance.
const PAGE: &str = "<!DOCTYPE html>\n<html><head><title>Maintenance</title></head>\n\
                    <body><h1>We are down for maintenance</h1></body></html>\n";
/// Pieces of a body that is sent slowly.
const PIECES: usize = 20;
/// How long what was sent last has to leave before the connection is closed.
const FLUSH: Duration = Duration::from_millis(50);

/// The answer that a rule wants, made of the request's `own`, if it was executed.
pub(super) async fn answer(own: Option<HttpResponse>, wanted: &OddAnswer) -> HttpResponse {
    let own = own.unwrap_or_else(|| Answer::from(ApiError::new(200, "SERVER_UNAVAILABLE", "Busy")).into_response());
    let (mut response, body) = match read(own).await {
        Ok(read) => read,
        Err(failed) => return failed,
    };
    if let Some(status) = wanted.status {
        *response.status_mut() = StatusCode::from_u16(status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    }
    let (content_type, body) = match &wanted.body {
        OddBody::Own => return response.set_body(body).map_into_boxed_body(),
        OddBody::Truncated => return response.set_body(body.slice(..body.len() / 2)).map_into_boxed_body(),
        OddBody::Empty => (None, Bytes::new()),
        OddBody::Html => (Some("text/html;charset=UTF-8"), Bytes::from_static(PAGE.as_bytes())),
        OddBody::Json { value } => (Some("application/json;charset=UTF-8"), Bytes::from(value.to_string())),
    };
    let headers = response.headers_mut();
    headers.remove(CONTENT_TYPE);
    if let Some(content_type) = content_type {
        headers.insert(CONTENT_TYPE, HeaderValue::from_static(content_type));
    }
    response.set_body(body).map_into_boxed_body()
}

/// The answer, whose connection is closed in the middle of its body.
pub(super) async fn cut(own: HttpResponse) -> HttpResponse {
    let (mut response, body) = match read(own).await {
        Ok(read) => read,
        Err(failed) => return failed,
    };
    response.head_mut().set_connection_type(ConnectionType::Close);
    // One byte at least is promised and not sent, so that also an empty answer does not end well.
    let length = body.len().max(1) as u64;
    let stream = try_unfold(Some(body.slice(..body.len() / 2)), |half| async move {
        match half {
            Some(half) => Ok(Some((half, None))),
            None => {
                sleep(FLUSH).await;
                Err(std::io::Error::from(std::io::ErrorKind::ConnectionAborted))
            }
        }
    });
    response.set_body(SizedStream::new(length, stream)).map_into_boxed_body()
}

/// The answer, whose body takes that long.
pub(super) async fn trickled(own: HttpResponse, time: Duration) -> HttpResponse {
    let (response, body) = match read(own).await {
        Ok(read) => read,
        Err(failed) => return failed,
    };
    let (length, piece) = (body.len() as u64, body.len().div_ceil(PIECES).max(1));
    let pause = time / u32::try_from(body.len().div_ceil(piece).max(2) - 1).unwrap_or(u32::MAX);
    let stream = try_unfold((body, false), move |(mut rest, started)| async move {
        if rest.is_empty() {
            return Ok(None);
        }
        if started {
            sleep(pause).await;
        }
        let next = rest.split_to(piece.min(rest.len()));
        Ok::<_, std::io::Error>(Some((next, (rest, true))))
    });
    response.set_body(SizedStream::new(length, stream)).map_into_boxed_body()
}

/// An answer and its body; 500 where that cannot be read.
async fn read(own: HttpResponse) -> Result<(HttpResponse<()>, Bytes), HttpResponse> {
    let (response, body) = own.into_parts();
    if matches!(body.size(), BodySize::None) {
        return Ok((response, Bytes::new()));
    }
    match to_bytes(body).await {
        Ok(body) => Ok((response, body)),
        Err(error) => Err(Answer::from(internal(error.to_string())).into_response()),
    }
}
