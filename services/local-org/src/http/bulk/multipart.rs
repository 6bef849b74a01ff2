//! A job and its contents in one request: `multipart/form-data` with the parts `job` and `content` (Bulk API 2.0
//! Developer Guide, "Create a Job").

use crate::bulk::refused;
use crate::error::ApiError;

/// Longest contents in characters.
const MAX_CONTENT: usize = 100_000;

/// The boundary that a `Content-Type` header names, if it is that of a multipart body.
pub(super) fn boundary(content_type: &str) -> Option<String> {
    let (kind, parameters) = content_type.split_once(';')?;
    if !kind.trim().eq_ignore_ascii_case("multipart/form-data") {
        return None;
    }
    let mut parameters = parameters.split(';').filter_map(|parameter| parameter.split_once('='));
    let (_, value) = parameters.find(|(name, _)| name.trim().eq_ignore_ascii_case("boundary"))?;
    Some(value.trim().trim_matches('"').to_owned()).filter(|value| !value.is_empty())
}

/// The parts `job` and `content`.
pub(super) fn read<'b>(body: &'b [u8], boundary: &str) -> Result<(&'b [u8], &'b [u8]), ApiError> {
    let text = std::str::from_utf8(body).map_err(|_| malformed("it is not encoded in UTF-8"))?;
    let delimiter = format!("--{boundary}");
    let (mut job, mut content) = (None, None);
    for part in text.split(delimiter.as_str()).skip(1) {
        // The last delimiter is followed by two hyphens.
        let Some(part) = part.strip_prefix("\r\n") else { continue };
        let (head, value) = part.split_once("\r\n\r\n").ok_or_else(|| malformed("a part has no body"))?;
        let value = value.strip_suffix("\r\n").unwrap_or(value);
        match name(head) {
            Some("job") => job = Some(value),
            Some("content") => content = Some(value),
            _ => {}
        }
    }
    let job = job.ok_or_else(|| malformed("the part 'job' is missing"))?;
    let content = content.ok_or_else(|| malformed("the part 'content' is missing"))?;
    if content.chars().count() > MAX_CONTENT {
        let message = format!("The content of a multipart request has at most {MAX_CONTENT} characters");
        return Err(refused("INVALIDJOB", message));
    }
    Ok((job.as_bytes(), content.as_bytes()))
}

/// The name in a part's `Content-Disposition: form-data; name="…"`.
fn name(head: &str) -> Option<&str> {
    let disposition = head
        .lines()
        .find(|line| line.split_once(':').is_some_and(|(name, _)| name.eq_ignore_ascii_case("Content-Disposition")))?;
    let mut parameters = disposition.split(';').filter_map(|parameter| parameter.trim().split_once('='));
    parameters.find(|(name, _)| name.eq_ignore_ascii_case("name")).map(|(_, value)| value.trim_matches('"'))
}

fn malformed(why: &str) -> ApiError {
    refused("INVALIDJOB", format!("The multipart request cannot be read: {why}"))
}

#[cfg(test)]
mod tests {
    use super::{boundary, read};

    #[test]
    fn finds_the_boundary() {
        assert_eq!(boundary("multipart/form-data; boundary=BOUNDARY").as_deref(), Some("BOUNDARY"));
        assert_eq!(boundary("Multipart/Form-Data; charset=x; Boundary=\"a b\"").as_deref(), Some("a b"));
        for other in ["application/json", "text/csv; boundary=x", "multipart/form-data; boundary="] {
            assert_eq!(boundary(other), None, "{other}");
        }
    }

    #[test]
    fn reads_both_parts() {
        let body = "--B\r\nContent-Type: application/json\r\nContent-Disposition: form-data; name=\"job\"\r\n\r\n{}\r\n\
                    --B\r\nContent-Disposition: form-data; name=\"content\"; filename=\"content\"\r\n\r\nId\n1\n\r\n--B--\r\n";
        assert_eq!(read(body.as_bytes(), "B").expect("both"), (b"{}".as_slice(), b"Id\n1\n".as_slice()));
        let job_only = body.replace("content", "other");
        assert_eq!(read(job_only.as_bytes(), "B").expect_err("one").code, "INVALIDJOB");
        assert!(read(b"{}", "B").is_err());
    }
}
