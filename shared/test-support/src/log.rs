//! What a process printed.

use std::fs::{File, OpenOptions};
use std::io::{Read, Seek, SeekFrom};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use anyhow::{Context, Result};
use tempfile::TempPath;

/// The standard output and error of a process, in one file.
///
/// A file and not a pipe: nothing is lost when the process is killed, and a process never waits for its reader.
/// Clones are the same log.
#[derive(Debug, Clone)]
pub struct Log {
    path: PathBuf,
    /// Deletes a temporary log with its last clone.
    _temporary: Option<Arc<TempPath>>,
}

impl Log {
    /// A log in a temporary file.
    ///
    /// # Errors
    /// When the file cannot be made.
    pub fn temporary() -> Result<Self> {
        let path = tempfile::Builder::new()
            .prefix("test-support-")
            .suffix(".log")
            .tempfile()
            .context("cannot create a log file")?
            .into_temp_path();
        Ok(Self { path: path.to_path_buf(), _temporary: Some(Arc::new(path)) })
    }

    /// A log in a file that stays.
    pub fn at(path: impl Into<PathBuf>) -> Self {
        Self { path: path.into(), _temporary: None }
    }

    /// The file.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// The file, opened so that several writers add to its end.
    pub(crate) fn append(&self) -> Result<File> {
        OpenOptions::new()
            .create(true)
            .append(true)
            .open(&self.path)
            .with_context(|| format!("cannot write {}", self.path.display()))
    }

    /// Bytes written so far; see [`Log::text_since`].
    pub fn position(&self) -> u64 {
        std::fs::metadata(&self.path).map_or(0, |file| file.len())
    }

    /// Everything printed so far. Bytes that are not UTF-8 are replaced; a file that cannot be read is empty.
    pub fn text(&self) -> String {
        self.text_since(0)
    }

    /// What was printed after `position` bytes.
    pub fn text_since(&self, position: u64) -> String {
        let mut bytes = Vec::new();
        let read = File::open(&self.path)
            .and_then(|mut file| file.seek(SeekFrom::Start(position)).and_then(|_| file.read_to_end(&mut bytes)));
        match read {
            Ok(_) => String::from_utf8_lossy(&bytes).into_owned(),
            Err(_) => String::new(),
        }
    }

    /// All lines printed so far, the last one perhaps half.
    pub fn lines(&self) -> Vec<String> {
        self.text().lines().map(str::to_owned).collect()
    }

    /// The first whole line after `position` that contains `text`.
    pub fn line_with(&self, text: &str, position: u64) -> Option<String> {
        self.text_since(position)
            .split_inclusive('\n')
            .find(|line| line.ends_with('\n') && line.contains(text))
            .map(|line| line.trim_end().to_owned())
    }

    /// Whether `text` was printed.
    pub fn contains(&self, text: &str) -> bool {
        self.text().contains(text)
    }

    /// The last `count` lines.
    pub fn tail(&self, count: usize) -> String {
        let lines = self.lines();
        lines[lines.len().saturating_sub(count)..].join("\n")
    }
}

#[cfg(test)]
mod tests {
    use std::io::Write;

    use super::*;

    #[test]
    fn finds_whole_lines_after_a_position() {
        let log = Log::temporary().unwrap();
        let mut file = log.append().unwrap();
        writeln!(file, "ready at 1").unwrap();
        let second_start = log.position();
        write!(file, "ready at 2").unwrap();
        assert_eq!(log.line_with("ready", 0).as_deref(), Some("ready at 1"));
        assert_eq!(log.line_with("ready", second_start), None, "half a line is not a line yet");
        writeln!(file, "2\nend").unwrap();
        assert_eq!(log.line_with("ready", second_start).as_deref(), Some("ready at 22"));
        assert_eq!(log.tail(2), "ready at 22\nend");
        assert_eq!(log.tail(9), "ready at 1\nready at 22\nend");
        assert!(log.contains("at 22") && !log.contains("at 3"));
    }

    #[test]
    fn a_temporary_log_goes_with_its_last_clone() {
        let log = Log::temporary().unwrap();
        let (path, clone) = (log.path().to_owned(), log.clone());
        drop(log);
        assert!(path.exists());
        drop(clone);
        assert!(!path.exists());
    }
}
