//! The result of a query as records: JSON of the REST API, a line each.

use std::io::{self, BufRead, BufReader, BufWriter, Write};
use std::sync::Arc;

use serde::Serialize;
use serde_json::Value;

use super::spool::{Spool, SpoolWriter};

/// Records that were written.
#[derive(Debug)]
pub(crate) struct Records {
    lines: Arc<Spool>,
    rows: u64,
}

/// Records that are being written.
pub(super) struct RecordsWriter {
    target: BufWriter<SpoolWriter>,
    rows: u64,
}

impl Records {
    /// How many there are.
    pub(crate) fn rows(&self) -> u64 {
        self.rows
    }

    /// Reads them one after another.
    pub(crate) fn read(&self) -> impl Iterator<Item = io::Result<Value>> + use<> {
        let lines = BufReader::new(self.lines.reader(0, self.lines.len())).lines();
        lines.map(|line| serde_json::from_str(&line?).map_err(io::Error::from))
    }
}

impl RecordsWriter {
    pub(super) fn create() -> Self {
        Self { target: BufWriter::new(Spool::create()), rows: 0 }
    }

    pub(super) fn write(&mut self, record: &impl Serialize) -> io::Result<()> {
        serde_json::to_writer(&mut self.target, record)?;
        self.rows += 1;
        self.target.write_all(b"\n")
    }

    pub(super) fn finish(self) -> io::Result<Records> {
        let spool = self.target.into_inner().map_err(io::IntoInnerError::into_error)?.finish();
        Ok(Records { lines: Arc::new(spool), rows: self.rows })
    }
}
