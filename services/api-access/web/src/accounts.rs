//! The Accounts of the connected orgs, as the pages need them: every org asked at the same time, each for so long only.

mod ask;
mod error;
mod trouble;

pub(crate) use ask::{Account, OrgPage, Position};
pub(crate) use trouble::Trouble;

use self::error::AccountsError;
use crate::connections::Connection;
use ::web::WaitingCalls;
use futures_util::future::join_all;
use shared::applink::{AppLink, AppLinkError};
use shared::salesforce::{Client, ClientSettings, RetryPolicy, SalesforceId};
use shared::telemetry::client_settings;
use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};
use tokio::time::timeout;

/// Longest text to search for, in characters: as long as the name of an Account can be.
pub(crate) const MAX_SEARCH: usize = 255;

/// Tries of a call, as far as the deadline leaves time for them.
const ATTEMPTS: u32 = 3;

/// How long it counts that a connection had no session.
const REMEMBERED: Duration = Duration::from_secs(5);

/// Pause before another try.
const PAUSE: Duration = Duration::from_millis(100);

/// What one org answered.
#[derive(Debug)]
pub(crate) struct OrgAnswer {
    /// The connection through which it was asked.
    pub(crate) connection: Connection,
    /// Its Accounts, or why not.
    pub(crate) result: Result<OrgPage, Trouble>,
}

/// Asks the connected orgs.
#[derive(Clone)]
pub(crate) struct Directory {
    applink: AppLink,
    http: reqwest::Client,
    settings: ClientSettings,
    deadline: Duration,
    /// Why a connection had no session when it was asked for last, and when that was.
    refused: Arc<Mutex<HashMap<Connection, (Instant, Trouble)>>>,
    calls: WaitingCalls,
}

impl Directory {
    /// A directory that waits for an org no longer than `deadline`; each wait is one of `calls`.
    pub(crate) fn new(applink: AppLink, http: reqwest::Client, deadline: Duration, calls: WaitingCalls) -> Self {
        let retry =
            RetryPolicy { max_attempts: ATTEMPTS, base_delay: PAUSE, total: deadline, ..RetryPolicy::default() };
        let settings = ClientSettings { attempt_timeout: deadline, retry, ..client_settings() };
        Self { applink, http, settings, deadline, refused: Arc::default(), calls }
    }

    /// Whether AppLink has a session for the connection, so that work in its org can begin. A page that renews itself asks
    /// this every second, so a failure is remembered for some.
    pub(crate) async fn reachable(&self, connection: &Connection) -> Result<(), Trouble> {
        if let Some(trouble) = self.remembered(connection) {
            return Err(trouble);
        }
        self.or_trouble(connection, self.applink.salesforce(connection.as_str())).await.map(drop)
    }

    /// The org of which the connection was at most `age` ago: the one that work is meant for which is asked for now.
    pub(crate) async fn current_org(&self, connection: &Connection, age: Duration) -> Result<SalesforceId, Trouble> {
        if let Some(trouble) = self.remembered(connection) {
            return Err(trouble);
        }
        let asked = self.applink.asked_within(connection.as_str(), age);
        Ok(self.or_trouble(connection, asked).await?.session.org_id)
    }

    async fn or_trouble<T>(
        &self,
        connection: &Connection,
        asked: impl Future<Output = Result<T, AppLinkError>>,
    ) -> Result<T, Trouble> {
        let trouble = match timeout(self.deadline, asked).await {
            Ok(Ok(answer)) => return Ok(answer),
            Ok(Err(error)) => Trouble::of(&error.into()),
            Err(_) => Trouble::applink_silent(self.deadline),
        };
        tracing::warn!(%connection, trouble = trouble.what, "a connection gives no session");
        let mut refused = self.refused.lock().unwrap_or_else(PoisonError::into_inner);
        refused.insert(connection.clone(), (Instant::now(), trouble.clone()));
        Err(trouble)
    }

    fn remembered(&self, connection: &Connection) -> Option<Trouble> {
        let refused = self.refused.lock().unwrap_or_else(PoisonError::into_inner);
        let (_, trouble) = refused.get(connection).filter(|(at, _)| at.elapsed() < REMEMBERED)?;
        Some(trouble.clone())
    }

    /// The first `rows` Accounts of every connection whose names contain `search`, in the connections' order. Takes no
    /// longer than the deadline.
    pub(crate) async fn overview(&self, connections: &[Connection], search: &str, rows: usize) -> Vec<OrgAnswer> {
        join_all(connections.iter().map(|connection| self.page(connection, search, Position::First, rows))).await
    }

    /// One page of one org's Accounts whose names contain `search`.
    pub(crate) async fn page(
        &self,
        connection: &Connection,
        search: &str,
        position: Position,
        rows: usize,
    ) -> OrgAnswer {
        let result = self.admitted(connection, search, position, rows).await.map_err(|error| {
            tracing::warn!(%connection, error = %error, "an org's accounts cannot be shown");
            Trouble::of(&error)
        });
        OrgAnswer { connection: connection.clone(), result }
    }

    async fn admitted(
        &self,
        connection: &Connection,
        search: &str,
        position: Position,
        rows: usize,
    ) -> Result<OrgPage, AccountsError> {
        let call = self.calls.admit(connection.as_str()).map_err(AccountsError::Busy)?;
        match timeout(self.deadline, self.ask(connection, search, position, rows)).await {
            Ok(answer) => {
                match &answer {
                    Ok(_) => call.answered(),
                    Err(AccountsError::Salesforce(error)) => call.end(Some(error)),
                    // AppLink gave no session, so the org was not asked.
                    Err(_) => {}
                }
                answer
            }
            Err(_) => {
                call.timed_out();
                Err(AccountsError::Deadline(self.deadline))
            }
        }
    }

    async fn ask(
        &self,
        connection: &Connection,
        search: &str,
        position: Position,
        rows: usize,
    ) -> Result<OrgPage, AccountsError> {
        let authorization = self.applink.salesforce(connection.as_str()).await?;
        // What is shown as this org's is of no other.
        let user = self.applink.authorized_user(connection.as_str()).of_org(authorization.session.org_id);
        let user = Arc::new(user);
        let client = Client::new(self.http.clone(), user, self.settings.clone());
        let page = || ask::page(&client, authorization.session.org_id, search, position, rows);
        match page().await {
            // To the client a composite request is one that writes, which it repeats only when nothing can have come of
            // it. This one holds queries.
            Err(error) if error.kind().passes() => {
                tokio::time::sleep(PAUSE).await;
                Ok(page().await?)
            }
            answer => Ok(answer?),
        }
    }
}
