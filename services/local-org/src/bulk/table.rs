//! The result of a query job: rows of CSV on disk, of which any run of rows can be given.

use std::io::{self, BufWriter, Write};
use std::sync::Arc;

use super::dialect::Dialect;
use super::spool::{Spool, SpoolWriter};

/// Every row whose number is a multiple of this has its place remembered; from there rows are counted.
const STRIDE: u64 = 1_000;
/// Bytes that are looked through at once.
const BLOCK: usize = 64 * 1024;

/// Rows that were written.
#[derive(Debug)]
pub(crate) struct Table {
    spool: Arc<Spool>,
    header: u64,
    rows: u64,
    /// Where rows 0, [`STRIDE`], … begin.
    marks: Vec<u64>,
}

/// Rows that are being written. Every value is quoted.
pub(crate) struct TableWriter {
    target: BufWriter<SpoolWriter>,
    dialect: Dialect,
    written: u64,
    header: u64,
    rows: u64,
    marks: Vec<u64>,
    line: Vec<u8>,
}

impl TableWriter {
    pub(crate) fn create(dialect: Dialect) -> io::Result<Self> {
        let target = BufWriter::with_capacity(BLOCK, Spool::create());
        Ok(Self { target, dialect, written: 0, header: 0, rows: 0, marks: Vec::new(), line: Vec::new() })
    }

    /// Writes the header, which comes first, or a row.
    pub(crate) fn write(&mut self, values: &[String]) -> io::Result<()> {
        self.line.clear();
        for (index, value) in values.iter().enumerate() {
            if index > 0 {
                self.line.push(self.dialect.delimiter.byte());
            }
            self.line.push(b'"');
            let mut parts = value.split('"');
            self.line.extend_from_slice(parts.next().unwrap_or_default().as_bytes());
            for part in parts {
                self.line.extend_from_slice(b"\"\"");
                self.line.extend_from_slice(part.as_bytes());
            }
            self.line.push(b'"');
        }
        self.line.extend_from_slice(self.dialect.ending.text().as_bytes());
        self.target.write_all(&self.line)?;
        if self.header == 0 {
            self.header = self.line.len() as u64;
        } else {
            if self.rows.is_multiple_of(STRIDE) {
                self.marks.push(self.written);
            }
            self.rows += 1;
        }
        self.written += self.line.len() as u64;
        Ok(())
    }

    /// The end of writing.
    pub(crate) fn finish(self) -> io::Result<Table> {
        let spool = self.target.into_inner().map_err(io::IntoInnerError::into_error)?.finish();
        Ok(Table { spool: Arc::new(spool), header: self.header, rows: self.rows, marks: self.marks })
    }
}

impl Table {
    /// Rows without the header.
    pub(crate) fn rows(&self) -> u64 {
        self.rows
    }

    /// The header line.
    pub(crate) fn header(&self) -> io::Result<Vec<u8>> {
        self.spool.read(0, usize::try_from(self.header).unwrap_or(usize::MAX))
    }

    /// The file, and where rows `start` to `end` (exclusive) are in it.
    pub(crate) fn range(&self, start: u64, end: u64) -> io::Result<(Arc<Spool>, u64, u64)> {
        Ok((Arc::clone(&self.spool), self.place(start)?, self.place(end)?))
    }

    /// Where a row begins; the end of the file for those that there are not.
    fn place(&self, row: u64) -> io::Result<u64> {
        if row >= self.rows {
            return Ok(self.spool.len());
        }
        let mark = usize::try_from(row / STRIDE).ok().and_then(|index| self.marks.get(index));
        let mut place = mark.copied().unwrap_or(self.header);
        let mut left = row % STRIDE;
        let mut quoted = false;
        while left > 0 {
            let block = self.spool.read(place, BLOCK)?;
            if block.is_empty() {
                break;
            }
            for byte in &block {
                place += 1;
                match byte {
                    b'"' => quoted = !quoted,
                    b'\n' if !quoted => left -= 1,
                    _ => {}
                }
                if left == 0 {
                    break;
                }
            }
        }
        Ok(place)
    }
}
