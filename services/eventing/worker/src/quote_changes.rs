//! The job kind `quoteChangedOpportunities`: a Quote for each Opportunity of a transaction, and the event that says so.
//!
//! Quotes carry the key of the transaction and not of the job, so a transaction that is delivered twice makes no second
//! Quote. Nobody watches such a job, so it waits by itself when its user has to authorize the app anew, and goes on when
//! that is done.

use crate::completion::{Completion, Publisher};
use crate::plan::{Changes, PlanError, Planner, last_changes};
use futures_util::future::BoxFuture;
use shared::applink::AuthorizedUser;
use shared::contracts::eventing::{Changed, QuoteChanges, covered};
use shared::jobs::{Chunk, ChunkReport, JobKind, JobView, Kind, Looked, PlanStep, TaskContext, TaskError};
use shared::quotes::key::JobKey;
use shared::quotes::{Outcome, QuoteSettings, plan};
use shared::work::{OrgWork, Orgs, TaskUser, fail, quote_chunk};
use std::collections::BTreeSet;
use std::time::Duration;

/// The kind, with what it shares between tasks.
pub(crate) struct QuoteChangesKind {
    pub(crate) orgs: Orgs,
    pub(crate) user: AuthorizedUser,
    pub(crate) quotes: QuoteSettings,
    pub(crate) planner: Planner,
    pub(crate) publisher: Publisher,
    /// Between two looks whether the user has authorized the app anew.
    pub(crate) authorization_pause: Duration,
}

impl JobKind for QuoteChangesKind {
    fn kind(&self) -> Kind {
        Kind::of::<QuoteChanges>()
    }

    fn look<'a>(&'a self, cx: &'a TaskContext, limit: Duration) -> Option<BoxFuture<'a, Looked>> {
        Some(Box::pin(async move {
            if cx.org != self.user.name() {
                return Looked::Unknown;
            }
            self.orgs.look(cx, &TaskUser::Authorized(self.user.clone()), limit).await
        }))
    }

    fn plan<'a>(&'a self, cx: &'a TaskContext, cursor: Option<String>) -> BoxFuture<'a, Result<PlanStep, TaskError>> {
        Box::pin(async move {
            let result = self.plan_page(cx, cursor.as_deref().filter(|cursor| !cursor.is_empty())).await;
            result.map_err(|error| self.wait_for_authorization(error))
        })
    }

    fn run<'a>(&'a self, cx: &'a TaskContext, chunk: Chunk) -> BoxFuture<'a, Result<ChunkReport, TaskError>> {
        Box::pin(async move { self.quote(cx, &chunk).await.map_err(|error| self.wait_for_authorization(error)) })
    }

    fn finish<'a>(&'a self, cx: &'a TaskContext, job: &'a JobView) -> BoxFuture<'a, Result<(), TaskError>> {
        Box::pin(async move { self.end(cx, job).await.map_err(|error| self.wait_for_authorization(error)) })
    }
}

impl QuoteChangesKind {
    async fn plan_page(&self, cx: &TaskContext, cursor: Option<&str>) -> Result<PlanStep, TaskError> {
        let params: QuoteChanges = cx.params()?;
        let org = self.open(cx).await?;
        let failed = |error: PlanError| match error {
            PlanError::Salesforce(error) => self.orgs.task_error(&error),
            error => fail(&error),
        };
        let since = match &params.changed {
            Changed::Records(ids) => return self.planner.of_records(org.client(), ids, cursor).await.map_err(failed),
            Changed::Since(since) => *since,
        };
        let page = self.planner.since(org.client(), since, cursor).await.map_err(failed)?;
        // A page that is planned again was not stored, so none of its records has been noted by this job itself.
        let covered = covered::look(cx, &cx.org, &page.changes).await?;
        let left = page.changes.iter().zip(covered).filter(|(_, covered)| !covered);
        let ids: Vec<_> = left.map(|((id, _), _)| *id).collect();
        tracing::info!(changed = page.changes.len(), left = ids.len(), "a page after an overflow is planned");
        Ok(PlanStep { chunks: self.planner.chunks(&ids), cursor: page.cursor, done: page.done })
    }

    async fn quote(&self, cx: &TaskContext, chunk: &Chunk) -> Result<ChunkReport, TaskError> {
        let ids = plan::decode_ids(&chunk.payload).map_err(|error| fail(&error))?;
        let params: QuoteChanges = cx.params()?;
        let org = self.open(cx).await?;
        let overflow = matches!(params.changed, Changed::Since(_));
        // Before they are read and quoted: what changes meanwhile is another change.
        let changes = match overflow {
            true => {
                let found = last_changes(org.client(), &ids).await;
                found.map_err(|error| self.orgs.task_error(&error))?
            }
            false => Changes::new(),
        };
        let outcomes = quote_chunk::make_under(&key(&org, &params), cx, &org, &self.quotes, &ids).await;
        let outcomes = outcomes.map_err(|error| self.orgs.quote_error(&error))?;
        if overflow {
            let failed: BTreeSet<_> = outcomes
                .iter()
                .filter(|(_, outcome)| matches!(outcome, Outcome::Failed(_)))
                .map(|(id, _)| *id)
                .collect();
            let dealt_with: Changes = changes.into_iter().filter(|(id, _)| !failed.contains(id)).collect();
            covered::note(cx, &cx.org, &dealt_with).await?;
        }
        Ok(quote_chunk::report(outcomes))
    }

    async fn end(&self, cx: &TaskContext, job: &JobView) -> Result<(), TaskError> {
        if job.planned && job.total_chunks == 0 {
            tracing::info!("nothing is left of the changes, so there is nothing to tell");
            return Ok(());
        }
        let params: QuoteChanges = cx.params()?;
        let org = self.open(cx).await?;
        quote_chunk::remove_incomplete_under(&key(&org, &params), cx, &self.orgs, &org, &self.quotes).await?;
        let completion = Completion::of(cx, job, params.user).await?;
        self.publisher.publish_once(cx, &self.orgs, &org, &completion).await
    }

    /// Opens the org, if the job is one of this authorization: ids of another org mean nothing in this one.
    async fn open(&self, cx: &TaskContext) -> Result<OrgWork, TaskError> {
        if cx.org != self.user.name() {
            return Err(TaskError::Fail {
                reason: format!(
                    "the job belongs to the authorization {}, and EVENT_AUTHORIZATION is {}",
                    cx.org,
                    self.user.name()
                ),
            });
        }
        self.orgs.open(cx, &TaskUser::Authorized(self.user.clone())).await
    }

    /// A job that waits for its user looks again after a while: there is nobody to resume it.
    fn wait_for_authorization(&self, error: TaskError) -> TaskError {
        match error {
            TaskError::NeedsAuthorization { reason } => TaskError::PauseOrg { reason, wait: self.authorization_pause },
            other => other,
        }
    }
}

fn key(org: &OrgWork, params: &QuoteChanges) -> JobKey {
    JobKey::of_transaction(&org.session().org_id, &params.transaction_key)
}
