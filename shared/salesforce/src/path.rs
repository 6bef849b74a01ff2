//! URL paths of REST resources, with every part percent-encoded.

use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};

use super::Error;

/// All but the unreserved characters of RFC 3986.
const RESERVED: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'.').remove(b'_').remove(b'~');

/// Longest API name of an object or field that Salesforce can have: 40 characters, a 15-character namespace, suffixes.
const MAX_NAME: usize = 80;

/// Percent-encodes one path segment or query value.
pub(super) fn encode(text: &str) -> impl std::fmt::Display + '_ {
    utf8_percent_encode(text, RESERVED)
}

/// The path of a resource below the version root: `/sobjects/Account/001…`.
///
/// # Errors
/// [`Error::InvalidRequest`] for an empty segment, `.` and `..`: a URL cannot carry those, they would address another
/// resource.
pub(super) fn resource(segments: &[&str]) -> Result<String, Error> {
    let mut path = String::new();
    for segment in segments {
        if matches!(*segment, "" | "." | "..") {
            return Err(Error::invalid_request(format!("`{segment}` cannot be part of a resource's URL")));
        }
        path.push('/');
        path.extend(utf8_percent_encode(segment, RESERVED));
    }
    Ok(path)
}

/// Checks the API name of an object or field, with relationship paths (`Account.Name`) when `dotted`.
pub(super) fn api_name(name: &str, dotted: bool) -> Result<&str, Error> {
    let part_ok = |part: &str| {
        part.len() <= MAX_NAME
            && part.starts_with(|c: char| c.is_ascii_alphabetic())
            && part.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'_')
    };
    let ok = if dotted { name.split('.').all(part_ok) } else { part_ok(name) };
    if ok { Ok(name) } else { Err(Error::invalid_request(format!("`{name}` is not an API name"))) }
}

/// The root that [`resource`] paths stand below: `/services/data/v62.0`.
pub(super) fn version_root(api_version: &str) -> String {
    format!("/services/data/v{}", encode(api_version))
}
