//! A retrieve, and the list of components.

use std::sync::Arc;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value, json};

use super::kept::Kept;
use super::package::Package;
use super::requests::Retrieve;
use super::{Deploys, archive};

impl Deploys {
    /// Retrieves what a manifest names. In an archive that is no single package all files are in a folder `unpackaged`.
    pub(crate) fn retrieve(&self, wanted: &Package, single_package: bool) -> Arc<Retrieve> {
        let taken = self.state().inventory.files(wanted);
        let folder = if single_package { "" } else { "unpackaged/" };
        let files = taken.files.into_iter().map(|(path, contents)| (format!("{folder}{path}"), contents)).collect();
        let archive = archive::write(&files).map_err(|error| error.to_string());
        self.requests.retrieve(archive, taken.kept, taken.messages)
    }

    /// `listMetadata`: `FileProperties` of all components of a type.
    pub(crate) fn list(&self, type_name: &str) -> Vec<Value> {
        self.state().inventory.of_type(type_name).map(|kept| properties(kept, "")).collect()
    }
}

impl Retrieve {
    /// `RetrieveResult`, in the order of the WSDL.
    pub(crate) fn shown(&self, with_archive: bool) -> Value {
        let files: Vec<Value> = self.kept.iter().map(|kept| properties(kept, "unpackaged/")).collect();
        let messages: Vec<Value> =
            self.messages.iter().map(|text| json!({"fileName": "package.xml", "problem": text})).collect();
        let mut result = json!({"done": true});
        if let Err(problem) = &self.archive {
            result["errorMessage"] = json!(problem);
            result["errorStatusCode"] = json!("UNKNOWN_EXCEPTION");
        }
        result["fileProperties"] = json!(files);
        result["id"] = json!(self.id);
        result["messages"] = json!(messages);
        result["status"] = json!(if self.archive.is_ok() { "Succeeded" } else { "Failed" });
        result["success"] = json!(self.archive.is_ok());
        if let (Ok(archive), true) = (&self.archive, with_archive) {
            result["zipFile"] = json!(STANDARD.encode(archive));
        }
        result
    }
}

/// `FileProperties`.
fn properties(kept: &Kept, folder: &str) -> Value {
    json!({
        "createdById": kept.created.user_id,
        "createdByName": kept.created.user_name,
        "createdDate": kept.created.at,
        "fileName": format!("{folder}{}", kept.component.file_name),
        "fullName": kept.component.name,
        "id": kept.id,
        "lastModifiedById": kept.modified.user_id,
        "lastModifiedByName": kept.modified.user_name,
        "lastModifiedDate": kept.modified.at,
        "manageableState": "unmanaged",
        "type": kept.component.type_name,
    })
}
