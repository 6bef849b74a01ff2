//! CSV as it comes from the network, cut into records.

use std::collections::VecDeque;
use std::io::Read;

use csv::StringRecord;

/// Longest record, in bytes. Salesforce's longest has 400,000 characters ("Bulk API 2.0 Limits").
const MAX_RECORD_BYTES: usize = 8 * 1024 * 1024;

/// Where the reader stands within a record. The same states as the `csv` crate's, which does the real parsing, so that
/// both agree on where records end.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum State {
    FieldStart,
    Unquoted,
    Quoted,
    /// After a quote within quotes: it ends the field, or is the first half of an escaped one.
    Quote,
}

/// Collects bytes until records are complete. Holds the records of the last piece and one incomplete record.
#[derive(Debug)]
pub(super) struct RecordReader {
    state: State,
    bytes: Vec<u8>,
    /// Bytes that the state has seen.
    scanned: usize,
    ready: VecDeque<StringRecord>,
    /// What begins the text is known not to be a byte order mark, or gone.
    started: bool,
}

/// U+FEFF, which may begin a text and is no data there.
const BYTE_ORDER_MARK: &[u8] = b"\xef\xbb\xbf";

impl RecordReader {
    pub(super) fn new() -> Self {
        Self { state: State::FieldStart, bytes: Vec::new(), scanned: 0, ready: VecDeque::new(), started: false }
    }

    /// Takes the next piece.
    ///
    /// # Errors
    /// What is wrong with the CSV.
    pub(super) fn push(&mut self, piece: &[u8]) -> Result<(), String> {
        self.bytes.extend_from_slice(piece);
        if !self.started && !self.start() {
            return Ok(());
        }
        let mut end = None;
        for (index, byte) in self.bytes.iter().enumerate().skip(self.scanned) {
            self.state = match (self.state, byte) {
                (State::FieldStart | State::Quote, b'"') => State::Quoted,
                (State::Quoted, b'"') => State::Quote,
                (State::Quoted, _) => State::Quoted,
                (_, b'\n') => {
                    end = Some(index + 1);
                    State::FieldStart
                }
                // A carriage return alone ends a record, too.
                (_, b',' | b'\r') => State::FieldStart,
                _ => State::Unquoted,
            };
        }
        self.scanned = self.bytes.len();
        if let Some(end) = end {
            self.parse(end)?;
        }
        if self.bytes.len() > MAX_RECORD_BYTES {
            return Err(format!("a record is longer than {MAX_RECORD_BYTES} bytes"));
        }
        Ok(())
    }

    /// Takes the end of the text; the last record need not end with a line break.
    ///
    /// # Errors
    /// What is wrong with the CSV, for one when it ends within quotes.
    pub(super) fn finish(&mut self) -> Result<(), String> {
        if self.state == State::Quoted {
            return Err("it ends in the middle of a quoted value".to_owned());
        }
        self.parse(self.bytes.len())
    }

    /// The next complete record.
    pub(super) fn pop(&mut self) -> Option<StringRecord> {
        self.ready.pop_front()
    }

    /// Drops the byte order mark, once there are enough bytes to tell: a quote right after it opens a quoted value.
    fn start(&mut self) -> bool {
        if self.bytes.starts_with(BYTE_ORDER_MARK) {
            self.bytes.drain(..BYTE_ORDER_MARK.len());
        } else if BYTE_ORDER_MARK.starts_with(&self.bytes) {
            return false;
        }
        self.started = true;
        true
    }

    fn parse(&mut self, end: usize) -> Result<(), String> {
        let complete = self.bytes.get(..end).unwrap_or_default();
        // The parser drops a byte order mark where it starts. Here those bytes are data, and an empty line, which does not
        // count, goes before them.
        let lead: &[u8] = b"\n";
        let mut reader = csv::ReaderBuilder::new().has_headers(false).flexible(true).from_reader(lead.chain(complete));
        for record in reader.records() {
            self.ready.push_back(record.map_err(|error| match error.kind() {
                csv::ErrorKind::Utf8 { .. } => "it is not UTF-8".to_owned(),
                _ => "it is not CSV".to_owned(),
            })?);
        }
        self.bytes.drain(..end);
        self.scanned = self.bytes.len();
        Ok(())
    }
}
