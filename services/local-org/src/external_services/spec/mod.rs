//! An OpenAPI 3.0 document as External Services read it, and what they refuse (Salesforce Help, "External Services Schema
//! Definition" with its considerations and limits).
//!
//! [`read`] either gives every operation or every problem, each with its place: `POST /api/quotes: …`.

mod agent;
mod callbacks;
mod content;
mod document;
mod operations;
mod parameters;
mod problems;
mod schemas;
#[cfg(test)]
mod tests;

use serde_json::Value;

pub(super) use self::document::Document;
pub(super) use self::problems::Problem;
use self::problems::Problems;

/// A specification that can be published.
#[derive(Debug)]
pub(super) struct Spec {
    pub(super) document: Document,
    pub(super) title: String,
    pub(super) operations: Vec<Operation>,
}

/// One operation.
#[derive(Debug, Clone)]
pub(super) struct Operation {
    /// `operationId`.
    pub(super) id: String,
    /// HTTP method in upper case.
    pub(super) method: String,
    /// Path template, such as `/api/jobs/{id}`.
    pub(super) path: String,
    pub(super) parameters: Vec<Parameter>,
    pub(super) body: Option<Body>,
    pub(super) callback: Option<Callback>,
    /// The permission set that AppLink activates for the call ("user mode plus").
    pub(super) permission_set: Option<String>,
    /// Whether agents may use it.
    pub(super) agent_action: bool,
}

/// A parameter.
#[derive(Debug, Clone)]
pub(super) struct Parameter {
    pub(super) name: String,
    pub(super) location: Location,
    pub(super) required: bool,
    pub(super) schema: Value,
}

/// Where a parameter stands in the request.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Location {
    Path,
    Query,
    Header,
}

/// A request body.
#[derive(Debug, Clone)]
pub(super) struct Body {
    pub(super) media: Media,
    pub(super) schema: Value,
    pub(super) required: bool,
}

/// A media type that External Services know.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Media {
    Json,
    Form,
    Text,
}

/// The callback of an asynchronous operation.
#[derive(Debug, Clone)]
pub(super) struct Callback {
    /// Where the URL stands in the request.
    pub(super) place: Place,
    /// HTTP method in upper case: POST or PUT.
    pub(super) method: String,
    /// What is posted.
    pub(super) schema: Value,
}

/// Where Salesforce puts the callback URL.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Place {
    /// A JSON pointer into the body, `{$request.body#/callbackUrl}`.
    Body(String),
    /// A query parameter, `{$request.query.callbackUrl}`.
    Query(String),
}

/// Reads a specification in YAML or JSON.
///
/// # Errors
/// All that External Services would refuse.
pub(super) fn read(text: &str) -> Result<Spec, Vec<Problem>> {
    let document = Document::parse(text).map_err(|problem| vec![problem])?;
    let mut problems = Problems::default();
    schemas::check_version(&document, &mut problems);
    document.check_references(&mut problems);
    schemas::check_components(&document, &mut problems);
    let operations = operations::read(&document, &mut problems);
    agent::check_topic(&document, &operations, &mut problems);
    let title = document.root().pointer("/info/title").and_then(Value::as_str).unwrap_or_default().to_owned();
    problems.into_result(Spec { document, title, operations })
}
