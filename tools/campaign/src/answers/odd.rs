//! The odd answers.

use serde_json::json;
use test_support::{FaultAction, FaultBody, Reply};

/// An answer that the API never gives, or gives in trouble only.
#[derive(Debug, Clone)]
pub(crate) struct Odd {
    pub(crate) name: String,
    pub(crate) action: FaultAction,
}

/// How long a slow answer takes, in milliseconds.
const SLOW: u64 = 700;

/// Statuses in place of the work, with a page and without any body.
const PAGES: [u16; 11] = [200, 201, 302, 400, 403, 404, 409, 500, 502, 503, 504];
const EMPTY: [u16; 13] = [200, 202, 204, 206, 401, 403, 404, 408, 420, 423, 425, 429, 503];

/// All of them.
pub(crate) fn all() -> Vec<Odd> {
    let odd = |name: String, action| Odd { name, action };
    let json = |value| FaultBody::Json { value };
    let mut all = Vec::new();
    for status in PAGES {
        all.push(odd(format!("{status} page"), FaultAction::instead(status, FaultBody::Html)));
    }
    for status in EMPTY {
        all.push(odd(format!("{status} empty"), FaultAction::instead(status, FaultBody::Empty)));
    }
    all.push(odd("200 half an error".to_owned(), FaultAction::instead(200, FaultBody::Truncated)));
    for value in [json!({}), json!([]), json!(null), json!("ok")] {
        all.push(odd(format!("200 {value}"), FaultAction::instead(200, json(value))));
    }
    for (status, code) in [(400, "UNKNOWN_EXCEPTION"), (500, "REQUEST_RUNNING_TOO_LONG"), (503, "SERVER_UNAVAILABLE")] {
        all.push(odd(format!("{status} {code}"), FaultAction::status(status, code, "for a moment")));
    }
    let after = [
        ("page after the work", None, FaultBody::Html),
        ("200 page after the work", Some(200), FaultBody::Html),
        ("nothing after the work", None, FaultBody::Empty),
        ("200 empty after the work", Some(200), FaultBody::Empty),
        ("half of it after the work", None, FaultBody::Truncated),
        ("[] after the work", None, json(json!([]))),
        ("its own with 202", Some(202), FaultBody::Own),
        ("its own with 503", Some(503), FaultBody::Own),
        ("502 page after the work", Some(502), FaultBody::Html),
    ];
    all.extend(after.map(|(name, status, body)| odd(name.to_owned(), FaultAction::afterwards(status, body))));
    let connection = [
        ("dropped before the work", FaultAction::DropBefore),
        ("dropped after the work", FaultAction::DropAfter),
        ("dropped in the middle", FaultAction::DropDuring),
        ("late", FaultAction::DelayAfter { ms: SLOW }),
        ("trickled", FaultAction::Trickle { ms: SLOW }),
    ];
    all.extend(connection.map(|(name, action)| odd(name.to_owned(), action)));
    all
}

/// What a receiver of callbacks does for an odd answer; `None` for one that it cannot give.
pub(crate) fn receiver_reply(action: &FaultAction) -> Option<Reply> {
    match action {
        FaultAction::Answer { executed: false, status: Some(status), body: FaultBody::Html } => {
            Some(Reply::Page(*status))
        }
        FaultAction::Answer { executed: false, status: Some(status), body: FaultBody::Empty } => {
            Some(Reply::Status(*status))
        }
        _ => None,
    }
}
