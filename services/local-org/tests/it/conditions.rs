//! Conditional requests.

use chrono::{DateTime, TimeDelta, Utc};
use reqwest::Method;
use serde_json::{Value, json};

use crate::support::{API, Reply, TestOrg, read};

const DATE: &str = "%a, %d %b %Y %H:%M:%S GMT";

impl TestOrg {
    async fn with_header(&self, method: Method, path: &str, header: (&str, &str), body: Value) -> Reply {
        let request = self.http.request(method, format!("{}{API}{path}", self.base)).bearer_auth(&self.token);
        let request = request.header(header.0, header.1);
        let request = if body.is_null() { request } else { request.json(&body) };
        read(request.send().await.expect("an answer")).await.expect("a body")
    }
}

fn at(instant: DateTime<Utc>) -> String {
    instant.format(DATE).to_string()
}

#[tokio::test]
async fn a_write_demands_the_version_that_was_read() {
    let org = TestOrg::start().await;
    let path = format!("/sobjects/Account/{}", org.account("First").await);
    let read = org.get(&path).await;
    let etag = read.header("etag").expect("a tag").to_owned();
    assert!(read.header("last-modified").is_some());
    assert_eq!(org.get(&path).await.header("etag"), Some(etag.as_str()), "it stays while nothing changes");
    let name = |name: &str| json!({"Name": name});
    let reply = org.with_header(Method::PATCH, &path, ("If-Match", &etag), name("Second")).await;
    assert_eq!(reply.status, 204, "{}", reply.text);
    // Written a moment ago: the tag is another one.
    let reply = org.with_header(Method::PATCH, &path, ("If-Match", &etag), name("Third")).await;
    assert_eq!((reply.status, reply.code()), (412, "PRECONDITION_FAILED"), "{}", reply.text);
    let reply = org.with_header(Method::DELETE, &path, ("If-Match", &etag), Value::Null).await;
    assert_eq!(reply.status, 412, "{}", reply.text);
    assert_eq!(org.get(&path).await.body["Name"], "Second", "what was refused changed nothing");
    let reply = org.with_header(Method::PATCH, &path, ("If-Match", "*"), name("Fourth")).await;
    assert_eq!(reply.status, 204);
}

#[tokio::test]
async fn a_write_demands_that_nothing_changed_since() {
    let org = TestOrg::start().await;
    for object in ["Account", "Contact"] {
        let field = if object == "Account" { "Name" } else { "LastName" };
        let id = org.create(object, json!({field: "First", "Phone": "1"})).await;
        let path = format!("/sobjects/{object}/{id}");
        let (before, after) = (at(Utc::now() - TimeDelta::hours(1)), at(Utc::now() + TimeDelta::hours(1)));
        for (method, body) in [(Method::PATCH, json!({"Phone": "2"})), (Method::DELETE, Value::Null)] {
            let reply = org.with_header(method.clone(), &path, ("If-Unmodified-Since", &before), body).await;
            assert_eq!((reply.status, reply.code()), (412, "PRECONDITION_FAILED"), "{method} {object}: {}", reply.text);
        }
        assert_eq!(org.get(&path).await.body["Phone"], "1");
        let body = json!({"Phone": "2"});
        let reply = org.with_header(Method::PATCH, &path, ("If-Unmodified-Since", &after), body).await;
        assert_eq!(reply.status, 204, "{}", reply.text);
    }
    let key = json!({"Name": "Upserted"});
    let before = at(Utc::now() - TimeDelta::hours(1));
    let header = ("If-Unmodified-Since", before.as_str());
    let made = org.with_header(Method::PATCH, "/sobjects/Account/Key__c/c1", header, key.clone()).await;
    assert_eq!(made.status, 201, "there is nothing that could have changed: {}", made.text);
    let again = org.with_header(Method::PATCH, "/sobjects/Account/Key__c/c1", header, key).await;
    assert_eq!(again.status, 412, "{}", again.text);
}

#[tokio::test]
async fn what_the_caller_has_is_not_sent_again() {
    let org = TestOrg::start().await;
    let path = format!("/sobjects/Account/{}", org.account("Read").await);
    let etag = org.get(&path).await.header("etag").expect("a tag").to_owned();
    let (before, after) = (at(Utc::now() - TimeDelta::hours(1)), at(Utc::now() + TimeDelta::hours(1)));
    for (header, value, status) in [
        ("If-None-Match", etag.as_str(), 304),
        ("If-None-Match", "\"other\"", 200),
        ("If-Modified-Since", after.as_str(), 304),
        ("If-Modified-Since", before.as_str(), 200),
        ("If-Modified-Since", "yesterday", 200),
        ("If-Match", etag.as_str(), 200),
        ("If-Match", "\"other\"", 412),
        ("If-Unmodified-Since", before.as_str(), 412),
    ] {
        for path in [path.clone(), format!("{path}?fields=Name")] {
            let reply = org.with_header(Method::GET, &path, (header, value), Value::Null).await;
            assert_eq!(reply.status, status, "{header}: {value}: {}", reply.text);
            assert!(status != 304 || reply.text.is_empty(), "{}", reply.text);
        }
    }
    let describe = "/sobjects/Account/describe";
    for path in [describe, "/sobjects"] {
        let reply = org.with_header(Method::GET, path, ("If-Modified-Since", &after), Value::Null).await;
        assert_eq!((reply.status, reply.text.as_str()), (304, ""), "{path}");
        let reply = org.with_header(Method::GET, path, ("If-Modified-Since", &before), Value::Null).await;
        assert_eq!(reply.status, 200, "{path}");
    }
}

#[tokio::test]
async fn subrequests_have_conditions_of_their_own() {
    let org = TestOrg::start().await;
    let id = org.account("Sub").await;
    let url = format!("{API}/sobjects/Account/{id}");
    let before = at(Utc::now() - TimeDelta::hours(1));
    let body = json!({"compositeRequest": [
        {"method": "GET", "url": url, "referenceId": "read"},
        {"method": "PATCH", "url": url, "referenceId": "write", "body": {"Name": "Never"},
         "httpHeaders": {"If-Unmodified-Since": before}},
    ]});
    let reply = org.post("/composite", body).await.body;
    let headers = &reply["compositeResponse"][0]["httpHeaders"];
    assert!(headers["ETag"].is_string() && headers["Last-Modified"].is_string(), "{reply}");
    assert_eq!(reply["compositeResponse"][1]["httpStatusCode"], 412, "{reply}");
    assert_eq!(org.accounts_named("Never").await, 0);
}
