//! The part of the control API that plays External Services: apps are published, their operations called, and callbacks
//! received.

use anyhow::Result;
use reqwest::Method;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use super::{Control, json_body};

/// What to publish.
#[derive(Debug, Clone, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Publication {
    /// Name of the org.
    pub org: String,
    /// Name of the app for its callers, and of the permission set that they need.
    pub client_name: String,
    /// Where the app is.
    pub url: String,
    /// The API specification, YAML or JSON.
    pub spec: String,
}

/// A published app.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct App {
    /// Name of the org.
    pub org: String,
    /// Name of the app for its callers.
    pub client_name: String,
    /// Where the app is.
    pub url: String,
    /// The permission set that callers need; publishing assigns it to all users.
    pub permission_set: String,
    /// What can be called.
    pub operations: Vec<AppOperation>,
    /// What is not as it should be, such as a permission set that the org does not have.
    pub warnings: Vec<String>,
}

/// An operation of a published app.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct AppOperation {
    /// Its name.
    pub operation_id: String,
    /// HTTP method in upper case.
    pub method: String,
    /// Path template.
    pub path: String,
    /// The permission set that is activated for a call.
    pub permission_set: Option<String>,
    /// Whether it has a callback.
    pub asynchronous: bool,
    /// Whether agents may use it.
    pub agent_action: bool,
}

/// A call of an operation. [`Invoke::new`] makes the plainest one: by the administrator, with the operation's own
/// permission set.
#[derive(Debug, Clone, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Invoke {
    client_name: String,
    operation_id: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    user: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    session_permission_set: Option<String>,
    #[serde(skip_serializing_if = "Value::is_null")]
    body: Value,
    parameters: Map<String, Value>,
    #[serde(skip_serializing_if = "Option::is_none")]
    request_id: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    timeout_seconds: Option<f64>,
}

impl Invoke {
    /// A call of that operation of that app.
    pub fn new(client_name: impl Into<String>, operation_id: impl Into<String>) -> Self {
        Self {
            client_name: client_name.into(),
            operation_id: operation_id.into(),
            user: None,
            session_permission_set: None,
            body: Value::Null,
            parameters: Map::new(),
            request_id: None,
            timeout_seconds: None,
        }
    }

    /// In the name of the user of that name.
    #[must_use]
    pub fn user(mut self, username: impl Into<String>) -> Self {
        self.user = Some(username.into());
        self
    }

    /// With that permission set activated instead of the operation's; with none when the name is empty.
    #[must_use]
    pub fn permission_set(mut self, name: impl Into<String>) -> Self {
        self.session_permission_set = Some(name.into());
        self
    }

    /// With that body. The callback URL is added by local-org.
    #[must_use]
    pub fn body(mut self, body: Value) -> Self {
        self.body = body;
        self
    }

    /// With that parameter in path, query or headers, as the operation declares it.
    #[must_use]
    pub fn parameter(mut self, name: impl Into<String>, value: impl Into<Value>) -> Self {
        self.parameters.insert(name.into(), value.into());
        self
    }

    /// With that request id instead of a new one, as when a call is repeated.
    #[must_use]
    pub fn request_id(mut self, id: impl Into<String>) -> Self {
        self.request_id = Some(id.into());
        self
    }

    /// Waits that long for the answer or, from the start of the call, for the callback.
    #[must_use]
    pub fn timeout_seconds(mut self, seconds: f64) -> Self {
        self.timeout_seconds = Some(seconds);
        self
    }
}

/// What an app answered to a call.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Invoked {
    /// HTTP status.
    pub status: u16,
    /// JSON, a text, or null.
    pub body: Value,
    /// The request id that the app was told.
    pub request_id: String,
    /// For [`Control::invocation`].
    pub invocation_id: String,
    /// The permission set that was activated for the call.
    pub session_permission_set: Option<String>,
    /// Where the app is to post the result of an asynchronous operation.
    pub callback_url: Option<String>,
}

/// A call as local-org remembers it.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Invocation {
    /// Its id.
    pub id: String,
    /// Name of the app.
    pub client_name: String,
    /// Name of the operation.
    pub operation_id: String,
    /// User name.
    pub user: String,
    /// The request id that the app was told.
    pub request_id: String,
    /// Where it stands.
    pub state: InvocationState,
    /// The permission set that was activated for the call.
    pub session_permission_set: Option<String>,
    /// Why there was no answer.
    pub error: Option<String>,
    /// Where the app is to post the result.
    pub callback_url: Option<String>,
    /// What the app posted, when it was taken.
    pub callback: Option<Value>,
    /// Everything that was posted to the callback URL, also what was not taken.
    pub delivery_count: u64,
    /// The last of it.
    pub deliveries: Vec<Delivery>,
}

/// Where a call stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum InvocationState {
    /// The answer or the callback is still to come.
    Pending,
    /// The answer came, or the callback was taken.
    Completed,
    /// Neither came in time.
    TimedOut,
    /// There was no answer, or an asynchronous operation refused.
    Failed,
}

/// Something that was posted to a callback URL.
#[derive(Debug, Clone, PartialEq, Deserialize)]
pub struct Delivery {
    /// HTTP method.
    pub method: String,
    /// Status of local-org's answer; none when it closed the connection instead.
    pub status: Option<u16>,
    /// What was posted.
    pub body: Value,
}

impl Control {
    /// Publishes an app to an org, in the place of an earlier one of that name.
    ///
    /// # Errors
    /// Also when External Services would refuse the specification; the message has all the reasons.
    pub async fn publish(&self, publication: &Publication) -> Result<App> {
        let path = "/local/publish";
        json_body(self.send(Method::POST, path, Some(publication)).await?, path).await
    }

    /// All published apps.
    ///
    /// # Errors
    /// See [`Control::orgs`].
    pub async fn apps(&self) -> Result<Vec<App>> {
        self.get("/local/apps").await
    }

    /// Removes a published app.
    ///
    /// # Errors
    /// See [`Control::orgs`].
    pub async fn unpublish(&self, org: &str, client_name: &str) -> Result<()> {
        self.delete(&format!("/local/apps/{org}/{client_name}")).await
    }

    /// Calls an operation of a published app as Salesforce does. Whatever the app answers is `Ok`.
    ///
    /// # Errors
    /// When there is no such operation or user, the body is not as declared, or the app does not answer.
    pub async fn invoke(&self, org: &str, call: &Invoke) -> Result<Invoked> {
        let path = format!("/local/orgs/{org}/invoke");
        json_body(self.send(Method::POST, &path, Some(call)).await?, &path).await
    }

    /// The calls of an org, the newest first.
    ///
    /// # Errors
    /// See [`Control::orgs`].
    pub async fn invocations(&self, org: &str) -> Result<Vec<Invocation>> {
        self.get(&format!("/local/orgs/{org}/invocations")).await
    }

    /// One call.
    ///
    /// # Errors
    /// See [`Control::orgs`].
    pub async fn invocation(&self, org: &str, id: &str) -> Result<Invocation> {
        self.get(&format!("/local/orgs/{org}/invocations/{id}")).await
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::control::tests::fake;
    use serde_json::json;

    #[tokio::test]
    async fn a_call_sends_only_what_was_set() {
        let answer =
            r#"{"status":202,"body":{"jobId":"j"},"requestId":"r","invocationId":"i","callbackUrl":"http://c"}"#;
        let (control, asked) = fake("200 OK", answer).await;
        let call = Invoke::new("App", "op").body(json!({"a": 1})).parameter("n", 2).permission_set("");
        let invoked = control.invoke("my-org", &call).await.unwrap();
        assert_eq!((invoked.status, invoked.callback_url.as_deref()), (202, Some("http://c")));
        assert_eq!(invoked.session_permission_set, None);
        let asked = asked.await.unwrap();
        assert!(asked.starts_with("POST /local/orgs/my-org/invoke "), "{asked}");
        let sent =
            r#"{"clientName":"App","operationId":"op","sessionPermissionSet":"","body":{"a":1},"parameters":{"n":2}}"#;
        assert!(asked.ends_with(sent), "{asked}");
    }
}
