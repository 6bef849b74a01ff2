//! Calls of one org: what was sent, answered and called back.

mod overview;

use std::collections::VecDeque;
use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use chrono::{DateTime, SecondsFormat, Utc};
use serde::Serialize;
use serde_json::{Value, json};
use tokio::task::AbortHandle;

pub(crate) use self::overview::CallOverview;
use super::published::App;

/// Ended calls that are remembered; the oldest go first, and their sessions end.
const KEPT: usize = 1_000;

/// Deliveries of a callback that are shown; all are counted.
const SHOWN_DELIVERIES: usize = 100;

/// Where a call stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) enum State {
    /// The answer or the callback is still to come.
    Pending,
    /// The answer came, or the callback was taken.
    Completed,
    /// Neither came in time.
    TimedOut,
    /// There was no answer, or an asynchronous operation refused, so that no callback is waited for.
    Failed,
}

/// One call.
pub(crate) struct Invocation {
    pub(crate) id: String,
    pub(crate) client_name: String,
    pub(crate) operation_id: String,
    pub(crate) username: String,
    pub(crate) request_id: String,
    /// The permission set that was activated for the call.
    pub(crate) permission_set: Option<String>,
    pub(crate) method: String,
    pub(crate) url: String,
    pub(crate) body: Value,
    pub(crate) started_at: DateTime<Utc>,
    pub(crate) callback: Option<Expected>,
    pub(crate) session: Session,
    pub(crate) outcome: Outcome,
}

/// The session that the call was made in.
pub(crate) struct Session {
    /// Id of the `AuthSession`.
    pub(crate) id: String,
    /// Its access token.
    pub(crate) token: String,
    /// Whether a permission set is activated for it.
    pub(crate) elevated: bool,
}

/// How a call went so far.
pub(crate) struct Outcome {
    state: State,
    ended_at: Option<DateTime<Utc>>,
    status: Option<u16>,
    body: Value,
    error: Option<String>,
}

impl Default for Outcome {
    fn default() -> Self {
        Self { state: State::Pending, ended_at: None, status: None, body: Value::Null, error: None }
    }
}

/// A callback that is waited for.
pub(crate) struct Expected {
    /// The last segment of the URL.
    pub(crate) id: String,
    pub(crate) url: String,
    pub(crate) method: String,
    pub(crate) schema: Value,
    /// The app, whose specification the schema refers to.
    pub(crate) app: Arc<App>,
    pub(crate) expires_at: DateTime<Utc>,
    /// Ends the wait at that time.
    pub(crate) timer: Option<AbortHandle>,
    /// What was taken.
    pub(crate) taken: Option<Value>,
    pub(crate) deliveries: Deliveries,
}

/// What was posted to a callback URL.
#[derive(Default)]
pub(crate) struct Deliveries {
    count: u64,
    last: VecDeque<Delivery>,
}

/// One of them.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Delivery {
    /// When it was answered.
    pub(crate) at: String,
    pub(crate) method: String,
    /// Status of the answer; none when the connection was closed instead.
    pub(crate) status: Option<u16>,
    pub(crate) body: Value,
}

/// What becomes of a delivery.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Taking {
    /// It is taken; the activation of this session is to end.
    Taken(Option<String>),
    /// Nobody waits for it, or no longer because one was taken.
    Unknown,
    /// It comes too late; the activation of this session is to end.
    TimedOut(Option<String>),
}

/// How an app answered.
pub(crate) enum Answered {
    /// With status and body.
    With(u16, Value),
    /// Not in time.
    TimedOut(String),
    /// Not at all.
    Failed(String),
}

/// The calls of an org, the oldest first.
#[derive(Default)]
pub(crate) struct Invocations(Mutex<VecDeque<Invocation>>);

impl Invocations {
    /// Remembers a call that begins, and gives the tokens of those that are forgotten for it.
    pub(crate) fn add(&self, invocation: Invocation) -> Vec<String> {
        let mut all = self.all();
        all.push_back(invocation);
        let mut forgotten = Vec::new();
        while all.len() > KEPT {
            let Some(oldest) = all.iter().position(|one| one.outcome.state != State::Pending) else { break };
            forgotten.extend(all.remove(oldest).map(|one| one.session.token));
        }
        forgotten
    }

    /// Notes the app's answer; gives the session whose activation is to end.
    pub(crate) fn answered(&self, id: &str, answer: Answered) -> Option<String> {
        let mut all = self.all();
        let call = all.iter_mut().find(|one| one.id == id)?;
        let waits = call.callback.is_some();
        let state = match answer {
            Answered::With(status, body) => {
                call.outcome.status = Some(status);
                call.outcome.body = body;
                match (waits, status) {
                    (true, 200..=299) => return None,
                    (true, _) => State::Failed,
                    (false, 202) => {
                        // Accepted, and no callback will tell when the work is done: it is done in the same session.
                        call.session.elevated = false;
                        State::Completed
                    }
                    (false, _) => State::Completed,
                }
            }
            Answered::TimedOut(error) => {
                call.outcome.error = Some(error);
                State::TimedOut
            }
            Answered::Failed(error) => {
                call.outcome.error = Some(error);
                State::Failed
            }
        };
        call.end(state)
    }

    /// Ends the wait for a callback; gives the session whose activation is to end.
    pub(crate) fn expire(&self, id: &str) -> Option<String> {
        self.all().iter_mut().find(|one| one.id == id)?.end(State::TimedOut)
    }

    /// Keeps the timer of a call until it ends.
    pub(crate) fn set_timer(&self, id: &str, timer: AbortHandle) {
        let mut all = self.all();
        let call = all.iter_mut().find(|one| one.id == id);
        match call.filter(|one| one.outcome.state == State::Pending).and_then(|one| one.callback.as_mut()) {
            Some(callback) => callback.timer = Some(timer),
            None => timer.abort(),
        }
    }

    /// Reads from the callback of that id, if there is one.
    pub(crate) fn with_callback<T>(&self, callback_id: &str, read: impl FnOnce(&Expected) -> T) -> Option<T> {
        let all = self.all();
        all.iter().filter_map(|one| one.callback.as_ref()).find(|callback| callback.id == callback_id).map(read)
    }

    /// Takes a callback, once and in time.
    pub(crate) fn take(&self, callback_id: &str, body: Value, now: DateTime<Utc>) -> Taking {
        let mut all = self.all();
        let Some(call) = all.iter_mut().find(|one| one.is_called_back_at(callback_id)) else { return Taking::Unknown };
        let Some(callback) = &mut call.callback else { return Taking::Unknown };
        match call.outcome.state {
            State::TimedOut => Taking::TimedOut(None),
            State::Pending if now >= callback.expires_at => Taking::TimedOut(call.end(State::TimedOut)),
            State::Pending => {
                callback.taken = Some(body);
                Taking::Taken(call.end(State::Completed))
            }
            State::Completed | State::Failed => Taking::Unknown,
        }
    }

    /// Notes a delivery and how it was answered.
    pub(crate) fn delivered(&self, callback_id: &str, delivery: Delivery) {
        let mut all = self.all();
        let Some(call) = all.iter_mut().find(|one| one.is_called_back_at(callback_id)) else { return };
        let Some(callback) = &mut call.callback else { return };
        callback.deliveries.count += 1;
        callback.deliveries.last.push_back(delivery);
        if callback.deliveries.last.len() > SHOWN_DELIVERIES {
            callback.deliveries.last.pop_front();
        }
    }

    /// All calls, the newest first.
    pub(crate) fn list(&self) -> Value {
        self.all().iter().rev().map(Invocation::to_json).collect()
    }

    /// One call.
    pub(crate) fn get(&self, id: &str) -> Option<Value> {
        self.all().iter().find(|one| one.id == id).map(Invocation::to_json)
    }

    fn all(&self) -> MutexGuard<'_, VecDeque<Invocation>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl fmt::Debug for Invocations {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Invocations").field("count", &self.all().len()).finish_non_exhaustive()
    }
}

impl Invocation {
    fn is_called_back_at(&self, callback_id: &str) -> bool {
        self.callback.as_ref().is_some_and(|callback| callback.id == callback_id)
    }

    /// Ends a call that has not ended; gives the session whose activation is to end.
    fn end(&mut self, state: State) -> Option<String> {
        if self.outcome.state != State::Pending {
            return None;
        }
        self.outcome.state = state;
        self.outcome.ended_at = Some(Utc::now());
        if let Some(timer) = self.callback.as_mut().and_then(|callback| callback.timer.take()) {
            timer.abort();
        }
        std::mem::take(&mut self.session.elevated).then(|| self.session.id.clone())
    }

    fn to_json(&self) -> Value {
        let outcome = &self.outcome;
        let callback = self.callback.as_ref();
        json!({
            "id": self.id,
            "clientName": self.client_name,
            "operationId": self.operation_id,
            "user": self.username,
            "requestId": self.request_id,
            "sessionPermissionSet": self.permission_set,
            "state": outcome.state,
            "startedAt": time(self.started_at),
            "endedAt": outcome.ended_at.map(time),
            "request": {"method": self.method, "url": self.url, "body": self.body},
            "response": outcome.status.map(|status| json!({"status": status, "body": outcome.body})),
            "error": outcome.error,
            "callbackUrl": callback.map(|callback| &callback.url),
            "callbackExpiresAt": callback.map(|callback| time(callback.expires_at)),
            "callback": callback.and_then(|callback| callback.taken.as_ref()),
            "deliveryCount": callback.map_or(0, |callback| callback.deliveries.count),
            "deliveries": callback.map(|callback| &callback.deliveries.last).into_iter().flatten().collect::<Vec<_>>(),
        })
    }
}

/// A time as JSON has it, with milliseconds.
pub(crate) fn time(time: DateTime<Utc>) -> String {
    time.to_rfc3339_opts(SecondsFormat::Millis, true)
}

#[cfg(test)]
mod tests;
