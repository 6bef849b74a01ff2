//! The org of a task: a session to work in it, and a client with that session.

use super::errors::{fail, of_quotes, of_salesforce};
use super::settings::WorkSettings;
use crate::applink::AuthorizedUser;
use crate::contracts::{ORG_ID, org_id};
use crate::jobs::{Looked, TaskContext, TaskError};
use crate::quotes::GenerateError;
use crate::salesforce::{
    AllowedHosts, Client, ClientSettings, Error, FixedSession, HttpSettings, HttpSetupError, OnCall, SalesforceId,
    Session, SessionSource, http_client,
};
use crate::telemetry::client_settings;
use std::fmt;
use std::sync::Arc;
use std::time::Duration;

/// Name under which a job remembers its org that was made without saying which.
const ORG: &str = "org";

/// In whose name a task works.
#[derive(Debug, Clone)]
pub enum TaskUser {
    /// The user who started the job, or let it go on: the session sealed with it. It cannot be renewed.
    Caller,
    /// A user who authorized this app in AppLink ([`AppLink::authorized_user`](crate::applink::AppLink::authorized_user)).
    /// The session is fetched from the add-on, and again when Salesforce refuses it; it is of the job's org and no other.
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
    pub fn new(settings: &WorkSettings) -> Result<Self, HttpSetupError> {
        Ok(Self {
            http: http_client(&HttpSettings::default())?,
            hosts: settings.hosts.clone(),
            client: client_settings(),
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
    /// All tasks of a job work in one org: the one it was made for ([`ORG_ID`], or its owner), and where it was made without
    /// saying, that of the authorization when its first task began. An authorization that is another org's by now opens nothing.
    ///
    /// # Errors
    /// [`TaskError::NeedsAuthorization`] when the job's session is no longer kept, or the authorized user has to
    /// authorize again; [`TaskError::Fail`] when the org's host may not be sent a token, or the authorization is
    /// unknown or another org's; [`TaskError::Retry`] when AppLink does not answer.
    pub async fn open(&self, cx: &TaskContext, user: &TaskUser) -> Result<OrgWork, TaskError> {
        let source: Arc<dyn SessionSource> = match user {
            TaskUser::Caller => Arc::new(FixedSession(self.sealed_session(cx)?)),
            TaskUser::Authorized(user) => Arc::new(user.of_org(self.settled_org(cx, user).await?)),
        };
        self.open_from(cx, source, matches!(user, TaskUser::Caller)).await
    }

    async fn open_from(
        &self,
        cx: &TaskContext,
        source: Arc<dyn SessionSource>,
        callers: bool,
    ) -> Result<OrgWork, TaskError> {
        let session = source.session().await.map_err(|error| self.task_error(&error))?;
        // This worker's own list decides where it sends a token.
        self.hosts.check(session.instance_url.as_str()).map_err(|error| fail(&error))?;
        let heard = cx.heard.clone();
        let counted = self.client.on_call.clone();
        let on_call: OnCall = Arc::new(move |call| {
            if call.status.is_some() {
                heard.set();
            }
            if let Some(count) = &counted {
                count(call);
            }
        });
        let settings = ClientSettings { on_call: Some(on_call), ..self.client.clone() };
        let client = Client::new(self.http.clone(), Arc::clone(&source), settings);
        Ok(OrgWork { client, source, session, callers })
    }

    /// Whether the org of a task answers within `limit`: for [`JobKind::look`](crate::jobs::JobKind::look).
    pub async fn look(&self, cx: &TaskContext, user: &TaskUser, limit: Duration) -> Looked {
        let opened = match user {
            TaskUser::Caller => self.open(cx, user).await,
            // A look holds no lease, so it cannot settle which org that is.
            TaskUser::Authorized(user) => match known_org(cx).await {
                Ok(Some(org)) => self.open_from(cx, Arc::new(user.of_org(org)), false).await,
                Ok(None) => self.open_from(cx, Arc::new(user.clone()), false).await,
                Err(error) => Err(error),
            },
        };
        let org = match opened {
            Ok(org) => org,
            // What becomes of the task then is for the task to say.
            Err(error) => {
                tracing::debug!(%error, "the org could not be asked");
                return Looked::Unknown;
            }
        };
        match org.client.reach(&org.session, limit).await {
            Ok(()) => Looked::Answers,
            Err(error) => Looked::Silent(format!("the org does not answer: {}", error.told())),
        }
    }

    /// The org of a job that works in the name of an authorization, now and in all later tasks.
    async fn settled_org(&self, cx: &TaskContext, user: &AuthorizedUser) -> Result<SalesforceId, TaskError> {
        if let Some(org) = known_org(cx).await? {
            return Ok(org);
        }
        let session = user.session().await.map_err(|error| self.task_error(&error))?;
        // Before anything is asked of the org.
        noted_org(&cx.settle(ORG, session.org_id.as_str()).await?)
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

    /// Sessions of this org and no other, for clients of other APIs.
    #[must_use]
    pub fn sessions(&self) -> Arc<dyn SessionSource> {
        Arc::clone(&self.source)
    }
}

/// The org that a job was made for, or that an earlier task has settled.
async fn known_org(cx: &TaskContext) -> Result<Option<SalesforceId>, TaskError> {
    if let Some(param) = cx.param(ORG_ID) {
        let made_for = param.as_str().and_then(org_id);
        let wrong = || TaskError::Fail { reason: format!("the parameter {ORG_ID} of the job is not the id of an org") };
        return made_for.ok_or_else(wrong).map(Some);
    }
    // The owner of a job with a caller is the caller's org.
    if let Some(org) = org_id(&cx.org) {
        return Ok(Some(org));
    }
    cx.recall(ORG).await?.map(|text| noted_org(&text)).transpose()
}

fn noted_org(text: &str) -> Result<SalesforceId, TaskError> {
    org_id(text).ok_or_else(|| TaskError::Fail { reason: "what the job remembers as its org is none".to_owned() })
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
