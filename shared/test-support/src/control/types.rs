//! The JSON of local-org's control API.

use std::collections::BTreeMap;
use std::fmt;
use std::time::Duration;

use serde::{Deserialize, Serialize};
use serde_json::Value;

/// Ports besides the one of the control API, as `host:port`.
#[derive(Debug, Clone, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Endpoints {
    pub(crate) pubsub: Option<String>,
    pub(crate) pubsub_tls: Option<String>,
}

/// An org.
#[derive(Debug, Clone, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Org {
    /// Developer name, such as `my-org`.
    pub name: String,
    /// Organization Id, 18 characters.
    pub id: String,
    /// Where its API is.
    pub instance_url: String,
    /// Newest version it speaks, such as `62.0`.
    pub api_version: String,
    /// Its users, the administrator first.
    pub users: Vec<User>,
}

/// A user with a live access token. `Debug` hides the token.
#[derive(Clone, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct User {
    /// User Id, 18 characters.
    pub id: String,
    /// Such as `admin@my-org.local`.
    pub username: String,
    /// `00D…!…`.
    pub access_token: String,
}

impl fmt::Debug for User {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("User").field("id", &self.id).field("username", &self.username).finish_non_exhaustive()
    }
}

/// The answer to opening a session.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct OpenedSession {
    access_token: String,
    user_id: String,
    username: String,
}

impl From<OpenedSession> for User {
    fn from(opened: OpenedSession) -> Self {
        Self { id: opened.user_id, username: opened.username, access_token: opened.access_token }
    }
}

/// What an org was asked for since the last reset.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Counters {
    /// API calls, as Salesforce counts them.
    pub calls: Calls,
    /// Rows of the database.
    pub rows: Rows,
    /// Requests at the same time.
    pub concurrent: Concurrent,
}

/// API calls.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Calls {
    /// All of them.
    pub total: u64,
    /// By operation: `query`, `queryMore`, `graph`, `create`, …
    #[serde(default)]
    pub by_operation: BTreeMap<String, u64>,
}

/// Rows read and written.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
pub struct Rows {
    /// Records that were read.
    pub read: u64,
    /// Records that were written.
    pub written: u64,
}

/// Requests in progress.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
pub struct Concurrent {
    /// At this moment.
    pub now: u64,
    /// The most there were at one moment.
    pub max: u64,
}

/// The result of a query, all pages in one.
#[derive(Debug, Clone, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct QueryAnswer {
    /// Rows found; for `COUNT()` the count.
    pub total_size: u64,
    /// The rows as the REST API sends them.
    #[serde(default)]
    pub records: Vec<Value>,
}

/// What API calls cost, and an org's limits. The default is: nothing, and none.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Costs {
    /// Milliseconds that every call takes.
    pub call_ms: u64,
    /// Microseconds more for every row read or written.
    pub row_us: u64,
    /// Calls executed at the same time; others wait or are refused, as local-org's documentation says.
    pub max_concurrent: Option<u64>,
    /// Calls a day, after which `REQUEST_LIMIT_EXCEEDED` is answered.
    pub daily_limit: Option<u64>,
}

/// A fault to inject: which requests (all that is set must match), how often, and what happens to them.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Fault {
    /// Only requests to this org.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub org: Option<String>,
    /// Only this HTTP method.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub method: Option<String>,
    /// Only paths with this text.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub path_contains: Option<String>,
    /// Only bodies with this text.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub body_contains: Option<String>,
    /// Matching requests to let through first.
    #[serde(default)]
    pub skip: u64,
    /// Requests to hit; `None` for no limit.
    pub times: Option<u64>,
    /// Milliseconds after which the fault ends; `None` for never.
    #[serde(default)]
    pub for_ms: Option<u64>,
    /// What happens.
    pub action: FaultAction,
}

impl Fault {
    /// Hits the next request of all; narrow it down with the other methods.
    pub fn new(action: FaultAction) -> Self {
        Self {
            org: None,
            method: None,
            path_contains: None,
            body_contains: None,
            skip: 0,
            times: Some(1),
            for_ms: None,
            action,
        }
    }

    /// Only requests to this org.
    #[must_use]
    pub fn org(mut self, name: impl Into<String>) -> Self {
        self.org = Some(name.into());
        self
    }

    /// Only this HTTP method.
    #[must_use]
    pub fn method(mut self, method: impl Into<String>) -> Self {
        self.method = Some(method.into());
        self
    }

    /// Only paths with this text.
    #[must_use]
    pub fn path(mut self, text: impl Into<String>) -> Self {
        self.path_contains = Some(text.into());
        self
    }

    /// Only bodies with this text.
    #[must_use]
    pub fn body(mut self, text: impl Into<String>) -> Self {
        self.body_contains = Some(text.into());
        self
    }

    /// Lets that many matching requests through first.
    #[must_use]
    pub fn skip(mut self, requests: u64) -> Self {
        self.skip = requests;
        self
    }

    /// Hits that many requests.
    #[must_use]
    pub fn times(mut self, requests: u64) -> Self {
        self.times = Some(requests);
        self
    }

    /// Hits every matching request.
    #[must_use]
    pub fn always(mut self) -> Self {
        self.times = None;
        self
    }

    /// Ends by itself after that time.
    #[must_use]
    pub fn lasting(mut self, time: Duration) -> Self {
        self.for_ms = u64::try_from(time.as_millis()).ok();
        self
    }
}

/// What an injected fault does.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "camelCase", rename_all_fields = "camelCase")]
pub enum FaultAction {
    /// Answers an error; nothing is executed.
    Status {
        /// HTTP status.
        status: u16,
        /// Salesforce's `errorCode`.
        error_code: String,
        /// Text for people.
        message: String,
        /// Value of `Retry-After`, seconds.
        retry_after: Option<u64>,
    },
    /// Answers what the API never would; see [`FaultAction::instead`] and [`FaultAction::afterwards`].
    Answer {
        /// Whether the request is executed and committed first.
        executed: bool,
        /// HTTP status; when absent that of the request's own answer, or 200 where it is not executed.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        status: Option<u16>,
        /// What stands in the answer in place of what the API would write.
        body: FaultBody,
    },
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
    /// Executes and commits, then waits before it answers.
    DelayAfter {
        /// How long, in milliseconds.
        ms: u64,
    },
    /// Executes and commits, then sends the answer's body in small pieces.
    Trickle {
        /// Milliseconds from the first piece to the last.
        ms: u64,
    },
    /// Every create or update of `object` within the request fails so, as a rule of the org would make it.
    RecordError {
        /// Such as `Quote`.
        object: String,
        /// Such as `UNABLE_TO_LOCK_ROW`.
        error_code: String,
        /// Text for people.
        message: String,
        /// Fields at fault.
        fields: Vec<String>,
        /// Only records in whose fields this text stands; all when absent.
        #[serde(skip_serializing_if = "Option::is_none")]
        record_contains: Option<String>,
    },
}

/// The body of a [`FaultAction::Answer`].
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "camelCase")]
pub enum FaultBody {
    /// The request's own; only for a request that is executed.
    Own,
    /// None, and no `Content-Type`.
    Empty,
    /// A page for people (`text/html`), as of a site in maintenance.
    Html,
    /// The first half of the request's own body, or of an error where it is not executed.
    Truncated,
    /// This JSON.
    Json {
        /// Any value.
        value: Value,
    },
}

impl FaultAction {
    /// Answers this instead of executing the request.
    pub fn instead(status: u16, body: FaultBody) -> Self {
        Self::Answer { executed: false, status: Some(status), body }
    }

    /// Executes and commits, then answers this; with the request's own status where none is given.
    pub fn afterwards(status: impl Into<Option<u16>>, body: FaultBody) -> Self {
        Self::Answer { executed: true, status: status.into(), body }
    }

    /// [`FaultAction::Status`] without `Retry-After`.
    pub fn status(status: u16, error_code: impl Into<String>, message: impl Into<String>) -> Self {
        Self::Status { status, error_code: error_code.into(), message: message.into(), retry_after: None }
    }

    /// [`FaultAction::RecordError`] without fields.
    pub fn record_error(object: impl Into<String>, error_code: impl Into<String>, message: impl Into<String>) -> Self {
        Self::RecordError {
            object: object.into(),
            error_code: error_code.into(),
            message: message.into(),
            fields: Vec::new(),
            record_contains: None,
        }
    }

    /// Limits a [`FaultAction::RecordError`] to records in whose fields `text` stands.
    #[must_use]
    pub fn for_records(mut self, text: impl Into<String>) -> Self {
        if let Self::RecordError { record_contains, .. } = &mut self {
            *record_contains = Some(text.into());
        }
        self
    }
}

/// A fault that local-org holds. Its rule is not repeated here.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub struct FaultRule {
    /// Answer of [`crate::Control::add_fault`].
    pub id: u64,
    /// Requests hit so far.
    pub hits: u64,
}
