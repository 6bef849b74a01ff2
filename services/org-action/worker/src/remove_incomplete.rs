//! The job kind `removeIncompleteQuote`: deletes what a synchronous call left half-written whose process was killed.
//!
//! `org-action-web` records such a job before it begins a Quote of several transactions, and cancels it when the Quote is
//! complete. So it comes to something only where the web process could not clean up itself. It works with the caller's
//! session, or, when that has ended, as the user of `CALLBACK_AUTHORIZATION`, if they are a user of the same org.

use chrono::Utc;
use futures_util::future::BoxFuture;
use shared::applink::AuthorizedUser;
use shared::contracts::org_action::RemoveIncomplete;
use shared::jobs::{Chunk, ChunkReport, JobKind, JobView, Kind, Looked, NewChunk, PlanStep, TaskContext, TaskError};
use shared::quotes::QuoteSettings;
use shared::work::{Orgs, TaskUser, quote_chunk};
use std::collections::BTreeMap;
use std::time::Duration;

/// Counter of a job.
const REMOVED: &str = "incompleteQuotes";

/// The kind, with what it shares between tasks.
pub(crate) struct RemoveIncompleteKind {
    pub(crate) orgs: Orgs,
    pub(crate) quotes: QuoteSettings,
    /// Who removes it when the caller's session has ended.
    pub(crate) authorized: Option<AuthorizedUser>,
}

impl JobKind for RemoveIncompleteKind {
    fn kind(&self) -> Kind {
        Kind::of::<RemoveIncomplete>()
    }

    fn look<'a>(&'a self, cx: &'a TaskContext, limit: Duration) -> Option<BoxFuture<'a, Looked>> {
        Some(Box::pin(self.orgs.look(cx, &TaskUser::Caller, limit)))
    }

    fn plan<'a>(&'a self, cx: &'a TaskContext, _cursor: Option<String>) -> BoxFuture<'a, Result<PlanStep, TaskError>> {
        Box::pin(async move {
            let params: RemoveIncomplete = cx.params()?;
            if let Ok(wait) = (params.not_before - Utc::now()).to_std() {
                return Err(TaskError::Later { reason: "the call may still be under way".to_owned(), wait });
            }
            let payload = params.opportunity_id.as_15().to_owned();
            Ok(PlanStep { chunks: vec![NewChunk { payload, records: 1 }], cursor: String::new(), done: true })
        })
    }

    fn run<'a>(&'a self, cx: &'a TaskContext, _chunk: Chunk) -> BoxFuture<'a, Result<ChunkReport, TaskError>> {
        Box::pin(async move {
            let params: RemoveIncomplete = cx.params()?;
            let removed = match (self.remove_as(cx, &params, TaskUser::Caller).await, &self.authorized) {
                (Err(error @ (TaskError::NeedsAuthorization { .. } | TaskError::Fail { .. })), Some(user)) => {
                    tracing::info!(%error, authorization = user.name(), "the caller cannot remove it");
                    self.remove_as(cx, &params, TaskUser::Authorized(user.clone())).await
                }
                (removed, _) => removed,
            };
            let removed = removed.map_err(no_resume)?;
            let counters = BTreeMap::from([(REMOVED.to_owned(), u64::try_from(removed).unwrap_or(u64::MAX))]);
            Ok(ChunkReport { processed: 1, succeeded: 1, counters, ..ChunkReport::default() })
        })
    }

    fn finish<'a>(&'a self, _cx: &'a TaskContext, _job: &'a JobView) -> BoxFuture<'a, Result<(), TaskError>> {
        Box::pin(async { Ok(()) })
    }
}

impl RemoveIncompleteKind {
    async fn remove_as(&self, cx: &TaskContext, params: &RemoveIncomplete, user: TaskUser) -> Result<usize, TaskError> {
        let org = self.orgs.open(cx, &user).await?;
        if org.session().org_id.as_str() != cx.org {
            return Err(TaskError::Fail { reason: "the authorization is another org's".to_owned() });
        }
        quote_chunk::remove_incomplete_of_others(&params.quote_key, cx, &self.orgs, &org, &self.quotes).await
    }
}

/// Nobody watches the job, so nobody would resume it.
fn no_resume(error: TaskError) -> TaskError {
    match error {
        TaskError::NeedsAuthorization { reason } => TaskError::Fail { reason },
        other => other,
    }
}
