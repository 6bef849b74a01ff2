//! `describeMetadata`.

use serde_json::{Value, json};

use super::types::{MetadataType, OBJECT_PARTS, TYPES};

/// `DescribeMetadataResult`, in the order of the WSDL.
pub(crate) fn describe() -> Value {
    json!({
        "metadataObjects": TYPES.iter().map(described).collect::<Vec<_>>(),
        "organizationNamespace": "",
        "partialSaveAllowed": true,
        "testRequired": false,
    })
}

fn described(known: &MetadataType) -> Value {
    let mut described = json!({});
    if known.name == "CustomObject" {
        described["childXmlNames"] = OBJECT_PARTS.iter().map(|(_, name)| *name).collect();
    }
    described["directoryName"] = json!(known.folder);
    described["inFolder"] = json!(false);
    described["metaFile"] = json!(known.has_meta_file);
    if let Some(suffix) = known.suffix {
        described["suffix"] = json!(suffix);
    }
    described["xmlName"] = json!(known.name);
    described
}
