//! Why a project cannot be deployed.

use std::path::{Path, PathBuf};

/// Why a project cannot be deployed.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum MetadataError {
    /// A file or folder cannot be read.
    #[error("{path}: cannot be read")]
    Read {
        /// The file or folder.
        path: PathBuf,
        /// What the operating system says.
        source: std::io::Error,
    },
    /// `sfdx-project.json` is not what the Salesforce DX Developer Guide says.
    #[error("{path}: no valid project file")]
    Project {
        /// The file.
        path: PathBuf,
        /// Where and why.
        source: serde_json::Error,
    },
    /// A metadata file is no XML.
    #[error("{path}: no valid XML")]
    Xml {
        /// The file.
        path: PathBuf,
        /// Where and why.
        source: roxmltree::Error,
    },
    /// A metadata file says what a deploy would refuse.
    #[error("{path}: {problem}")]
    Invalid {
        /// The file.
        path: PathBuf,
        /// What is wrong with it.
        problem: String,
    },
}

impl MetadataError {
    pub(super) fn invalid(path: &Path, problem: impl Into<String>) -> Self {
        Self::Invalid { path: path.to_owned(), problem: problem.into() }
    }
}
