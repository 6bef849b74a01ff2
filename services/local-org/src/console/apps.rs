//! Published apps, and how calls of their operations went.

use url::Url;

use super::text::{Extent, Moment, shortened};
use crate::apps::{AppOverview, CallOverview, State};
use crate::host::{Host, OrgHost};

/// Calls on a page.
const SHOWN: usize = 25;

/// The apps of one org.
#[derive(Debug)]
pub(super) struct Apps {
    pub(super) apps: Vec<App>,
    pub(super) extent: Extent,
    pub(super) calls: Vec<Call>,
}

/// One app.
#[derive(Debug)]
pub(super) struct App {
    pub(super) client_name: String,
    pub(super) title: String,
    pub(super) url: String,
    pub(super) published_at: Moment,
    pub(super) operations: String,
    pub(super) warnings: Vec<String>,
}

/// A call of an operation.
#[derive(Debug)]
pub(super) struct Call {
    pub(super) operation: String,
    pub(super) username: String,
    pub(super) started_at: Moment,
    pub(super) state: &'static str,
    pub(super) tone: &'static str,
    pub(super) outcome: String,
    /// Milliseconds from the start to the end.
    pub(super) took: String,
}

impl Apps {
    pub(super) fn of(host: &Host, org: &OrgHost) -> Self {
        let (calls, total) = org.invocations.newest(SHOWN);
        Self {
            apps: host.apps.of(org.store.name()).into_iter().map(App::of).collect(),
            extent: Extent::newest(calls.len(), total),
            calls: calls.iter().map(Call::of).collect(),
        }
    }
}

impl App {
    fn of(app: AppOverview) -> Self {
        Self {
            client_name: app.client_name,
            title: app.title,
            url: without_credentials(&app.url),
            published_at: app.published_at.into(),
            operations: app.operations.join(", "),
            warnings: app.warnings,
        }
    }
}

impl Call {
    fn of(call: &CallOverview) -> Self {
        let (state, tone) = state(call);
        let milliseconds = call.ended_at.map(|end| (end - call.started_at).num_milliseconds());
        Self {
            operation: format!("{}.{}", call.client_name, call.operation_id),
            username: call.username.clone(),
            started_at: call.started_at.into(),
            state,
            tone,
            outcome: outcome(call),
            took: milliseconds.map(|milliseconds| format!("{milliseconds} ms")).unwrap_or_default(),
        }
    }
}

/// The state by the name that the API of invocations has for it.
fn state(call: &CallOverview) -> (&'static str, &'static str) {
    match (call.state, call.status) {
        (State::Pending, _) => ("Pending", "busy"),
        (State::Completed, Some(status)) if status >= 400 => ("Completed", "warn"),
        (State::Completed, _) => ("Completed", "good"),
        (State::TimedOut, _) => ("Timed out", "bad"),
        (State::Failed, _) => ("Failed", "bad"),
    }
}

/// Status, callback and error in a row, or what is waited for.
fn outcome(call: &CallOverview) -> String {
    let status = match (call.state, call.status) {
        (_, Some(status)) => Some(format!("HTTP {status}")),
        (State::Pending, None) => Some("waits for the answer".to_owned()),
        (_, None) => None,
    };
    let callback = match (call.state, call.called_back) {
        (_, Some(true)) => Some("callback".to_owned()),
        (State::Pending, Some(false)) if call.status.is_some() => Some("waits for the callback".to_owned()),
        _ => None,
    };
    let parts = [status, callback, call.error.as_deref().map(shortened)];
    parts.into_iter().flatten().collect::<Vec<_>>().join(", ")
}

/// A URL without the user name and the password that it may have.
fn without_credentials(url: &str) -> String {
    let Ok(mut parsed) = Url::parse(url) else { return String::new() };
    if parsed.username().is_empty() && parsed.password().is_none() {
        return url.to_owned();
    }
    // Fails only for URLs that cannot have any.
    if parsed.set_username("").and_then(|()| parsed.set_password(None)).is_err() {
        return String::new();
    }
    parsed.to_string()
}

#[cfg(test)]
mod tests {
    use chrono::Utc;

    use super::*;

    fn call(state: State, status: Option<u16>, called_back: Option<bool>, error: Option<&str>) -> CallOverview {
        CallOverview {
            client_name: "App".to_owned(),
            operation_id: "run".to_owned(),
            username: "user".to_owned(),
            state,
            started_at: Utc::now(),
            ended_at: None,
            status,
            error: error.map(str::to_owned),
            called_back,
        }
    }

    #[test]
    fn tells_where_a_call_stands() {
        for (call, expected, outcome) in [
            (call(State::Pending, None, None, None), "Pending", "waits for the answer"),
            (call(State::Pending, Some(202), Some(false), None), "Pending", "HTTP 202, waits for the callback"),
            (call(State::Completed, Some(202), Some(true), None), "Completed", "HTTP 202, callback"),
            (call(State::Completed, Some(422), None, None), "Completed", "HTTP 422"),
            (call(State::Failed, None, None, Some("no answer")), "Failed", "no answer"),
        ] {
            let shown = Call::of(&call);
            assert_eq!((shown.state, shown.outcome.as_str()), (expected, outcome));
        }
    }

    #[test]
    fn a_url_keeps_its_password_to_itself() {
        assert_eq!(without_credentials("http://127.0.0.1:8080"), "http://127.0.0.1:8080");
        assert_eq!(without_credentials("http://me:secret@127.0.0.1:8080/app"), "http://127.0.0.1:8080/app");
    }
}
