//! The web console: what it shows, and that it costs nothing.

use reqwest::Method;
use serde_json::{Value, json};

use crate::app::TestApp;
use crate::support::{Reply, TestOrg, builder, client, until};

const ORG: &str = "/console/orgs/my-org";
const EMPTY: &str = "/console/orgs/empty-org";

async fn page(org: &TestOrg, path: &str) -> Reply {
    org.control(Method::GET, path, Value::Null).await
}

/// The text of a section, up to the next one.
fn section<'t>(page: &'t str, id: &str) -> &'t str {
    let begin = page.find(&format!("id=\"{id}\"")).unwrap_or_else(|| panic!("no section {id} in {page}"));
    let rest = page.get(begin..).expect("the section");
    rest.get(..rest.find("</section>").expect("its end")).expect("the section")
}

async fn opportunity(org: &TestOrg, name: &str) -> String {
    let fields = json!({"Name": name, "StageName": "Prospecting", "CloseDate": "2030-06-27"});
    org.create("Opportunity", fields).await
}

#[tokio::test]
async fn lists_the_orgs_and_leads_to_them() {
    let org = TestOrg::start().await;
    org.seed(3, 1).await;
    let home = page(&org, "/console").await;
    assert_eq!((home.status, home.header("content-type")), (200, Some("text/html; charset=utf-8")));
    for name in ["my-org", "my-org-sales-a", "empty-org"] {
        assert!(home.text.contains(&format!("href=\"/console/orgs/{name}\"")), "{name}");
    }
    assert!(home.text.contains("<dt>Opportunities</dt><dd>3</dd>"), "{}", home.text);
    assert!(home.text.contains("0 of 5,000,000 API calls used today"));
    let policy = home.header("content-security-policy").expect("a policy");
    assert!(policy.starts_with("default-src 'none'") && !policy.contains("unsafe"), "{policy}");

    let client = builder().redirect(reqwest::redirect::Policy::none()).build().expect("a client");
    let root = client.get(format!("{}/", org.base)).send().await.expect("an answer");
    assert_eq!((root.status().as_u16(), &root.headers()["location"]), (303, &"/console".parse().expect("a value")));
    assert_eq!(org.control(Method::POST, "/", Value::Null).await.status, 404);
}

#[tokio::test]
async fn serves_what_its_pages_load() {
    let org = TestOrg::start().await;
    let home = page(&org, "/console").await.text;
    let addresses: Vec<_> = home.split('"').filter(|part| part.starts_with("/console/assets/")).collect();
    assert_eq!(addresses.len(), 4, "icon twice, style, script: {addresses:?}");
    for address in addresses {
        let file = page(&org, address).await;
        assert_eq!((file.status, file.text.is_empty()), (200, false), "{address}");
        assert_eq!(file.header("x-content-type-options"), Some("nosniff"));
    }
    assert!(!home.contains("http://") && !home.contains("https://"), "all is served here");
    assert_eq!(page(&org, "/console/assets/other.js").await.status, 404);
}

#[tokio::test]
async fn shows_a_notification_and_the_event_behind_it() {
    let org = TestOrg::start().await;
    assert!(section(&page(&org, ORG).await.text, "notifications").contains("Nobody was notified yet"));
    org.create("Done__e", json!({"Status__c": "first"})).await;
    org.create("Done__e", json!({"Status__c": "second"})).await;
    until(|| async { page(&org, ORG).await.text.contains("Job: second") }).await;
    let page = page(&org, ORG).await.text;
    let shown = section(&page, "notifications");
    let [newest, oldest] = ["Job: second", "Job: first"].map(|title| shown.find(title).expect("the title"));
    assert!(newest < oldest, "the newest is the first");
    assert!(shown.contains("It has ended.") && shown.contains(" · Done · "), "{shown}");
    let users = org.query("SELECT Name FROM User WHERE Username = 'admin@my-org.local'").await.body;
    let recipient = users["records"][0]["Name"].as_str().expect("a name");
    assert!(shown.contains(&format!("To {recipient}")), "{shown}");
    let events = section(&page, "events");
    assert!(events.contains("/event/Done__e") && events.contains("<code>Status__c</code></dt><dd>second</dd>"));
}

#[tokio::test]
async fn shows_what_an_event_changed() {
    let org = TestOrg::start().await;
    let id = opportunity(&org, "Deal").await;
    org.patch(&format!("/sobjects/Opportunity/{id}"), json!({"NextStep": "Call"})).await;
    let text = page(&org, ORG).await.text;
    let events = section(&text, "events");
    let (updated, created) = events.split_once(">CREATE<").expect("two events");
    assert!(updated.contains(">UPDATE<") && updated.contains("<code>NextStep</code>"), "{updated}");
    assert!(updated.contains(&id) && created.contains(&id) && created.contains("Deal"), "{events}");
    assert!(!updated.contains("StageName") && !created.contains("Changed:"), "{events}");

    let ids: Vec<_> = (0..50).map(|number| format!("006LO000000{number:04}AAA")).collect();
    let gap = json!({"object": "Opportunity", "changeType": "GAP_UPDATE", "recordIds": ids});
    assert_eq!(org.control(Method::POST, "/local/orgs/my-org/events/gap", gap).await.status, 204);
    let text = page(&org, ORG).await.text;
    let events = section(&text, "events");
    assert!(events.contains(">GAP_UPDATE<") && events.contains("and 47 more"), "{events}");
    assert!(events.contains(&ids[2]) && !events.contains(&ids[3]));
}

#[tokio::test]
async fn shows_quotes_and_escapes_what_it_shows() {
    let org = TestOrg::start().await;
    let name = "<script>alert(1)</script> & \"Co\"";
    let opportunity = opportunity(&org, name).await;
    let fields = json!({"Name": "Quote for <b>them</b>", "OpportunityId": opportunity, "Origin__c": "test"});
    let quote = org.create("Quote", fields).await;
    let text = page(&org, ORG).await.text;
    let records = section(&text, "records");
    for part in
        [&quote, "Quote for &#60;b&#62;them", "1 Quote<", "0.00", "&#60;script&#62;alert(1)&#60;/script&#62; &#38;"]
    {
        assert!(records.contains(part), "{part} in {records}");
    }
    assert!(!text.contains("<script>alert") && !text.contains("<b>"), "{text}");
    assert!(section(&text, "events").contains("&#60;script&#62;"), "the event of the create has the name");
}

#[tokio::test]
async fn costs_nothing_and_has_no_faults() {
    let org = TestOrg::start().await;
    org.fault(json!({"action": {"kind": "status", "status": 503, "errorCode": "SERVER_UNAVAILABLE"}})).await;
    org.control(Method::PUT, "/local/costs", json!({"callMs": 20, "dailyLimit": 2, "maxConcurrent": 1})).await;
    let refuse = json!({"how": "unavailable", "times": 2});
    org.control(Method::POST, "/local/orgs/my-org/pubsub/refuse", refuse).await;
    let before = org.counters().await;
    for path in ["/console", ORG, EMPTY] {
        assert_eq!(page(&org, path).await.status, 200, "{path}");
    }
    assert_eq!(org.counters().await, before);
    assert_eq!(org.query("SELECT Id FROM Account").await.status, 503);
    let text = page(&org, ORG).await.text;
    let conditions = section(&text, "conditions");
    for part in
        ["20 ms", "2 at most", "1 at most", "answers 503 SERVER_UNAVAILABLE", "1 time<", "the next 2: UNAVAILABLE"]
    {
        assert!(conditions.contains(part), "{part} in {conditions}");
    }
    let calls = section(&text, "calls");
    assert!(calls.contains("1 of 2<") && calls.contains("<code>query</code>"), "{calls}");
}

#[tokio::test]
async fn shows_apps_and_calls_but_no_token() {
    let org = TestOrg::start().await;
    let app = TestApp::start().await;
    let spec = json!({"openapi": "3.0.3", "info": {"title": "Test app", "version": "1"}, "paths": {
        "/run": {"post": {"operationId": "runIt", "responses": {"200": {"description": "Done"}}}}}});
    let wanted = json!({"org": "my-org", "clientName": "TestApp", "url": app.url, "spec": spec.to_string()});
    let published = org.control(Method::POST, "/local/publish", wanted).await;
    assert_eq!(published.status, 201, "{}", published.text);
    let call = json!({"clientName": "TestApp", "operationId": "runIt"});
    let reply = org.control(Method::POST, "/local/orgs/my-org/invoke", call).await;
    assert_eq!(reply.status, 200, "{}", reply.text);
    let session = org.session("admin@my-org.local", &[]).await;

    let text = page(&org, ORG).await.text;
    let apps = section(&text, "apps");
    for part in ["TestApp", "Test app", "runIt", &app.url, "TestApp.runIt", "Completed", "200"] {
        assert!(apps.contains(part), "{part} in {apps}");
    }
    assert!(section(&page(&org, EMPTY).await.text, "apps").contains("No app is published"));
    for path in ["/console", ORG, EMPTY, "/console/orgs/none"] {
        let text = page(&org, path).await.text;
        for token in [&org.token, &session.token, &app.last().token()] {
            let (_, secret) = token.split_once('!').expect("a token");
            assert!(!text.contains(secret), "a token on {path}");
        }
        assert!(!text.contains("!AQ"), "something like a token on {path}");
    }
}

#[tokio::test]
async fn shows_bulk_jobs() {
    let org = TestOrg::start().await;
    let job = org.post("/jobs/ingest", json!({"object": "Account", "operation": "insert"})).await;
    let id = job.body["id"].as_str().expect("an id");
    let text = page(&org, ORG).await.text;
    let calls = section(&text, "calls");
    assert!(calls.contains(id) && calls.contains("insert Account") && calls.contains(">Open<"), "{calls}");
}

#[tokio::test]
async fn an_empty_org_says_so() {
    let org = TestOrg::start().await;
    let text = page(&org, EMPTY).await.text;
    for (id, nothing) in [
        ("notifications", "Nobody was notified yet"),
        ("events", "No events are retained"),
        ("records", "None of: "),
        ("calls", "No calls yet"),
        ("apps", "No app is published"),
        ("streams", "No stream is open"),
        ("conditions", "calls are free"),
    ] {
        assert!(section(&text, id).contains(nothing), "{id}");
    }
    assert!(!text.contains("Newest Quotes") && !text.contains("Latest calls"));
}

#[tokio::test]
async fn an_org_that_there_is_not_is_not_found() {
    let org = TestOrg::start().await;
    let missing = client().get(format!("{}/console/orgs/%3Cb%3E", org.base)).send().await.expect("an answer");
    assert_eq!(missing.status(), 404);
    assert_eq!(missing.headers()["content-type"], "text/html; charset=utf-8");
    let text = missing.text().await.expect("a page");
    assert!(text.contains("There is no org named “&#60;b&#62;”") && !text.contains("<b>"), "{text}");
    assert!(text.contains("href=\"/console/orgs/my-org\""));
}
