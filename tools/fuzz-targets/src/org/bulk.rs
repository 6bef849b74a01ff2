//! The Bulk APIs: files of CSV, and XML and JSON of the first version.

use serde_json::{Value, json};

use super::local::{API, Org, with_org};

/// Operation, delimiter, end of lines, and the field of an upsert.
const JOBS: [(&str, &str, &str, Option<&str>); 6] = [
    ("insert", "COMMA", "LF", None),
    ("insert", "SEMICOLON", "CRLF", None),
    ("update", "TAB", "LF", None),
    ("upsert", "PIPE", "LF", Some("LoadKey__c")),
    ("delete", "COMMA", "CRLF", None),
    ("upsert", "CARET", "LF", Some("Id")),
];
/// Between the parts of a request.
const BOUNDARY: &str = "----fuzz";

/// Loads a file in a job of Bulk API 2.0, which the first byte chooses. Each row that was read is in one of the results.
///
/// # Panics
/// When local-org breaks a promise.
pub fn org_csv(data: &[u8]) {
    let Some((first, file)) = data.split_first() else { return };
    let Ok(file) = std::str::from_utf8(file) else { return };
    if file.contains(BOUNDARY) {
        return;
    }
    let (operation, delimiter, ending, key) = JOBS[usize::from(*first) % JOBS.len()];
    let mut job = json!({"object": "Account", "operation": operation, "contentType": "CSV",
        "columnDelimiter": delimiter, "lineEnding": ending});
    if let Some(key) = key {
        job["externalIdFieldName"] = key.into();
    }
    let body = format!(
        "--{BOUNDARY}\r\nContent-Type: application/json\r\nContent-Disposition: form-data; name=\"job\"\r\n\r\n{job}\r\n\
         --{BOUNDARY}\r\nContent-Type: text/csv\r\nContent-Disposition: form-data; name=\"content\"; filename=\"content\"\r\n\r\n\
         {file}\r\n--{BOUNDARY}--\r\n"
    );
    with_org(data, |org| {
        let content_type = format!("multipart/form-data; boundary={BOUNDARY}");
        let created = org.json("POST", &format!("{API}/jobs/ingest"), &content_type, body.as_bytes());
        let Some(id) = created["id"].as_str() else { panic!("{operation}: {created}") };
        loaded(org, &format!("{API}/jobs/ingest/{id}"));
    });
}

fn loaded(org: &Org, job: &str) {
    let state = |body: &[u8]| {
        let told: Value = serde_json::from_slice(body).unwrap_or_default();
        (told["state"].as_str().unwrap_or_default().to_owned(), told)
    };
    let ends = ["JobComplete", "Failed", "Aborted"];
    let ended = org.until(job, |replied| ends.contains(&state(&replied.body).0.as_str()));
    let (state, told) = state(&ended.body);
    let count = |part: &str| {
        let Some(file) = org.ask("GET", &format!("{job}/{part}"), "", b"") else { panic!("{part} is no request") };
        assert_eq!(file.status, 200, "{part}: {}", String::from_utf8_lossy(&file.body));
        let mut delimiter = b',';
        for (name, byte) in [("SEMICOLON", b';'), ("TAB", b'\t'), ("PIPE", b'|'), ("CARET", b'^')] {
            if told["columnDelimiter"] == name {
                delimiter = byte;
            }
        }
        let mut reader =
            csv::ReaderBuilder::new().delimiter(delimiter).flexible(true).from_reader(file.body.as_slice());
        let rows = reader.byte_records().map(|row| row.map(drop)).collect::<Result<Vec<()>, _>>();
        rows.unwrap_or_else(|error| panic!("{part}: {error}")).len() as u64
    };
    let (good, bad, _) = (count("successfulResults"), count("failedResults"), count("unprocessedrecords"));
    if state == "JobComplete" {
        let (processed, failed) = (&told["numberRecordsProcessed"], &told["numberRecordsFailed"]);
        assert_eq!((Some(good + bad), Some(bad)), (processed.as_u64(), failed.as_u64()), "{told}");
    }
    org.ask("DELETE", job, "", b"");
}

/// What the first byte of an input of the first version chooses.
const KINDS: [(&str, &str); 3] = [("XML", "application/xml"), ("JSON", "application/json"), ("CSV", "text/csv")];

/// Bulk API (v1): the request that makes a job (first byte 0 or 1, XML or JSON), or the contents of a batch.
///
/// # Panics
/// When local-org breaks a promise.
pub fn org_v1(data: &[u8]) {
    const ASYNC: &str = "/services/async/62.0";
    let Some((first, body)) = data.split_first() else { return };
    with_org(data, |org| {
        if *first < 2 {
            let (_, media_type) = KINDS[usize::from(*first)];
            org.ask("POST", &format!("{ASYNC}/job"), media_type, body);
            return;
        }
        let (kind, media_type) = KINDS[usize::from(*first) % KINDS.len()];
        let operation = ["insert", "upsert", "query"][usize::from(*first / 3) % 3];
        let key = (operation == "upsert").then_some("LoadKey__c");
        let job = json!({"object": "Account", "operation": operation, "contentType": kind, "externalIdFieldName": key});
        let created = org.json("POST", &format!("{ASYNC}/job"), "application/json", job.to_string().as_bytes());
        let Some(id) = created["id"].as_str() else { panic!("{operation} {kind}: {created}") };
        let job = format!("{ASYNC}/job/{id}");
        let Some(added) = org.ask("POST", &format!("{job}/batch"), media_type, body) else { return };
        if added.status != 201 {
            return;
        }
        let batches = format!("{job}/batch");
        let ended = org.until(&batches, |replied| {
            let text = String::from_utf8_lossy(&replied.body);
            // The state as XML and JSON write it: what was sent may hold the words, and errors repeat it.
            let goes_on = |state: &str| {
                text.contains(&format!("<state>{state}<")) || text.contains(&format!("\"state\":\"{state}\""))
            };
            !goes_on("Queued") && !goes_on("InProgress")
        });
        let Some(batch) = word(&String::from_utf8_lossy(&ended.body), "751") else { panic!("no batch") };
        org.ask("GET", &format!("{batches}/{batch}/result"), "", b"");
        org.ask("GET", &format!("{batches}/{batch}/request"), "", b"");
        let closed = br#"{"state": "Closed"}"#;
        org.ask("POST", &job, "application/json", closed);
    });
}

/// The first id of that prefix in a text.
fn word(text: &str, prefix: &str) -> Option<String> {
    let words = text.split(|c: char| !c.is_ascii_alphanumeric());
    words.filter(|word| word.len() == 18).find(|word| word.starts_with(prefix)).map(str::to_owned)
}
