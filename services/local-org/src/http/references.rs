//! References to the results of earlier subrequests: `@{refId.path}` in a URL or anywhere in a body.

use std::borrow::Cow;
use std::collections::HashMap;

use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};
use serde_json::Value;

use super::answer::{Body, halted};
use crate::error::ApiError;
use crate::version::Version;

/// Bodies of subrequests that succeeded, by reference id.
pub(crate) type Results = HashMap<String, Body>;

/// The version from which on a reference to a null is a null, and not an error.
const NULL_REFERENCES: u8 = 52;

/// Whether a reference id has only the characters it may have.
pub(crate) fn is_name(id: &str) -> bool {
    id.starts_with(|first: char| first.is_ascii_alphanumeric())
        && id.chars().all(|c| c.is_ascii_alphanumeric() || c == '_')
}

/// A URL with results, percent-encoded, in the place of references.
pub(crate) fn resolve_url(url: &str, results: &Results, version: Version) -> Result<String, ApiError> {
    let encode = |value: &Value| utf8_percent_encode(&plain(value), NON_ALPHANUMERIC).to_string();
    replace(url, results, version, encode)
}

/// Puts results in the place of references in a value. A text that is nothing but a reference becomes the result itself,
/// a number for example; within a longer text it is written out.
pub(crate) fn resolve(value: &mut Value, results: &Results, version: Version) -> Result<(), ApiError> {
    match value {
        Value::String(text) if any_in(text) => {
            *value = match Part::of(text).as_slice() {
                [Part::Reference(path)] => look_up(path, results, version)?.into_owned(),
                _ => Value::String(replace(text, results, version, plain)?),
            };
        }
        Value::Array(items) => items.iter_mut().try_for_each(|item| resolve(item, results, version))?,
        Value::Object(members) => members.values_mut().try_for_each(|value| resolve(value, results, version))?,
        _ => {}
    }
    Ok(())
}

/// Whether a text may have references in it.
pub(crate) fn any_in(text: &str) -> bool {
    text.contains("@{")
}

/// The reference ids that a text refers to.
pub(crate) fn names(text: &str) -> impl Iterator<Item = &str> {
    let parts = if any_in(text) { Part::of(text) } else { Vec::new() };
    parts.into_iter().filter_map(|part| match part {
        Part::Reference(path) => Some(split(path).0),
        Part::Text(_) => None,
    })
}

/// Calls `found` with each reference id in a value.
pub(crate) fn visit_names(value: &Value, found: &mut impl FnMut(&str)) {
    match value {
        Value::String(text) => names(text).for_each(found),
        Value::Array(items) => items.iter().for_each(|item| visit_names(item, found)),
        Value::Object(members) => members.values().for_each(|value| visit_names(value, found)),
        _ => {}
    }
}

/// A piece of a text.
#[derive(Debug, PartialEq, Eq)]
enum Part<'a> {
    Text(&'a str),
    /// What stands between `@{` and `}`.
    Reference(&'a str),
}

impl<'a> Part<'a> {
    fn of(text: &'a str) -> Vec<Self> {
        let mut parts = Vec::new();
        let mut rest = text;
        while let Some((before, after)) = rest.split_once("@{") {
            let Some((reference, after)) = after.split_once('}') else { break };
            if !before.is_empty() {
                parts.push(Part::Text(before));
            }
            parts.push(Part::Reference(reference));
            rest = after;
        }
        if !rest.is_empty() {
            parts.push(Part::Text(rest));
        }
        parts
    }
}

fn replace(
    text: &str,
    results: &Results,
    version: Version,
    write: impl Fn(&Value) -> String,
) -> Result<String, ApiError> {
    let mut replaced = String::with_capacity(text.len());
    for part in Part::of(text) {
        match part {
            Part::Text(text) => replaced.push_str(text),
            Part::Reference(path) => replaced.push_str(&write(look_up(path, results, version)?.as_ref())),
        }
    }
    Ok(replaced)
}

fn plain(value: &Value) -> String {
    match value {
        Value::String(text) => text.clone(),
        Value::Null => String::new(),
        other => other.to_string(),
    }
}

/// The result that `ref.records[0].Id` names; names are taken in the case in which they are written.
fn look_up<'r>(path: &str, results: &'r Results, version: Version) -> Result<Cow<'r, Value>, ApiError> {
    let (name, steps) = split(path);
    let found = if is_name(name) { results.get(name).and_then(|result| step_into(result, steps)) } else { None };
    found
        .filter(|value| !value.is_null() || version.is_at_least(NULL_REFERENCES))
        .ok_or_else(|| halted(&format!("Invalid reference specified. No value for {path} found in {name}")))
}

fn split(path: &str) -> (&str, &str) {
    path.split_at(path.find(['.', '[']).unwrap_or(path.len()))
}

fn step_into<'r>(result: &'r Body, steps: &str) -> Option<Cow<'r, Value>> {
    match result {
        Body::Json(value) => follow(value, steps).map(Cow::Borrowed),
        // What is asked of it.
        Body::Saved(saved) if steps == ".id" => Some(Cow::Owned(Value::String(saved.id.clone()))),
        other => follow(&other.clone().into_value(), steps).cloned().map(Cow::Owned),
    }
}

fn follow<'r>(result: &'r Value, steps: &str) -> Option<&'r Value> {
    let mut value = result;
    let mut rest = steps;
    while !rest.is_empty() {
        if let Some(index) = rest.strip_prefix('[') {
            let (index, after) = index.split_once(']')?;
            value = value.get(index.parse::<usize>().ok()?)?;
            rest = after;
        } else {
            let (name, after) = split(rest.strip_prefix('.')?);
            value = value.get(name)?;
            rest = after;
        }
    }
    Some(value)
}

#[cfg(test)]
mod tests;
