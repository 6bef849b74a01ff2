//! The request that Salesforce makes of a call of an operation.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use chrono::{SecondsFormat, Utc};
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use reqwest::Method;
use reqwest::header::{HeaderMap, HeaderName, HeaderValue};
use serde_json::{Map, Value, json};
use url::Url;
use uuid::Uuid;

use super::validate;
use crate::apps::App;
use crate::apps::spec::{Location, Media, Operation, Parameter, Place};
use crate::error::ApiError;
use crate::host::{OrgHost, User};
use crate::version::Version;

/// What is escaped in a segment of a path.
const SEGMENT: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'.').remove(b'_').remove(b'~');

/// A request without the client context, which needs a session.
pub(super) struct Outgoing {
    pub(super) method: Method,
    pub(super) url: Url,
    pub(super) headers: HeaderMap,
    /// Content type and bytes.
    pub(super) body: Option<(&'static str, String)>,
    /// The body as a value.
    pub(super) content: Value,
}

impl Outgoing {
    /// Checks what was given against the operation's declaration and puts it in its places, with the callback URL.
    ///
    /// # Errors
    /// 400 naming what is missing or does not fit.
    pub(super) fn new(
        app: &App,
        operation: &Operation,
        mut parameters: Map<String, Value>,
        body: Option<Value>,
        callback_url: Option<&str>,
    ) -> Result<Self, ApiError> {
        let mut content = body.filter(|body| !body.is_null());
        match (operation.callback.as_ref().map(|callback| &callback.place), callback_url) {
            (Some(Place::Query(name)), Some(url)) => {
                parameters.insert(name.clone(), json!(url));
            }
            (Some(Place::Body(pointer)), Some(url)) => {
                let content = content.get_or_insert_with(|| json!({}));
                if !put(content, pointer, json!(url)) {
                    return Err(bad("body", format!("body has no place for the callback URL, {pointer}")));
                }
            }
            _ => {}
        }
        let body = text(app, operation, content.as_ref())?;
        let mut path = operation.path.clone();
        let mut query = Vec::new();
        let mut headers = HeaderMap::new();
        for parameter in &operation.parameters {
            let Some(value) = parameters.remove(&parameter.name).filter(|value| !value.is_null()) else {
                if parameter.required {
                    return Err(bad("parameters", format!("parameter {} is required", parameter.name)));
                }
                continue;
            };
            let values = values(app, parameter, &value)?;
            match parameter.location {
                Location::Path => {
                    let value = utf8_percent_encode(&values.join(","), SEGMENT).to_string();
                    path = path.replace(&format!("{{{}}}", parameter.name), &value);
                }
                Location::Query => query.extend(values.into_iter().map(|value| (parameter.name.clone(), value))),
                Location::Header => {
                    let (name, value) = header(&parameter.name, &values.join(","))?;
                    headers.insert(name, value);
                }
            }
        }
        if let Some(name) = parameters.keys().next() {
            return Err(bad("parameters", format!("{} has no parameter {name}", operation.id)));
        }
        let mut url = Url::parse(&format!("{}{path}", app.url))
            .map_err(|error| bad("parameters", format!("the URL of the call is not valid: {error}")))?;
        if !query.is_empty() {
            url.query_pairs_mut().extend_pairs(query);
        }
        let method = Method::from_bytes(operation.method.as_bytes())
            .map_err(|error| ApiError::new(500, "UNKNOWN_EXCEPTION", error.to_string()))?;
        Ok(Self { method, url, headers, body, content: content.unwrap_or_default() })
    }
}

/// The `x-client-context` header: standard base64 of JSON, as the AppLink service mesh hands it to the app.
pub(super) fn client_context(org: &OrgHost, user: &User, token: &str, request_id: &str, instance_url: &str) -> String {
    let context = json!({
        "requestId": request_id,
        "accessToken": token,
        "apiVersion": Version::DEFAULT.to_string(),
        "namespace": "",
        "orgId": org.store.id(),
        "orgDomainUrl": instance_url,
        "userContext": {"userId": user.id, "username": user.username},
    });
    STANDARD.encode(context.to_string())
}

/// A request id as Salesforce makes them: org, UUID and time.
pub(super) fn request_id(org: &OrgHost) -> String {
    let now = Utc::now().to_rfc3339_opts(SecondsFormat::Micros, true);
    format!("{}-{}-{now}", org.store.id(), Uuid::new_v4())
}

/// The body as it is sent.
fn text(app: &App, operation: &Operation, content: Option<&Value>) -> Result<Option<(&'static str, String)>, ApiError> {
    let (body, content) = match (&operation.body, content) {
        (Some(body), Some(content)) => (body, content),
        (Some(body), None) if body.required => return Err(bad("body", "body is required")),
        (None, Some(_)) => return Err(bad("body", format!("{} takes no body", operation.id))),
        _ => return Ok(None),
    };
    if let Some(problem) = validate::check(&app.spec.document, &body.schema, "body", content).into_iter().next() {
        return Err(bad("body", problem));
    }
    Ok(Some(match body.media {
        Media::Json => ("application/json", content.to_string()),
        Media::Text => ("text/plain", content.as_str().map_or_else(|| content.to_string(), str::to_owned)),
        Media::Form => {
            let members = content.as_object().ok_or_else(|| bad("body", "body is not an object"))?;
            let mut form = url::form_urlencoded::Serializer::new(String::new());
            for (name, value) in members.iter().filter(|(_, value)| !value.is_null()) {
                form.append_pair(name, &plain(value));
            }
            ("application/x-www-form-urlencoded", form.finish())
        }
    }))
}

/// The texts of a parameter, one for each element of a list.
fn values(app: &App, parameter: &Parameter, value: &Value) -> Result<Vec<String>, ApiError> {
    let name = format!("parameter {}", parameter.name);
    if let Some(problem) = validate::check(&app.spec.document, &parameter.schema, &name, value).into_iter().next() {
        return Err(bad("parameters", problem));
    }
    match value {
        Value::Array(elements) => Ok(elements.iter().map(plain).collect()),
        Value::Object(_) => {
            Err(bad("parameters", format!("{name} is an object, which has no place in a URL or header")))
        }
        other => Ok(vec![plain(other)]),
    }
}

fn header(name: &str, value: &str) -> Result<(HeaderName, HeaderValue), ApiError> {
    let name_of = HeaderName::try_from(name);
    let value = HeaderValue::try_from(value);
    match (name_of, value) {
        (Ok(name), Ok(value)) => Ok((name, value)),
        _ => Err(bad("parameters", format!("parameter {name} cannot be a header"))),
    }
}

fn plain(value: &Value) -> String {
    value.as_str().map_or_else(|| value.to_string(), str::to_owned)
}

/// Sets what a JSON pointer leads to, making the objects on the way. Tells whether it could.
fn put(target: &mut Value, pointer: &str, value: Value) -> bool {
    let mut target = target;
    for name in pointer.split('/').skip(1) {
        target = match target {
            Value::Array(elements) => match name.parse::<usize>().ok().and_then(|index| elements.get_mut(index)) {
                Some(element) => element,
                None => return false,
            },
            Value::Object(members) => members.entry(name).or_insert_with(|| json!({})),
            _ => return false,
        };
    }
    *target = value;
    true
}

fn bad(field: &str, message: impl Into<String>) -> ApiError {
    ApiError::new(400, "INVALID_INPUT", message).with_fields([field])
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::put;

    #[test]
    fn the_callback_url_is_put_where_the_expression_says() {
        let mut body = json!({"a": 1});
        assert!(put(&mut body, "/data/callbackUrl", json!("u")));
        assert_eq!(body, json!({"a": 1, "data": {"callbackUrl": "u"}}));
        let mut body = json!({"callbackUrl": ["a", "b"]});
        assert!(put(&mut body, "/callbackUrl/1", json!("u")));
        assert_eq!(body, json!({"callbackUrl": ["a", "u"]}));
        assert!(!put(&mut body, "/callbackUrl/2", json!("u")));
        assert!(!put(&mut json!({"data": 1}), "/data/callbackUrl", json!("u")));
    }
}
