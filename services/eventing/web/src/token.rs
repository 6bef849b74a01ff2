//! The token that callers and the operator share with this app (`WEBHOOK_TOKEN`).

use ::web::ApiError;
use ::web::token::Token;
use actix_web::dev::Payload;
use actix_web::http::header::{AUTHORIZATION, HeaderMap, HeaderValue};
use actix_web::web::Data;
use actix_web::{FromRequest, HttpRequest};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use secrecy::SecretString;
use shared::config::Reader;
use std::future::{Ready, ready};

/// The setting.
const NAME: &str = "WEBHOOK_TOKEN";

/// Reads `WEBHOOK_TOKEN`. `None` only when [`Reader::finish`] fails.
pub(crate) fn read(reader: &mut Reader<'_>) -> Option<Token> {
    reader.required_value::<SecretString>(NAME, "the output of `openssl rand -hex 32`")?;
    Token::read(reader, NAME)
}

/// Whoever sent the token as `Authorization: Bearer <token>`, or as the whole of that header. A handler that takes one
/// cannot run without it.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Authorized;

/// As [`Authorized`], or the token as password of HTTP Basic, which browsers ask people for and senders take from a URL.
/// Browsers send that along with what other sites make them send, so it is for what such a request cannot abuse only:
/// reading, and bodies of a type that no form has.
#[derive(Debug, Clone, Copy)]
pub(crate) struct AuthorizedOrBasic;

impl FromRequest for Authorized {
    type Error = ApiError;
    type Future = Ready<Result<Self, ApiError>>;

    fn from_request(request: &HttpRequest, _: &mut Payload) -> Self::Future {
        ready(check(request, false).map(|()| Self))
    }
}

impl FromRequest for AuthorizedOrBasic {
    type Error = ApiError;
    type Future = Ready<Result<Self, ApiError>>;

    fn from_request(request: &HttpRequest, _: &mut Payload) -> Self::Future {
        ready(check(request, true).map(|()| Self))
    }
}

fn check(request: &HttpRequest, basic: bool) -> Result<(), ApiError> {
    let token = request.app_data::<Data<Token>>();
    let token = token.ok_or_else(|| ApiError::internal(anyhow::anyhow!("the application holds no Data<Token>")))?;
    let given = credential(request.headers(), basic).ok_or_else(|| {
        ApiError::unauthorized("The token is missing. Send it as Authorization: Bearer and the token.")
    })?;
    if token.matches(&given) {
        Ok(())
    } else {
        tracing::warn!(path = request.path(), "a request with a wrong token was refused");
        Err(ApiError::unauthorized("The token is wrong."))
    }
}

/// The token in `Authorization`.
fn credential(headers: &HeaderMap, basic: bool) -> Option<Vec<u8>> {
    let value = headers.get(AUTHORIZATION).map(HeaderValue::as_bytes)?.trim_ascii();
    let Some((scheme, rest)) = std::str::from_utf8(value).ok()?.split_once(' ') else { return Some(value.to_vec()) };
    if scheme.eq_ignore_ascii_case("bearer") {
        return Some(rest.trim().as_bytes().to_vec());
    }
    if !basic || !scheme.eq_ignore_ascii_case("basic") {
        return None;
    }
    let pair = STANDARD.decode(rest.trim()).ok()?;
    let colon = pair.iter().position(|byte| *byte == b':')?;
    pair.get(colon + 1..).map(<[u8]>::to_vec)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn given(value: &'static str, basic: bool) -> Option<Vec<u8>> {
        let mut headers = HeaderMap::new();
        headers.insert(AUTHORIZATION, HeaderValue::from_static(value));
        credential(&headers, basic)
    }

    #[test]
    fn the_token_is_found_where_senders_put_it() {
        for value in ["Bearer s3cret", "bearer  s3cret ", "s3cret"] {
            assert_eq!(given(value, false).as_deref(), Some(&b"s3cret"[..]), "{value}");
        }
        // any:s3cret
        assert_eq!(given("Basic YW55OnMzY3JldA==", true).as_deref(), Some(&b"s3cret"[..]));
        assert_eq!(given("Basic YW55OnMzY3JldA==", false), None);
        for value in ["Basic *", "Basic czNjcmV0", "Digest s3cret"] {
            assert_eq!(given(value, true), None, "{value}");
        }
        assert_eq!(credential(&HeaderMap::new(), true), None);
    }
}
