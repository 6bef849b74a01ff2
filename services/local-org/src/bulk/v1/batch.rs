//! One batch: the contents that a caller sent, and the work of 2.0's machinery that they became.

use std::io::Write;
use std::sync::Arc;

use super::contents;
use super::ids::Ids;
use super::spec::{ContentType, Spec, Task};
use crate::bulk::dialect::Dialect;
use crate::bulk::job::{Creator, Job as Run, QueryWork, State, Work};
use crate::bulk::spec::{Change, Form, QuerySpec};
use crate::bulk::spool::Spool;
use crate::bulk::{Failure, disk};
use crate::error::ApiError;
use crate::store::{Actor, Org};

/// A batch.
#[derive(Debug)]
pub(crate) struct Batch {
    /// The work, which has the batch's id.
    pub(crate) run: Arc<Run>,
    /// What the caller sent.
    pub(crate) request: Arc<Spool>,
    /// Id of the result of a query.
    pub(crate) result_id: String,
}

impl Batch {
    /// A batch with these contents; one that cannot be processed has failed already. Blocks.
    ///
    /// # Errors
    /// When the contents cannot be taken, which is a defect.
    pub(super) fn create(
        spec: &Spec,
        creator: Creator,
        (org, actor): (&Org, &Actor),
        ids: &Ids,
        request: Spool,
    ) -> Result<Self, ApiError> {
        let request = Arc::new(request);
        let (id, result_id) = ids.next();
        let prepared = match &spec.task {
            Task::Load(load) => {
                let run = Run::new(id, creator, Work::Ingest(load.clone()));
                let contents = contents::as_csv(&request, spec.content_type);
                (run, contents.map(Some))
            }
            Task::Query { object, deleted } => {
                let form = if spec.content_type == ContentType::Csv { Form::Rows } else { Form::Records };
                let query = query_of(&creator.api_version, (org, actor), object, &request);
                let (soql, failure) = query.map_or_else(|failure| (String::new(), Some(failure)), |soql| (soql, None));
                let spec = QuerySpec { soql, deleted: *deleted, dialect: Dialect::default(), form };
                let run = Run::new(id, creator, Work::Query(QueryWork { spec, object: object.clone() }));
                (run, failure.map_or(Ok(None), Err))
            }
        };
        let run = match prepared {
            (run, Ok(contents)) => {
                if let Some(contents) = contents {
                    run.hold(contents)?;
                    run.change(Change::UploadComplete, None)?;
                }
                run
            }
            (run, Err(failure)) => {
                run.fail(failure);
                run
            }
        };
        Ok(Self { run: Arc::new(run), request, result_id })
    }

    /// Queries that divide the one of this batch by the ids of the records; none when it is not to be, or cannot be, divided.
    /// Blocks.
    ///
    /// # Errors
    /// When the ids cannot be read.
    pub(super) fn chunks(&self, spec: &Spec, org: &Org, actor: &Actor) -> Result<Option<Vec<Spool>>, ApiError> {
        let (Some(chunking), Work::Query(whole)) = (&spec.chunking, &self.run.work) else { return Ok(None) };
        if self.has_ended() {
            return Ok(None);
        }
        let Some(queries) = chunking.divide(org, actor, &whole.object, &whole.spec.soql)? else { return Ok(None) };
        let spooled = |query: String| {
            let mut request = Spool::create();
            request.write_all(query.as_bytes()).map_err(|error| disk(&error))?;
            Ok(request.finish())
        };
        queries.into_iter().map(spooled).collect::<Result<_, _>>().map(Some)
    }

    /// Id, 18 characters.
    pub(crate) fn id(&self) -> &str {
        &self.run.id
    }

    /// Whether nothing follows its state.
    pub(crate) fn has_ended(&self) -> bool {
        self.run.state().is_end()
    }

    /// Stops the batch, unless it has ended.
    pub(super) fn abort(&self) {
        if self.run.change(Change::Aborted, None).is_err() {
            tracing::debug!(batch = self.id(), "it has ended already");
        }
    }

    /// The state as a batch names it.
    pub(crate) fn state(&self) -> &'static str {
        match self.run.state() {
            State::Open | State::UploadComplete => "Queued",
            State::InProgress => "InProgress",
            State::JobComplete => "Completed",
            State::Failed => "Failed",
            State::Aborted => "NotProcessed",
        }
    }
}

/// The query of a batch, checked.
fn query_of(
    version: &str,
    (org, actor): (&Org, &Actor),
    object: &str,
    request: &Arc<Spool>,
) -> Result<String, Failure> {
    let bytes = request.read(0, usize::MAX).map_err(|error| in_query(&disk(&error)))?;
    let soql = String::from_utf8(bytes).map_err(|_| "InvalidBatch : The query is not encoded in UTF-8".to_owned())?;
    let found = org.transaction(actor, |tx| tx.check_export(&soql, version)).map_err(|error| in_query(&error))?;
    if found != object {
        let message = format!(
            "The root entity of the requested query ({found}) does not match the entity of the requested Bulk API Job \
             ({object})."
        );
        return Err(in_query(&ApiError::new(400, "INVALID_TYPE_FOR_OPERATION", message)));
    }
    Ok(soql.trim().to_owned())
}

/// The error of a query as `stateMessage` tells it.
fn in_query(error: &ApiError) -> Failure {
    failed_query(&error.code, &error.message)
}

pub(super) fn failed_query(code: &str, message: &str) -> Failure {
    // 2.0's words, for what both APIs refuse.
    let message = message.replace("in Bulk V2 Query with CSV content type", "in Bulk Query");
    format!("InvalidBatch : Failed to process query: {code}: {message}")
}
