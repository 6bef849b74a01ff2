//! `heroku salesforce:publish` and `salesforce:publications`.

use std::io::{Cursor, Write};

use reqwest::Method;
use serde_json::{Value, json};
use zip::ZipWriter;
use zip::write::SimpleFileOptions;

use crate::heroku::{Plugin, answer};
use crate::support::Reply;

const ADMIN: &str = "admin@my-org.local";
const BOUNDARY: &str = "axios-1.18.0-boundary-x";

fn spec() -> String {
    json!({
        "openapi": "3.0.3", "info": {"title": "Test app", "version": "1"},
        "paths": {"/things": {"post": {"operationId": "makeThing", "responses": {"200": {"description": "Done"}},
            "x-sfdc": {"heroku": {"authorization": {"permissionSet": "ThingMaker"}}}}}}
    })
    .to_string()
}

fn archive(files: &[(&str, &str)]) -> Vec<u8> {
    let mut writer = ZipWriter::new(Cursor::new(Vec::new()));
    for (path, text) in files {
        writer.start_file(*path, SimpleFileOptions::default()).expect("a file");
        writer.write_all(text.as_bytes()).expect("its contents");
    }
    writer.finish().expect("an archive").into_inner()
}

impl Plugin {
    /// As axios sends a form of two blobs.
    async fn publish(&self, connection: &str, archive: &[u8], app_request: &Value) -> Reply {
        let part = |name: &str, kind: &str| {
            format!(
                "--{BOUNDARY}\r\nContent-Disposition: form-data; name=\"{name}\"; filename=\"blob\"\r\nContent-Type: {kind}\r\n\r\n"
            )
        };
        let mut body = part("metadata", "application/zip").into_bytes();
        body.extend_from_slice(archive);
        body.extend_from_slice(
            format!("\r\n{}{app_request}\r\n--{BOUNDARY}--\r\n", part("app_request", "application/json")).as_bytes(),
        );
        let request = self.request(Method::POST, &format!("/connections/salesforce/{connection}/apps"));
        answer(request.header("Content-Type", format!("multipart/form-data; boundary={BOUNDARY}")).body(body)).await
    }

    async fn publications(&self, connection: &str) -> Value {
        self.get(&format!("/connections/salesforce/{connection}/apps/{}", self.app_id)).await.body
    }
}

#[tokio::test]
async fn publishing_is_what_local_org_publish_does() {
    let plugin = Plugin::start().await;
    plugin.connect("my_org", ADMIN).await;
    assert_eq!(plugin.publications("my_org").await, json!([]));
    let archived = archive(&[("api-spec.yaml", &spec()), ("connectedapp-meta.xml", "<ConnectedApp/>")]);
    let request = json!({"client_name": "TestApp", "authorization_permission_set_name": "ThingMaker"});
    let published = plugin.publish("my_org", &archived, &request).await;
    assert_eq!(published.status, 201, "{}", published.text);
    let [publication] = published.body.as_array().expect("a list").as_slice() else { panic!("{}", published.text) };
    assert_eq!((&publication["app_uuid"], &publication["esr_name"]), (&json!(plugin.app_id), &json!("TestApp")));
    assert_eq!(
        (&publication["connection_name"], &publication["created_by"]),
        (&json!("my_org"), &json!("heroku@local-org.local"))
    );
    assert_eq!(plugin.publications("my_org").await, published.body);
    // The same app as `local-org publish` makes of the same document; only the way there differs.
    let by_plugin = plugin.org.control(Method::GET, "/local/apps", Value::Null).await.body;
    let wanted = json!({"org": "my-org", "clientName": "TestApp", "url": "http://127.0.0.1:8080", "spec": spec()});
    assert_eq!(plugin.org.control(Method::POST, "/local/publish", wanted).await.status, 201);
    let by_program = plugin.org.control(Method::GET, "/local/apps", Value::Null).await.body;
    let without_time = |apps: &Value| {
        let mut app = apps[0].clone();
        app["publishedAt"] = Value::Null;
        app
    };
    assert_eq!(without_time(&by_plugin), without_time(&by_program));
    assert_eq!(
        (&by_plugin[0]["operations"][0]["operationId"], &by_plugin[0]["warnings"]),
        (&json!("makeThing"), &json!([]))
    );
    // The permission set of the flag was made, and has to be activated.
    let sets = plugin.org.query("SELECT HasActivationRequired FROM PermissionSet WHERE Name = 'ThingMaker'").await;
    assert_eq!(sets.body["records"][0]["HasActivationRequired"], true, "{}", sets.text);
    // Published anew, it is the publication from the start.
    let again = plugin.publish("my_org", &archived, &request).await;
    assert_eq!(again.status, 201);
    assert_eq!(plugin.publications("my_org").await.as_array().map(Vec::len), Some(1));
}

#[tokio::test]
async fn what_cannot_be_published_is_told_in_one_message() {
    let plugin = Plugin::start().await;
    let request = json!({"client_name": "TestApp"});
    let good = archive(&[("api-spec.json", &spec())]);
    assert_eq!(plugin.publish("my_org", &good, &request).await.status, 404);
    plugin.connect("my_org", ADMIN).await;
    let bomb = archive(&[("api-spec.yaml", &"a".repeat(5 * 1024 * 1024))]);
    for (archived, request, problem) in [
        (archive(&[("other.yaml", "x")]), &request, "metadata: there is no api-spec.yaml"),
        (archive(&[("api-spec.yaml", "openapi: 3.1.0")]), &request, "3.1.0"),
        (good[..good.len() - 20].to_vec(), &request, "metadata:"),
        (b"none".to_vec(), &request, ""),
        (bomb, &request, "metadata: the files would be more than"),
        (good.clone(), &json!({"client_name": "no-name"}), "clientName"),
        (good.clone(), &json!({}), "app_request: missing field `client_name`"),
    ] {
        let refused = plugin.publish("my_org", &archived, request).await;
        assert_eq!((refused.status, &refused.body["id"]), (422, &json!("validation_failed")), "{}", refused.text);
        assert!(refused.body["message"].as_str().expect("a message").contains(problem), "{problem}: {}", refused.text);
    }
    assert_eq!(plugin.publications("my_org").await, json!([]));
    assert_eq!(plugin.publish("my_org", &good, &request).await.status, 201);
}
