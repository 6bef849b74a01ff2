//! What a load tells about its rows: the three results of Bulk API 2.0, or the one of the Bulk API (v1).

use std::io;
use std::sync::Arc;

use csv::StringRecord;

use super::columns::Columns;
use crate::bulk::job::Output;
use crate::bulk::outcomes::{OutcomesWriter, RowOutcome};
use crate::bulk::results::ResultsWriter;
use crate::bulk::spec::{IngestSpec, Report as Wanted};
use crate::bulk::spool::Spool;
use crate::error::ApiError;
use crate::store::Upserted;

/// Results that are being written.
pub(super) enum Report {
    Parts(Box<ResultsWriter>),
    InOrder(OutcomesWriter),
}

impl Report {
    /// The results that the job wants; the header row of `contents` ends at `header_end`.
    pub(super) fn create(spec: &IngestSpec, contents: Arc<Spool>, header_end: u64) -> io::Result<Self> {
        Ok(match spec.report {
            Wanted::Parts => Self::Parts(Box::new(ResultsWriter::create(spec.dialect, contents, header_end)?)),
            Wanted::InOrder => Self::InOrder(OutcomesWriter::create()),
        })
    }

    /// Adds the rows of a chunk.
    pub(super) fn add(
        &mut self,
        columns: &Columns,
        rows: &[StringRecord],
        outcomes: &[Result<Upserted, ApiError>],
    ) -> io::Result<()> {
        match self {
            // Not in the order of the contents, as in a real org, where batches are processed side by side.
            Self::Parts(results) => {
                for (row, outcome) in rows.iter().zip(outcomes).rev() {
                    match outcome {
                        Ok(saved) => results.succeeded(&saved.id, saved.created, row)?,
                        Err(error) => {
                            results.failed(columns.id_of(row), &columns.explain(error, row).to_string(), row)?;
                        }
                    }
                }
            }
            Self::InOrder(results) => {
                for (row, outcome) in rows.iter().zip(outcomes) {
                    results.write(&outcome_of(columns, row, outcome))?;
                }
            }
        }
        Ok(())
    }

    /// Rows before this place in the contents are processed.
    pub(super) fn processed_to(&mut self, place: u64) {
        if let Self::Parts(results) = self {
            results.processed_to(place);
        }
    }

    /// The end of writing.
    pub(super) fn finish(self) -> io::Result<Output> {
        Ok(match self {
            Self::Parts(results) => Output::Rows(Arc::new(results.finish()?)),
            Self::InOrder(results) => Output::Outcomes(Arc::new(results.finish()?)),
        })
    }
}

fn outcome_of(columns: &Columns, row: &StringRecord, outcome: &Result<Upserted, ApiError>) -> RowOutcome {
    match outcome {
        Ok(saved) => {
            RowOutcome { success: true, created: saved.created, id: Some(saved.id.clone()), errors: Vec::new() }
        }
        Err(error) => {
            let id = Some(columns.id_of(row).to_owned()).filter(|id| !id.is_empty());
            RowOutcome { success: false, created: false, id, errors: vec![columns.explain(error, row)] }
        }
    }
}
