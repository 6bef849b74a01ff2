//! Errors that point at a place in the query's text, in the form that a real org gives them.

use super::ast::Place;
use crate::error::ApiError;

/// Most characters of the line shown on either side of the place.
const CONTEXT: usize = 40;

/// An error at a place: the line around it, a caret below it, row and column counted from 1, and the message.
pub(super) fn at(text: &str, place: Place, code: &str, message: impl AsRef<str>) -> ApiError {
    let before = text.get(..place.0).unwrap_or(text);
    let row = before.matches('\n').count() + 1;
    let line_start = before.rfind('\n').map_or(0, |newline| newline + 1);
    let line_before = before.get(line_start..).unwrap_or_default();
    let line_after = text.get(before.len()..).and_then(|rest| rest.lines().next()).unwrap_or_default();
    let column = line_before.chars().count() + 1;

    let shown_before: String = line_before.chars().skip(column.saturating_sub(1 + CONTEXT)).collect();
    let shown_after: String = line_after.chars().take(CONTEXT).collect();
    let caret = " ".repeat(shown_before.chars().count());
    let message = message.as_ref();
    ApiError::new(
        400,
        code,
        format!("\n{shown_before}{shown_after}\n{caret}^\nERROR at Row:{row}:Column:{column}\n{message}"),
    )
}

/// A query that breaks the grammar or a rule about what may stand together.
pub(super) fn malformed(text: &str, place: Place, message: impl AsRef<str>) -> ApiError {
    at(text, place, "MALFORMED_QUERY", message)
}
