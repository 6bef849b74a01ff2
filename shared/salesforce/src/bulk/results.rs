//! What became of the rows of an ingest job.

use std::collections::VecDeque;
use std::sync::Arc;

use futures_util::stream::{self, BoxStream, StreamExt, TryStreamExt};
use serde::de::DeserializeOwned;

use super::super::path::resource;
use super::super::{ApiError, Cleaner, Error, SalesforceId};
use super::download::{Download, Record, Source, malformed};
use super::records::RecordReader;
use super::{Bulk, JobInfo, row_error};

const ID: &str = "sf__Id";
const CREATED: &str = "sf__Created";
const ERROR: &str = "sf__Error";

/// What became of a row.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum RowOutcome {
    /// The record was written.
    Succeeded {
        /// The record.
        id: SalesforceId,
        /// It is new.
        created: bool,
    },
    /// The row was refused.
    Failed {
        /// The record, when the row named an existing one.
        id: Option<SalesforceId>,
        /// Why.
        error: ApiError,
    },
    /// The job ended before the row's turn.
    Unprocessed,
}

/// A row of an ingest job with its outcome. Rows do not come in the order in which they were sent.
#[derive(Debug, Clone)]
pub struct RowResult {
    /// What became of it.
    pub outcome: RowOutcome,
    /// The row as it was sent.
    pub row: SentRow,
}

/// A row as Salesforce gives it back.
#[derive(Debug, Clone)]
pub struct SentRow(Record);

impl SentRow {
    /// Value of a column, empty when the cell was; `None` when there is no such column. Case does not matter.
    #[must_use]
    pub fn get(&self, column: &str) -> Option<&str> {
        let position = self.0.columns.iter().position(|name| name.eq_ignore_ascii_case(column))?;
        self.0.cells.get(position)
    }

    /// Columns that were sent, with their values.
    pub fn cells(&self) -> impl Iterator<Item = (&str, &str)> {
        self.0.columns.iter().zip(self.0.cells.iter()).filter(|(name, _)| !matches!(*name, ID | CREATED | ERROR))
    }

    /// Reads the row into `T` by the names of its columns. An empty cell is `None`.
    ///
    /// # Errors
    /// Kind `Malformed` when a value is not of its type; the column is named where it is known.
    pub fn deserialize<T: DeserializeOwned>(&self) -> Result<T, Error> {
        deserialize(&self.0)
    }
}

/// Reads a record into `T`.
pub(super) fn deserialize<T: DeserializeOwned>(record: &Record) -> Result<T, Error> {
    record.cells.deserialize(Some(&record.columns)).map_err(|error| {
        let index = match error.kind() {
            csv::ErrorKind::Deserialize { err, .. } => err.field().and_then(|index| usize::try_from(index).ok()),
            _ => None,
        };
        // The value itself is the org's data and stays out of errors.
        match index.and_then(|index| record.columns.get(index)) {
            Some(column) => {
                let reason = format!("a value of column `{column}` is not of the type expected");
                malformed(&reason).cleared(&record.cleaner)
            }
            None => malformed("a value is not of the type expected, or its column is missing"),
        }
    })
}

/// The three files that Salesforce keeps of an ingest job.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ResultFile {
    /// `successfulResults`: rows that were written.
    Successful,
    /// `failedResults`: rows that were refused.
    Failed,
    /// `unprocessedrecords`: rows whose turn did not come.
    Unprocessed,
}

impl ResultFile {
    fn segment(self) -> &'static str {
        match self {
            Self::Successful => "successfulResults",
            Self::Failed => "failedResults",
            Self::Unprocessed => "unprocessedrecords",
        }
    }

    /// Rows that the file must have. While a job is being stopped its counts may lag behind its files.
    fn row_count(self, job: &JobInfo) -> u64 {
        match self {
            Self::Successful => job.number_records_processed.saturating_sub(job.number_records_failed),
            Self::Failed => job.number_records_failed,
            Self::Unprocessed => 0,
        }
    }

    /// All rows of a file that somebody kept, which comes in any pieces. Whose session it was read with is not known, so
    /// errors are cleared of what has the form of a token only.
    ///
    /// # Errors
    /// Kind `Malformed` when it is not such a file.
    pub fn rows<'a>(self, pieces: impl IntoIterator<Item = &'a [u8]>) -> Result<Vec<RowResult>, Error> {
        let mut reader = RecordReader::new();
        for piece in pieces {
            reader.push(piece).map_err(|reason| malformed(&reason))?;
        }
        reader.finish().map_err(|reason| malformed(&reason))?;
        let Some(columns) = reader.pop().map(Arc::new) else { return Ok(Vec::new()) };
        std::iter::from_fn(|| reader.pop())
            .map(|cells| self.read(Record::new(&columns, cells, Cleaner::default())?))
            .collect()
    }

    fn read(self, record: Record) -> Result<RowResult, Error> {
        let row = SentRow(record);
        let outcome = match self {
            Self::Unprocessed => RowOutcome::Unprocessed,
            Self::Successful => {
                let id = id(&row)?.ok_or_else(|| malformed("a successful row has no id"))?;
                RowOutcome::Succeeded { id, created: row.get(CREATED).is_some_and(|text| text == "true") }
            }
            Self::Failed => {
                let text = row.get(ERROR).ok_or_else(|| malformed(&format!("it has no column `{ERROR}`")))?;
                RowOutcome::Failed { error: row_error::parse(text, &row.0.cleaner), id: id(&row)? }
            }
        };
        Ok(RowResult { outcome, row })
    }
}

fn id(row: &SentRow) -> Result<Option<SalesforceId>, Error> {
    let text = row.get(ID).unwrap_or_default();
    if text.is_empty() {
        return Ok(None);
    }
    text.parse().map(Some).map_err(|_| malformed(&format!("`{ID}` is not an id")))
}

impl Bulk {
    /// All rows of an ingest job that has ended: those that succeeded, then those that failed, then those that were
    /// not processed. Nothing is held but the piece being read; the stream ends after its first error.
    ///
    /// A file that has fewer rows than the job counted is asked for again, and is an error when it stays so.
    #[must_use]
    pub fn results(&self, job: &JobInfo) -> BoxStream<'static, Result<RowResult, Error>> {
        let files = [ResultFile::Successful, ResultFile::Failed, ResultFile::Unprocessed];
        let (bulk, job, files) = (self.clone(), job.clone(), VecDeque::from(files));
        let none: BoxStream<'static, Result<RowResult, Error>> = stream::empty().boxed();
        stream::try_unfold((none, files), move |(mut rows, mut files)| {
            let (bulk, job) = (bulk.clone(), job.clone());
            async move {
                loop {
                    if let Some(row) = rows.try_next().await? {
                        return Ok(Some((row, (rows, files))));
                    }
                    let Some(file) = files.pop_front() else { return Ok(None) };
                    rows = bulk.file(&job, file);
                }
            }
        })
        .boxed()
    }

    /// The rows that succeeded.
    #[must_use]
    pub fn successful(&self, job: &JobInfo) -> BoxStream<'static, Result<RowResult, Error>> {
        self.file(job, ResultFile::Successful)
    }

    /// The rows that were refused.
    #[must_use]
    pub fn failed(&self, job: &JobInfo) -> BoxStream<'static, Result<RowResult, Error>> {
        self.file(job, ResultFile::Failed)
    }

    /// The rows whose turn did not come.
    #[must_use]
    pub fn unprocessed(&self, job: &JobInfo) -> BoxStream<'static, Result<RowResult, Error>> {
        self.file(job, ResultFile::Unprocessed)
    }

    fn file(&self, job: &JobInfo, file: ResultFile) -> BoxStream<'static, Result<RowResult, Error>> {
        let (id, rows) = (job.id, file.row_count(job));
        let (client, settings) = (self.client.clone(), Arc::clone(&self.settings));
        stream::once(async move {
            let path = resource(&["jobs", "ingest", id.as_str(), file.segment()])?;
            let download = Download::new(client, settings, Source::Resource(path)).at_least(rows);
            Ok::<_, Error>(download.items(move |record| file.read(record)))
        })
        .try_flatten()
        .boxed()
    }
}

/// A row as Salesforce would give it back, for tests of this room.
#[cfg(test)]
pub(super) fn sent(columns: &[&str], cells: &[&str]) -> SentRow {
    SentRow(Record {
        columns: Arc::new(csv::StringRecord::from(columns)),
        cells: csv::StringRecord::from(cells),
        cleaner: Cleaner::default(),
    })
}
