//! The three results of an ingest job: rows that were saved, rows that were not, and rows that nobody looked at.
//!
//! As in an org, the columns that it adds and all values are quoted, and the names of the uploaded columns stand as they
//! were uploaded (Bulk API 2.0 Developer Guide, "Walkthrough for Bulk Insert"). The rows that nobody looked at are the end
//! of the upload itself.

use std::io::{self, Write};
use std::sync::Arc;

use csv::StringRecord;

use super::dialect::Dialect;
use super::spool::{Spool, SpoolWriter};

/// Which of the results.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Part {
    Successful,
    Failed,
    Unprocessed,
}

/// The results of a job that has ended.
#[derive(Debug)]
pub(crate) struct Results {
    succeeded: Arc<Spool>,
    failed: Arc<Spool>,
    /// The header row as it is written before the rows that were not processed.
    header: Vec<u8>,
    contents: Arc<Spool>,
    /// Where those rows begin.
    unprocessed: u64,
}

/// Results that are being written.
pub(super) struct ResultsWriter {
    succeeded: csv::Writer<SpoolWriter>,
    failed: csv::Writer<SpoolWriter>,
    header: Vec<u8>,
    contents: Arc<Spool>,
    unprocessed: u64,
}

impl Results {
    /// The results of a job of whose contents no row was processed; `None` when they do not begin like CSV.
    pub(crate) fn untouched(contents: Arc<Spool>, dialect: Dialect) -> Option<Self> {
        let mut header = StringRecord::new();
        let mut reader = dialect.reader(contents.reader(0, contents.len()));
        if !reader.read_record(&mut header).ok()? {
            return None;
        }
        ResultsWriter::create(dialect, contents, reader.position().byte()).ok()?.finish().ok()
    }

    /// A header, and the part of a file that follows it.
    pub(crate) fn part(&self, part: Part) -> (Vec<u8>, Arc<Spool>, u64) {
        match part {
            Part::Successful => (Vec::new(), Arc::clone(&self.succeeded), 0),
            Part::Failed => (Vec::new(), Arc::clone(&self.failed), 0),
            Part::Unprocessed => (self.header.clone(), Arc::clone(&self.contents), self.unprocessed),
        }
    }
}

impl ResultsWriter {
    /// Results with their headers; the header row of `contents` ends at `header_end`. Until [`Self::processed_to`] says
    /// more, all rows after it are not processed.
    pub(super) fn create(dialect: Dialect, contents: Arc<Spool>, header_end: u64) -> io::Result<Self> {
        let row = contents.read(0, usize::try_from(header_end).unwrap_or(usize::MAX))?;
        let header = bare(&row);
        let with = |column: &str| -> io::Result<_> {
            let mut file = Spool::create();
            let (delimiter, ending) = (dialect.delimiter.byte() as char, dialect.ending.text());
            write!(file, "\"sf__Id\"{delimiter}\"{column}\"{delimiter}")?;
            file.write_all(&[header, ending.as_bytes()].concat())?;
            Ok(dialect.writer(file))
        };
        let (succeeded, failed) = (with("sf__Created")?, with("sf__Error")?);
        let header = [header, dialect.ending.text().as_bytes()].concat();
        Ok(Self { succeeded, failed, header, contents, unprocessed: header_end })
    }

    pub(super) fn succeeded(&mut self, id: &str, created: bool, row: &StringRecord) -> csv::Result<()> {
        let created = if created { "true" } else { "false" };
        self.succeeded.write_record([id, created].into_iter().chain(row))
    }

    pub(super) fn failed(&mut self, id: &str, error: &str, row: &StringRecord) -> csv::Result<()> {
        self.failed.write_record([id, error].into_iter().chain(row))
    }

    /// Rows before this place in the contents are processed.
    pub(super) fn processed_to(&mut self, place: u64) {
        self.unprocessed = place;
    }

    pub(super) fn finish(self) -> io::Result<Results> {
        // After a CR LF the reader stands between the two.
        let next = self.contents.read(self.unprocessed, 1)?;
        let unprocessed = self.unprocessed + u64::from(next == b"\n");
        let end = |writer: csv::Writer<SpoolWriter>| {
            writer.into_inner().map(|file| Arc::new(file.finish())).map_err(csv::IntoInnerError::into_error)
        };
        Ok(Results {
            succeeded: end(self.succeeded)?,
            failed: end(self.failed)?,
            header: self.header,
            contents: self.contents,
            unprocessed,
        })
    }
}

/// A header row without line endings around it and without a byte order mark.
fn bare(row: &[u8]) -> &[u8] {
    let row = row.strip_prefix(b"\xef\xbb\xbf").unwrap_or(row);
    let is_content = |byte: &u8| !matches!(byte, b'\r' | b'\n');
    let start = row.iter().position(is_content).unwrap_or(row.len());
    let end = row.iter().rposition(is_content).map_or(start, |last| last + 1);
    row.get(start..end).unwrap_or_default()
}
