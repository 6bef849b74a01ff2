//! How a job's CSV is written: delimiter and line ending.

use std::io::{Read, Write};

use serde::{Deserialize, Serialize};

/// Bytes that are read from or written to a file at once.
const BUFFER: usize = 64 * 1024;

/// Between the values of a row.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "UPPERCASE")]
pub(crate) enum ColumnDelimiter {
    #[default]
    Comma,
    Backquote,
    Caret,
    Pipe,
    Semicolon,
    Tab,
}

/// After a row.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "UPPERCASE")]
pub(crate) enum LineEnding {
    #[default]
    Lf,
    Crlf,
}

/// Delimiter and line ending of a job's CSV, in and out.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct Dialect {
    pub(crate) delimiter: ColumnDelimiter,
    pub(crate) ending: LineEnding,
}

impl ColumnDelimiter {
    pub(crate) fn byte(self) -> u8 {
        match self {
            Self::Comma => b',',
            Self::Backquote => b'`',
            Self::Caret => b'^',
            Self::Pipe => b'|',
            Self::Semicolon => b';',
            Self::Tab => b'\t',
        }
    }
}

impl LineEnding {
    pub(crate) fn text(self) -> &'static str {
        match self {
            Self::Lf => "\n",
            Self::Crlf => "\r\n",
        }
    }

    /// As a job names it.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Lf => "LF",
            Self::Crlf => "CRLF",
        }
    }
}

impl Dialect {
    /// Reads rows, the header among them, of any number of values.
    pub(crate) fn reader<R: Read>(self, source: R) -> csv::Reader<R> {
        csv::ReaderBuilder::new()
            .has_headers(false)
            .flexible(true)
            .delimiter(self.delimiter.byte())
            .buffer_capacity(BUFFER)
            .from_reader(source)
    }

    /// Writes rows. Every value is quoted, as an org does it: a client that guesses the delimiter is not led astray by a
    /// value with another one in it.
    pub(crate) fn writer<W: Write>(self, target: W) -> csv::Writer<W> {
        csv::WriterBuilder::new()
            .flexible(true)
            .quote_style(csv::QuoteStyle::Always)
            .delimiter(self.delimiter.byte())
            .terminator(match self.ending {
                LineEnding::Lf => csv::Terminator::Any(b'\n'),
                LineEnding::Crlf => csv::Terminator::CRLF,
            })
            .buffer_capacity(BUFFER)
            .from_writer(target)
    }
}
