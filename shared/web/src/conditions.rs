//! A caller's condition at the door: parsed, and its names looked up in what the org tells of its objects, so that a misspelt
//! field is refused at once and not minutes later by a worker.
//!
//! The check only ever helps. What an org tells is kept for an hour, and asked for anew with the caller's own session before
//! a name is refused, since it may be new, or seen by some users only. An org that says nothing, or says it late, refuses
//! nothing: the job then finds out.

mod names;
#[cfg(test)]
mod tests;

use self::names::{Known, Names};
use crate::client_context::Caller;
use crate::{ApiError, WaitingCalls};
use shared::salesforce::soql::{FieldUse, WhereClause, parse_where};
use shared::salesforce::{
    Client, ClientSettings, FixedSession, HttpSettings, HttpSetupError, RetryPolicy, http_client,
};
use shared::telemetry::client_settings;
use std::collections::HashMap;
use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;
use tokio::time::timeout;

/// Longest wait for the org in all, which the caller waits, too.
const PATIENCE: Duration = Duration::from_secs(3);
/// Objects that are described for one condition at most; names of further ones are the job's to find out.
const MOST_DESCRIBED: usize = 8;
/// Longest name that a message repeats, in characters. An API name is shorter.
const MOST_SHOWN: usize = 80;

/// Reads conditions of callers. Cheap to clone; clones share what they know of orgs.
#[derive(Clone)]
pub struct Conditions(Arc<Inner>);

struct Inner {
    http: reqwest::Client,
    calls: WaitingCalls,
    known: Mutex<Known>,
}

impl fmt::Debug for Conditions {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Conditions").finish_non_exhaustive()
    }
}

impl Conditions {
    /// Over a new HTTP client; a question to an org is one of `calls`.
    ///
    /// # Errors
    /// When the HTTP client cannot be set up.
    pub fn new(calls: WaitingCalls) -> Result<Self, HttpSetupError> {
        let http = http_client(&HttpSettings::default())?;
        Ok(Self(Arc::new(Inner { http, calls, known: Mutex::default() })))
    }

    /// Reads a condition on `object`, which is the input's `field`: one boolean expression ([`parse_where`]) without a
    /// subquery on the object itself, whose names the org has, as far as it tells.
    ///
    /// # Errors
    /// 400 with `field`, and the position in the condition where there is one.
    pub async fn read(
        &self,
        caller: &Caller,
        object: &str,
        field: &'static str,
        text: &str,
    ) -> Result<WhereClause, ApiError> {
        let clause = parse_where(text).map_err(|error| ApiError::bad_request(field, error.to_string()))?;
        if clause.has_subquery_on(object) {
            let message = format!("a subquery cannot be on {object}, which the condition itself is about");
            return Err(ApiError::bad_request(field, message));
        }
        let mut question = Question::new(&self.0, caller);
        match timeout(PATIENCE, question.first_unknown(object, clause.fields())).await {
            Ok(None) => Ok(clause),
            Ok(Some(unknown)) => Err(ApiError::bad_request(field, unknown)),
            Err(_) => {
                tracing::warn!(org_id = %caller.org_id(), "the org does not describe its objects in time: names are not checked");
                self.0.known().says_nothing(caller.org_id().as_str(), object);
                Ok(clause)
            }
        }
    }
}

impl Inner {
    fn known(&self) -> MutexGuard<'_, Known> {
        self.known.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The names of one condition, looked up with its caller's session.
struct Question<'a> {
    conditions: &'a Inner,
    org: &'a str,
    caller: &'a Caller,
    /// What the org told for this condition, by the object's name in lower case; `None` where it told nothing.
    told: HashMap<String, Option<Arc<Names>>>,
}

impl<'a> Question<'a> {
    fn new(conditions: &'a Inner, caller: &'a Caller) -> Self {
        Self { conditions, org: caller.org_id().as_str(), caller, told: HashMap::new() }
    }

    /// With the caller's session. Most conditions name what is known, and need none.
    fn client(&self) -> Client {
        let retry = RetryPolicy { max_attempts: 1, total: PATIENCE, ..RetryPolicy::default() };
        let settings =
            ClientSettings { attempt_timeout: PATIENCE, quick_timeout: PATIENCE, retry, ..client_settings() };
        let session = Arc::new(FixedSession(self.caller.session.clone()));
        Client::new(self.conditions.http.clone(), session, settings)
    }

    /// What is said of the first name that the org has not.
    async fn first_unknown(&mut self, object: &str, fields: &[FieldUse]) -> Option<String> {
        for field in fields {
            let object = field.object.as_deref().unwrap_or(object);
            if let Some(unknown) = self.unknown(object, &field.path).await {
                return Some(format!("at character {}: {unknown}", field.position));
            }
        }
        None
    }

    /// Follows a path from `object` as far as the org tells where it leads.
    async fn unknown(&mut self, object: &str, path: &str) -> Option<String> {
        let (parents, field) = path.rsplit_once('.').map_or((None, path), |(parents, field)| (Some(parents), field));
        let mut object = object.to_owned();
        for (hop, parent) in parents.into_iter().flat_map(|parents| parents.split('.')).enumerate() {
            // `Opportunity.Name` is a way to say `Name`.
            let itself = (hop == 0 && parent.eq_ignore_ascii_case(&object)).then(|| Some(object.clone()));
            let look =
                |names: &Names| names.parent(parent).map(|only| only.map(str::to_owned)).or_else(|| itself.clone());
            object = match self.find(&object, look).await {
                Found::Yes(Some(parent)) => parent,
                // One of several objects, or nobody knows.
                Found::Yes(None) | Found::Untold => return None,
                Found::No => return Some(missing(&object, "relationship", parent)),
            };
        }
        match self.find(&object, |names| names.has_field(field).then_some(())).await {
            Found::No => Some(missing(&object, "field", field)),
            Found::Yes(()) | Found::Untold => None,
        }
    }

    /// Looks into what is known of the object, and before it says no, into what the org tells this caller now.
    async fn find<T>(&mut self, object: &str, look: impl Fn(&Names) -> Option<T>) -> Found<T> {
        let key = object.to_ascii_lowercase();
        if !self.told.contains_key(&key) {
            let known = self.conditions.known().of(self.org, &key);
            match known {
                Some(None) => return Found::Untold,
                Some(Some(names)) => {
                    if let Some(found) = look(&names) {
                        return Found::Yes(found);
                    }
                }
                None => {}
            }
            if self.told.len() >= MOST_DESCRIBED {
                return Found::Untold;
            }
            let told = self.ask(object).await;
            self.told.insert(key.clone(), told);
        }
        match self.told.get(&key).and_then(Option::as_ref) {
            Some(names) => look(names).map_or(Found::No, Found::Yes),
            None => Found::Untold,
        }
    }

    /// Asks the org. Whatever keeps it from telling is no fault of the condition.
    async fn ask(&self, object: &str) -> Option<Arc<Names>> {
        // Too many wait for the org already: the job is not worth one more, nor a refusal.
        let _place = self.conditions.calls.admit(self.org).ok()?;
        let error: Box<dyn std::error::Error + Send + Sync> = match self.client().describe(object).await {
            Ok(described) => match Names::of(object, &described) {
                Some(names) => {
                    let names = Arc::new(names);
                    self.conditions.known().tells(self.org, object, &names);
                    return Some(names);
                }
                None => "the answer does not describe it".into(),
            },
            Err(error) => error.into(),
        };
        tracing::warn!(org_id = self.org, object, %error, "the org does not describe an object: names are not checked");
        self.conditions.known().says_nothing(self.org, object);
        None
    }
}

enum Found<T> {
    Yes(T),
    No,
    /// The org tells nothing of the object.
    Untold,
}

fn missing(object: &str, kind: &str, name: &str) -> String {
    let name: String = name.chars().take(MOST_SHOWN).collect();
    format!("{object} has no {kind} `{name}` that you may see")
}
