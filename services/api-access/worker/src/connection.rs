//! The org behind a connection, opened for one task.

use shared::applink::AppLink;
use shared::contracts::api_access::{KEY_FIELD, KEY_PREFIX};
use shared::jobs::{JobView, Looked, TaskContext, TaskError};
use shared::salesforce::bulk::{Bulk, BulkSettings};
use shared::salesforce::soql;
use shared::work::{OrgWork, Orgs, TaskUser, chunk_loads};
use std::time::Duration;

/// Opens connections. Cheap to clone.
#[derive(Clone)]
pub(crate) struct Connections {
    orgs: Orgs,
    applink: AppLink,
}

/// One connection's org, in the name of the user who authorized it.
pub(crate) struct Connection {
    orgs: Orgs,
    work: OrgWork,
    bulk: Bulk,
}

impl Connections {
    pub(crate) fn new(orgs: Orgs, applink: AppLink) -> Self {
        Self { orgs, applink }
    }

    /// Opens the connection with this developer name.
    pub(crate) async fn open(&self, cx: &TaskContext, name: &str) -> Result<Connection, TaskError> {
        let work = self.orgs.open(cx, &self.user(name)).await?;
        let bulk = Bulk::new(work.client().clone(), BulkSettings::default());
        Ok(Connection { orgs: self.orgs.clone(), work, bulk })
    }

    /// Whether the org of that connection answers within `limit`.
    pub(crate) async fn look(&self, cx: &TaskContext, name: &str, limit: Duration) -> Looked {
        self.orgs.look(cx, &self.user(name), limit).await
    }

    /// The last step of a job in that connection.
    pub(crate) async fn finish(&self, cx: &TaskContext, name: &str, job: &JobView) -> Result<(), TaskError> {
        chunk_loads::finish(cx, &self.orgs, &self.user(name), job).await
    }

    fn user(&self, name: &str) -> TaskUser {
        TaskUser::Authorized(self.applink.authorized_user(name))
    }
}

impl Connection {
    pub(crate) fn bulk(&self) -> &Bulk {
        &self.bulk
    }

    pub(crate) fn work(&self) -> &OrgWork {
        &self.work
    }

    /// How a failed call ends the task.
    pub(crate) fn task_error(&self, error: &shared::salesforce::Error) -> TaskError {
        self.orgs.task_error(error)
    }
}

/// SOQL condition: Accounts that a load has made.
pub(crate) fn loaded() -> String {
    format!("{KEY_FIELD} LIKE '{}%'", soql::like_escape(KEY_PREFIX))
}
