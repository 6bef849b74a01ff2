//! One call of the data API, or one subrequest of a composite one: what is asked of which resource.

pub(crate) mod conditions;

use percent_encoding::percent_decode_str;
use serde_json::{Map, Value};
use url::form_urlencoded;

use self::conditions::Conditions;
use super::answer::{malformed_json, not_found};
use super::resource::{Method, Resource};
use crate::error::ApiError;
use crate::soql;
use crate::soql::ast::Query;
use crate::version::Version;

/// Where the data API begins.
pub(crate) const ROOT: &str = "/services/data/";

/// Records on a page of a query result, unless the caller asks for fewer: the most there can be.
pub(crate) const MAX_BATCH_SIZE: usize = 2_000;
const MIN_BATCH_SIZE: usize = 200;

/// A call that is well formed and of a resource that exists.
#[derive(Debug, Clone)]
pub(crate) struct Call {
    /// The one that the path names, which the org has.
    pub(crate) version: Version,
    /// What is to be done with the resource, which can be; `_HttpMethod` of a POST counts, see [`method_of`].
    pub(crate) method: Method,
    /// What the rest of the path names.
    pub(crate) resource: Resource,
    /// Parameters of the query string.
    params: Vec<(String, String)>,
    /// The query of parameter `q`, once it was read.
    pub(crate) query: Option<Query>,
    /// The body, where there is one.
    pub(crate) body: Option<Value>,
    /// Records and children on a page of a query result.
    pub(crate) batch_size: usize,
    /// Whether the caller lets duplicates pass.
    pub(crate) allow_duplicates: bool,
    /// What the headers demand of the record.
    pub(crate) conditions: Conditions,
}

impl Call {
    /// Reads a method and a path such as `/services/data/v62.0/query?q=…`.
    ///
    /// # Errors
    ///
    /// `NOT_FOUND` for a version or resource that does not exist, `METHOD_NOT_ALLOWED` for a method it does not have.
    pub(crate) fn parse(method: &str, target: &str) -> Result<Self, ApiError> {
        let (path, query) = target.split_once('?').unwrap_or((target, ""));
        let params: Vec<_> = form_urlencoded::parse(query.as_bytes()).into_owned().collect();
        let segments = path.strip_prefix(ROOT).ok_or_else(not_found)?.trim_end_matches('/').split('/');
        let segments: Vec<_> = segments
            .map(|segment| percent_decode_str(segment).decode_utf8())
            .collect::<Result<_, _>>()
            .map_err(|_| not_found())?;
        let segments: Vec<&str> = segments.iter().map(AsRef::as_ref).collect();
        let (version, rest) = segments.split_first().ok_or_else(not_found)?;
        let version = Version::parse(version).ok_or_else(not_found)?;
        let resource = resource(rest).ok_or_else(not_found)?;
        let method = method_of(method, &params);
        let method = Method::parse(method)
            .filter(|method| resource.methods().contains(method))
            .ok_or_else(|| method_not_allowed(method, &resource))?;
        Ok(Self {
            version,
            method,
            resource,
            params,
            query: None,
            body: None,
            batch_size: MAX_BATCH_SIZE,
            allow_duplicates: false,
            conditions: Conditions::default(),
        })
    }

    /// The call with this body, if it takes one.
    #[must_use]
    pub(crate) fn with_body(mut self, body: Option<Value>) -> Self {
        self.body = body.filter(|_| self.takes_body());
        self
    }

    /// The operation as which the call is counted.
    pub(crate) fn operation(&self) -> &'static str {
        self.resource.operation(self.method)
    }

    /// Whether the call needs a body.
    pub(crate) fn takes_body(&self) -> bool {
        matches!(self.method, Method::Post | Method::Patch | Method::Put)
    }

    /// A parameter of the query string.
    pub(crate) fn param(&self, name: &str) -> Option<&str> {
        self.params.iter().find(|(key, _)| key == name).map(|(_, value)| value.as_str())
    }

    /// Reads the query of parameter `q` ahead of its execution; none where it is no query, which execution tells.
    pub(crate) fn read_query(&mut self) -> Option<&Query> {
        if self.query.is_none() {
            self.query = soql::parse(self.param("q")?).ok();
        }
        self.query.as_ref()
    }

    /// A parameter that is a comma-separated list.
    pub(crate) fn list_param(&self, name: &str) -> Option<Vec<String>> {
        let list = self.param(name)?.split(',').map(str::trim).filter(|item| !item.is_empty());
        Some(list.map(str::to_owned).collect())
    }

    /// Whether a parameter is `true`.
    pub(crate) fn flag(&self, name: &str) -> bool {
        self.param(name).is_some_and(|value| value.eq_ignore_ascii_case("true"))
    }

    /// The body, which has to be a JSON object.
    pub(crate) fn object_body(&self) -> Result<&Map<String, Value>, ApiError> {
        match &self.body {
            Some(Value::Object(object)) => Ok(object),
            Some(_) => Err(malformed_json("The HTTP entity body must be a JSON object.")),
            None => Err(malformed_json("The HTTP entity body is required, but this request has no entity body.")),
        }
    }

    /// Takes over the batch size of a `Sforce-Query-Options` header; a size out of range becomes the nearest in it.
    pub(crate) fn set_query_options(&mut self, header: &str) {
        let mut sizes = header.split(',').filter_map(|option| {
            let (name, value) = option.split_once('=')?;
            if name.trim().eq_ignore_ascii_case("batchSize") { value.trim().parse::<usize>().ok() } else { None }
        });
        if let Some(size) = sizes.next_back() {
            self.batch_size = size.clamp(MIN_BATCH_SIZE, MAX_BATCH_SIZE);
        }
    }
}

/// The method that is meant: clients that cannot send PATCH send POST with the parameter `_HttpMethod`.
pub(crate) fn method_of<'m>(method: &'m str, params: &'m [(String, String)]) -> &'m str {
    let overridden = params.iter().find(|(name, _)| name == "_HttpMethod").map(|(_, value)| value.as_str());
    if method == "POST" { overridden.unwrap_or(method) } else { method }
}

/// The resource of a path, whose end may name the format: `query.json` is `query`. An external id is taken as it is.
fn resource(segments: &[&str]) -> Option<Resource> {
    let with_format = || {
        let (last, path) = segments.split_last()?;
        let bare: Vec<&str> = path.iter().copied().chain([last.strip_suffix(".json")?]).collect();
        Resource::parse(&bare).filter(|resource| !matches!(resource, Resource::ExternalId { .. }))
    };
    with_format().or_else(|| Resource::parse(segments))
}

fn method_not_allowed(method: &str, resource: &Resource) -> ApiError {
    let mut allowed: Vec<_> = resource.methods().iter().map(ToString::to_string).collect();
    if let Some(get) = allowed.iter().position(|method| method == "GET") {
        allowed.insert(get + 1, "HEAD".to_owned());
    }
    let message = format!("HTTP Method '{method}' not allowed. Allowed are {}", allowed.join(","));
    ApiError::new(405, "METHOD_NOT_ALLOWED", message)
}

#[cfg(test)]
mod tests;
