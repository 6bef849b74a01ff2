//! The results of a bulk job as a job counts them.

use crate::connection::Connection;
use futures_util::TryStreamExt;
use shared::jobs::{ChunkReport, RecordError, TaskError};
use shared::salesforce::ApiError;
use shared::salesforce::bulk::{JobInfo, RowOutcome};

/// Rows that fail by what passes by itself are sent this many times in all.
pub(crate) const ROUNDS: u32 = 4;

/// Whether rows failed that another try may write.
pub(crate) fn has_passing(report: &ChunkReport) -> bool {
    report.errors.iter().any(|error| ApiError::code_passes(&error.code))
}

/// Reads what became of the rows of an ended bulk job. A failed row is named by its value in `column`. Rows whose turn
/// did not come are not counted; there are some only when the bulk job was aborted.
pub(crate) async fn report(connection: &Connection, job: &JobInfo, column: &str) -> Result<ChunkReport, TaskError> {
    let mut report = ChunkReport::default();
    let mut rows = connection.bulk().results(job);
    while let Some(row) = rows.try_next().await.map_err(|error| connection.task_error(&error))? {
        match row.outcome {
            RowOutcome::Succeeded { .. } => report.succeeded += 1,
            RowOutcome::Failed { error, .. } => {
                report.failed += 1;
                report.errors.push(RecordError {
                    record_id: row.row.get(column).unwrap_or_default().to_owned(),
                    code: error.error_code,
                    message: error.message,
                });
            }
            RowOutcome::Unprocessed => {}
        }
    }
    // Salesforce does not keep the order of the rows.
    report.errors.sort_by(|a, b| a.record_id.cmp(&b.record_id));
    report.processed = report.succeeded + report.failed;
    Ok(report)
}
