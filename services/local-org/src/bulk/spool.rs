//! Data on disk that is written once and then read from any place, by several readers at the same time.

use std::fs::File;
use std::io::{self, Read, Write};
use std::os::unix::fs::FileExt;
use std::sync::Arc;

/// Written data. The file has no name: it is gone when the last user drops it, and when the process dies.
#[derive(Debug)]
pub(crate) struct Spool {
    file: File,
    length: u64,
}

/// Data that is being written.
#[derive(Debug)]
pub(crate) struct SpoolWriter {
    file: File,
    length: u64,
}

/// Reads a part of the data in order.
#[derive(Debug)]
pub(crate) struct SpoolReader {
    spool: Arc<Spool>,
    at: u64,
    end: u64,
}

impl Spool {
    /// A new file in the system's folder for temporary ones.
    pub(crate) fn create() -> io::Result<SpoolWriter> {
        Ok(SpoolWriter { file: tempfile::tempfile()?, length: 0 })
    }

    /// Bytes.
    pub(crate) fn len(&self) -> u64 {
        self.length
    }

    /// Bytes from `start`, at most `most`; fewer at the end.
    pub(crate) fn read(&self, start: u64, most: usize) -> io::Result<Vec<u8>> {
        let most = most.min(usize::try_from(self.length.saturating_sub(start)).unwrap_or(usize::MAX));
        let mut bytes = vec![0; most];
        self.file.read_exact_at(&mut bytes, start)?;
        Ok(bytes)
    }

    /// Reads from `start` to `end`.
    pub(crate) fn reader(self: &Arc<Self>, start: u64, end: u64) -> SpoolReader {
        SpoolReader { spool: Arc::clone(self), at: start, end: end.min(self.length) }
    }
}

impl SpoolWriter {
    /// The end of writing.
    pub(crate) fn finish(self) -> Spool {
        Spool { file: self.file, length: self.length }
    }
}

impl Write for SpoolWriter {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let count = self.file.write(bytes)?;
        self.length += count as u64;
        Ok(count)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.file.flush()
    }
}

impl Read for SpoolReader {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let left = usize::try_from(self.end.saturating_sub(self.at)).unwrap_or(usize::MAX);
        let most = left.min(buffer.len());
        let Some(room) = buffer.get_mut(..most) else { return Ok(0) };
        let count = self.spool.file.read_at(room, self.at)?;
        self.at += count as u64;
        Ok(count)
    }
}
