//! Seeds of the targets that call local-org.

use std::io::{Cursor, Write};

use anyhow::Result;
use zip::write::SimpleFileOptions;
use zip::{CompressionMethod, ZipWriter};

use super::Seed;

const OBJECT: &str = r#"<CustomObject xmlns="http://soap.sforce.com/2006/04/metadata"><deploymentStatus>Deployed</deploymentStatus>
<fields><fullName>Serial__c</fullName><label>Serial</label><type>Text</type><length>20</length><externalId>true</externalId><unique>true</unique></fields>
<fields><fullName>Account__c</fullName><label>Account</label><type>Lookup</type><referenceTo>Account</referenceTo><relationshipName>Fuzzes</relationshipName></fields>
<fields><fullName>Hours__c</fullName><label>Hours</label><type>Number</type><precision>10</precision><scale>2</scale></fields>
<fields><fullName>Kind__c</fullName><label>Kind</label><type>Picklist</type><valueSet><restricted>true</restricted><valueSetDefinition>
<value><fullName>A</fullName><default>true</default><label>A</label></value></valueSetDefinition></valueSet></fields>
<label>Fuzz</label><pluralLabel>Fuzzes</pluralLabel><nameField><displayFormat>F-{0000}</displayFormat><label>Name</label><type>AutoNumber</type></nameField>
<sharingModel>ReadWrite</sharingModel></CustomObject>"#;
const EVENT: &str = r#"<CustomObject xmlns="http://soap.sforce.com/2006/04/metadata"><deploymentStatus>Deployed</deploymentStatus>
<eventType>HighVolume</eventType><publishBehavior>PublishAfterCommit</publishBehavior>
<fields><fullName>Job__c</fullName><label>Job</label><type>Text</type><length>36</length><required>true</required></fields>
<label>Fuzz</label><pluralLabel>Fuzzes</pluralLabel></CustomObject>"#;
const PERMISSION_SET: &str = r#"<PermissionSet xmlns="http://soap.sforce.com/2006/04/metadata"><label>Fuzz</label><hasActivationRequired>true</hasActivationRequired>
<fieldPermissions><editable>true</editable><field>Account.LoadKey__c</field><readable>true</readable></fieldPermissions>
<objectPermissions><allowCreate>true</allowCreate><allowEdit>true</allowEdit><allowRead>true</allowRead><object>Account</object></objectPermissions></PermissionSet>"#;
const PACKAGE: &str = r#"<?xml version="1.0" encoding="UTF-8"?><Package xmlns="http://soap.sforce.com/2006/04/metadata"><types><members>*</members>
<members>Fuzz</members><name>ApexClass</name></types><version>62.0</version></Package>"#;

fn envelope(body: &str) -> String {
    format!(
        "<soapenv:Envelope xmlns:soapenv=\"http://schemas.xmlsoap.org/soap/envelope/\"><soapenv:Header><SessionHeader>\
         <sessionId>SESSION</sessionId></SessionHeader></soapenv:Header><soapenv:Body>{body}</soapenv:Body></soapenv:Envelope>"
    )
}

/// A seed whose first byte chooses something.
fn chosen(first: u8, rest: &str) -> Vec<u8> {
    [&[first], rest.as_bytes()].concat()
}

fn zip(method: CompressionMethod, files: &[(&str, &str)]) -> Result<Vec<u8>> {
    let mut writer = ZipWriter::new(Cursor::new(Vec::new()));
    for (path, text) in files {
        writer.start_file(*path, SimpleFileOptions::default().compression_method(method))?;
        writer.write_all(text.as_bytes())?;
    }
    Ok(writer.finish()?.into_inner())
}

/// Requests of routes, which share a session.
fn requests(all: &[(&str, &str)]) -> Vec<u8> {
    let one = |(line, body): &(&str, &str)| {
        let kind = if body.starts_with(['{', '[']) { "\ncontent-type: application/json" } else { "" };
        format!("{line}\nauthorization: Bearer SESSION{kind}\n\n{body}")
    };
    all.iter().map(one).collect::<Vec<_>>().join("\n===\n").into_bytes()
}

/// What the plugin of the Heroku CLI asks, and a user at the page that it opens.
fn addon() -> Vec<u8> {
    let base = "/addons/01234567-89ab-4cde-8f01-23456789abcd";
    let head = "authorization: Bearer local-addon-token\nx-app-uuid: 00000000-0000-4000-8000-000000000001\ncontent-type: application/json";
    [
        format!("GET /apps/your-app/config-vars\n{head}"),
        format!("POST {base}/connections/salesforce\n{head}\n\n{{\"connection_name\": \"my_org\", \"login_url\": \"https://test.salesforce.com\"}}"),
        format!("GET {base}/connections/my_org\n{head}"),
        format!("POST {base}/authorizations/salesforce/jwt\n{head}\n\n{{\"alias\": \"a\", \"client_id\": \"b\", \"developer_name\": \"abc\", \"jwt_private_key\": \"c\", \"username\": \"d\"}}"),
        format!("GET {base}/authorizations/my-org\n{head}"),
        "GET /addons/callback?state=a&code=b".to_owned(),
        format!("DELETE {base}/connections/my_org\n{head}"),
    ]
    .join("\n===\n")
    .into_bytes()
}

pub(crate) fn org() -> Result<Vec<Seed>> {
    let text = |text: &str| text.as_bytes().to_vec();
    let stored = zip(CompressionMethod::Stored, &[("package.xml", PACKAGE), ("classes/Fuzz.cls", "class Fuzz {}")])?;
    let deflated =
        zip(CompressionMethod::Deflated, &[("a/package.xml", PACKAGE), ("a/objects/Fuzz__c.object", OBJECT)])?;
    let outside =
        zip(CompressionMethod::Stored, &[("package.xml", PACKAGE), ("../../etc/passwd", "x"), ("package.xml/", "")])?;
    let cut = stored.get(..stored.len() - 30).unwrap_or_default().to_vec();
    let v1_job = "<jobInfo xmlns=\"http://www.force.com/2009/06/asyncapi/dataload\"><operation>insert</operation><object>Account</object><concurrencyMode>Serial</concurrencyMode><contentType>XML</contentType></jobInfo>";
    let v1_xml = "<sObjects xmlns=\"http://www.force.com/2009/06/asyncapi/dataload\" xmlns:xsi=\"http://www.w3.org/2001/XMLSchema-instance\"><sObject><Name>A</Name><Phone xsi:nil=\"true\"/></sObject><sObject><Owner><sObject><Username>admin@my-org.local</Username></sObject></Owner></sObject></sObjects>";
    let data = "/services/data/v62.0";
    let line = |method: &str, rest: &str| format!("{method} {data}{rest}");
    Ok(vec![
        (
            "org_soql",
            "plain",
            text(
                "SELECT Id, Name, Owner.Name FROM Account WHERE Name LIKE 'A%' ORDER BY Name NULLS LAST LIMIT 5 OFFSET 1",
            ),
        ),
        (
            "org_soql",
            "children",
            text(
                "SELECT Name, (SELECT Id, Quantity FROM OpportunityLineItems ORDER BY Id) FROM Opportunity WHERE CloseDate >= LAST_N_DAYS:30",
            ),
        ),
        (
            "org_soql",
            "totals",
            text(
                "SELECT StageName s, COUNT(Id) n, SUM(Amount), MAX(CloseDate) FROM Opportunity GROUP BY ROLLUP(StageName, IsClosed) HAVING COUNT(Id) > 0 ORDER BY COUNT(Id) DESC",
            ),
        ),
        (
            "org_soql",
            "semi-join",
            text(
                "SELECT FIELDS(STANDARD) FROM Account WHERE Id IN (SELECT AccountId FROM Opportunity WHERE Amount > USD1000.5) AND (NOT (Name = 'a\\'b' OR CreatedDate = TODAY)) LIMIT 200",
            ),
        ),
        (
            "org_soql",
            "functions",
            text(
                "SELECT FORMAT(Amount) a, toLabel(StageName), convertCurrency(Amount) FROM Opportunity WHERE CALENDAR_YEAR(convertTimezone(CreatedDate)) = 2026 FOR VIEW",
            ),
        ),
        (
            "org_sosl",
            "full",
            text(
                "FIND {Acme AND \"some one\"} IN NAME FIELDS RETURNING Account(Id, Name WHERE Name LIKE 'A%' ORDER BY Name LIMIT 5), Contact LIMIT 10",
            ),
        ),
        ("org_sosl", "escaped", text("FIND {a\\{b\\}\\?*} IN ALL FIELDS RETURNING Opportunity(Id USING ListView=All)")),
        ("org_sosl", "short", text("FIND {a} RETURNING User")),
        (
            "org_sosl",
            "with",
            text("FIND {Acme} IN EMAIL FIELDS RETURNING Contact(Name OFFSET 2) WITH SNIPPET LIMIT 2001"),
        ),
        ("org_csv", "insert", chosen(0, "Name,Phone,Owner.Username\nA,1,admin@my-org.local\n\"b \"\"c\"\"\",,\n")),
        ("org_csv", "semicolon", chosen(1, "Name;LoadKey__c\r\nA;1\r\n\"x\r\ny\";#N/A\r\n")),
        ("org_csv", "upsert", chosen(3, "LoadKey__c|Name\n1|A\n1|B\n|C\n")),
        ("org_csv", "delete", chosen(4, "Id\r\n001LO0000000001AAA\r\n001\r\n")),
        ("org_csv", "open-quote", chosen(2, "Id\tName\n\"001\tA")),
        ("org_v1", "job", chosen(0, v1_job)),
        (
            "org_v1",
            "job-in-json",
            chosen(1, r#"{"operation": "query", "object": "Account", "contentType": "CSV", "concurrencyMode": 0}"#),
        ),
        ("org_v1", "xml", chosen(3, v1_xml)),
        (
            "org_v1",
            "json",
            chosen(
                4,
                r#"[{"Name": "A", "AnnualRevenue": 1.5, "Phone": null}, {"Owner": {"attributes": {"type": "User"}, "Username": "admin@my-org.local"}}]"#,
            ),
        ),
        ("org_v1", "query", chosen(6, "SELECT Id, Name FROM Account LIMIT 2")),
        (
            "org_soap",
            "login",
            chosen(
                0,
                &envelope(
                    "<login xmlns=\"urn:partner.soap.sforce.com\"><username>admin@my-org.local</username><password>any</password></login>",
                ),
            ),
        ),
        ("org_soap", "user", chosen(1, &envelope("<getUserInfo/>"))),
        (
            "org_soap",
            "list",
            chosen(
                2,
                &envelope(
                    "<m:listMetadata xmlns:m=\"http://soap.sforce.com/2006/04/metadata\"><m:queries><m:type>CustomObject</m:type></m:queries><m:asOfVersion>62.0</m:asOfVersion></m:listMetadata>",
                ),
            ),
        ),
        (
            "org_soap",
            "retrieve",
            chosen(
                2,
                &envelope(
                    "<retrieve><request><apiVersion>62.0</apiVersion><singlePackage>true</singlePackage><unpackaged><types><members>*</members><name>CustomObject</name></types></unpackaged></request></retrieve>",
                ),
            ),
        ),
        (
            "org_soap",
            "deploy",
            chosen(
                2,
                &envelope(
                    "<deploy><ZipFile>UEsFBgAAAAAAAAAAAAAAAAAAAAAAAA==</ZipFile><DeployOptions><checkOnly>true</checkOnly></DeployOptions></deploy>",
                ),
            ),
        ),
        (
            "org_soap",
            "entity",
            chosen(0, "<!DOCTYPE a [<!ENTITY b \"c\">]><Envelope><Body><a>&b;</a></Body></Envelope>"),
        ),
        ("org_metadata", "object", chosen(0, OBJECT)),
        ("org_metadata", "event", chosen(1, EVENT)),
        ("org_metadata", "fields-of-account", chosen(2, OBJECT)),
        ("org_metadata", "permission-set", chosen(3, PERMISSION_SET)),
        (
            "org_metadata",
            "flow",
            chosen(
                4,
                include_str!(
                    "../../../../salesforce/force-app/main/default/flows/QuoteGenerationCompleteNotification.flow-meta.xml"
                ),
            ),
        ),
        ("org_metadata", "package", chosen(9, PACKAGE)),
        ("org_zip", "stored", stored),
        ("org_zip", "deflated", deflated),
        ("org_zip", "outside", outside),
        ("org_zip", "cut", cut),
        (
            "org_routes",
            "records",
            requests(&[
                (&line("POST", "/sobjects/Account"), r#"{"Name": "A"}"#),
                (&line("GET", "/sobjects/Account/LASTID?fields=Name,Owner.Name"), ""),
                (&line("PATCH", "/sobjects/Account/LASTID"), r#"{"Name": "B", "AnnualRevenue": 1e3}"#),
                (&line("DELETE", "/sobjects/Account/LASTID"), ""),
                (
                    &line(
                        "GET",
                        "/sobjects/Account/deleted?start=2026-01-01T00:00:00Z&end=2026-12-31T00:00:00%2B00:00",
                    ),
                    "",
                ),
            ]),
        ),
        (
            "org_routes",
            "composite",
            requests(&[
                (
                    &line("POST", "/composite"),
                    r#"{"allOrNone": true, "compositeRequest": [{"method": "POST", "url": "/services/data/v62.0/sobjects/Account", "referenceId": "a", "body": {"Name": "A"}}, {"method": "GET", "url": "/services/data/v62.0/sobjects/Account/@{a.id}", "referenceId": "b"}]}"#,
                ),
                (
                    &line("POST", "/composite/graph"),
                    r#"{"graphs": [{"graphId": "1", "compositeRequest": [{"method": "POST", "url": "/services/data/v62.0/sobjects/Account", "referenceId": "a", "body": {"Name": "A"}}]}]}"#,
                ),
                (&line("POST", "/composite/batch"), r#"{"batchRequests": [{"method": "GET", "url": "v62.0/limits"}]}"#),
                (
                    &line("POST", "/composite/tree/Account"),
                    r#"{"records": [{"attributes": {"type": "Account", "referenceId": "a"}, "Name": "A", "Contacts": {"records": [{"attributes": {"type": "Contact", "referenceId": "b"}, "LastName": "B"}]}}]}"#,
                ),
                (
                    &line("PATCH", "/composite/sobjects/Account/LoadKey__c"),
                    r#"{"allOrNone": false, "records": [{"attributes": {"type": "Account"}, "LoadKey__c": "1", "Name": "A"}]}"#,
                ),
                (&line("DELETE", "/composite/sobjects?ids=LASTID,001&allOrNone=false"), ""),
            ]),
        ),
        (
            "org_routes",
            "reading",
            requests(&[
                ("GET /services/data", ""),
                (&line("GET", ""), ""),
                (&line("GET", "/limits"), ""),
                (&line("GET", "/sobjects/Opportunity/describe"), ""),
                (&line("GET", "/sobjects/Account/describe/layouts"), ""),
                (&line("GET", "/limits/recordCount?sObjects=Account,User"), ""),
                (&line("GET", "/query?q=SELECT+Id+FROM+Account"), ""),
                (&line("GET", "/tooling/query?q=SELECT+Id+FROM+EntityDefinition+LIMIT+1"), ""),
                (
                    &line("POST", "/parameterizedSearch"),
                    r#"{"q": "Acme", "sobjects": [{"name": "Account", "fields": ["Id"]}], "in": "NAME"}"#,
                ),
                (&line("GET", "/sobjects/Account/updated?start=2026-01-01T00:00:00Z&end=2026-01-31T00:00:00Z"), ""),
            ]),
        ),
        (
            "org_routes",
            "bulk",
            requests(&[
                (&line("POST", "/jobs/query"), r#"{"operation": "query", "query": "SELECT Id FROM Account"}"#),
                (&line("GET", "/jobs/query/LASTID"), ""),
                (&line("GET", "/jobs/query/LASTID/results?maxRecords=1"), ""),
                (&line("POST", "/jobs/ingest"), r#"{"object": "Account", "operation": "insert"}"#),
                (&line("PUT", "/jobs/ingest/LASTID/batches"), "Name\nA\n"),
                (&line("PATCH", "/jobs/ingest/LASTID"), r#"{"state": "UploadComplete"}"#),
                (&line("DELETE", "/jobs/ingest/LASTID"), ""),
                (&line("GET", "/jobs/ingest?queryLocator=1"), ""),
            ]),
        ),
        (
            "org_routes",
            "logins",
            requests(&[
                (
                    "POST /services/oauth2/token\ncontent-type: application/x-www-form-urlencoded",
                    "grant_type=password&username=admin%40my-org.local&password=a",
                ),
                ("GET /services/oauth2/userinfo", ""),
                (
                    "GET /services/oauth2/authorize?response_type=code&client_id=PlatformCLI&redirect_uri=http://localhost:1717/OauthRedirect",
                    "",
                ),
                ("POST /services/oauth2/introspect\ncontent-type: application/x-www-form-urlencoded", "token=SESSION"),
                ("GET /services/oauth2/singleaccess", ""),
            ]),
        ),
        (
            "org_routes",
            "local",
            requests(&[
                ("GET /local", ""),
                ("GET /local/orgs", ""),
                ("GET /local/orgs/my-org/query?q=SELECT+Id+FROM+Account", ""),
                ("GET /console/orgs/my-org", ""),
                ("POST /local/orgs/my-org/sessions", r#"{"user": "admin@my-org.local", "permissionSets": []}"#),
                ("GET /local/apps", ""),
            ]),
        ),
        ("org_routes", "addon", addon()),
    ])
}
