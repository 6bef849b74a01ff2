//! Who calls: somebody who may, and those who forge.

use anyhow::Result;
use serde_json::{Value, json};
use test_support::{client_context_json, encode_client_context};

use crate::stack::{Ground, ORG, Pattern};

/// A caller by the headers that it sends.
#[derive(Debug, Clone)]
pub(super) struct Caller {
    pub(super) name: &'static str,
    pub(super) headers: Vec<String>,
}

impl Caller {
    fn new(name: &'static str, header: impl Into<Option<String>>) -> Self {
        Self { name, headers: header.into().into_iter().collect() }
    }
}

/// The callers of a pattern.
pub(super) async fn of(pattern: Pattern, ground: &Ground) -> Result<Vec<Caller>> {
    if pattern == Pattern::Eventing {
        let token = |token: &str| format!("Authorization: Bearer {token}");
        return Ok(vec![
            Caller::new("known", token(&ground.keys.webhook_token)),
            Caller::new("nobody", None),
            Caller::new("wrong-token", token("0123456789abcdef0123456789abcdef")),
            Caller::new("basic", "Authorization: Basic ABC".to_owned()),
        ]);
    }
    let (mut org, user) = ground.org.org(ORG).await?;
    org.instance_url = format!("http://{}", ground.org_link.address());
    let right = client_context_json(&org, &user);
    let header = |context: &Value| format!("x-client-context: {}", encode_client_context(context));
    let changed = |name: &str, value: Value| {
        let mut context = right.clone();
        context[name] = value;
        header(&context)
    };
    Ok(vec![
        Caller::new("known", header(&right)),
        Caller::new("nobody", None),
        Caller::new("no-base64", "x-client-context: %7B%7D".to_owned()),
        Caller::new("no-json", "x-client-context: bm9uZQ==".to_owned()),
        Caller::new("no-token", changed("accessToken", Value::Null)),
        Caller::new("wrong-token", changed("accessToken", json!(format!("{}!forged", &org.id)))),
        Caller::new("foreign-host", changed("orgDomainUrl", json!("https://salesforce.com.evil.example"))),
        Caller::new("wrong-version", changed("apiVersion", json!("../62.0"))),
        Caller::new("wrong-org", changed("orgId", json!("005000000000001AAA"))),
        Caller::new("long", changed("namespace", json!("n".repeat(5_000)))),
    ])
}
