use std::sync::atomic::{AtomicU32, Ordering};

use futures_util::{StreamExt, TryStreamExt};
use serde::Deserialize;

use super::{JOB, ROOT, bulk, csv, ended, id};
use crate::Cleaner;
use crate::ErrorKind;
use crate::bulk::row_error::parse;
use crate::bulk::{RowOutcome, RowResult};
use crate::test_server::{Reply, TestServer, error, reply};

const SUCCESSFUL: &str = "sf__Id,sf__Created,Name,Description,NumberOfEmployees\n\
    0018Z00002rGc7YQAS,true,TestAccount1,Description of TestAccount1,30\n\
    0018Z00002rGc7ZQAS,false,TestAccount2,\"Another\ndescription\",";
const FAILED: &str = "sf__Id,sf__Error,Name,Description,NumberOfEmployees\n\
    ,REQUIRED_FIELD_MISSING:Required fields are missing: [Name]:Name --,,Description of TestAccount1,30";
const UNPROCESSED: &str = "Name,Description,NumberOfEmployees\nTestAccount3,Yet another description,50";

#[derive(Debug, PartialEq, Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Account {
    name: Option<String>,
    number_of_employees: Option<u32>,
}

#[tokio::test]
async fn every_row_gets_its_outcome() {
    let server = TestServer::script([csv(SUCCESSFUL), csv(FAILED), csv(UNPROCESSED)]).await;
    let rows: Vec<RowResult> = bulk(&server).results(&ended()).try_collect().await.unwrap();
    let root = format!("GET {ROOT}/ingest/{JOB}");
    let files = ["successfulResults", "failedResults", "unprocessedrecords"].map(|file| format!("{root}/{file}"));
    assert_eq!(server.calls(), files);

    let [first, second, third, fourth] = rows.as_slice() else { panic!("{rows:?}") };
    assert_eq!(first.outcome, RowOutcome::Succeeded { id: id("0018Z00002rGc7YQAS"), created: true });
    assert_eq!(second.outcome, RowOutcome::Succeeded { id: id("0018Z00002rGc7ZQAS"), created: false });
    assert_eq!(second.row.get("description"), Some("Another\ndescription"));
    let account = Account { name: Some("TestAccount2".to_owned()), number_of_employees: None };
    assert_eq!(second.row.deserialize::<Account>().unwrap(), account);
    let RowOutcome::Failed { id: None, error } = &third.outcome else { panic!("{third:?}") };
    assert_eq!(
        (error.error_code.as_str(), error.fields.as_slice()),
        ("REQUIRED_FIELD_MISSING", &["Name".to_owned()][..])
    );
    assert_eq!(fourth.outcome, RowOutcome::Unprocessed);
    let cells: Vec<_> = third.row.cells().collect();
    assert_eq!(cells, [("Name", ""), ("Description", "Description of TestAccount1"), ("NumberOfEmployees", "30")]);
    assert_eq!(third.row.get("Nope"), None);
}

#[tokio::test]
async fn empty_files_have_no_rows() {
    let files = ["sf__Id,sf__Created,Name\n", "", "Name\n"].map(csv);
    let server = TestServer::script(files).await;
    assert_eq!(bulk(&server).results(&ended()).count().await, 0);
}

#[tokio::test]
async fn a_file_that_breaks_off_is_read_on() {
    let length = SUCCESSFUL.len();
    let part = |bytes: usize| Reply::CutShort { length, body: SUCCESSFUL[..bytes].to_owned() };
    // Broken in the header, after the first row, in the middle of a quoted value; answered 503 in between.
    let server = TestServer::script([part(10), part(125), reply(503, ""), part(length - 8), csv(SUCCESSFUL)]).await;
    let rows: Vec<_> = bulk(&server).successful(&ended()).try_collect().await.unwrap();
    let names: Vec<_> = rows.iter().map(|row| row.row.get("Name").unwrap()).collect();
    assert_eq!(names, ["TestAccount1", "TestAccount2"]);
    assert_eq!(server.calls().len(), 5);
}

#[tokio::test]
async fn a_file_that_always_breaks_off_is_given_up() {
    let server =
        TestServer::start(|_| Reply::CutShort { length: 1000, body: "sf__Id,sf__Error,Name\n".to_owned() }).await;
    let rows: Vec<_> = bulk(&server).failed(&ended()).collect().await;
    assert_eq!((rows.len(), rows[0].as_ref().unwrap_err().kind()), (1, ErrorKind::Transient));
    assert_eq!(server.calls().len(), 4);
}

#[tokio::test]
async fn files_that_make_no_sense_are_errors() {
    // One row, and then files with another header.
    let first = "sf__Id,sf__Created,A\n0018Z00002rGc7YQAS,true,x\n0018".to_owned();
    let asked = AtomicU32::new(0);
    let server = TestServer::start(move |_| match asked.fetch_add(1, Ordering::SeqCst) {
        0 => Reply::CutShort { length: 99, body: first.clone() },
        _ => csv("sf__Id,sf__Created,B\n0018Z00002rGc7YQAS,true,x\n"),
    })
    .await;
    let error_of = |rows: Vec<Result<RowResult, _>>| rows.into_iter().last().unwrap().unwrap_err();
    assert_eq!(error_of(bulk(&server).successful(&ended()).collect().await).kind(), ErrorKind::Malformed);

    for (text, calls) in [
        ("sf__Id,sf__Created\n1,true\n", 1),
        ("sf__Id,sf__Created\n,true\n", 1),
        // A part of the file may look like these, so it is asked for again.
        ("sf__Id,A\n1,2,3\n", 4),
        ("sf__Id\n\"x", 4),
    ] {
        let server = TestServer::start(move |_| csv(text)).await;
        let error = error_of(bulk(&server).results(&ended()).collect().await);
        assert_eq!(error.kind(), ErrorKind::Malformed, "{text}: {error}");
        assert_eq!(server.calls().len(), calls, "nothing follows an error");
    }
}

#[tokio::test]
async fn removed_jobs_have_no_results() {
    for status in [404, 400] {
        let server = TestServer::script([error(status, "NOT_FOUND")]).await;
        let error = bulk(&server).results(&ended()).try_collect::<Vec<_>>().await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::NotFound);
    }
}

#[test]
fn row_errors_are_taken_apart() {
    let cases = [
        (
            "REQUIRED_FIELD_MISSING:Required fields are missing: [Name]:Name --",
            "REQUIRED_FIELD_MISSING",
            "Required fields are missing: [Name]",
            "Name",
        ),
        (
            "UNABLE_TO_LOCK_ROW:unable to obtain exclusive access to this record or 2 records: 001A,001B:--",
            "UNABLE_TO_LOCK_ROW",
            "unable to obtain exclusive access to this record or 2 records: 001A,001B",
            "",
        ),
        (
            "DUPLICATE_VALUE:duplicate value found: Key__c duplicates value on record with id: 001000000000001:--",
            "DUPLICATE_VALUE",
            "duplicate value found: Key__c duplicates value on record with id: 001000000000001",
            "",
        ),
        (
            "FIELD_INTEGRITY_EXCEPTION:field integrity exception:PricebookEntryId,Quote.Id --",
            "FIELD_INTEGRITY_EXCEPTION",
            "field integrity exception",
            "PricebookEntryId,Quote.Id",
        ),
        (
            "INVALID_FIELD:Foreign key external ID: k not found for field Key__c in entity Quote:--",
            "INVALID_FIELD",
            "Foreign key external ID: k not found for field Key__c in entity Quote",
            "",
        ),
        ("CANNOT_EXECUTE:see: this is no field! --", "CANNOT_EXECUTE", "see: this is no field!", ""),
        ("INVALID_OR_NULL_FIELD", "INVALID_OR_NULL_FIELD", "INVALID_OR_NULL_FIELD", ""),
        ("something else: entirely", "UNKNOWN", "something else: entirely", ""),
        ("", "UNKNOWN", "", ""),
    ];
    for (text, code, message, fields) in cases {
        let error = parse(text, &Cleaner::default());
        assert_eq!((error.error_code.as_str(), error.message.as_str()), (code, message), "{text}");
        assert_eq!(error.fields.join(","), fields, "{text}");
    }
    assert_eq!(parse("UNABLE_TO_LOCK_ROW:x:--", &Cleaner::default()).kind(400), ErrorKind::RowLocked);
}
