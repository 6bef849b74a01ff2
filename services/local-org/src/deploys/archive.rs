//! Archives of the Metadata API: zip files, whose sizes are bounded before and while they are read, so that a small one
//! cannot become gigabytes.

use std::collections::BTreeMap;
use std::io::{Cursor, Read, Write};

use zip::write::SimpleFileOptions;
use zip::{CompressionMethod, ZipArchive, ZipWriter};

/// Files at most (Metadata API Developer Guide, "Deploying and Retrieving Metadata with the Zip File": 10,000).
const MAX_FILES: usize = 10_000;
/// Bytes of all files together at most. An org takes about 400 MB; this is enough for a machine of a developer.
const MAX_TOTAL: u64 = 100 * 1024 * 1024;
/// Bytes of one file at most.
const MAX_FILE: u64 = 20 * 1024 * 1024;
/// Files may be this many times as large as the archive, unless they are small altogether. Source code and XML reach 30.
const MAX_RATIO: u64 = 200;
const SMALL: u64 = 4 * 1024 * 1024;

/// The files of an archive by path, with `/` between folders.
pub(crate) type Files = BTreeMap<String, Vec<u8>>;

/// Why an archive is not taken.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum ArchiveError {
    #[error("the zip file cannot be read: {0}")]
    Unreadable(String),
    #[error("the zip file has more than {MAX_FILES} files")]
    TooManyFiles,
    #[error("{0} is too large: a file has at most {MAX_FILE} bytes, all of them {MAX_TOTAL}")]
    TooLarge(String),
    #[error("the files would be more than {MAX_RATIO} times as large as the zip file")]
    Bomb,
    #[error("{0} is no path in the zip file")]
    Path(String),
    #[error("{0} is in the zip file twice")]
    Twice(String),
}

/// Reads an archive.
///
/// # Errors
/// [`ArchiveError`] when it is none, or too large in any way.
pub(crate) fn read(bytes: &[u8]) -> Result<Files, ArchiveError> {
    let unreadable = |error: &dyn std::fmt::Display| ArchiveError::Unreadable(error.to_string());
    let mut archive = ZipArchive::new(Cursor::new(bytes)).map_err(|error| unreadable(&error))?;
    if archive.len() > MAX_FILES {
        return Err(ArchiveError::TooManyFiles);
    }
    let allowed = (bytes.len() as u64).saturating_mul(MAX_RATIO).max(SMALL);
    let (mut files, mut total) = (Files::new(), 0_u64);
    for index in 0..archive.len() {
        let entry = archive.by_index(index).map_err(|error| unreadable(&error))?;
        if entry.is_dir() {
            continue;
        }
        let path = entry.name().map_err(|error| unreadable(&error))?.into_owned();
        // A path that leaves the archive is refused, though nothing here is written to a disk.
        if entry.enclosed_name().is_none() || path.starts_with('/') || path.contains('\\') {
            return Err(ArchiveError::Path(path));
        }
        // What the entry says of its size may be a lie: one byte more than is allowed is read, and counted.
        let most = MAX_FILE.min(MAX_TOTAL - total).min(allowed.saturating_sub(total));
        let mut contents = Vec::new();
        entry.take(most + 1).read_to_end(&mut contents).map_err(|error| unreadable(&error))?;
        let length = contents.len() as u64;
        if length > most {
            let is_bomb = total + length > allowed;
            return Err(if is_bomb { ArchiveError::Bomb } else { ArchiveError::TooLarge(path) });
        }
        total += length;
        if files.insert(path.clone(), contents).is_some() {
            return Err(ArchiveError::Twice(path));
        }
    }
    Ok(files)
}

/// Writes an archive.
///
/// # Errors
/// When it becomes larger than the format allows.
pub(crate) fn write(files: &Files) -> Result<Vec<u8>, ArchiveError> {
    let unreadable = |error: &dyn std::fmt::Display| ArchiveError::Unreadable(error.to_string());
    let mut writer = ZipWriter::new(Cursor::new(Vec::new()));
    let options = SimpleFileOptions::default().compression_method(CompressionMethod::Deflated);
    for (path, contents) in files {
        writer.start_file(path.as_str(), options).map_err(|error| unreadable(&error))?;
        writer.write_all(contents).map_err(|error| unreadable(&error))?;
    }
    writer.finish().map(Cursor::into_inner).map_err(|error| unreadable(&error))
}

#[cfg(test)]
mod tests {
    use std::io::{Cursor, Write};

    use zip::write::SimpleFileOptions;
    use zip::{CompressionMethod, ZipWriter};

    use super::{ArchiveError, Files, MAX_FILES, read, write};

    fn zip(files: &[(&str, &[u8])]) -> Vec<u8> {
        let mut writer = ZipWriter::new(Cursor::new(Vec::new()));
        let options = SimpleFileOptions::default().compression_method(CompressionMethod::Deflated);
        for (path, contents) in files {
            writer.start_file(*path, options).unwrap();
            writer.write_all(contents).unwrap();
        }
        writer.finish().unwrap().into_inner()
    }

    #[test]
    fn what_is_written_is_read() {
        let files = Files::from([("package.xml".to_owned(), b"<a/>".to_vec()), ("a/b.txt".to_owned(), Vec::new())]);
        assert_eq!(read(&write(&files).unwrap()), Ok(files));
    }

    #[test]
    fn a_small_archive_that_becomes_huge_is_refused() {
        let zeros = vec![0; 8 * 1024 * 1024];
        let bomb = zip(&[("a", &zeros), ("b", &zeros), ("c", &zeros)]);
        assert!(bomb.len() < 100_000, "{} bytes", bomb.len());
        assert_eq!(read(&bomb), Err(ArchiveError::Bomb));
    }

    #[test]
    fn a_lie_about_the_size_is_found_out() {
        let mut bomb = zip(&[("a", &vec![0; 8 * 1024 * 1024])]);
        let size = (8_u32 * 1024 * 1024).to_le_bytes();
        // In the local header and in the directory.
        while let Some(place) = bomb.windows(4).position(|bytes| bytes == size) {
            bomb[place..place + 4].copy_from_slice(&1_u32.to_le_bytes());
        }
        assert!(matches!(read(&bomb), Err(ArchiveError::Bomb | ArchiveError::Unreadable(_))));
    }

    #[test]
    fn paths_out_of_the_archive_and_too_many_files_are_refused() {
        for path in ["../a", "a/../../b", "/etc/passwd", "a\\b"] {
            assert!(matches!(read(&zip(&[(path, b"x")])), Err(ArchiveError::Path(_))), "{path}");
        }
        let names: Vec<String> = (0..=MAX_FILES).map(|number| number.to_string()).collect();
        let many: Vec<(&str, &[u8])> = names.iter().map(|name| (name.as_str(), b"".as_slice())).collect();
        assert_eq!(read(&zip(&many)), Err(ArchiveError::TooManyFiles));
        assert!(matches!(read(b"PK nothing"), Err(ArchiveError::Unreadable(_))));
        assert!(matches!(read(b""), Err(ArchiveError::Unreadable(_))));
    }
}
