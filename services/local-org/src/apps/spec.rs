//! An OpenAPI 3.0 document as External Services read it, and what they refuse (Salesforce Help, "External Services Schema
//! Definition" with its considerations and limits).
//!
//! [`read`] either gives every operation or every problem, each with its place: `POST /api/quotes: …`.

mod agent;
mod callbacks;
mod content;
mod document;
mod operation;
mod operations;
mod parameters;
mod problems;
mod schemas;
#[cfg(test)]
mod tests;

use serde_json::Value;

pub(crate) use self::document::Document;
pub(crate) use self::operation::{Location, Media, Operation, Parameter, Place, Spec};
pub(crate) use self::problems::Problem;
use self::problems::Problems;

/// Reads a specification in YAML or JSON.
///
/// # Errors
/// All that External Services would refuse.
pub(crate) fn read(text: &str) -> Result<Spec, Vec<Problem>> {
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
