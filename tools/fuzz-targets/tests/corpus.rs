//! Every file of every corpus through its target: what the fuzzer once found stays right.

use std::path::{Path, PathBuf};

use anyhow::{Context, Result, ensure};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use fuzz_targets::{SCHEMAS, TARGETS};
use serde_json::{Value, json};
use shared::salesforce::pubsub::EventSchema;

mod seeds;

/// A seed written by hand: target, name of the file, content.
type Seed = (&'static str, &'static str, Vec<u8>);

fn corpus(target: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../fuzz/corpus").join(target)
}

fn context(change: impl FnOnce(&mut Value)) -> Vec<u8> {
    let mut context = json!({
        "requestId": "00DLO0000000001-1", "accessToken": "00DLO0000000001!AQtoken", "apiVersion": "62.0",
        "namespace": "", "orgId": "00DLO0000000001", "orgDomainUrl": "http://127.0.0.1:8090",
        "userContext": { "userId": "005LO0000000001", "username": "admin@example.com" },
    });
    change(&mut context);
    STANDARD.encode(context.to_string()).into_bytes()
}

fn event(schema: u8, fields: &Value) -> Result<Vec<u8>> {
    let parsed = EventSchema::parse("seed", SCHEMAS[usize::from(schema)])?;
    let payload = parsed.encode(fields.as_object().context("an object")?)?;
    Ok([&[schema][..], &payload].concat())
}

fn change(bitmaps: &Value) -> Value {
    json!({
        "ChangeEventHeader": {
            "entityName": "Opportunity", "recordIds": ["006LO0000000001"], "changeType": "UPDATE", "changeOrigin": "",
            "transactionKey": "0001", "sequenceNumber": 1, "commitTimestamp": 1_700_000_000_000_i64, "commitNumber": 1,
            "commitUser": "005LO0000000001", "nulledFields": [], "diffFields": [], "changedFields": bitmaps,
        },
        "Name": "A", "Amount": 1.5, "IsClosed": false, "Description": "text",
    })
}

fn seeds() -> Result<Vec<Seed>> {
    let data = json!({ "ChangeEventHeader": { "entityName": "Opportunity", "changeType": "UPDATE", "recordIds": ["006LO0000000001"], "changedFields": ["StageName"], "commitTimestamp": 1, "transactionKey": "0001", "commitUser": "005LO0000000001" }, "StageName": "Closed Won" });
    let cloud_event = json!({ "specversion": "1.0", "id": "1", "source": "", "type": "", "data": data });
    let encoded = json!({ "data_base64": STANDARD.encode(data.to_string()) });
    let failed = b"\x05\"sf__Id\",\"sf__Error\",\"Name\"\n\"\",\"REQUIRED_FIELD_MISSING:Required fields are missing: [Name]:Name --\",\"a \"\"b\"\",\nc\"\n";
    let successful =
        b"\x40\"sf__Id\",\"sf__Created\",Name\n\"001LO0000000001\",\"true\",Acme\r\n001LO0000000002,false,\"\"\n";
    let mut seeds = vec![
        ("context", "right", context(|_| {})),
        ("context", "foreign-host", context(|context| context["orgDomainUrl"] = json!("https://salesforce.com.evil.example"))),
        ("context", "no-token", context(|context| context["accessToken"] = Value::Null)),
        ("context", "user-info-in-url", context(|context| context["orgDomainUrl"] = json!("https://a.my.salesforce.com@evil.example/"))),
        ("context", "no-json", b"bm9uZQ==".to_vec()),
        ("soql", "simple", b"StageName = 'Closed Won' AND CloseDate = THIS_QUARTER".to_vec()),
        ("soql", "nested", b"(NOT (Amount >= 1500.5 OR Account.Owner.Name LIKE 'O\\'Neil%')) AND Id NOT IN ('006LO0000000001', '')".to_vec()),
        ("soql", "dates", b"CreatedDate >= 2026-01-31T23:59:59.000+01:00 AND CloseDate = LAST_N_DAYS:30 AND Name != NULL".to_vec()),
        ("soql", "picklist", b"Regions__c INCLUDES ('a;b', 'c') AND IsClosed = FALSE".to_vec()),
        ("soql", "escape", b"Name = 'a') OR (Name != 'b' LIMIT 1 --".to_vec()),
        ("cloud_events", "structured", cloud_event.to_string().into_bytes()),
        ("cloud_events", "batched", json!([cloud_event, encoded]).to_string().into_bytes()),
        ("cloud_events", "bare", data.to_string().into_bytes()),
        ("cloud_events", "base64", encoded.to_string().into_bytes()),
        ("avro", "change", event(0, &change(&json!(["0x06", "6-0x3"])))?),
        ("avro", "change-without-fields", event(0, &change(&json!([])))?),
        ("avro", "change-of-no-field", event(0, &change(&json!(["0xFFFFFF", "99-0x1"])))?),
        ("avro", "platform", event(1, &json!({ "CreatedDate": 1, "CreatedById": "005LO0000000001", "JobId__c": "a", "Quotes__c": 3.0 }))?),
        ("avro", "own-schema", b"{\"type\":\"record\",\"name\":\"E\",\"fields\":[{\"name\":\"A\",\"type\":[\"null\",\"string\"]}]}\0\x02\x02x".to_vec()),
        ("csv", "failed", failed.to_vec()),
        ("csv", "successful", successful.to_vec()),
        ("csv", "unprocessed", b"\x01Name,Amount\na,1\nb,\n".to_vec()),
        ("csv", "byte-order-mark", b"\x02\xEF\xBB\xBF\"sf__Id\",\"sf__Created\"\n\"001LO0000000001\",true".to_vec()),
        ("csv", "open-quote", b"\x03\"sf__Id\",\"sf__Error\"\n\"a,b".to_vec()),
    ];
    seeds.extend(seeds::org()?);
    Ok(seeds)
}

#[test]
#[expect(clippy::disallowed_methods, reason = "a switch for developers, and no setting")]
fn seeds_are_committed() -> Result<()> {
    for (target, name, content) in seeds()? {
        let path = corpus(target).join(name);
        if std::env::var_os("UPDATE_FUZZ_SEEDS").is_some() {
            std::fs::create_dir_all(corpus(target))?;
            std::fs::write(&path, &content)?;
        }
        let committed = std::fs::read(&path).with_context(|| format!("{} is missing", path.display()))?;
        ensure!(committed == content, "{} is stale: UPDATE_FUZZ_SEEDS=1 cargo test writes it anew", path.display());
    }
    Ok(())
}

#[test]
fn every_file_of_every_corpus_keeps_the_promises() -> Result<()> {
    for (name, target) in TARGETS {
        let folder = corpus(name);
        let mut files = 0;
        for entry in std::fs::read_dir(&folder).with_context(|| format!("{} is missing", folder.display()))? {
            let path = entry?.path();
            // Shown with a failure.
            println!("{}", path.display());
            target(&std::fs::read(&path)?);
            files += 1;
        }
        assert!(files >= 4, "{name} has {files} files");
        // The empty input is none that the fuzzer keeps.
        target(b"");
    }
    Ok(())
}

#[test]
fn seeds_of_what_is_right_are_taken() -> Result<()> {
    use shared::applink::ClientContext;
    use shared::salesforce::AllowedHosts;
    use shared::salesforce::bulk::ResultFile;
    use shared::salesforce::soql::parse_where;
    let hosts = AllowedHosts::with_extra(&["127.0.0.1:8090".to_owned()])?;
    let seed = |target: &str, name: &str| std::fs::read(corpus(target).join(name));
    ClientContext::parse(&String::from_utf8(seed("context", "right")?)?, &hosts)?;
    for name in ["simple", "nested", "dates", "picklist"] {
        let clause = String::from_utf8(seed("soql", name)?)?;
        parse_where(&clause).map_err(|error| anyhow::anyhow!("{name}: {error}"))?;
    }
    let body = seed("cloud_events", "batched")?;
    let read = events_in(&body).map_err(anyhow::Error::msg)?;
    assert_eq!(read, 2);
    assert_eq!(ResultFile::Failed.rows([&seed("csv", "failed")?[1..]])?.len(), 1);
    assert_eq!(ResultFile::Successful.rows([&seed("csv", "successful")?[1..]])?.len(), 2);
    for (name, schema) in [("change", 0), ("platform", 1)] {
        let schema = EventSchema::parse("seed", SCHEMAS[schema])?;
        shared::salesforce::pubsub::Content::read(&schema, &seed("avro", name)?[1..])?;
    }
    Ok(())
}

fn events_in(body: &[u8]) -> Result<usize, String> {
    let read = eventing_web::read_cloud_events("application/cloudevents-batch+json", false, body);
    read.ok_or_else(|| "not taken".to_owned())?.map(|events| events.len())
}
