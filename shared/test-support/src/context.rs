//! The `x-client-context` header, as the AppLink service mesh hands it to an app.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use chrono::{SecondsFormat, Utc};
use serde_json::{Value, json};
use uuid::Uuid;

use crate::{Org, User};

/// The header value with which Salesforce calls a service in the name of `user`; each call has a request id of its own.
pub fn client_context(org: &Org, user: &User) -> String {
    encode_client_context(&client_context_json(org, user))
}

/// The content of [`client_context`], for tests that change it.
pub fn client_context_json(org: &Org, user: &User) -> Value {
    let now = Utc::now().to_rfc3339_opts(SecondsFormat::Millis, true);
    json!({
        "requestId": format!("{}-{}-{now}", org.id, Uuid::new_v4()),
        "accessToken": user.access_token,
        "apiVersion": org.api_version,
        "namespace": "",
        "orgId": org.id,
        "orgDomainUrl": org.instance_url,
        "userContext": { "userId": user.id, "username": user.username },
    })
}

/// Standard base64 with padding of the JSON text.
pub fn encode_client_context(context: &Value) -> String {
    STANDARD.encode(context.to_string())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn has_the_fields_that_applink_sends() {
        let user = User {
            id: "005LO0000000001AAA".to_owned(),
            username: "admin@my-org.local".to_owned(),
            access_token: "00DLO0000000001!AQtoken".to_owned(),
        };
        let org = Org {
            name: "my-org".to_owned(),
            id: "00DLO0000000001AAA".to_owned(),
            instance_url: "http://127.0.0.1:8090".to_owned(),
            api_version: "62.0".to_owned(),
            users: vec![user.clone()],
        };
        let bytes = STANDARD.decode(client_context(&org, &user)).unwrap();
        let context: Value = serde_json::from_slice(&bytes).unwrap();
        assert!(context["requestId"].as_str().unwrap().starts_with("00DLO0000000001AAA-"));
        assert_eq!(context["accessToken"], "00DLO0000000001!AQtoken");
        assert_eq!(context["apiVersion"], "62.0");
        assert_eq!(context["orgId"], "00DLO0000000001AAA");
        assert_eq!(context["orgDomainUrl"], "http://127.0.0.1:8090");
        assert_eq!(context["userContext"], json!({"userId": user.id, "username": user.username}));
        assert!(!format!("{org:?}").contains("AQtoken"));
    }
}
