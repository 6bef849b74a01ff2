//! What is deployed: archives, and the XML in them.

use std::io::{Cursor, Write};

use serde_json::Value;
use zip::write::SimpleFileOptions;
use zip::{CompressionMethod, ZipWriter};

use super::local::{API, with_org};

/// Between the parts of a request.
const BOUNDARY: &str = "----fuzz";
/// Types that a local org understands: type, name of the component, its file.
const COMPONENTS: [(&str, &str, &str); 9] = [
    ("CustomObject", "Fuzz__c", "objects/Fuzz__c.object"),
    ("CustomObject", "Fuzz__e", "objects/Fuzz__e.object"),
    ("CustomObject", "Account", "objects/Account.object"),
    ("PermissionSet", "Fuzz", "permissionsets/Fuzz.permissionset"),
    ("Flow", "Fuzz", "flows/Fuzz.flow"),
    ("CustomNotificationType", "Fuzz", "notificationtypes/Fuzz.notiftype"),
    (
        "PlatformEventChannelMember",
        "ChangeEvents_Fuzz",
        "platformEventChannelMembers/ChangeEvents_Fuzz.platformEventChannelMember",
    ),
    ("CustomPermission", "Fuzz", "customPermissions/Fuzz.customPermission"),
    ("ApexClass", "Fuzz", "classes/Fuzz.cls"),
];

/// Deploys an archive to look whether it would succeed: any bytes.
///
/// # Panics
/// When local-org breaks a promise.
pub fn org_zip(data: &[u8]) {
    deploy(data, data);
}

/// Deploys the same way a component whose type the first byte chooses and whose file is the rest, or (when it chooses none)
/// a `package.xml`.
///
/// # Panics
/// When local-org breaks a promise.
pub fn org_metadata(data: &[u8]) {
    let Some((first, contents)) = data.split_first() else { return };
    let archive = match COMPONENTS.get(usize::from(*first)) {
        Some((kind, name, path)) => {
            let package = format!(
                "<Package xmlns=\"http://soap.sforce.com/2006/04/metadata\"><types><members>{name}</members>\
                 <name>{kind}</name></types><version>62.0</version></Package>"
            );
            zip(&[("package.xml", package.as_bytes()), (path, contents)])
        }
        None => zip(&[("package.xml", contents), ("classes/Fuzz.cls", b"class Fuzz {}")]),
    };
    deploy(data, &archive);
}

fn deploy(input: &[u8], archive: &[u8]) {
    let boundary = BOUNDARY.as_bytes();
    if archive.windows(boundary.len()).any(|window| window == boundary) {
        return;
    }
    let mut body = format!(
        "--{BOUNDARY}\r\nContent-Disposition: form-data; name=\"json\"\r\nContent-Type: application/json\r\n\r\n\
         {{\"deployOptions\": {{\"checkOnly\": true, \"rollbackOnError\": true}}}}\r\n--{BOUNDARY}\r\n\
         Content-Disposition: form-data; name=\"file\"; filename=\"a.zip\"\r\nContent-Type: application/zip\r\n\r\n"
    )
    .into_bytes();
    body.extend_from_slice(archive);
    body.extend_from_slice(format!("\r\n--{BOUNDARY}--\r\n").as_bytes());
    with_org(input, |org| {
        let content_type = format!("multipart/form-data; boundary={BOUNDARY}");
        let target = format!("{API}/metadata/deployRequest");
        let Some(asked) = org.ask("POST", &target, &content_type, &body) else { return };
        if asked.status != 201 {
            return;
        }
        let asked: Value = serde_json::from_slice(&asked.body).unwrap_or_default();
        let Some(id) = asked["id"].as_str() else { panic!("a deploy without an id: {asked}") };
        let ended = org.until(&format!("{target}/{id}?includeDetails=true"), |replied| {
            let told: Value = serde_json::from_slice(&replied.body).unwrap_or_default();
            told["deployResult"]["done"] == true
        });
        let told = String::from_utf8_lossy(&ended.body);
        assert!(!told.contains("broken off by an internal error"), "{told}");
    });
}

fn zip(files: &[(&str, &[u8])]) -> Vec<u8> {
    let mut writer = ZipWriter::new(Cursor::new(Vec::new()));
    // Stored, so that the fuzzer sees its own bytes.
    let options = SimpleFileOptions::default().compression_method(CompressionMethod::Stored);
    for (path, contents) in files {
        let written = writer.start_file(*path, options).map_err(std::io::Error::from);
        let written = written.and_then(|()| writer.write_all(contents));
        written.unwrap_or_else(|error| panic!("{path}: {error}"));
    }
    writer.finish().unwrap_or_else(|error| panic!("the archive: {error}")).into_inner()
}
