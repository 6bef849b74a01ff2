//! The org of a task: a session to work in it, and a client with that session.

use super::errors::{fail, of_quotes, of_salesforce};
use super::settings::WorkSettings;
use crate::applink::AuthorizedUser;
use crate::jobs::{Looked, TaskContext, TaskError};
use crate::quotes::GenerateError;
use crate::salesforce::{
    AllowedHosts, Client, ClientSettings, Error, FixedSession, HttpSettings, OnCall, Session, SessionSource,
    http_client,
};
use std::fmt;
use std::sync::Arc;
use std::time::Duration;

/// In whose name a task works.
#[derive(Debug, Clone)]
pub enum TaskUser {
    /// The user who started the job, or let it go on: the session sealed with it. It cannot be renewed.
    Caller,
    /// A user who authorized this app in AppLink ([`AppLink::authorized_user`](crate::applink::AppLink::authorized_user)).
    /// The session is fetched from the add-on, and again when Salesforce refuses it.
    Authorized(AuthorizedUser),
}

/// Opens orgs for tasks. Cheap to clone; clones share connections.
#[derive(Clone)]
pub struct Orgs {
    http: reqwest::Client,
    hosts: AllowedHosts,
    client: ClientSettings,
    limit_pause: Duration,
    callback_timeout: Duration,
}

/// An org, open for one task.
pub struct OrgWork {
    client: Client,
    source: Arc<dyn SessionSource>,
    session: Session,
    callers: bool,
}

impl Orgs {
    /// Orgs on the hosts of `settings`, over a new HTTP client.
    ///
    /// # Errors
    /// When the HTTP client cannot be set up.
    pub fn new(settings: &WorkSettings) -> Result<Self, reqwest::Error> {
        Ok(Self {
            http: http_client(&HttpSettings::default())?,
            hosts: settings.hosts.clone(),
            client: ClientSettings::default(),
            limit_pause: settings.limit_pause,
            callback_timeout: settings.callback_timeout,
        })
    }

    /// The HTTP client, for other calls of a worker.
    pub fn http(&self) -> &reqwest::Client {
        &self.http
    }

    /// Hosts that may be sent a token.
    pub fn hosts(&self) -> &AllowedHosts {
        &self.hosts
    }

    pub(super) fn callback_timeout(&self) -> Duration {
        self.callback_timeout
    }

    /// Opens the org of a task in the name of `user`. A [worker](crate::jobs::Worker) runs no task of a job that was changed in
    /// Redis, so what is then done, also as an authorized user, is what the job's maker asked for.
    ///
    /// # Errors
    /// [`TaskError::NeedsAuthorization`] when the job's session is no longer kept, or the authorized user has to
    /// authorize again; [`TaskError::Fail`] when the org's host may not be sent a token, or the authorization is
    /// unknown; [`TaskError::Retry`] when AppLink does not answer.
    pub async fn open(&self, cx: &TaskContext, user: &TaskUser) -> Result<OrgWork, TaskError> {
        let source: Arc<dyn SessionSource> = match user {
            TaskUser::Caller => Arc::new(FixedSession(self.sealed_session(cx)?)),
            TaskUser::Authorized(user) => Arc::new(user.clone()),
        };
        let session = source.session().await.map_err(|error| self.task_error(&error))?;
        // This worker's own list decides where it sends a token.
        self.hosts.check(session.instance_url.as_str()).map_err(|error| fail(&error))?;
        let heard = cx.heard.clone();
        let on_call: OnCall = Arc::new(move |call| {
            if call.status.is_some() {
                heard.set();
            }
        });
        let settings = ClientSettings { on_call: Some(on_call), ..self.client.clone() };
        let client = Client::new(self.http.clone(), Arc::clone(&source), settings);
        Ok(OrgWork { client, source, session, callers: matches!(user, TaskUser::Caller) })
    }

    /// Whether the org of a task answers within `limit`: for [`JobKind::look`](crate::jobs::JobKind::look).
    pub async fn look(&self, cx: &TaskContext, user: &TaskUser, limit: Duration) -> Looked {
        let org = match self.open(cx, user).await {
            Ok(org) => org,
            // What becomes of the task then is for the task to say.
            Err(error) => {
                tracing::debug!(%error, "the org could not be asked");
                return Looked::Unknown;
            }
        };
        if org.client.answers(&org.session, limit).await {
            Looked::Answers
        } else {
            Looked::Silent(format!("the org does not answer: nothing came within {} seconds", limit.as_secs()))
        }
    }

    fn sealed_session(&self, cx: &TaskContext) -> Result<Session, TaskError> {
        let stored = cx.session.as_ref().ok_or_else(|| TaskError::NeedsAuthorization {
            reason: "the job's session is no longer kept; resume the job".to_owned(),
        })?;
        let session = Session::from_secret(stored).map_err(|error| fail(&error))?;
        if session.org_id.as_str() != cx.org {
            return Err(TaskError::Fail { reason: "the job's session is of another org".to_owned() });
        }
        Ok(session)
    }

    /// How a failed Salesforce call ends the task: an expired session holds the job, the org's limit and its silence make
    /// all its jobs rest, passing faults are tried again, and anything else is final.
    pub fn task_error(&self, error: &Error) -> TaskError {
        of_salesforce(error, self.limit_pause)
    }

    /// The same for a failed [`Generator`](crate::quotes::Generator).
    pub fn quote_error(&self, error: &GenerateError) -> TaskError {
        of_quotes(error, self.limit_pause)
    }
}

impl OrgWork {
    /// A client of the org, in the user's name.
    pub fn client(&self) -> &Client {
        &self.client
    }

    /// The session with which the org was opened. An authorized user's may have been renewed since then.
    pub fn session(&self) -> &Session {
        &self.session
    }

    /// Whether the session came with the job, instead of from AppLink.
    pub(super) fn is_callers(&self) -> bool {
        self.callers
    }

    pub(super) fn source(&self) -> &dyn SessionSource {
        self.source.as_ref()
    }
}

impl fmt::Debug for Orgs {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Orgs").field("hosts", &self.hosts).finish_non_exhaustive()
    }
}

impl fmt::Debug for OrgWork {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("OrgWork").field("session", &self.session).finish_non_exhaustive()
    }
}
