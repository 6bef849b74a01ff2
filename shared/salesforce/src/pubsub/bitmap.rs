//! Fields that a change event names as bitmaps (Change Data Capture Developer Guide, "ChangeEventHeader Fields").
//!
//! `0x…` is one big number in hexadecimal whose bit *i* stands for field *i* of the schema; `7-0x…` is the same for the
//! fields of the record inside field 7.

use std::collections::{BTreeMap, BTreeSet};

use thiserror::Error;

/// A field of a schema, and the fields of the record inside it, if there is one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Field {
    pub(super) name: String,
    pub(super) children: Vec<String>,
}

/// A bitmap does not fit the schema.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub(super) enum BitmapError {
    #[error("`{0}` is not a bitmap")]
    Syntax(String),
    #[error("there is no field {0}")]
    NoField(usize),
    #[error("field {parent} has no field {child}")]
    NoChild { parent: usize, child: usize },
}

/// Names of the fields whose bits are set, in the order of the schema; those inside a record as `Parent.Child`.
///
/// A record all of whose fields are set is named alone. One that is set as a whole and in parts is named both ways.
pub(super) fn names(bitmaps: &[String], fields: &[Field]) -> Result<Vec<String>, BitmapError> {
    let mut whole = BTreeSet::new();
    let mut parts: BTreeMap<usize, BTreeSet<usize>> = BTreeMap::new();
    for bitmap in bitmaps {
        let wrong = || BitmapError::Syntax(bitmap.chars().take(40).collect());
        match bitmap.split_once('-') {
            None => whole.extend(bits(bitmap).ok_or_else(wrong)?),
            Some((parent, bitmap)) => {
                let parent = parent.parse().map_err(|_| wrong())?;
                parts.entry(parent).or_default().extend(bits(bitmap).ok_or_else(wrong)?);
            }
        }
    }
    let highest = whole.last().into_iter().chain(parts.keys().next_back()).max();
    if let Some(&highest) = highest.filter(|&&highest| highest >= fields.len()) {
        return Err(BitmapError::NoField(highest));
    }
    let mut names = Vec::new();
    for (index, field) in fields.iter().enumerate() {
        let set = parts.remove(&index).unwrap_or_default();
        if let Some(&child) = set.last().filter(|&&child| child >= field.children.len()) {
            return Err(BitmapError::NoChild { parent: index, child });
        }
        let all = !set.is_empty() && set.len() == field.children.len();
        if all || whole.contains(&index) {
            names.push(field.name.clone());
        }
        if !all {
            let children = field.children.iter().enumerate().filter(|(child, _)| set.contains(child));
            names.extend(children.map(|(_, child)| format!("{}.{child}", field.name)));
        }
    }
    Ok(names)
}

/// Numbers of the bits that are set.
fn bits(text: &str) -> Option<Vec<usize>> {
    let digits = text.strip_prefix("0x").or_else(|| text.strip_prefix("0X"))?;
    if digits.is_empty() {
        return None;
    }
    let mut bits = Vec::new();
    for (place, digit) in digits.chars().rev().enumerate() {
        let digit = digit.to_digit(16)?;
        bits.extend((0..4).filter(|bit| digit & (1 << bit) != 0).map(|bit| place * 4 + bit));
    }
    Some(bits)
}

#[cfg(test)]
mod tests;
