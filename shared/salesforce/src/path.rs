//! URL paths of REST resources, with every part percent-encoded.

use percent_encoding::percent_encode_byte;

use super::Error;

/// Longest API name of an object or field that Salesforce can have: 40 characters, a 15-character namespace, suffixes.
const MAX_NAME: usize = 80;

/// The path of a query below the version root.
pub(super) fn query(soql: &str) -> String {
    format!("/query?q={}", encode(soql))
}

/// A path segment or a value of the query, percent-encoded.
pub(super) fn encode(text: &str) -> String {
    let mut encoded = String::with_capacity(2 * text.len());
    push_encoded(&mut encoded, text);
    encoded
}

/// Adds a path segment or a value of the query, percent-encoded but for the unreserved characters of RFC 3986. Byte by byte: a
/// query has thousands, many of which are encoded.
fn push_encoded(path: &mut String, text: &str) {
    for byte in text.bytes() {
        if is_unreserved(byte) { path.push(char::from(byte)) } else { path.push_str(percent_encode_byte(byte)) }
    }
}

fn is_unreserved(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'.' | b'_' | b'~')
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
        push_encoded(&mut path, segment);
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
