//! Apps are published, and called in the name of users. How they call back is told by `callbacks`.

mod callbacks;

use std::time::Duration;

use reqwest::Method;
use serde_json::{Value, json};

use crate::app::{Asked, TestApp};
use crate::support::{Reply, TestOrg, read};

const ADMIN: &str = "admin@my-org.local";
const SALES: &str = "sales.user@my-org.local";

/// Two operations: a synchronous one with parameters in all places, and an asynchronous one.
fn spec() -> Value {
    let ok = json!({"200": {"description": "Done"}});
    let authorization = |set: &str| json!({"heroku": {"authorization": {"permissionSet": set}}});
    let body = |schema: Value| json!({"required": true, "content": {"application/json": {"schema": schema}}});
    let parameter = |name: &str, place: &str, required: bool, schema: Value| json!({"name": name, "in": place, "required": required, "schema": schema});
    json!({
        "openapi": "3.0.3", "info": {"title": "Test app", "version": "1"},
        "paths": {
            "/things/{id}": {
                "get": {"operationId": "getThing", "x-sfdc": authorization("SecretReader"), "responses": ok, "parameters": [
                    parameter("id", "path", true, json!({"type": "string"})),
                    parameter("tag", "query", false, json!({"type": "array", "items": {"type": "string"}})),
                    parameter("limit", "query", false, json!({"type": "integer"})),
                    parameter("Idempotency-Key", "header", false, json!({"type": "string"}))]}},
            "/jobs": {"post": {"operationId": "startJob", "x-sfdc": authorization("SecretReader"), "responses": {"202": {"description": "Accepted"}},
                "requestBody": body(json!({"type": "object", "required": ["name", "callbackUrl"], "properties":
                    {"name": {"type": "string"}, "callbackUrl": {"type": "string"}}})),
                "callbacks": {"done": {"{$request.body#/callbackUrl}": {"post": {"responses": ok,
                    "requestBody": body(json!({"type": "object", "required": ["result"], "properties": {"result": {"type": "string"}}}))}}}}}},
            "/batches": {"put": {"operationId": "startBatch", "responses": ok, "parameters": [
                    parameter("callbackUrl", "query", true, json!({"type": "string"}))],
                "callbacks": {"done": {"{$request.query.callbackUrl}": {"put": {"responses": ok, "requestBody": body(json!({"type": "object"}))}}}}}},
            "/accepted": {"post": {"operationId": "accept", "x-sfdc": authorization("SecretReader"), "responses": {"202": {"description": "Accepted"}}}},
            "/text": {"post": {"operationId": "sendText", "x-sfdc": authorization("Missing"), "responses": ok,
                "requestBody": {"content": {"text/plain": {"schema": {"type": "string"}}}}}}
        }
    })
}

struct Setting {
    org: TestOrg,
    app: TestApp,
}

impl Setting {
    async fn start() -> Self {
        let setting = Self { org: TestOrg::start().await, app: TestApp::start().await };
        let reply = setting.publish("my-org", "TestApp", &spec().to_string()).await;
        assert_eq!(reply.status, 201, "{}", reply.text);
        setting
    }

    async fn publish(&self, org: &str, client: &str, spec: &str) -> Reply {
        let wanted = json!({"org": org, "clientName": client, "url": format!("{}/", self.app.url), "spec": spec});
        self.org.control(Method::POST, "/local/publish", wanted).await
    }

    async fn invoke(&self, call: Value) -> Reply {
        let mut call = call;
        call["clientName"] = json!("TestApp");
        self.org.control(Method::POST, "/local/orgs/my-org/invoke", call).await
    }

    /// Starts a job and gives the answer and what the app was asked.
    async fn job(&self, extra: Value) -> (Reply, Asked) {
        self.app.answers(202, json!({"jobId": "j"}), Duration::ZERO);
        let mut call = json!({"operationId": "startJob", "body": {"name": "a"}});
        for (name, value) in extra.as_object().expect("an object") {
            call[name] = value.clone();
        }
        let reply = self.invoke(call).await;
        assert_eq!((reply.status, &reply.body["status"]), (200, &json!(202)), "{}", reply.text);
        (reply, self.app.last())
    }

    async fn invocation(&self, reply: &Reply) -> Value {
        let id = reply.body["invocationId"].as_str().expect("an id");
        self.org.control(Method::GET, &format!("/local/orgs/my-org/invocations/{id}"), Value::Null).await.body
    }

    async fn call_back(&self, method: Method, url: &Value, token: &str, body: &str) -> Reply {
        let url = url.as_str().expect("a URL").to_owned();
        let request = self.org.http.request(method, url).bearer_auth(token).header("Content-Type", "application/json");
        read(request.body(body.to_owned()).send().await.expect("an answer")).await.expect("a body")
    }

    /// Whether the token's session has the permission set that reads the protected field.
    async fn reads_secrets(&self, token: &str) -> bool {
        let url = format!("{}/services/data/v62.0/query?q=SELECT+Secret__c+FROM+Account", self.org.base);
        let status = self.org.http.get(url).bearer_auth(token).send().await.expect("an answer").status();
        assert!(status == 200 || status == 400, "{status}");
        status == 200
    }

    async fn activations(&self) -> u64 {
        let query = "/local/orgs/my-org/query?q=SELECT+COUNT()+FROM+SessionPermSetActivation";
        self.org.control(Method::GET, query, Value::Null).await.body["totalSize"].as_u64().expect("a count")
    }
}

#[tokio::test]
async fn publishing_gives_all_users_the_permission_set_of_the_client() {
    let setting = Setting::start().await;
    let apps = setting.org.control(Method::GET, "/local/apps", Value::Null).await.body;
    assert_eq!(apps.as_array().map(Vec::len), Some(1));
    assert_eq!(apps[0]["url"], json!(setting.app.url), "without the slash at the end");
    assert_eq!(
        apps[0]["operations"][1],
        json!({"operationId": "startJob", "method": "POST", "path": "/jobs", "permissionSet": "SecretReader",
            "asynchronous": true, "agentAction": false})
    );
    assert_eq!(apps[0]["warnings"], json!(["POST /text: the org has no permission set Missing"]));
    let assigned = "SELECT Assignee.Username FROM PermissionSetAssignment WHERE PermissionSet.Name = 'TestApp'";
    assert_eq!(setting.org.query(assigned).await.body["totalSize"], 2);

    let again = setting.publish("my-org", "TestApp", &spec().to_string()).await;
    assert_eq!(again.status, 201, "{}", again.text);
    assert_eq!(setting.org.query(assigned).await.body["totalSize"], 2);
    let path = "/local/apps/my-org/TestApp";
    assert_eq!(setting.org.control(Method::DELETE, path, Value::Null).await.status, 204);
    assert_eq!(setting.org.control(Method::DELETE, path, Value::Null).await.status, 404);
    assert_eq!(setting.org.query(assigned).await.body["totalSize"], 0);
    let sets = "SELECT COUNT() FROM PermissionSet WHERE Name IN ('TestApp', 'SecretReader')";
    assert_eq!(setting.org.query(sets).await.body["totalSize"], 1, "what publishing made goes with the app");
    let gone = setting.invoke(json!({"operationId": "getThing"})).await;
    assert_eq!((gone.status, gone.code()), (404, "NOT_FOUND"));
}

#[tokio::test]
async fn a_specification_is_refused_with_all_reasons() {
    let setting = Setting::start().await;
    let mut bad = spec();
    bad["openapi"] = json!("3.1.0");
    bad["paths"]["/jobs"]["post"].as_object_mut().expect("an operation").remove("operationId");
    let reply = setting.publish("my-org", "no__name", &bad.to_string()).await;
    assert_eq!(reply.status, 400);
    let messages: Vec<_> =
        reply.body.as_array().expect("errors").iter().map(|error| error["message"].as_str()).collect();
    let has = |text: &str| messages.iter().flatten().any(|message| message.contains(text));
    assert!(
        has("clientName: 'no__name'") && has("openapi: is 3.1.0") && has("POST /jobs: has no operationId"),
        "{messages:?}"
    );
    let apps = setting.org.control(Method::GET, "/local/apps", Value::Null).await.body;
    assert_eq!(apps.as_array().map(Vec::len), Some(1));
    assert_eq!(setting.publish("nowhere", "A", &spec().to_string()).await.status, 404);
}

#[tokio::test]
async fn a_call_has_the_context_of_its_user_and_the_parameters_in_their_places() {
    let setting = Setting::start().await;
    let parameters = json!({"id": "a/b c", "tag": ["x", "y&z"], "limit": 5, "Idempotency-Key": "k"});
    let reply = setting.invoke(json!({"operationId": "getThing", "user": SALES, "parameters": parameters})).await;
    assert_eq!(reply.status, 200, "{}", reply.text);
    let asked = setting.app.last();
    assert_eq!((asked.method.as_str(), asked.target.as_str()), ("GET", "/things/a%2Fb%20c?tag=x&tag=y%26z&limit=5"));
    assert_eq!(asked.headers.get("idempotency-key").map(String::as_str), Some("k"));
    let context = asked.context();
    let request_id = reply.body["requestId"].as_str().expect("an id");
    assert_eq!(context["requestId"], request_id);
    assert_eq!(asked.headers.get("x-request-id").map(String::as_str), Some(request_id));
    let org_id = context["orgId"].as_str().expect("an id");
    assert!(request_id.starts_with(&format!("{org_id}-")) && request_id.ends_with('Z'), "{request_id}");
    assert_eq!((&context["orgDomainUrl"], &context["apiVersion"]), (&json!(setting.org.base), &json!("62.0")));
    assert_eq!((&context["namespace"], &context["userContext"]["username"]), (&json!(""), &json!(SALES)));
    assert_eq!((&reply.body["status"], &reply.body["body"]), (&json!(200), &json!({"ok": true})));
    assert_eq!(reply.body.get("callbackUrl"), None);

    setting.app.answers(404, json!("no such thing"), Duration::ZERO);
    let reply = setting.invoke(json!({"operationId": "sendText", "body": "hi", "requestId": "mine"})).await;
    assert_eq!((&reply.body["status"], &reply.body["body"]), (&json!(404), &json!("no such thing")));
    assert_eq!((&reply.body["requestId"], &reply.body["sessionPermissionSet"]), (&json!("mine"), &Value::Null));
    let asked = setting.app.last();
    assert_eq!((asked.body.as_str(), asked.headers["content-type"].as_str()), ("hi", "text/plain"));
    assert_eq!(asked.context()["userContext"]["username"], ADMIN);
    let invocation = setting.invocation(&reply).await;
    assert_eq!((&invocation["state"], &invocation["response"]["status"]), (&json!("completed"), &json!(404)));
    assert!(!invocation.to_string().contains(&asked.token()), "no token is shown");
}

#[tokio::test]
async fn a_call_that_does_not_fit_is_not_made() {
    let setting = Setting::start().await;
    for (call, status, text) in [
        (json!({"operationId": "nothing"}), 404, "there are: getThing, startJob, startBatch, accept, sendText"),
        (json!({"operationId": "getThing", "user": "nobody"}), 404, "user nobody is not known"),
        (json!({"operationId": "getThing"}), 400, "parameter id is required"),
        (
            json!({"operationId": "getThing", "parameters": {"id": "a", "other": 1}}),
            400,
            "getThing has no parameter other",
        ),
        (
            json!({"operationId": "getThing", "parameters": {"id": "a", "limit": "x"}}),
            400,
            "parameter limit is not of type integer",
        ),
        (json!({"operationId": "getThing", "parameters": {"id": "a"}, "body": {}}), 400, "getThing takes no body"),
        (json!({"operationId": "startJob", "body": {}}), 400, "body.name is required"),
        (json!({"operationId": "startJob", "body": {"name": 1}}), 400, "body.name is not of type string"),
        (json!({"operationId": "getThing", "parameters": {"id": "a"}, "timeoutSeconds": 121}), 400, "at most 120"),
        (json!({"operationId": "startJob", "body": {"name": "a"}, "timeoutSeconds": 86401}), 400, "at most 86400"),
        (
            json!({"operationId": "getThing", "parameters": {"id": "a"}, "sessionPermissionSet": "None"}),
            400,
            "no permission set None",
        ),
        (
            json!({"operationId": "getThing", "parameters": {"id": "a"}, "sessionPermissionSet": "AccountFields"}),
            400,
            "requires no session activation",
        ),
    ] {
        let reply = setting.invoke(call.clone()).await;
        assert_eq!(reply.status, status, "{call}: {}", reply.text);
        assert!(reply.text.contains(text), "{call}: {}", reply.text);
    }
    assert_eq!(setting.app.asked().len(), 0);

    let assignment = "SELECT Id FROM PermissionSetAssignment WHERE PermissionSet.Name = 'TestApp' AND Assignee.Username = 'sales.user@my-org.local'";
    let id = setting.org.query(assignment).await.body["records"][0]["Id"].as_str().expect("an id").to_owned();
    setting.org.delete(&format!("/sobjects/PermissionSetAssignment/{id}")).await;
    let call = json!({"operationId": "getThing", "parameters": {"id": "a"}, "user": SALES});
    let reply = setting.invoke(call).await;
    assert_eq!((reply.status, reply.code()), (403, "INSUFFICIENT_ACCESS"), "{}", reply.text);
    assert_eq!(setting.activations().await, 0);
}

#[tokio::test]
async fn the_permission_set_is_active_during_the_call_only() {
    let setting = Setting::start().await;
    setting.app.answers(200, json!({}), Duration::from_millis(300));
    let call = json!({"operationId": "getThing", "parameters": {"id": "a"}, "user": SALES});
    let during = async {
        while setting.app.asked().is_empty() {
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
        setting.reads_secrets(&setting.app.last().token()).await
    };
    let (reply, elevated) = tokio::join!(setting.invoke(call.clone()), during);
    assert!(elevated);
    assert_eq!(reply.body["sessionPermissionSet"], "SecretReader", "{}", reply.text);
    assert!(!setting.reads_secrets(&setting.app.last().token()).await);
    assert_eq!(setting.activations().await, 0);

    let mut plain = call.clone();
    plain["sessionPermissionSet"] = json!("");
    assert_eq!(setting.invoke(plain).await.body["sessionPermissionSet"], Value::Null);
    let mut other = call.clone();
    other["sessionPermissionSet"] = json!("SecretWriter");
    assert_eq!(setting.invoke(other).await.body["sessionPermissionSet"], "SecretWriter");

    let assignments = "SELECT Id FROM PermissionSetAssignment WHERE PermissionSet.Name = 'SecretReader' AND Assignee.Username = 'sales.user@my-org.local'";
    let id = setting.org.query(assignments).await.body["records"][0]["Id"].as_str().expect("an id").to_owned();
    setting.org.delete(&format!("/sobjects/PermissionSetAssignment/{id}")).await;
    let reply = setting.invoke(call).await;
    assert_eq!(
        (reply.status, &reply.body["sessionPermissionSet"]),
        (200, &Value::Null),
        "the call goes out without it"
    );
}

#[tokio::test]
async fn work_that_was_accepted_keeps_the_permission_set() {
    let setting = Setting::start().await;
    setting.app.answers(202, Value::Null, Duration::ZERO);
    let reply = setting.invoke(json!({"operationId": "accept", "user": SALES})).await;
    assert_eq!((&reply.body["status"], &reply.body["body"]), (&json!(202), &Value::Null));
    assert!(setting.reads_secrets(&setting.app.last().token()).await);
}

#[tokio::test]
async fn an_app_that_does_not_answer_leaves_nothing_behind() {
    let setting = Setting::start().await;
    setting.app.answers(200, json!({}), Duration::from_secs(60));
    let slow =
        setting.invoke(json!({"operationId": "getThing", "parameters": {"id": "a"}, "timeoutSeconds": 0.3})).await;
    assert_eq!((slow.status, slow.code()), (504, "CALLOUT_FAILED"));
    assert!(slow.text.contains("no answer within 0.3 s"), "{}", slow.text);
    setting.app.answers(500, json!({"error": "x"}), Duration::ZERO);
    let refused = setting.invoke(json!({"operationId": "startJob", "body": {"name": "a"}})).await;
    assert_eq!(refused.body["status"], 500);
    let token = setting.app.last().token();
    let late = setting.call_back(Method::POST, &refused.body["callbackUrl"], &token, r#"{"result":"x"}"#).await;
    assert_eq!(late.status, 404, "nobody waits for what was refused");
    setting.app.stop().await;
    let down = setting.invoke(json!({"operationId": "startJob", "body": {"name": "a"}})).await;
    assert_eq!((down.status, down.code()), (502, "CALLOUT_FAILED"));
    assert_eq!(setting.activations().await, 0);
    let all = setting.org.control(Method::GET, "/local/orgs/my-org/invocations", Value::Null).await.body;
    let states: Vec<_> = all.as_array().expect("a list").iter().map(|one| &one["state"]).collect();
    assert_eq!(states, ["failed", "failed", "timedOut"], "the newest first");
}
