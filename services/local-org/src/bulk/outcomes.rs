//! What became of each row of a batch, in the order of the rows: the result of a batch of the Bulk API (v1), whose clients
//! lay it beside what they sent.

use std::io::{self, BufRead, BufReader, BufWriter, Write};
use std::sync::Arc;

use serde::{Deserialize, Serialize};

use super::reason::Reason;
use super::spool::{Spool, SpoolWriter};

/// What became of one row.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct RowOutcome {
    pub(crate) success: bool,
    pub(crate) created: bool,
    /// Id of the record, where it was saved.
    pub(crate) id: Option<String>,
    /// Why it was not.
    pub(crate) errors: Vec<Reason>,
}

/// The outcomes of a batch that has ended, as JSON, a line each.
#[derive(Debug)]
pub(crate) struct Outcomes {
    lines: Arc<Spool>,
    rows: u64,
}

/// Outcomes that are being written.
pub(super) struct OutcomesWriter {
    target: BufWriter<SpoolWriter>,
    rows: u64,
}

impl Outcomes {
    /// Number of rows.
    pub(crate) fn rows(&self) -> u64 {
        self.rows
    }

    /// Reads them one after another.
    pub(crate) fn read(&self) -> impl Iterator<Item = io::Result<RowOutcome>> + use<> {
        let lines = BufReader::new(self.lines.reader(0, self.lines.len())).lines();
        lines.map(|line| serde_json::from_str(&line?).map_err(io::Error::from))
    }
}

impl OutcomesWriter {
    pub(super) fn create() -> Self {
        Self { target: BufWriter::new(Spool::create()), rows: 0 }
    }

    pub(super) fn write(&mut self, outcome: &RowOutcome) -> io::Result<()> {
        serde_json::to_writer(&mut self.target, outcome)?;
        self.rows += 1;
        self.target.write_all(b"\n")
    }

    pub(super) fn finish(self) -> io::Result<Outcomes> {
        let spool = self.target.into_inner().map_err(io::IntoInnerError::into_error)?.finish();
        Ok(Outcomes { lines: Arc::new(spool), rows: self.rows })
    }
}
