//! The job kind `generateQuote`: one chunk with one Opportunity, and the callback.
//!
//! Unlike a batch job, it does not wait for a new session: the caller waits for an answer, and nobody watches the job. A
//! session that has expired ends it, with that as the error of the callback.

use crate::end::End;
use futures_util::future::BoxFuture;
use shared::applink::AuthorizedUser;
use shared::applink::callback::{Delivery, is_for_one_result, is_of_org};
use shared::contracts::org_action::{GenerateQuote, QuoteError};
use shared::jobs::{Chunk, ChunkReport, JobKind, JobView, Kind, Looked, NewChunk, PlanStep, TaskContext, TaskError};
use shared::quotes::{GenerateError, QuoteSettings, single};
use shared::salesforce::{Error, ErrorKind};
use shared::work::{OrgWork, Orgs, TaskUser, callback, quote_chunk};
use std::time::Duration;

/// Code of the error when the caller's session is no longer accepted.
const SESSION_EXPIRED: &str = "session_expired";
/// Code of the error when Salesforce was not available for too long.
const UNAVAILABLE: &str = "service_unavailable";

/// The kind, with what it shares between tasks.
pub(crate) struct GenerateQuoteKind {
    pub(crate) orgs: Orgs,
    pub(crate) quotes: QuoteSettings,
    /// Who calls back, where that is not the caller of the job.
    pub(crate) callback_user: Option<AuthorizedUser>,
}

impl JobKind for GenerateQuoteKind {
    fn kind(&self) -> Kind {
        Kind::of::<GenerateQuote>()
    }

    fn look<'a>(&'a self, cx: &'a TaskContext, limit: Duration) -> Option<BoxFuture<'a, Looked>> {
        Some(Box::pin(self.orgs.look(cx, &TaskUser::Caller, limit)))
    }

    fn plan<'a>(&'a self, cx: &'a TaskContext, _cursor: Option<String>) -> BoxFuture<'a, Result<PlanStep, TaskError>> {
        Box::pin(async move {
            let payload = cx.params::<GenerateQuote>()?.opportunity_id.as_15().to_owned();
            Ok(PlanStep { chunks: vec![NewChunk { payload, records: 1 }], cursor: String::new(), done: true })
        })
    }

    fn run<'a>(&'a self, cx: &'a TaskContext, _chunk: Chunk) -> BoxFuture<'a, Result<ChunkReport, TaskError>> {
        Box::pin(async move {
            let params: GenerateQuote = cx.params()?;
            let org = match self.orgs.open(cx, &TaskUser::Caller).await {
                Ok(org) => org,
                Err(error) => return Err(end_of_session(cx, error).await?),
            };
            let ids = [params.opportunity_id];
            match quote_chunk::make_under(&params.quote_key, cx, &org, &self.quotes, &ids).await {
                Ok(outcomes) => settled(cx, outcomes).await,
                Err(error) => Err(self.interrupted(cx, &error).await?),
            }
        })
    }

    fn finish<'a>(&'a self, cx: &'a TaskContext, job: &'a JobView) -> BoxFuture<'a, Result<(), TaskError>> {
        Box::pin(async move {
            let params: GenerateQuote = cx.params()?;
            let result = End::of(cx, job).await?.into_result(cx.job_id.hyphenated());
            let org = self.open_to_call_back(cx, &params).await.map_err(no_resume)?;
            self.remove_incomplete(cx, &params, &org).await?;
            match callback::post(cx, &self.orgs, &org, params.callback_url.as_str(), &result)
                .await
                .map_err(no_resume)?
            {
                Delivery::Taken => Ok(()),
                Delivery::Refused(status) => {
                    Err(TaskError::Fail { reason: format!("the callback was answered {status}") })
                }
            }
        })
    }
}

impl GenerateQuoteKind {
    /// Keeps the reason for the callback, should this have been the last try, and tells how the task goes on.
    async fn interrupted(&self, cx: &TaskContext, error: &GenerateError) -> Result<TaskError, TaskError> {
        let ending = self.orgs.quote_error(error);
        if matches!(ending, TaskError::NeedsAuthorization { .. }) {
            return end_of_session(cx, ending).await;
        }
        if let GenerateError::Salesforce(error) = error {
            End::note_error(cx, &reason(error)).await?;
        }
        Ok(ending)
    }

    /// Opens the org for the last step: as the authorized user, when there is one and it is a user of this very org, since
    /// a token must not go to another one's host. Otherwise as the caller, whose session may have ended by now; so also
    /// when the URL may be of a page or an API, where a caller could have the authorized user do what the caller may not.
    async fn open_to_call_back(&self, cx: &TaskContext, params: &GenerateQuote) -> Result<OrgWork, TaskError> {
        let url = &params.callback_url;
        let is_for_result = is_for_one_result(url);
        if let Some(user) = self.callback_user.as_ref().filter(|_| !is_for_result) {
            let authorization = user.name();
            tracing::warn!(
                authorization,
                "the callback URL may be of a page or an API; it gets the caller's own token"
            );
        }
        if let Some(user) = self.callback_user.as_ref().filter(|_| is_for_result) {
            match self.orgs.open(cx, &TaskUser::Authorized(user.clone())).await {
                Ok(org) if is_of_org(url, org.session()) => return Ok(org),
                Ok(_) => tracing::debug!(authorization = user.name(), "the authorization has another address"),
                Err(error @ TaskError::Retry { .. }) => return Err(error),
                Err(error) => {
                    tracing::warn!(%error, authorization = user.name(), "the authorization cannot be used");
                }
            }
        }
        self.orgs.open(cx, &TaskUser::Caller).await
    }

    /// Deletes what was begun in stages and never completed. A dead session must not keep the caller from its answer: the
    /// callback may still be accepted.
    async fn remove_incomplete(
        &self,
        cx: &TaskContext,
        params: &GenerateQuote,
        org: &OrgWork,
    ) -> Result<(), TaskError> {
        match quote_chunk::remove_incomplete_under(&params.quote_key, cx, &self.orgs, org, &self.quotes).await {
            Err(error @ (TaskError::NeedsAuthorization { .. } | TaskError::Fail { .. })) => {
                tracing::warn!(%error, "incomplete Quotes could not be removed");
                Ok(())
            }
            other => other,
        }
    }
}

/// The Opportunity was dealt with.
async fn settled(cx: &TaskContext, outcomes: quote_chunk::Outcomes) -> Result<ChunkReport, TaskError> {
    for (_, outcome) in &outcomes {
        match single::quote_of(outcome.clone()) {
            Ok((quote, _)) => End::note_quote(cx, &quote).await?,
            Err(failure) => {
                let passing = failure.is_passing();
                let error = QuoteError::from(failure);
                End::note_error(cx, &error).await?;
                if passing {
                    return Err(TaskError::Retry { reason: error.message, after: None });
                }
            }
        }
    }
    Ok(quote_chunk::report(outcomes))
}

/// The error to end with instead of waiting for a new session; any other stays as it is. Keeps the reason for the callback.
async fn end_of_session(cx: &TaskContext, error: TaskError) -> Result<TaskError, TaskError> {
    if let TaskError::NeedsAuthorization { .. } = error {
        let message = "The Salesforce session has expired.".to_owned();
        End::note_error(cx, &QuoteError { code: SESSION_EXPIRED.to_owned(), message }).await?;
    }
    Ok(no_resume(error))
}

fn no_resume(error: TaskError) -> TaskError {
    match error {
        TaskError::NeedsAuthorization { reason } => TaskError::Fail { reason },
        other => other,
    }
}

/// Salesforce's own code and words, or what is known.
fn reason(error: &Error) -> QuoteError {
    if let Some(refusal) = error.api_errors().first() {
        return QuoteError { code: refusal.error_code.clone(), message: refusal.message.clone() };
    }
    let code = if error.kind() == ErrorKind::Malformed { "bad_gateway" } else { UNAVAILABLE };
    QuoteError { code: code.to_owned(), message: error.to_string() }
}
