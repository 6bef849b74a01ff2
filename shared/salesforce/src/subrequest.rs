//! A part of a composite request or a node of a composite graph: both are written alike.

use std::fmt;

use reqwest::Method;
use serde::{Serialize, Serializer};
use serde_json::value::RawValue;

use super::path::{api_name, resource};
use super::{Error, SalesforceId};

/// Stands for the id of a record that an earlier subrequest of the same graph or composite request creates.
///
/// It serializes as the expression `@{refN.id}`, so it is used as the value of a field. It means nothing, or something
/// else, in another graph.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Reference(usize);

impl Reference {
    /// Position of the subrequest in its graph or composite request, from 0.
    #[must_use]
    pub fn index(self) -> usize {
        self.0
    }

    /// Position of the subrequest with this reference id, as an answer gives it.
    pub(super) fn index_of(text: &str) -> Option<usize> {
        let number = text.strip_prefix("ref")?;
        let canonical = number == "0" || !number.starts_with(['0', '+']);
        number.parse().ok().filter(|_| canonical)
    }

    /// The expression that Salesforce replaces by the id, for example `@{ref0.id}`.
    #[must_use]
    pub fn id_expression(self) -> String {
        format!("@{{{self}.id}}")
    }
}

/// The reference id: `ref0`, `ref1`, …
impl fmt::Display for Reference {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "ref{}", self.0)
    }
}

impl Serialize for Reference {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(&format_args!("@{{{self}.id}}"))
    }
}

#[derive(Debug, Clone)]
pub(super) struct Subrequest {
    pub(super) reference: Reference,
    pub(super) method: Method,
    /// API name in lower case; empty for a query.
    pub(super) object: String,
    /// Id of the record, unless the subrequest will tell it.
    pub(super) id: Option<SalesforceId>,
    path: String,
    body: Option<Box<RawValue>>,
}

/// As it is sent; the URL needs the version. Without texts of its own: a request has up to 500.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Written<'a> {
    method: &'a str,
    url: Joined<'a>,
    #[serde(serialize_with = "as_text")]
    reference_id: Reference,
    #[serde(skip_serializing_if = "Option::is_none")]
    body: Option<&'a RawValue>,
}

/// Two texts as one.
struct Joined<'a>(&'a str, &'a str);

impl Serialize for Joined<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let Self(root, path) = self;
        serializer.collect_str(&format_args!("{root}{path}"))
    }
}

/// `ref0`, and not the expression that stands for its id.
fn as_text<S: Serializer>(reference: &Reference, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.collect_str(reference)
}

impl Subrequest {
    pub(super) fn create(index: usize, object: &str, fields: &impl Serialize) -> Result<Self, Error> {
        Self::new(index, Method::POST, object, &[])?.with_body(fields)
    }

    pub(super) fn retrieve(index: usize, object: &str, id: &SalesforceId, fields: &[&str]) -> Result<Self, Error> {
        let mut subrequest = Self::new(index, Method::GET, object, &[id.as_str()])?;
        let fields = fields.iter().map(|field| api_name(field, true)).collect::<Result<Vec<_>, _>>()?;
        if !fields.is_empty() {
            subrequest.path.push_str("?fields=");
            subrequest.path.push_str(&fields.join(","));
        }
        subrequest.id = Some(*id);
        Ok(subrequest)
    }

    pub(super) fn update(
        index: usize,
        object: &str,
        id: &SalesforceId,
        fields: &impl Serialize,
    ) -> Result<Self, Error> {
        let mut subrequest = Self::new(index, Method::PATCH, object, &[id.as_str()])?.with_body(fields)?;
        subrequest.id = Some(*id);
        Ok(subrequest)
    }

    pub(super) fn upsert(
        index: usize,
        object: &str,
        field: &str,
        value: &str,
        fields: &impl Serialize,
    ) -> Result<Self, Error> {
        Self::new(index, Method::PATCH, object, &[api_name(field, false)?, value])?.with_body(fields)
    }

    pub(super) fn delete(index: usize, object: &str, id: &SalesforceId) -> Result<Self, Error> {
        let mut subrequest = Self::new(index, Method::DELETE, object, &[id.as_str()])?;
        subrequest.id = Some(*id);
        Ok(subrequest)
    }

    pub(super) fn query(index: usize, soql: &str) -> Self {
        let path = super::path::query(soql);
        Self { reference: Reference(index), method: Method::GET, object: String::new(), id: None, path, body: None }
    }

    fn new(index: usize, method: Method, object: &str, rest: &[&str]) -> Result<Self, Error> {
        let mut segments = vec!["sobjects", api_name(object, false)?];
        segments.extend(rest);
        let path = resource(&segments)?;
        let object = object.to_ascii_lowercase();
        Ok(Self { reference: Reference(index), method, object, id: None, path, body: None })
    }

    fn with_body(self, fields: &impl Serialize) -> Result<Self, Error> {
        // Kept as text: going through a JSON value would turn decimals into floating-point numbers.
        let body = serde_json::value::to_raw_value(fields)
            .map_err(|error| Error::invalid_request(format!("the fields are not JSON: {error}")))?;
        if !body.get().starts_with('{') {
            return Err(Error::invalid_request("the fields are not a JSON object"));
        }
        Ok(Self { body: Some(body), ..self })
    }

    /// `root` is that of the version ([`version_root`](super::path::version_root)).
    pub(super) fn written<'a>(&'a self, root: &'a str) -> Written<'a> {
        Written {
            method: self.method.as_str(),
            url: Joined(root, &self.path),
            reference_id: self.reference,
            body: self.body.as_deref(),
        }
    }

    /// The earlier subrequests that this one refers to.
    pub(super) fn references(&self) -> impl Iterator<Item = usize> + '_ {
        let text = self.body.as_deref().map_or("", RawValue::get);
        // Few bodies refer to anything, and one sign is found faster than five.
        let text = text.find('@').and_then(|at| text.get(at..)).unwrap_or_default();
        text.split("@{ref").skip(1).filter_map(|rest| {
            let (number, _) = rest.split_once('.')?;
            number.parse().ok().filter(|&index| index < self.reference.0)
        })
    }
}
