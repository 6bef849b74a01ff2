//! Data that is written once and then read from any place, by several readers at the same time: on disk, so that memory does
//! not follow the number of rows, but for little data, since jobs are kept and each open file costs the process a handle.

use std::io::{self, Read, Write};
use std::os::unix::fs::FileExt;
use std::sync::Arc;

use tempfile::{SpooledData, SpooledTempFile, spooled_tempfile};

/// Bytes up to which data stays in memory.
const LITTLE: usize = 64 * 1024;

/// Written data. A file has no name: it is gone when the last user drops it, and when the process dies.
#[derive(Debug)]
pub(crate) struct Spool {
    data: SpooledData,
    length: u64,
}

/// Data that is being written.
#[derive(Debug)]
pub(crate) struct SpoolWriter {
    file: SpooledTempFile,
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
    /// Nothing yet. What grows beyond a little goes to a file in the system's folder for temporary ones.
    pub(crate) fn create() -> SpoolWriter {
        SpoolWriter { file: spooled_tempfile(LITTLE), length: 0 }
    }

    /// Bytes.
    pub(crate) fn len(&self) -> u64 {
        self.length
    }

    /// Bytes from `start`, at most `most`; fewer at the end.
    pub(crate) fn read(&self, start: u64, most: usize) -> io::Result<Vec<u8>> {
        let most = most.min(usize::try_from(self.length.saturating_sub(start)).unwrap_or(usize::MAX));
        let mut bytes = vec![0; most];
        let mut read = 0;
        while let Some(room) = bytes.get_mut(read..).filter(|room| !room.is_empty()) {
            match self.read_at(room, start + read as u64)? {
                0 => return Err(io::ErrorKind::UnexpectedEof.into()),
                count => read += count,
            }
        }
        Ok(bytes)
    }

    fn read_at(&self, room: &mut [u8], at: u64) -> io::Result<usize> {
        match &self.data {
            SpooledData::InMemory(data) => {
                let rest = usize::try_from(at).ok().and_then(|at| data.get_ref().get(at..));
                rest.unwrap_or_default().read(room)
            }
            SpooledData::OnDisk(file) => file.read_at(room, at),
        }
    }

    /// Reads from `start` to `end`.
    pub(crate) fn reader(self: &Arc<Self>, start: u64, end: u64) -> SpoolReader {
        SpoolReader { spool: Arc::clone(self), at: start, end: end.min(self.length) }
    }
}

impl SpoolWriter {
    /// The end of writing.
    pub(crate) fn finish(self) -> Spool {
        Spool { data: self.file.into_inner(), length: self.length }
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
        let count = self.spool.read_at(room, self.at)?;
        self.at += count as u64;
        Ok(count)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn little_data_takes_no_file_and_more_reads_the_same() {
        for length in [0, 1, LITTLE, LITTLE + 1, 3 * LITTLE] {
            let bytes: Vec<u8> = (0..length).map(|place| u8::try_from(place % 251).unwrap()).collect();
            let mut writer = Spool::create();
            bytes.chunks(1000).for_each(|piece| writer.write_all(piece).unwrap());
            let spool = Arc::new(writer.finish());
            assert_eq!(matches!(spool.data, SpooledData::InMemory(_)), length <= LITTLE, "{length}");
            assert_eq!(spool.len(), length as u64);
            assert_eq!(spool.read(0, usize::MAX).unwrap(), bytes);
            let (start, end) = (length / 3, length / 2);
            let mut part = Vec::new();
            spool.reader(start as u64, end as u64).read_to_end(&mut part).unwrap();
            assert_eq!(part, bytes[start..end], "{length}");
            assert_eq!(spool.read(length as u64, 10).unwrap(), b"");
        }
    }
}
