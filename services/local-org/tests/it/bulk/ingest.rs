use std::collections::HashSet;

use serde_json::{Value, json};

use crate::support::TestOrg;

#[tokio::test]
async fn inserts_rows_and_tells_which() {
    let org = TestOrg::start().await;
    let job = org.load("account", "insert", Value::Null, "Name,NumberOfEmployees\nOne,1\nTwo,2\n").await;
    let numbers = (&job["numberRecordsProcessed"], &job["numberRecordsFailed"], &job["retries"]);
    assert_eq!(numbers, (&json!(2), &json!(0), &json!(0)), "{job}");
    assert_eq!((&job["state"], &job["object"]), (&json!("JobComplete"), &json!("Account")));
    let rows = org.rows(&job, "successfulResults").await;
    assert_eq!(rows[0], ["sf__Id", "sf__Created", "Name", "NumberOfEmployees"]);
    assert_eq!(rows[1][1..], ["true", "One", "1"]);
    let record = org.get(&format!("/sobjects/Account/{}?fields=Name,NumberOfEmployees", rows[2][0])).await.body;
    assert_eq!((&record["Name"], &record["NumberOfEmployees"]), (&json!("Two"), &json!(2)));
    assert_eq!(org.result(&job, "failedResults").await.text, "\"sf__Id\",\"sf__Error\",Name,NumberOfEmployees\n");
    for name in ["unprocessedrecords", "unprocessedRecords", "UNPROCESSEDRECORDS/"] {
        assert_eq!(org.result(&job, name).await.text, "Name,NumberOfEmployees\n", "{name}");
    }
}

#[tokio::test]
async fn rows_fail_alone_with_their_reason() {
    let org = TestOrg::start().await;
    let csv = "Name,Rating__c,NumberOfEmployees,Description\nGood,Excellent,1,a\n,Excellent,1,b\nBad,Terrible,1,c\n\
               Bad,Excellent,many,d\nShort\n";
    let job = org.load("Account", "insert", Value::Null, csv).await;
    assert_eq!(
        (&job["state"], &job["numberRecordsProcessed"], &job["numberRecordsFailed"]),
        (&json!("JobComplete"), &json!(5), &json!(4))
    );
    let rows = org.rows(&job, "failedResults").await;
    let errors: Vec<_> = rows[1..].iter().map(|row| row[1].as_str()).collect();
    assert_eq!(
        errors,
        [
            "INVALID_CSV_ROW:The row has 1 values, and the header row has 4:--",
            "REQUIRED_FIELD_MISSING:Required fields are missing: [Name]:Name --",
            "INVALID_OR_NULL_FOR_RESTRICTED_PICKLIST:Rating: bad value for restricted picklist field: Terrible:Rating__c --",
            "INVALID_TYPE_ON_FIELD_IN_RECORD:Employees: value not of required type: many:NumberOfEmployees --",
        ]
    );
    assert_eq!(rows[2][2..], ["", "Excellent", "1", "b"], "the row as it was");
    assert_eq!(org.accounts_named("Good").await, 1);
    assert_eq!(org.accounts_named("Bad").await, 0);
}

#[tokio::test]
async fn an_id_column_may_be_spelled_in_any_way() {
    let org = TestOrg::start().await;
    for name in ["Id", "id", "ID"] {
        let account = org.account("Before").await;
        let job = org.load("Account", "update", Value::Null, &format!("{name},Name\n{account},After\n")).await;
        assert_eq!(job["numberRecordsFailed"], 0, "{name}: {job}");
    }
    assert_eq!(org.accounts_named("After").await, 3);
}

#[tokio::test]
async fn an_empty_value_changes_nothing_and_not_available_empties() {
    let org = TestOrg::start().await;
    let fields = json!({"Name": "Kept", "Description": "old", "Phone": "1"});
    let id = org.create("Account", fields).await;
    let csv = format!("Id,Name,Description,Phone\n{},,#N/A,2\n", &id[..15]);
    let job = org.load("Account", "update", Value::Null, &csv).await;
    let rows = org.rows(&job, "successfulResults").await;
    assert_eq!(rows[1][..2], [id.as_str(), "false"]);
    let record = org.get(&format!("/sobjects/Account/{id}?fields=Name,Description,Phone")).await.body;
    let values = (&record["Name"], &record["Description"], &record["Phone"]);
    assert_eq!(values, (&json!("Kept"), &Value::Null, &json!("2")));
    let csv = "Id,Name\n,Nothing\n001000000000000AAA,Nobody\nx,Nonsense\n";
    let job = org.load("Account", "update", Value::Null, csv).await;
    let rows = org.rows(&job, "failedResults").await;
    let errors: Vec<_> = rows[1..].iter().map(|row| (row[0].as_str(), row[1].as_str())).collect();
    assert_eq!(
        errors,
        [
            ("001000000000000AAA", "INVALID_CROSS_REFERENCE_KEY:invalid cross reference id:--"),
            ("x", "MALFORMED_ID:Record ID: id value of incorrect type: x:Id --"),
            ("", "MISSING_ARGUMENT:Id not specified in an update call:--"),
        ]
    );
}

#[tokio::test]
async fn upserts_by_an_external_id() {
    let org = TestOrg::start().await;
    let more = json!({"externalIdFieldName": "key__c"});
    org.load("Account", "upsert", more.clone(), "Key__c,Name\na,Old\n").await;
    let job = org.load("Account", "upsert", more, "Key__c,Name\na,New\nb,Other\n,Nameless\n").await;
    assert_eq!(job["externalIdFieldName"], "Key__c");
    let rows = org.rows(&job, "successfulResults").await;
    let created: Vec<_> = rows[1..].iter().map(|row| (row[1].as_str(), row[3].as_str())).collect();
    assert_eq!(created, [("false", "New"), ("true", "Other")]);
    let rows = org.rows(&job, "failedResults").await;
    assert_eq!(rows[1][1], "MISSING_ARGUMENT:Key__c not specified:--");
    for _ in 0..2 {
        org.create("Account", json!({"Name": "Twin", "Code__c": "c"})).await;
    }
    let job = org.load("Account", "upsert", json!({"externalIdFieldName": "Code__c"}), "Code__c,Name\nc,Which\n").await;
    let rows = org.rows(&job, "failedResults").await;
    assert!(rows[1][1].starts_with("DUPLICATE_EXTERNAL_ID:more than one record found"), "{rows:?}");
}

#[tokio::test]
async fn finds_parents_by_relationship_columns() {
    let org = TestOrg::start().await;
    let account = org.create("Account", json!({"Name": "Parent", "Key__c": "p"})).await;
    let csv = "LastName,account.key__c\nFound,p\nLost,q\nFree,\nEmptied,#N/A\n";
    let job = org.load("Contact", "insert", Value::Null, csv).await;
    let contacts = org.query("SELECT LastName FROM Contact WHERE Account.Key__c = 'p'").await.body;
    assert_eq!((&contacts["totalSize"], &contacts["records"][0]["LastName"]), (&json!(1), &json!("Found")));
    let rows = org.rows(&job, "failedResults").await;
    assert_eq!(rows[1][1], "INVALID_FIELD:Foreign key external ID: q not found for field Key__c in entity Account:--");
    assert_eq!(job["numberRecordsFailed"], 1);
    let csv = format!("LastName,Account.Id\nById,{account}\n");
    org.load("Contact", "insert", Value::Null, &csv).await;
    assert_eq!(org.query("SELECT COUNT() FROM Contact WHERE Account.Name = 'Parent'").await.body["totalSize"], 2);
}

#[tokio::test]
async fn deletes_by_id_and_for_good_only_with_permission() {
    let org = TestOrg::start().await;
    let ids = [org.account("Soft").await, org.account("Hard").await];
    let opportunity =
        json!({"Name": "Child", "StageName": "Prospecting", "CloseDate": "2030-01-01", "AccountId": ids[1]});
    org.create("Opportunity", opportunity).await;
    let job = org.load("Account", "delete", Value::Null, &format!("Id\n{0}\n{0}\n", ids[0])).await;
    assert_eq!(org.rows(&job, "successfulResults").await[1][..2], [ids[0].as_str(), "false"]);
    let rows = org.rows(&job, "failedResults").await;
    assert_eq!(rows[1][..2], [ids[0].as_str(), "ENTITY_IS_DELETED:entity is deleted:--"]);

    let request = json!({"object": "Account", "operation": "hardDelete"});
    let reply = org.post("/jobs/ingest", request).await;
    assert_eq!((reply.status, reply.code()), (400, "FEATURENOTENABLED"));
    org.settings(json!({"hardDelete": ["admin@my-org.local"]})).await;
    let job = org.load("Account", "hardDelete", Value::Null, &format!("Id\n{}\n", ids[1])).await;
    assert_eq!((&job["operation"], &job["numberRecordsFailed"]), (&json!("hardDelete"), &json!(0)), "{job}");
    for (soql, left) in [
        ("SELECT Id FROM Account WHERE Name = 'Soft'", 1),
        ("SELECT Id FROM Account WHERE Name = 'Hard'", 0),
        ("SELECT Id FROM Opportunity WHERE Name = 'Child'", 0),
    ] {
        let query = url::form_urlencoded::byte_serialize(soql.as_bytes()).collect::<String>();
        assert_eq!(org.get(&format!("/queryAll?q={query}")).await.body["totalSize"], left, "{soql}");
    }
}

#[tokio::test]
async fn takes_other_delimiters_line_endings_and_quotes() {
    let org = TestOrg::start().await;
    for (delimiter, mark) in
        [("BACKQUOTE", "`"), ("CARET", "^"), ("PIPE", "|"), ("SEMICOLON", ";"), ("TAB", "\t"), ("COMMA", ",")]
    {
        let csv = format!("Name{mark}Description\r\n\"{delimiter} {mark} \"\"q\"\"\"{mark}\"two\r\nlines\"\r\n");
        let more = json!({"columnDelimiter": delimiter, "lineEnding": "CRLF"});
        let job = org.load("Account", "insert", more, &csv).await;
        assert_eq!((&job["columnDelimiter"], &job["lineEnding"]), (&json!(delimiter), &json!("CRLF")));
        let expected = format!("Name{mark}Description\r\n");
        assert_eq!(org.result(&job, "unprocessedrecords").await.text, expected);
        let name = format!("{delimiter} {mark} \"q\"");
        assert_eq!(org.accounts_named(&name).await, 1, "{name}: {job}");
        let result = org.result(&job, "successfulResults").await.text;
        assert!(result.ends_with(&format!("\"true\"{mark}{}", &csv[csv.find("\r\n").expect("an end") + 2..])));
    }
}

#[tokio::test]
async fn results_are_quoted_as_an_org_does() {
    let org = TestOrg::start().await;
    let csv = "\u{feff}\"Name\",Description\nplain,a;b|c^d`e\tf\n\"x\"\"y\",\n,none\n";
    let job = org.load("Account", "insert", Value::Null, csv).await;
    let result = org.result(&job, "successfulResults").await.text;
    let (header, rows) = result.split_once('\n').expect("a header");
    assert_eq!(header, "\"sf__Id\",\"sf__Created\",\"Name\",Description", "own columns quoted, others as uploaded");
    let mut rows: Vec<_> = rows.lines().map(|row| &row[row.find(',').expect("an id")..]).collect();
    rows.sort_unstable();
    assert_eq!(rows, [",\"true\",\"plain\",\"a;b|c^d`e\tf\"", ",\"true\",\"x\"\"y\",\"\""]);
    let message = "REQUIRED_FIELD_MISSING:Required fields are missing: [Name]:Name --";
    let expected = format!("\"sf__Id\",\"sf__Error\",\"Name\",Description\n\"\",\"{message}\",\"\",\"none\"\n");
    assert_eq!(org.result(&job, "failedResults").await.text, expected);
    // What nobody looked at is what was uploaded.
    assert_eq!(org.result(&job, "unprocessedrecords").await.text, "\"Name\",Description\n");
    let job = org.load("Account", "update", Value::Null, &csv.replace("Name", "Nothing__c")).await;
    let rest = org.result(&job, "unprocessedrecords").await.text;
    assert_eq!(rest, csv.replace("Name", "Nothing__c").trim_start_matches('\u{feff}'));
}

#[tokio::test]
async fn loads_many_rows_in_chunks() {
    let org = TestOrg::start().await;
    let rows: String = (0..1_001).map(|number| format!("Chunked {number}\n")).collect();
    let job = org.load("Account", "insert", Value::Null, &format!("Name\n{rows}")).await;
    assert_eq!((&job["numberRecordsProcessed"], &job["numberRecordsFailed"]), (&json!(1_001), &json!(0)));
    let rows = org.rows(&job, "successfulResults").await;
    let (ids, names): (HashSet<_>, HashSet<_>) = rows[1..].iter().map(|row| (&row[0], &row[2])).unzip();
    assert_eq!((ids.len(), names.len()), (1_001, 1_001));
    let counters = org.counters().await;
    assert_eq!(counters["rows"]["written"], 1_001);
    assert_eq!(counters["calls"]["byOperation"]["ingestUpload"], 1);
    assert_eq!(counters["calls"]["byOperation"]["ingestCreate"], 1);
    let limits = org.get("/limits").await.body;
    assert_eq!(limits["DailyBulkApiBatches"], json!({"Max": 15_000, "Remaining": 14_999}));
}

#[tokio::test]
async fn takes_a_job_and_its_contents_in_one_request() {
    let org = TestOrg::start().await;
    let body = "--BOUNDARY\r\nContent-Type: application/json\r\nContent-Disposition: form-data; name=\"job\"\r\n\r\n\
                {\"object\": \"Account\", \"operation\": \"insert\"}\r\n--BOUNDARY\r\nContent-Type: text/csv\r\n\
                Content-Disposition: form-data; name=\"content\"; filename=\"content\"\r\n\r\nName\nMultipart\n\r\n\
                --BOUNDARY--\r\n";
    let request = org.http.post(format!("{}{}/jobs/ingest", org.base, crate::support::API)).bearer_auth(&org.token);
    let request = request.header("Content-Type", "multipart/form-data; boundary=BOUNDARY").body(body);
    let job: Value = request.send().await.expect("an answer").json().await.expect("JSON");
    assert_eq!(job["state"], "UploadComplete");
    assert_eq!(org.ended("ingest", job["id"].as_str().expect("an id")).await["state"], "JobComplete");
    assert_eq!(org.accounts_named("Multipart").await, 1);
}
