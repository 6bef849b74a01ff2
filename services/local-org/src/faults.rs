//! Injected faults: rules that make matching requests fail, vanish, wait or be answered by something else.
//!
//! The first live rule that matches a request decides alone. A rule lives until it was used `times` times or `forMs`
//! has passed since it was set.

use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use crate::error::ApiError;

/// Which requests a rule is for and what it does to them.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Rule {
    /// Name of the org; any when absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub org: Option<String>,
    /// HTTP method in upper case; any when absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub method: Option<String>,
    /// Text in the request's path and query, as sent or percent-decoded.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub path_contains: Option<String>,
    /// Text in the request's body.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub body_contains: Option<String>,
    /// Matching requests to let pass first.
    #[serde(default)]
    pub skip: u64,
    /// Requests to act on; all when absent.
    #[serde(default)]
    pub times: Option<u64>,
    /// Milliseconds after which the rule is dead; never when absent.
    #[serde(default)]
    pub for_ms: Option<u64>,
    /// What happens.
    pub action: Action,
}

/// What a rule does to a request.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "camelCase", rename_all_fields = "camelCase", deny_unknown_fields)]
pub enum Action {
    /// Answers with this error; nothing is executed.
    Status {
        /// HTTP status.
        status: u16,
        /// Salesforce's error code.
        error_code: String,
        /// For people, beside the code.
        #[serde(default)]
        message: String,
        /// Value of a `Retry-After` header, in seconds.
        #[serde(default)]
        retry_after: Option<u64>,
    },
    /// Answers what the API never would.
    Answer(OddAnswer),
    /// Closes the connection; nothing is executed.
    DropBefore,
    /// Executes and commits, then closes the connection without an answer.
    DropAfter,
    /// Executes and commits, then closes the connection in the middle of the answer's body.
    DropDuring,
    /// Waits, then executes.
    DelayBefore {
        /// How long, in milliseconds.
        ms: u64,
    },
    /// Executes and commits, then waits with the answer.
    DelayAfter {
        /// How long, in milliseconds.
        ms: u64,
    },
    /// Executes and commits, then sends the answer's body in small pieces.
    Trickle {
        /// Milliseconds from the first piece to the last.
        ms: u64,
    },
    /// Fails every create and update of an object's records within the request.
    RecordError(RecordError),
}

/// An answer that is none of the API: a proxy's page, a status from somewhere between, JSON of another kind.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct OddAnswer {
    /// Whether the request is executed and committed first.
    #[serde(default)]
    pub executed: bool,
    /// HTTP status; when absent that of the request's own answer, or 200 where it is not executed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub status: Option<u16>,
    /// What stands in the answer in place of what the API would write.
    pub body: OddBody,
}

/// The body of an [`OddAnswer`].
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "camelCase", deny_unknown_fields)]
pub enum OddBody {
    /// The request's own; only for a request that is executed.
    Own,
    /// None, and no `Content-Type`.
    Empty,
    /// A page for people, as of a site in maintenance.
    Html,
    /// The first half of the request's own body, or of an error where it is not executed; a whole answer for HTTP.
    Truncated,
    /// This JSON.
    Json {
        /// Any value.
        value: Value,
    },
}

/// The error that records of an object fail with.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct RecordError {
    /// API name of the object.
    pub object: String,
    /// Salesforce's error code.
    pub error_code: String,
    /// For people, beside the code.
    #[serde(default)]
    pub message: String,
    /// Fields at fault.
    #[serde(default)]
    pub fields: Vec<String>,
    /// Only records with this text in one of their text fields; all when absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub record_contains: Option<String>,
}

impl RecordError {
    /// The error for a record of `object` with these fields, if the rule is for it.
    pub fn of(&self, object: &str, record: &Map<String, Value>) -> Option<ApiError> {
        let meant =
            |text: &String| record.values().any(|value| value.as_str().is_some_and(|value| value.contains(text)));
        (self.object.eq_ignore_ascii_case(object) && self.record_contains.as_ref().is_none_or(meant))
            .then(|| ApiError::new(400, &self.error_code, &self.message).with_fields(self.fields.iter()))
    }
}

/// A rule as the control API lists it.
#[derive(Debug, Clone, Serialize)]
pub struct Listed {
    /// Number of the rule.
    pub id: u64,
    /// Requests it acted on.
    pub hits: u64,
    /// Which calls it meets, and what becomes of them.
    #[serde(flatten)]
    pub rule: Rule,
}

/// What a rule sees of a request.
#[derive(Debug, Clone, Copy)]
pub struct Probe<'a> {
    /// The org's name, where the request is known to be for one.
    pub org: Option<&'a str>,
    /// HTTP method.
    pub method: &'a str,
    /// Path and query as sent.
    pub path: &'a str,
    /// Body as sent.
    pub body: &'a [u8],
}

/// The rules in force.
#[derive(Debug, Default)]
pub struct Faults(Mutex<Rules>);

#[derive(Debug, Default)]
struct Rules {
    last_id: u64,
    entries: Vec<Entry>,
}

#[derive(Debug)]
struct Entry {
    id: u64,
    rule: Rule,
    since: Instant,
    matched: u64,
    hits: u64,
}

impl Faults {
    /// Sets a rule behind those in force and gives its number.
    pub fn add(&self, rule: Rule) -> u64 {
        let mut rules = self.rules();
        rules.last_id += 1;
        let id = rules.last_id;
        rules.entries.push(Entry { id, rule, since: Instant::now(), matched: 0, hits: 0 });
        id
    }

    /// All rules, dead ones too, in the order in which they were set.
    pub fn list(&self) -> Vec<Listed> {
        self.rules().entries.iter().map(Entry::listed).collect()
    }

    /// The rules that still act, in the order in which they were set.
    pub fn in_force(&self) -> Vec<Listed> {
        self.rules().entries.iter().filter(|entry| entry.is_live()).map(Entry::listed).collect()
    }

    /// Removes all rules.
    pub fn clear(&self) {
        self.rules().entries.clear();
    }

    /// Removes one rule; whether there was one.
    pub fn remove(&self, id: u64) -> bool {
        let mut rules = self.rules();
        let before = rules.entries.len();
        rules.entries.retain(|entry| entry.id != id);
        rules.entries.len() < before
    }

    /// What is to happen to a request, counted as a hit of the rule that says so.
    pub fn take(&self, probe: &Probe<'_>) -> Option<Action> {
        let mut rules = self.rules();
        let entry = rules.entries.iter_mut().find(|entry| entry.is_live() && entry.rule.matches(probe))?;
        entry.matched += 1;
        if entry.matched <= entry.rule.skip {
            return None;
        }
        entry.hits += 1;
        Some(entry.rule.action.clone())
    }

    fn rules(&self) -> MutexGuard<'_, Rules> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Entry {
    fn listed(&self) -> Listed {
        Listed { id: self.id, hits: self.hits, rule: self.rule.clone() }
    }

    fn is_live(&self) -> bool {
        self.rule.times.is_none_or(|times| self.hits < times)
            && self.rule.for_ms.is_none_or(|ms| self.since.elapsed() < Duration::from_millis(ms))
    }
}

impl Rule {
    /// Whether the rule can be carried out.
    ///
    /// # Errors
    /// 400, naming the field, for a status that no answer has and for a request's own body where it is not executed.
    pub fn check(&self) -> Result<(), ApiError> {
        let status = match &self.action {
            Action::Status { status, .. } => Some(*status),
            Action::Answer(odd) if odd.body == OddBody::Own && !odd.executed => {
                return Err(wrong("executed", "a request that is not executed has no answer of its own"));
            }
            Action::Answer(odd) => odd.status,
            _ => None,
        };
        match status {
            Some(status) if !(200..600).contains(&status) => {
                Err(wrong("status", &format!("{status} is not the status of an answer: 200 to 599")))
            }
            _ => Ok(()),
        }
    }

    fn matches(&self, probe: &Probe<'_>) -> bool {
        self.org.as_deref().is_none_or(|org| Some(org) == probe.org)
            && self.method.as_deref().is_none_or(|method| method == probe.method)
            && self.path_contains.as_deref().is_none_or(|text| path_contains(probe.path, text))
            && self.body_contains.as_deref().is_none_or(|text| contains(probe.body, text.as_bytes()))
    }
}

fn wrong(field: &str, problem: &str) -> ApiError {
    ApiError::new(400, "INVALID_FAULT", format!("action.{field}: {problem}")).with_fields([field])
}

fn path_contains(path: &str, text: &str) -> bool {
    path.contains(text) || percent_encoding::percent_decode_str(path).decode_utf8_lossy().contains(text)
}

fn contains(haystack: &[u8], needle: &[u8]) -> bool {
    needle.is_empty() || haystack.windows(needle.len()).any(|window| window == needle)
}

#[cfg(test)]
mod tests;
