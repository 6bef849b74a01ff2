//! Rows to CSV, cut where a job is full.

use super::super::Error;
use super::cell::{Columns, Row};
use super::settings::{BulkSettings, MAX_JOB_BYTES};

/// CSV is handed over in pieces of about this many bytes.
const CHUNK_BYTES: usize = 64 * 1024;

/// Writes the CSV of one job after the other.
pub(super) struct Encoder {
    columns: Columns,
    limit_bytes: u64,
    limit_rows: u64,
    writer: csv::Writer<Vec<u8>>,
    /// Bytes of the present job that were handed over.
    handed: u64,
    rows: u64,
    /// Rows of all jobs, for messages.
    total: u64,
}

impl Encoder {
    pub(super) fn new(columns: Columns, settings: &BulkSettings) -> Self {
        Self {
            columns,
            limit_bytes: settings.job_bytes.min(MAX_JOB_BYTES),
            limit_rows: settings.job_rows.max(1),
            writer: writer(Vec::new()),
            handed: 0,
            rows: 0,
            total: 0,
        }
    }

    /// Begins a job with its header line.
    pub(super) fn begin(&mut self) -> Result<(), Error> {
        self.writer = writer(Vec::with_capacity(CHUNK_BYTES));
        (self.handed, self.rows) = (0, 0);
        self.writer.write_record(self.columns.names()).map_err(unwritten)?;
        self.writer.flush().map_err(unwritten)
    }

    /// Adds a row. False, and the row is not added, when it would make the job too big.
    ///
    /// # Errors
    /// [`Error::InvalidRequest`] when the row does not fit the columns, or is too big for any job.
    pub(super) fn push(&mut self, row: &Row) -> Result<bool, Error> {
        if self.rows >= self.limit_rows {
            return Ok(false);
        }
        self.check(row)?;
        let before = self.pending();
        self.writer.write_record(row.iter().map(|cell| cell.as_csv().unwrap_or_default())).map_err(unwritten)?;
        self.writer.flush().map_err(unwritten)?;
        if self.bytes() <= self.limit_bytes {
            (self.rows, self.total) = (self.rows + 1, self.total + 1);
            return Ok(true);
        }
        if self.rows == 0 {
            let (row, limit) = (self.total + 1, self.limit_bytes);
            return Err(Error::invalid_request(format!("row {row} needs more than the {limit} bytes of a job")));
        }
        let mut kept = self.take()?;
        kept.truncate(before);
        self.writer = writer(kept);
        Ok(false)
    }

    /// A piece of CSV, when enough has come together.
    pub(super) fn full_chunk(&mut self) -> Result<Option<Vec<u8>>, Error> {
        if self.pending() < CHUNK_BYTES { Ok(None) } else { self.rest().map(Some) }
    }

    /// All CSV that was not handed over.
    pub(super) fn rest(&mut self) -> Result<Vec<u8>, Error> {
        let chunk = self.take()?;
        self.handed += length(&chunk);
        Ok(chunk)
    }

    /// Rows of the present job.
    pub(super) fn rows(&self) -> u64 {
        self.rows
    }

    /// Bytes of the present job.
    pub(super) fn bytes(&self) -> u64 {
        self.handed + length(self.writer.get_ref())
    }

    fn pending(&self) -> usize {
        self.writer.get_ref().len()
    }

    fn take(&mut self) -> Result<Vec<u8>, Error> {
        let full = std::mem::replace(&mut self.writer, writer(Vec::with_capacity(CHUNK_BYTES)));
        full.into_inner().map_err(|error| unwritten(error.into_error()))
    }

    fn check(&self, row: &Row) -> Result<(), Error> {
        let number = self.total + 1;
        if row.len() != self.columns.len() {
            let (cells, columns) = (row.len(), self.columns.len());
            return Err(Error::invalid_request(format!("row {number} has {cells} cells for {columns} columns")));
        }
        match row.iter().zip(self.columns.names()).find(|(cell, _)| cell.as_csv().is_none()) {
            None => Ok(()),
            Some((_, column)) => Err(Error::invalid_request(format!(
                "row {number} has a text in column `{column}` that Salesforce would read as null"
            ))),
        }
    }
}

fn writer(start: Vec<u8>) -> csv::Writer<Vec<u8>> {
    csv::WriterBuilder::new().terminator(csv::Terminator::Any(b'\n')).from_writer(start)
}

fn length(bytes: &[u8]) -> u64 {
    u64::try_from(bytes.len()).unwrap_or(u64::MAX)
}

/// Writing to memory does not fail.
fn unwritten(error: impl std::fmt::Display) -> Error {
    Error::invalid_request(format!("a row cannot be written as CSV: {error}"))
}
