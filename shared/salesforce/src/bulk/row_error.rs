//! The column `sf__Error`: `CODE:message:fields --`.

use super::super::path::api_name;
use super::super::{ApiError, Cleaner};

/// Reads the text of `sf__Error`. The message may hold colons of its own; the fields, separated by commas, may be
/// missing. Text of another form becomes the message of an error without a known code.
pub(super) fn parse(text: &str, cleaner: &Cleaner) -> ApiError {
    let text = cleaner.text(text);
    let whole = text.trim();
    let Some((code, rest)) =
        whole.split_once(':').map(|(code, rest)| (code.trim(), rest)).filter(|(code, _)| is_code(code))
    else {
        let code = if is_code(whole) { whole } else { "UNKNOWN" };
        return ApiError { error_code: code.to_owned(), message: whole.to_owned(), fields: Vec::new() };
    };
    let rest = rest.trim_end();
    let (message, fields) = match rest.strip_suffix("--") {
        None => (rest, Vec::new()),
        Some(body) => match body.rsplit_once(':').map(|(message, fields)| (message, names(fields))) {
            Some((message, Some(fields))) => (message, fields),
            _ => (body, Vec::new()),
        },
    };
    ApiError { error_code: code.to_owned(), message: message.trim().to_owned(), fields }
}

fn is_code(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|b| b.is_ascii_uppercase() || b.is_ascii_digit() || b == b'_')
}

/// Names of fields separated by commas, or nothing; `None` when it is something else, the end of a message perhaps.
fn names(text: &str) -> Option<Vec<String>> {
    let text = text.trim();
    if text.is_empty() {
        return Some(Vec::new());
    }
    text.split(',').map(|name| api_name(name.trim(), true).ok().map(str::to_owned)).collect()
}
