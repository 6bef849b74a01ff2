//! What an org is made of: the standard objects, and what an sfdx project adds to them.

mod field;
mod permission_set;
mod project;
mod standard;
#[cfg(test)]
mod tests;
mod xml;

use std::path::{Path, PathBuf};

pub use self::permission_set::{FieldPermission, ObjectPermission, PermissionSet};
pub(crate) use self::standard::stages;
pub use self::standard::standard;
use crate::schema::Schema;

/// What [`load`] found in a project.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Deployed {
    /// Custom fields added to the schema, as `Object.Field__c`.
    pub custom_fields: Vec<String>,
    /// Permission sets with their field permissions.
    pub permission_sets: Vec<PermissionSet>,
    /// Metadata that a local org does not know, by path in the project.
    pub ignored: Vec<String>,
}

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
    fn invalid(path: &Path, problem: impl Into<String>) -> Self {
        Self::Invalid { path: path.to_owned(), problem: problem.into() }
    }
}

/// Reads the sfdx project in `dir` (the folder with `sfdx-project.json`) as a deploy would: custom fields go into the
/// schema, permission sets into the result, and what is not supported is listed there.
///
/// # Errors
/// [`MetadataError`] naming the file; the schema may then have some of the fields.
pub fn load(dir: &Path, schema: &mut Schema) -> Result<Deployed, MetadataError> {
    let mut deployed = Deployed::default();
    let mut permission_sets = Vec::new();
    for path in project::metadata_files(dir)? {
        let name = path.file_name().and_then(|name| name.to_str()).unwrap_or_default();
        if name.ends_with(field::SUFFIX) {
            match field::add(&path, schema)? {
                Some(field) => deployed.custom_fields.push(field),
                None => deployed.ignored.push(project::shown(dir, &path)),
            }
        } else if name.ends_with(permission_set::SUFFIX) {
            permission_sets.push(path);
        } else {
            deployed.ignored.push(project::shown(dir, &path));
        }
    }
    // After the fields, which they name.
    for path in permission_sets {
        deployed.permission_sets.push(permission_set::read(&path, schema)?);
    }
    Ok(deployed)
}
