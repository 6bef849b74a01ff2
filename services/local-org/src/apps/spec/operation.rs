//! What a specification says of its operations.

use serde_json::Value;

use super::document::Document;

/// A specification that can be published.
#[derive(Debug)]
pub(crate) struct Spec {
    pub(crate) document: Document,
    pub(crate) title: String,
    pub(crate) operations: Vec<Operation>,
}

/// One operation.
#[derive(Debug, Clone)]
pub(crate) struct Operation {
    /// `operationId`.
    pub(crate) id: String,
    /// HTTP method in upper case.
    pub(crate) method: String,
    /// Path template, such as `/api/jobs/{id}`.
    pub(crate) path: String,
    pub(crate) parameters: Vec<Parameter>,
    pub(crate) body: Option<Body>,
    pub(crate) callback: Option<Callback>,
    /// The permission set that AppLink activates for the call ("user mode plus").
    pub(crate) permission_set: Option<String>,
    /// Whether agents may use it.
    pub(crate) agent_action: bool,
}

/// A parameter.
#[derive(Debug, Clone)]
pub(crate) struct Parameter {
    pub(crate) name: String,
    pub(crate) location: Location,
    pub(crate) required: bool,
    pub(crate) schema: Value,
}

/// Where a parameter stands in the request.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Location {
    Path,
    Query,
    Header,
}

/// A request body.
#[derive(Debug, Clone)]
pub(crate) struct Body {
    pub(crate) media: Media,
    pub(crate) schema: Value,
    pub(crate) required: bool,
}

/// A media type that External Services know.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Media {
    Json,
    Form,
    Text,
}

/// The callback of an asynchronous operation.
#[derive(Debug, Clone)]
pub(crate) struct Callback {
    /// Where the URL stands in the request.
    pub(crate) place: Place,
    /// HTTP method in upper case: POST or PUT.
    pub(crate) method: String,
    /// What is posted.
    pub(crate) schema: Value,
}

/// Where Salesforce puts the callback URL.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Place {
    /// A JSON pointer into the body, `{$request.body#/callbackUrl}`.
    Body(String),
    /// A query parameter, `{$request.query.callbackUrl}`.
    Query(String),
}
