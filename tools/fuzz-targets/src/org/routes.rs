//! Requests of any form to any route, one after another.

use local_org::{Asked, Replied};

use super::local::{Org, with_org};

/// Between the requests of an input.
const END: &str = "\n===\n";
/// Stands for the session, for the id of the record, job or deploy that an answer named last, and for the add-on's token.
const SESSION: &str = "SESSION";
const LAST_ID: &str = "LASTID";
/// Requests of an input at most.
const MOST: usize = 12;
/// What is not asked: it makes local-org wait or fail by design, call other servers, or make as much data as is wanted.
const LEFT_OUT: [&str; 6] = ["fault", "cost", "publish", "invoke", "seed", "expire"];

/// Sends the requests of an input: each has a line of method and target, lines of headers, and after an empty line a body.
///
/// # Panics
/// When local-org breaks a promise.
pub fn org_routes(data: &[u8]) {
    let Ok(text) = std::str::from_utf8(data) else { return };
    with_org(data, |org| {
        let mut last_id = "001LO0000000001AAA".to_owned();
        for request in text.split(END).take(MOST) {
            let request = request.replace(SESSION, &org.token).replace(LAST_ID, &last_id);
            if let Some(id) = send(org, &request).and_then(|replied| id_of(&replied)) {
                last_id = id;
            }
        }
    });
}

fn send(org: &Org, request: &str) -> Option<Replied> {
    let (head, body) = request.split_once("\n\n").unwrap_or((request, ""));
    let mut lines = head.lines();
    let (method, target) = lines.next()?.split_once(' ')?;
    let plain = percent_decoded(target);
    if LEFT_OUT.iter().any(|word| plain.contains(word)) {
        return None;
    }
    let headers: Vec<(&str, &[u8])> =
        lines.filter_map(|line| line.split_once(": ")).map(|(name, value)| (name, value.as_bytes())).collect();
    org.send(&Asked { method, target, headers: &headers, body: body.as_bytes() })
}

/// A target in small letters, decoded until nothing is left to decode.
fn percent_decoded(target: &str) -> String {
    let mut text = target.to_ascii_lowercase();
    loop {
        let pair = format!("={}", text.replace('&', "%26").replace('+', "%2B"));
        let decoded =
            url::form_urlencoded::parse(pair.as_bytes()).map(|(_, value)| value.into_owned()).collect::<String>();
        if decoded == text {
            return text;
        }
        text = decoded.to_ascii_lowercase();
    }
}

/// The id that an answer names first.
fn id_of(replied: &Replied) -> Option<String> {
    let text = String::from_utf8_lossy(&replied.body);
    let (_, rest) = text.split_once("\"id\":\"").or_else(|| text.split_once("<id>"))?;
    let id: String = rest.chars().take_while(char::is_ascii_alphanumeric).collect();
    (id.len() == 18).then_some(id)
}
