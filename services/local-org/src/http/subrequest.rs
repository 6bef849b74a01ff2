//! The subrequests of `composite` and `composite/graph`: how they are written and how their results are.

use std::collections::HashSet;

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use super::answer::{Answer, Body, Saved, http_date, invalid};
use super::call::conditions::Conditions;
use super::call::{Call, ROOT};
use super::references::{self, Results};
use super::resource::Method;
use super::single;
use super::work::{Context, Records};
use crate::error::ApiError;
use crate::version::Version;

/// Headers that only the whole request may have (REST API Developer Guide, "Composite Subrequest").
const FORBIDDEN_HEADERS: [&str; 3] = ["Accept", "Authorization", "Content-Type"];

/// The version from which on a reference id with other characters is refused for the whole request.
const STRICT_REFERENCE_IDS: u8 = 52;

/// One subrequest, or node of a graph, as sent.
#[derive(Debug, Clone, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Subrequest {
    pub(crate) method: String,
    pub(crate) url: String,
    pub(crate) reference_id: String,
    #[serde(default)]
    pub(crate) body: Option<Value>,
    #[serde(default)]
    http_headers: Option<Map<String, Value>>,
}

impl Subrequest {
    /// Runs the subrequest within a transaction, after putting earlier results in the place of references. The result
    /// is kept for later ones. The body is used up.
    pub(crate) fn run(
        &mut self,
        cx: &Context<'_>,
        records: &mut Records<'_, '_>,
        version: Version,
        results: &mut Results,
    ) -> Result<Answer, ApiError> {
        let call = self.call(version, results)?;
        let answer = single::run(cx, records, &call)?;
        if answer.is_success() {
            results.insert(self.reference_id.clone(), answer.body.clone());
        }
        Ok(answer)
    }

    fn call(&mut self, version: Version, results: &Results) -> Result<Call, ApiError> {
        let mut call = match references::any_in(&self.url) {
            true => Call::parse(&self.method, &references::resolve_url(&self.url, results, version)?)?,
            false => Call::parse(&self.method, &self.url)?,
        };
        if let Some(headers) = &self.http_headers {
            let of = |name: &str| headers.iter().find(|(header, _)| header.eq_ignore_ascii_case(name));
            call.conditions = Conditions::of(|name| of(name).and_then(|(_, value)| value.as_str()));
        }
        if let Some(mut body) = self.body.take().filter(|_| call.takes_body()) {
            references::resolve(&mut body, results, version)?;
            call.body = Some(body);
        }
        Ok(call)
    }
}

/// Refuses what makes the whole request wrong, whatever its subrequests do.
pub(crate) fn check(subrequests: &[Subrequest], version: Version) -> Result<(), ApiError> {
    let mut ids = HashSet::new();
    for subrequest in subrequests {
        let Subrequest { method, url, reference_id, http_headers, .. } = subrequest;
        if !ids.insert(reference_id) {
            return Err(invalid(format!("Duplicate referenceId: {reference_id}")));
        }
        let strict = version.is_at_least(STRICT_REFERENCE_IDS);
        if reference_id.is_empty() || (strict && !references::is_name(reference_id)) {
            return Err(invalid(format!("The referenceId '{reference_id}' contains invalid characters.")));
        }
        if !url.starts_with(ROOT) {
            return Err(invalid(format!("The url '{url}' must begin with {ROOT}vXX.X/")));
        }
        if Method::parse(method).is_none() {
            return Err(invalid(format!("The method '{method}' is not supported.")));
        }
        let headers = http_headers.iter().flat_map(Map::keys);
        for header in headers {
            if FORBIDDEN_HEADERS.iter().any(|forbidden| forbidden.eq_ignore_ascii_case(header)) {
                return Err(invalid(format!("The header '{header}' is not allowed in a subrequest.")));
            }
        }
    }
    Ok(())
}

/// A subrequest's element of the response.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Element {
    body: ElementBody,
    http_headers: Headers,
    http_status_code: u16,
    reference_id: String,
}

#[derive(Debug, Serialize)]
#[serde(untagged)]
enum ElementBody {
    Saved(Saved),
    Value(Value),
}

#[derive(Debug, Serialize)]
struct Headers {
    #[serde(rename = "Location", skip_serializing_if = "Option::is_none")]
    location: Option<String>,
    #[serde(rename = "ETag", skip_serializing_if = "Option::is_none")]
    etag: Option<String>,
    #[serde(rename = "Last-Modified", skip_serializing_if = "Option::is_none")]
    last_modified: Option<String>,
}

impl Element {
    /// The element of a subrequest that was answered so.
    pub(crate) fn new(subrequest: Subrequest, mut answer: Answer) -> Self {
        let validators = answer.validators.take();
        let last_modified = validators.as_ref().map(|found| http_date(found.last_modified));
        let etag = validators.and_then(|found| found.etag);
        Self {
            http_headers: Headers { location: answer.location.take(), etag, last_modified },
            http_status_code: answer.status,
            body: match answer.body {
                Body::Saved(saved) => ElementBody::Saved(saved),
                body => ElementBody::Value(body.into_value()),
            },
            reference_id: subrequest.reference_id,
        }
    }
}
