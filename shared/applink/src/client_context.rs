//! The `x-client-context` header: on whose behalf, and from which org, this service is called.

use std::fmt;

use base64::alphabet;
use base64::engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig};
use base64::{DecodeError, Engine};
use secrecy::SecretString;
use serde_json::{Map, Value};
use thiserror::Error;

use super::authorization::{api_version, token_matches_org, token_problem};
use salesforce::{AllowedHosts, HostError, SalesforceId, Session};

/// Longest header that is read, in bytes.
pub const MAX_HEADER_BYTES: usize = 16 * 1024;

/// Longest request id or user name, in characters.
const MAX_TEXT_CHARS: usize = 255;

/// Base64 whose padding may be there or not.
const LENIENT: GeneralPurpose = GeneralPurpose::new(
    &alphabet::STANDARD,
    GeneralPurposeConfig::new()
        .with_decode_padding_mode(DecodePaddingMode::Indifferent)
        .with_decode_allow_trailing_bits(true),
);

/// The caller, as Salesforce describes it. `Debug` does not show the access token.
///
/// AppLink's service mesh has authenticated the caller before it lets a request with this header through. A service
/// that can be reached in another way must not trust it.
#[derive(Debug, Clone)]
pub struct ClientContext {
    /// Salesforce's id of the call, opaque; empty when there was none.
    pub request_id: String,
    /// Session of the calling user. It cannot be renewed.
    pub session: Session,
    /// Namespace of the org, when it has one.
    pub namespace: Option<String>,
    /// The user's name, such as `admin@example.com`; empty when there was none.
    pub username: String,
}

/// Why the header was refused. No variant shows what it contained.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum ClientContextError {
    /// Longer than [`MAX_HEADER_BYTES`].
    #[error("x-client-context is longer than {MAX_HEADER_BYTES} bytes")]
    TooLong,
    /// Not base64.
    #[error("x-client-context is not base64")]
    NotBase64,
    /// Not a JSON object in UTF-8.
    #[error("x-client-context is not a JSON object")]
    NotJson,
    /// A field is missing or empty.
    #[error("x-client-context has no `{field}`")]
    Missing {
        /// Name of the field, `userContext.userId` for a nested one.
        field: &'static str,
    },
    /// A field has a value that cannot be accepted.
    #[error("`{field}` of x-client-context {reason}")]
    Invalid {
        /// Name of the field, `userContext.userId` for a nested one.
        field: &'static str,
        /// What is wrong with it.
        reason: String,
    },
}

impl ClientContextError {
    /// Name of the field concerned, if it is about one.
    #[must_use]
    pub fn field(&self) -> Option<&'static str> {
        match self {
            Self::Missing { field } | Self::Invalid { field, .. } => Some(field),
            Self::TooLong | Self::NotBase64 | Self::NotJson => None,
        }
    }
}

impl ClientContext {
    /// Reads the value of the header.
    ///
    /// It takes everything that Salesforce and the other SDKs' helpers send: standard or URL-safe base64 with or
    /// without padding, an API version with a leading `v`, a domain without a scheme, a namespace that is missing,
    /// null, `"null"` or empty, and fields that it does not know.
    ///
    /// # Errors
    /// [`ClientContextError`], also when the org's URL is not among `hosts` or the token is another org's.
    pub fn parse(header: &str, hosts: &AllowedHosts) -> Result<Self, ClientContextError> {
        if header.len() > MAX_HEADER_BYTES {
            return Err(ClientContextError::TooLong);
        }
        let json = decode(header.trim()).map_err(|_| ClientContextError::NotBase64)?;
        // Not a struct: each field is checked by itself, so that the error can name it.
        let sent: Map<String, Value> = serde_json::from_slice(&json).map_err(|_| ClientContextError::NotJson)?;
        let sent = |name: &str| sent.get(name).unwrap_or(&Value::Null);
        let user = match sent("userContext") {
            Value::Null => return Err(ClientContextError::Missing { field: "userContext" }),
            Value::Object(user) => user,
            _ => return Err(invalid("userContext", "is not an object")),
        };
        let user = |name: &str| user.get(name).unwrap_or(&Value::Null);
        let org_id = id("orgId", sent("orgId"), "00D")?;
        let user_id = id("userContext.userId", user("userId"), "005")?;
        let token = required("accessToken", sent("accessToken"))?;
        if let Some(problem) = token_problem(token) {
            return Err(invalid("accessToken", problem));
        }
        if !token_matches_org(token, &org_id) {
            return Err(invalid("accessToken", "is not one of the org in `orgId`"));
        }
        let version = required("apiVersion", sent("apiVersion"))?;
        let api_version = api_version(version).ok_or_else(|| invalid("apiVersion", "is not a version such as 62.0"))?;
        let mut instance_url = hosts
            .check(required("orgDomainUrl", sent("orgDomainUrl"))?)
            .map_err(|error: HostError| invalid("orgDomainUrl", error))?;
        instance_url.set_path("/");
        instance_url.set_query(None);
        instance_url.set_fragment(None);

        let namespace = text("namespace", sent("namespace"))?;
        Ok(Self {
            request_id: label("requestId", sent("requestId"))?,
            session: Session {
                instance_url,
                api_version: api_version.to_owned(),
                access_token: SecretString::from(token),
                org_id,
                user_id,
            },
            namespace: (!matches!(namespace, "" | "null")).then(|| namespace.to_owned()),
            username: label("userContext.username", user("username"))?,
        })
    }

    /// The org that calls.
    #[must_use]
    pub fn org_id(&self) -> &SalesforceId {
        &self.session.org_id
    }
}

/// Either alphabet, also both at once. Nearly all senders use the standard one.
fn decode(text: &str) -> Result<Vec<u8>, DecodeError> {
    LENIENT.decode(text).or_else(|_| LENIENT.decode(text.replace('-', "+").replace('_', "/")))
}

/// A string; missing and null are empty.
fn text<'a>(field: &'static str, value: &'a Value) -> Result<&'a str, ClientContextError> {
    match value {
        Value::Null => Ok(""),
        Value::String(text) => Ok(text.trim()),
        _ => Err(invalid(field, "is not a string")),
    }
}

fn required<'a>(field: &'static str, value: &'a Value) -> Result<&'a str, ClientContextError> {
    match text(field, value)? {
        "" => Err(ClientContextError::Missing { field }),
        text => Ok(text),
    }
}

fn id(field: &'static str, value: &Value, prefix: &str) -> Result<SalesforceId, ClientContextError> {
    let id: SalesforceId = required(field, value)?.parse().map_err(|error| invalid(field, error))?;
    if id.key_prefix() == prefix { Ok(id) } else { Err(invalid(field, format!("does not begin with {prefix}"))) }
}

/// A text that goes into logs.
fn label(field: &'static str, value: &Value) -> Result<String, ClientContextError> {
    let text = text(field, value)?;
    if text.chars().count() > MAX_TEXT_CHARS {
        return Err(invalid(field, format!("is longer than {MAX_TEXT_CHARS} characters")));
    }
    if text.contains(char::is_control) {
        return Err(invalid(field, "contains control characters"));
    }
    Ok(text.to_owned())
}

fn invalid(field: &'static str, reason: impl fmt::Display) -> ClientContextError {
    ClientContextError::Invalid { field, reason: reason.to_string() }
}

#[cfg(test)]
mod tests;
