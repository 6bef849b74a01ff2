//! The whole pattern without AppLink, in a session as the Salesforce CLI has it: SF_SESSION_ID and its companions.

use crate::support::{ORG, SECRET, Stack};
use anyhow::{Context, Result, ensure};
use serde_json::{Value, json};
use shared::contracts::eventing::Changed;
use std::time::Duration;
use test_support::{ServiceSpec, Start, eventually, free_port, http_client};

const TOKEN: &str = "0123456789abcdef0123456789abcdef";
const LIMIT: Duration = Duration::from_secs(90);

/// What `bin/sf-session` sets.
async fn session(stack: &Stack) -> Result<Vec<(&'static str, String)>> {
    let (org, user) = stack.org.org(ORG).await?;
    Ok(vec![
        ("SF_SESSION_ID", user.access_token),
        ("SF_INSTANCE_URL", org.instance_url),
        ("SF_USER_ID", user.id),
        ("SF_API_VERSION", org.api_version),
    ])
}

fn process(stack: &Stack, name: &str, ready: &str) -> Result<ServiceSpec> {
    Ok(ServiceSpec::new(name)?
        .env("REDIS_URL", stack.redis.url())
        .env("JOB_SECRET_KEY", SECRET)
        .env("EVENT_AUTHORIZATION", ORG)
        .env("PUBSUB_ENDPOINT", stack.org.pubsub_url()?)
        .env("ALLOWED_ORG_HOSTS", "127.0.0.1:*")
        .env("LOG_LEVEL", "trace")
        .ready(ready))
}

#[tokio::test]
async fn an_edit_becomes_a_quote_without_applink_and_an_ended_session_says_so() -> Result<()> {
    let stack = Stack::without_workers(3, 2).await?;
    let session = session(&stack).await?;
    let web = process(&stack, "eventing-web", "listening on http://")?
        .envs(session.clone())
        .env("PORT", free_port()?)
        .env("BIND_ADDRESS", "127.0.0.1")
        .env("WEBHOOK_TOKEN", TOKEN)
        .env("EVENT_QUIET_MILLISECONDS", 300)
        .start()
        .await?;
    let worker = process(&stack, "eventing-worker", "worker ready")?.envs(session.clone()).start().await?;
    let info = format!("{}/info", web.url()?);
    eventually(LIMIT, "the first position", async || {
        let info: Value = http_client()?.get(&info).bearer_auth(TOKEN).send().await?.error_for_status()?.json().await?;
        ensure!(info["position"].is_string(), "{info}");
        Ok(())
    })
    .await?;

    let (org, user) = stack.org.org(ORG).await?;
    let id = stack.all().await?[0];
    let url = format!("{}/services/data/v{}/sobjects/Opportunity/{id}", org.instance_url, org.api_version);
    let edit = json!({ "NextStep": "quote it" });
    http_client()?.patch(url).bearer_auth(&user.access_token).json(&edit).send().await?.error_for_status()?;
    eventually(LIMIT, "the Quote", async || {
        let quotes =
            stack.org.count(ORG, &format!("SELECT COUNT() FROM Quote WHERE CreatedById = '{}'", user.id)).await?;
        ensure!(quotes == 1, "{quotes} Quotes");
        Ok(())
    })
    .await?;

    stack.org.expire_sessions(ORG).await?;
    stack.create("after the end", Changed::Records(vec![id]), None).await?;
    eventually(LIMIT, "the worker says that the session has ended", async || {
        let log = worker.log().text();
        ensure!(log.contains("the session that was given in place of AppLink has ended"), "{log}");
        Ok(())
    })
    .await?;
    let token = &session.first().context("no token")?.1;
    for log in [web.log().text(), worker.log().text()] {
        ensure!(!log.contains(token.as_str()), "a token in the log");
    }
    Ok(())
}

#[test]
fn a_session_is_for_one_machine() -> Result<()> {
    let right = [
        ("SF_SESSION_ID", "00D000000000062EAA!secret"),
        ("SF_INSTANCE_URL", "https://acme.my.salesforce.com"),
        ("SF_USER_ID", "005000000000001AAA"),
        ("EVENT_AUTHORIZATION", "my_org"),
    ];
    let start = Start::new("eventing-worker", &right);
    start.names_what_is_missing_or_wrong(&[
        ("SF_ORG_ID", "00D000000000001EAA"),
        ("SF_INSTANCE_URL", "https://evil.example"),
    ])?;
    start.refuses(("DYNO", "worker.1"), "SF_SESSION_ID")?;
    start.refuses(("HEROKU_APPLINK_API_URL", "https://applink.heroku.com/addons/a"), "SF_SESSION_ID")?;
    let web = [right.as_slice(), &[("WEBHOOK_TOKEN", TOKEN), ("BIND_ADDRESS", "127.0.0.1")]].concat();
    Start::new("eventing-web", &web).refuses(("BIND_ADDRESS", "0.0.0.0"), "BIND_ADDRESS")
}
