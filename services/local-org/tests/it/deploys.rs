//! The Metadata API: what is deployed takes effect, in the requests that the Salesforce CLI sends.

use std::io::{Cursor, Read, Write};

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use reqwest::Method;
use serde_json::{Value, json};
use zip::write::SimpleFileOptions;
use zip::{ZipArchive, ZipWriter};

use crate::soap;
use crate::support::{Reply, TestOrg, read, until};

const METADATA: &str = "/services/Soap/m/62.0";

const MACHINE: &str = r#"<?xml version="1.0" encoding="UTF-8"?>
<CustomObject xmlns="http://soap.sforce.com/2006/04/metadata">
    <deploymentStatus>Deployed</deploymentStatus>
    <fields><fullName>Serial__c</fullName><label>Serial</label><type>Text</type><length>20</length>
        <externalId>true</externalId><unique>true</unique></fields>
    <fields><fullName>Account__c</fullName><label>Account</label><type>Lookup</type>
        <referenceTo>Account</referenceTo><relationshipName>Machines</relationshipName></fields>
    <fields><fullName>Hours__c</fullName><label>Hours</label><type>Number</type><precision>10</precision>
        <scale>2</scale></fields>
    <label>Machine</label><pluralLabel>Machines</pluralLabel>
    <nameField><label>Machine Name</label><type>Text</type></nameField>
    <sharingModel>ReadWrite</sharingModel>
</CustomObject>"#;

const SERVICE: &str = r#"<CustomObject xmlns="http://soap.sforce.com/2006/04/metadata">
    <fields><fullName>Machine__c</fullName><label>Machine</label><type>MasterDetail</type>
        <referenceTo>Machine__c</referenceTo><relationshipName>Services</relationshipName></fields>
    <fields><fullName>Day__c</fullName><label>Day</label><type>Date</type></fields>
    <label>Service</label><pluralLabel>Services</pluralLabel>
    <nameField><displayFormat>S-{0000}</displayFormat><label>Number</label><type>AutoNumber</type></nameField>
    <sharingModel>ControlledByParent</sharingModel>
</CustomObject>"#;

const MACHINE_USER: &str = r#"<PermissionSet xmlns="http://soap.sforce.com/2006/04/metadata">
    <label>Machine User</label>
    <fieldPermissions><editable>true</editable><field>Machine__c.Serial__c</field><readable>true</readable></fieldPermissions>
    <fieldPermissions><editable>true</editable><field>Machine__c.Account__c</field><readable>true</readable></fieldPermissions>
    <fieldPermissions><editable>true</editable><field>Machine__c.Hours__c</field><readable>true</readable></fieldPermissions>
    <fieldPermissions><editable>true</editable><field>Service__c.Day__c</field><readable>true</readable></fieldPermissions>
</PermissionSet>"#;

const CAPTURED: &str = r#"<PlatformEventChannelMember xmlns="http://soap.sforce.com/2006/04/metadata">
    <eventChannel>ChangeEvents</eventChannel><selectedEntity>Machine__ChangeEvent</selectedEntity>
</PlatformEventChannelMember>"#;

pub(crate) fn zip(files: &[(&str, &str)]) -> Vec<u8> {
    let mut writer = ZipWriter::new(Cursor::new(Vec::new()));
    for (path, text) in files {
        writer.start_file(*path, SimpleFileOptions::default()).expect("a file");
        writer.write_all(text.as_bytes()).expect("its contents");
    }
    writer.finish().expect("an archive").into_inner()
}

fn package(types: &[(&str, &[&str])]) -> String {
    let mut xml = "<Package xmlns=\"http://soap.sforce.com/2006/04/metadata\">".to_owned();
    for (name, members) in types {
        xml += "<types>";
        members.iter().for_each(|member| xml += &format!("<members>{member}</members>"));
        xml += &format!("<name>{name}</name></types>");
    }
    xml + "<version>62.0</version></Package>"
}

pub(crate) fn machines() -> Vec<u8> {
    zip(&[
        ("objects/Machine__c.object", MACHINE),
        ("objects/Service__c.object", SERVICE),
        ("permissionsets/MachineUser.permissionset", MACHINE_USER),
        ("platformEventChannelMembers/ChangeEvents_Machine.platformEventChannelMember", CAPTURED),
        (
            "package.xml",
            &package(&[
                ("PermissionSet", &["MachineUser"]),
                ("PlatformEventChannelMember", &["ChangeEvents_Machine"]),
                ("CustomObject", &["Service__c", "Machine__c"]),
            ]),
        ),
    ])
}

/// The body of a deploy over REST, whose boundary is `B`.
pub(crate) fn multipart(archive: &[u8]) -> Vec<u8> {
    let mut body = b"--B\r\nContent-Disposition: form-data; name=\"json\"\r\nContent-Type: application/json\r\n\r\n\
        {\"deployOptions\":{\"checkOnly\":false,\"rollbackOnError\":true}}\r\n--B\r\nContent-Disposition: form-data; \
        name=\"file\"; filename=\"package.zip\"\r\nContent-Type: application/zip\r\n\r\n"
        .to_vec();
    body.extend(archive);
    body.extend(b"\r\n--B--\r\n");
    body
}

async fn soap_call(org: &TestOrg, body: &str) -> Reply {
    soap::call(org, METADATA, soap::envelope(&org.token, body)).await
}

/// Deploys with these options (XML), and gives the result as the REST API shows it.
async fn deploy(org: &TestOrg, archive: &[u8], options: &str) -> Value {
    let body = format!(
        "<deploy><ZipFile>{}</ZipFile><DeployOptions>{options}</DeployOptions></deploy>",
        STANDARD.encode(archive)
    );
    let asked = soap_call(org, &body).await;
    assert_eq!(asked.status, 200, "{}", asked.text);
    let id = soap::text_of(&asked, "id");
    done(org, &id).await
}

async fn done(org: &TestOrg, id: &str) -> Value {
    let path = format!("/metadata/deployRequest/{id}?includeDetails=true");
    until(|| async { org.get(&path).await.body["deployResult"]["done"] == true }).await;
    org.get(&path).await.body["deployResult"].clone()
}

async fn assign(org: &TestOrg, name: &str) {
    let set = org.query(&format!("SELECT Id FROM PermissionSet WHERE Name = '{name}'")).await;
    let set = set.body["records"][0]["Id"].clone();
    let user =
        org.query("SELECT Id FROM User WHERE Username = 'admin@my-org.local'").await.body["records"][0]["Id"].clone();
    org.create("PermissionSetAssignment", json!({"PermissionSetId": set, "AssigneeId": user})).await;
}

#[tokio::test]
async fn an_object_of_ones_own_works_in_all_apis() {
    let org = TestOrg::start().await;
    assert_eq!(org.get("/sobjects/Machine__c/describe").await.status, 404);
    let result = deploy(&org, &machines(), "<rollbackOnError>true</rollbackOnError>").await;
    assert_eq!((&result["status"], &result["success"]), (&json!("Succeeded"), &json!(true)), "{result}");
    assert_eq!((&result["numberComponentsDeployed"], &result["numberComponentErrors"]), (&json!(9), &json!(0)));

    assert_eq!(org.query("SELECT Serial__c FROM Machine__c").await.code(), "INVALID_FIELD", "no permission yet");
    assign(&org, "MachineUser").await;
    let account = org.account("Maker").await;
    let first = org
        .create("Machine__c", json!({"Name": "One", "Serial__c": "1", "Account__c": account, "Hours__c": 2.5}))
        .await;
    let unnamed = org.create("Machine__c", json!({"Serial__c": "2"})).await;
    let service = org.create("Service__c", json!({"Machine__c": first, "Day__c": "2030-01-31"})).await;
    assert!(first.starts_with('a') && service.starts_with('a') && first[..3] != service[..3], "{first} {service}");
    let twice = org.post("/sobjects/Machine__c", json!({"Serial__c": "1"})).await;
    assert_eq!(twice.code(), "DUPLICATE_VALUE");
    let upserted = org.patch("/sobjects/Machine__c/Serial__c/2", json!({"Hours__c": 7})).await;
    assert_eq!(upserted.status, 200, "{}", upserted.text);

    let found = org
        .query("SELECT Name, Account__r.Name, (SELECT Name FROM Services__r) FROM Machine__c ORDER BY Serial__c")
        .await;
    assert_eq!(found.status, 200, "{}", found.text);
    let records = &found.body["records"];
    assert_eq!((&records[0]["Account__r"]["Name"], &records[1]["Name"]), (&json!("Maker"), &json!(unnamed)));
    assert_eq!(records[0]["Services__r"]["records"][0]["Name"], "S-0001");
    let parents = org.query("SELECT (SELECT Serial__c FROM Machines__r) FROM Account WHERE Name = 'Maker'").await;
    assert_eq!(parents.body["records"][0]["Machines__r"]["totalSize"], 1, "{}", parents.text);

    let describe = org.get("/sobjects/Machine__c/describe").await.body;
    assert_eq!((&describe["custom"], &describe["keyPrefix"]), (&json!(true), &json!(first[..3])));
    let described =
        |name: &str| describe["fields"].as_array().expect("fields").iter().find(|field| field["name"] == name).cloned();
    assert_eq!(described("Serial__c").expect("it")["externalId"], true);
    assert!(described("OwnerId").is_some());

    let bulk = json!({"object": "Machine__c", "operation": "insert", "lineEnding": "LF"});
    let job = org.post("/jobs/ingest", bulk).await.body["id"].as_str().expect("an id").to_owned();
    let url = format!("{}/services/data/v62.0/jobs/ingest/{job}", org.base);
    let csv = org.http.put(format!("{url}/batches")).bearer_auth(&org.token).header("Content-Type", "text/csv");
    assert_eq!(csv.body("Name,Serial__c\nThree,3\n").send().await.expect("an answer").status(), 201);
    org.patch(&format!("/jobs/ingest/{job}"), json!({"state": "UploadComplete"})).await;
    until(|| async { org.get(&format!("/jobs/ingest/{job}")).await.body["state"] == "JobComplete" }).await;
    assert_eq!(org.get(&format!("/jobs/ingest/{job}")).await.body["numberRecordsFailed"], 0);

    let path = "/local/orgs/my-org/events?topic=/data/Machine__ChangeEvent";
    let events = org.control(Method::GET, path, Value::Null).await;
    assert_eq!(events.body["events"].as_array().map(Vec::len), Some(4), "{}", events.text);

    // Details go with their master, and not the other way round.
    assert_eq!(org.delete(&format!("/sobjects/Machine__c/{first}")).await.status, 204);
    assert_eq!(org.query("SELECT COUNT() FROM Service__c").await.body["totalSize"], 0);
}

#[tokio::test]
async fn nothing_is_deployed_when_something_fails_or_it_was_only_a_check() {
    let org = TestOrg::start().await;
    let broken = zip(&[
        ("objects/Machine__c.object", &MACHINE.replace("<length>20</length>", "<length>999</length>")),
        ("package.xml", &package(&[("CustomObject", &["Machine__c"]), ("Flow", &["Missing"]), ("Magic", &["X"])])),
    ]);
    let result = deploy(&org, &broken, "").await;
    assert_eq!((&result["status"], &result["numberComponentErrors"]), (&json!("Failed"), &json!(3)), "{result}");
    let problem = |name: &str| {
        let failures = result["details"]["componentFailures"].as_array().expect("failures");
        failures.iter().find(|failure| failure["fullName"] == name).expect("it")["problem"].clone()
    };
    assert_eq!(problem("Machine__c.Serial__c"), "length must be between 1 and 255");
    assert!(problem("Missing").as_str().expect("a text").contains("was not found in zipped directory"));
    assert_eq!(problem("X"), "Unknown type name 'Magic' specified in package.xml");
    assert_eq!(org.get("/sobjects/Machine__c/describe").await.status, 404);

    let checked = deploy(&org, &machines(), "<checkOnly>true</checkOnly>").await;
    assert_eq!((&checked["status"], &checked["checkOnly"]), (&json!("Succeeded"), &json!(true)), "{checked}");
    assert_eq!(org.get("/sobjects/Machine__c/describe").await.status, 404);
    let sets = org.query("SELECT Id FROM PermissionSet WHERE Name = 'MachineUser'").await;
    assert_eq!(sets.body["totalSize"], 0);

    let none = deploy(&org, b"no zip", "").await;
    assert_eq!(none["status"], "Failed");
    assert!(none["errorMessage"].as_str().expect("a text").contains("zip"), "{none}");
    let empty = deploy(&org, &zip(&[("a.txt", "")]), "").await;
    assert_eq!(empty["errorMessage"], "No package.xml found");
}

#[tokio::test]
async fn an_archive_that_becomes_huge_is_refused() {
    let org = TestOrg::start().await;
    let zeros = "0".repeat(15 * 1024 * 1024);
    let bomb = zip(&[("classes/A.cls", &zeros), ("classes/B.cls", &zeros), ("package.xml", &package(&[]))]);
    assert!(bomb.len() < 100_000);
    let result = deploy(&org, &bomb, "").await;
    assert_eq!(result["status"], "Failed");
    assert!(result["errorMessage"].as_str().expect("a text").contains("times as large"), "{result}");
}

#[tokio::test]
async fn what_is_not_run_is_kept_and_given_back_and_can_be_deleted() {
    let org = TestOrg::start().await;
    deploy(&org, &machines(), "").await;
    let class = zip(&[
        ("unpackaged/classes/A.cls", "public class A {}"),
        (
            "unpackaged/classes/A.cls-meta.xml",
            "<ApexClass xmlns=\"x\"><apiVersion>62.0</apiVersion><status>Active</status></ApexClass>",
        ),
        ("unpackaged/package.xml", &package(&[("ApexClass", &["*"])])),
    ]);
    let first = deploy(&org, &class, "").await;
    let message = &first["details"]["componentSuccesses"][0];
    assert_eq!((&message["created"], &message["problemType"]), (&json!(true), &json!("Warning")), "{first}");
    assert!(message["problem"].as_str().expect("a text").contains("does nothing else with it"));
    let again = deploy(&org, &class, "").await;
    let message = &again["details"]["componentSuccesses"][0];
    assert_eq!((&message["created"], &message["changed"]), (&json!(false), &json!(false)));

    // What asks for classes finds them, as in an org.
    let soql = "SELECT Id, Name, ApiVersion, Status, Body FROM ApexClass WHERE Name = 'A' AND CreatedDate > 2020-01-01T00:00:00Z";
    for path in ["/tooling/query", "/query"] {
        let found = org.get(&format!("{path}?q={}", soql.replace(' ', "+").replace('\'', "%27"))).await;
        let record = &found.body["records"][0];
        let seen = (&found.body["totalSize"], &record["ApiVersion"], &record["Status"], &record["Body"]);
        assert_eq!(seen, (&json!(1), &json!(62.0), &json!("Active"), &json!("public class A {}")), "{}", found.text);
        assert!(record["Id"].as_str().is_some_and(|id| id.starts_with("01p") && id.len() == 18), "{record}");
    }

    let listed = soap_call(&org, "<listMetadata><queries><type>CustomField</type></queries></listMetadata>").await;
    for name in ["Machine__c.Serial__c", "Account.Key__c"] {
        assert!(listed.text.contains(&format!("<fullName>{name}</fullName>")), "{}", listed.text);
    }
    let described = soap_call(&org, "<describeMetadata><asOfVersion>62.0</asOfVersion></describeMetadata>").await;
    assert!(described.text.contains("<xmlName>ApexClass</xmlName>"), "{}", described.text);

    let files =
        retrieve(&org, &[("ApexClass", &["A"]), ("CustomObject", &["Machine__c"]), ("Flow", &["Nothing"])]).await;
    assert_eq!(files["unpackaged/classes/A.cls"], "public class A {}");
    assert!(files["unpackaged/objects/Machine__c.object"].contains("<fullName>Hours__c</fullName>"));
    assert!(files["unpackaged/package.xml"].contains("<members>Machine__c.Hours__c</members>"));

    let destructive = zip(&[
        ("package.xml", &package(&[])),
        (
            "destructiveChanges.xml",
            &package(&[
                ("ApexClass", &["A", "B"]),
                ("CustomField", &["Machine__c.Hours__c"]),
                ("CustomObject", &["Service__c"]),
            ]),
        ),
    ]);
    let result = deploy(&org, &destructive, "").await;
    assert_eq!(result["status"], "Succeeded", "{result}");
    assert!(result.to_string().contains("No ApexClass named: B found"), "{result}");
    assert_eq!(org.get("/sobjects/Service__c/describe").await.status, 404);
    let describe = org.get("/sobjects/Machine__c/describe").await.text;
    assert!(!describe.contains("Hours__c"));
    assert_eq!(org.get("/tooling/query?q=SELECT+Id+FROM+ApexClass").await.body["totalSize"], 0);
    let files = retrieve(&org, &[("ApexClass", &["*"]), ("CustomObject", &["Machine__c"])]).await;
    assert!(!files.contains_key("unpackaged/classes/A.cls"));
    assert!(!files["unpackaged/objects/Machine__c.object"].contains("Hours__c"));
}

async fn retrieve(org: &TestOrg, types: &[(&str, &[&str])]) -> std::collections::HashMap<String, String> {
    let package = package(types);
    let inner = package.split_once('>').expect("a tag").1.trim_end_matches("</Package>");
    let body = format!(
        "<retrieve><request><apiVersion>62.0</apiVersion><unpackaged>{inner}</unpackaged></request></retrieve>"
    );
    let asked = soap_call(org, &body).await;
    let id = soap::text_of(&asked, "id");
    let body = format!("<checkRetrieveStatus><asyncProcessId>{id}</asyncProcessId></checkRetrieveStatus>");
    let reply = soap_call(org, &body).await;
    assert_eq!(soap::text_of(&reply, "success"), "true", "{}", reply.text);
    let archive = STANDARD.decode(soap::text_of(&reply, "zipFile")).expect("Base64");
    let mut archive = ZipArchive::new(Cursor::new(archive)).expect("an archive");
    let mut files = std::collections::HashMap::new();
    for index in 0..archive.len() {
        let mut file = archive.by_index(index).expect("a file");
        let name = file.name().expect("a name").into_owned();
        let mut text = String::new();
        file.read_to_string(&mut text).expect("a text");
        files.insert(name, text);
    }
    files
}

/// As CumulusCI waits for a retrieve.
#[tokio::test]
async fn how_far_a_request_is_can_be_asked_for_in_the_old_way() {
    let org = TestOrg::start().await;
    let state = async |id: &str| {
        soap_call(&org, &format!("<checkStatus><asyncProcessId>{id}</asyncProcessId></checkStatus>")).await
    };
    let manifest = "<types><members>*</members><name>CustomObject</name></types><version>62.0</version>";
    let body = format!("<retrieve><retrieveRequest><unpackaged>{manifest}</unpackaged></retrieveRequest></retrieve>");
    let retrieve = soap::text_of(&soap_call(&org, &body).await, "id");
    let deploy = deploy(&org, &machines(), "").await["id"].as_str().expect("an id").to_owned();
    for id in [&retrieve, &deploy] {
        let reply = state(id).await;
        assert_eq!(reply.status, 200, "{}", reply.text);
        let seen = ["done", "id", "state"].map(|name| soap::text_of(&reply, name));
        assert_eq!(seen, ["true", id, "Completed"]);
    }
    let unknown = state("0AfLO0000000099AAA").await;
    assert_eq!(soap::text_of(&unknown, "faultcode"), "sf:INVALID_CROSS_REFERENCE_KEY");
}

#[tokio::test]
async fn a_platform_event_and_a_flow_work_from_the_moment_of_their_deploy() {
    let org = TestOrg::start().await;
    let event = "<CustomObject xmlns=\"http://soap.sforce.com/2006/04/metadata\"><deploymentStatus>Deployed</deploymentStatus>\
        <eventType>HighVolume</eventType><fields><fullName>Text__c</fullName><label>Text</label><length>50</length>\
        <type>Text</type></fields><label>Ping</label><pluralLabel>Pings</pluralLabel>\
        <publishBehavior>PublishImmediately</publishBehavior></CustomObject>";
    let (_, flow) =
        crate::event_project::FILES.iter().copied().find(|(path, _)| path.contains("flows/")).expect("a flow");
    let flow = flow
        .replace("Done__e", "Ping__e")
        .replace("$Record.UserId__c", "$Record.Text__c")
        .replace("Status__c", "Text__c");
    let archive = zip(&[
        ("objects/Ping__e.object", event),
        ("flows/PingFlow.flow", &flow),
        ("package.xml", &package(&[("CustomObject", &["Ping__e"]), ("Flow", &["PingFlow"])])),
    ]);
    let result = deploy(&org, &archive, "").await;
    assert_eq!(result["status"], "Succeeded", "{result}");
    assert!(!result.to_string().contains("Kept"), "the flow is run: {result}");
    org.create("Ping__e", json!({})).await;
    let notifications =
        || async { org.control(Method::GET, "/local/orgs/my-org/notifications", Value::Null).await.text };
    until(|| async { notifications().await.contains("It has ended.") }).await;
}

#[tokio::test]
async fn the_rest_api_deploys_and_only_administrators_may() {
    let org = TestOrg::start().await;
    let body = multipart(&machines());
    let sent = |token: String, body: Vec<u8>| {
        let request = org.http.post(format!("{}/services/data/v62.0/metadata/deployRequest", org.base));
        let request = request.bearer_auth(token).header("Content-Type", "multipart/form-data; boundary=B").body(body);
        async { read(request.send().await.expect("an answer")).await.expect("a body") }
    };
    let asked = sent(org.token.clone(), body.clone()).await;
    assert_eq!(asked.status, 201, "{}", asked.text);
    let id = asked.body["id"].as_str().expect("an id");
    assert_eq!(done(&org, id).await["status"], "Succeeded");
    let canceled =
        org.patch(&format!("/metadata/deployRequest/{id}"), json!({"deployResult": {"status": "Canceling"}})).await;
    assert_eq!(canceled.status, 202, "{}", canceled.text);
    assert_eq!(canceled.body["deployResult"]["status"], "Succeeded", "it was done");
    let everyday = org.session("sales.user@my-org.local", &[]).await;
    assert_eq!(sent(everyday.token.clone(), body).await.status, 403);
    let list = soap::envelope(&everyday.token, "<listMetadata><queries><type>Flow</type></queries></listMetadata>");
    let fault = soap::call(&org, METADATA, list).await;
    assert_eq!(soap::text_of(&fault, "faultcode"), "sf:INSUFFICIENT_ACCESS");
    assert_eq!(org.get("/metadata/deployRequest/0AfLO0000000099AAA").await.status, 404);
    let read = soap_call(&org, "<readMetadata><type>Flow</type></readMetadata>").await;
    assert!(soap::text_of(&read, "faultstring").contains("use deploy"), "{}", read.text);
}
