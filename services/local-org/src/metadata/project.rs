//! The files of an sfdx project in source format.

use std::fs;
use std::path::{Path, PathBuf};

use serde::Deserialize;

use super::error::MetadataError;

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Project {
    package_directories: Vec<PackageDirectory>,
}

#[derive(Deserialize)]
struct PackageDirectory {
    path: PathBuf,
}

/// All `…-meta.xml` files of the package directories, in the order of their paths.
pub(super) fn metadata_files(dir: &Path) -> Result<Vec<PathBuf>, MetadataError> {
    let path = dir.join("sfdx-project.json");
    let text = fs::read_to_string(&path).map_err(|source| MetadataError::Read { path: path.clone(), source })?;
    let project: Project = serde_json::from_str(&text).map_err(|source| MetadataError::Project { path, source })?;
    let mut files = Vec::new();
    for package in &project.package_directories {
        collect(&dir.join(&package.path), &mut files)?;
    }
    files.sort();
    Ok(files)
}

/// A path as it is named in reports: relative to the project.
pub(super) fn shown(dir: &Path, path: &Path) -> String {
    path.strip_prefix(dir).unwrap_or(path).display().to_string()
}

fn collect(folder: &Path, files: &mut Vec<PathBuf>) -> Result<(), MetadataError> {
    let unreadable = |source| MetadataError::Read { path: folder.to_owned(), source };
    for entry in fs::read_dir(folder).map_err(unreadable)? {
        let entry = entry.map_err(unreadable)?;
        let path = entry.path();
        if entry.file_type().map_err(unreadable)?.is_dir() {
            collect(&path, files)?;
        } else if path.to_string_lossy().ends_with("-meta.xml") {
            files.push(path);
        }
    }
    Ok(())
}

/// The name of a file without its suffixes.
pub(super) fn stem(path: &Path) -> String {
    let name = path.file_name().and_then(|name| name.to_str()).unwrap_or_default();
    name.split('.').next().unwrap_or_default().to_owned()
}
