//! What can be wrong with the configuration, and how a process says so and ends.

use std::error::Error as _;
use std::fmt;
use std::path::PathBuf;
use std::process::ExitCode;

/// Exit code of a process whose configuration is wrong: `EX_USAGE` of BSD's sysexits.
pub const EXIT_CONFIG: u8 = 64;

/// One wrong setting. Displays as one line, `NAME: expected …`, and never holds the value, which may be a secret.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Problem {
    /// The variable.
    pub name: String,
    /// What is wrong, as the end of the line.
    pub message: String,
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.name, self.message)
    }
}

/// Why the process cannot start with this configuration.
#[derive(Debug, thiserror::Error)]
pub enum ConfigError {
    /// The file cannot be read.
    #[error("CONFIG_FILE: cannot read {}", path.display())]
    File {
        /// As `CONFIG_FILE` names it.
        path: PathBuf,
        /// The system's answer.
        source: std::io::Error,
    },
    /// The file is not TOML. The line's text is left out, as it may hold a secret.
    #[error("CONFIG_FILE: {} is not valid TOML, see line {line}", path.display())]
    FileSyntax {
        /// As `CONFIG_FILE` names it.
        path: PathBuf,
        /// Counted from 1.
        line: usize,
    },
    /// The layers cannot be merged, for instance because the file holds a value that no setting can have.
    #[error("the layers of the configuration cannot be merged")]
    Merge(#[source] Box<config::ConfigError>),
    /// The system does not let the process turn its core dumps off.
    #[error("core dumps cannot be turned off")]
    CoreDumps(#[source] std::io::Error),
    /// Settings are missing or wrong: all of them, in the order they were read.
    #[error("{}", one_a_line(.0))]
    Invalid(Vec<Problem>),
    /// A setting could not be read, and the code that read it did not say why: a fault of the program.
    #[error("a setting could not be read, and its reader did not say which")]
    Unexplained,
}

impl ConfigError {
    pub(super) fn merge(source: config::ConfigError) -> Self {
        Self::Merge(Box::new(source))
    }
}

fn one_a_line(problems: &[Problem]) -> String {
    problems.iter().map(Problem::to_string).collect::<Vec<_>>().join("\n")
}

/// For `main`: prints the error to stderr, one line a problem, and gives the exit code 64.
///
/// It does not go through `tracing`, which is not set up yet when the configuration is read.
pub fn exit_on_error(error: &ConfigError) -> ExitCode {
    eprintln!("{}", report(error));
    ExitCode::from(EXIT_CONFIG)
}

/// The error and its sources.
pub(super) fn report(error: &ConfigError) -> String {
    let mut text = error.to_string();
    let mut source = error.source();
    while let Some(cause) = source {
        text.push_str(&format!(": {cause}"));
        source = cause.source();
    }
    text
}
