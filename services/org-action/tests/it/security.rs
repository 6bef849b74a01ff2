//! What must not get in, and what must not get out.

use crate::support::{GRAPH, ORG, Stack};
use anyhow::{Context, Result};
use reqwest::{Method, StatusCode};
use serde_json::{Value, json};
use test_support::{Fault, FaultAction, client_context_json, encode_client_context};

const OPERATIONS: [&str; 2] = ["/api/generatequote", "/api/generatequoteasync"];

#[tokio::test]
async fn no_token_in_logs_or_redis() -> Result<()> {
    let stack = Stack::start(1).await?;
    let (_, user) = stack.org.org(ORG).await?;
    let secret = user.access_token.split_once('!').context("a token has a !")?.1;
    let opportunity = stack.opportunity(1).await?;
    let quote = stack.quote(&opportunity).await?;
    let held = stack.fault(Fault::new(FaultAction::DelayBefore { ms: 500 }).path(GRAPH).times(1)).await?;
    let job = stack.quote_async(&opportunity).await?;
    stack.hit(held).await?;
    assert_eq!(stack.redis.dump().await?.keys_with(secret), Vec::<String>::new());
    stack.only_callback(&job).await?;
    assert_eq!(stack.redis.dump().await?.keys_with(secret), Vec::<String>::new());
    let logs = stack.logs();
    assert!(logs.contains(&quote) && logs.contains(&job.replace('-', "")), "the services log at trace level");
    assert!(!logs.contains(secret), "a token stands in the log");
    Ok(())
}

#[tokio::test]
async fn an_opportunity_id_is_an_id() -> Result<()> {
    let stack = Stack::start(0).await?;
    let right = stack.opportunity(1).await?;
    let wrong_checksum = format!("{}AAA", &right[..15]);
    assert_ne!(wrong_checksum, right);
    stack.org.reset_counters(ORG).await?;
    for wrong in [
        json!("' OR Name LIKE '%"),
        json!(format!("{}' OR '1'='1", &right[..15])),
        json!(format!("{right}') OR (Name != '")),
        json!(&right[..14]),
        json!(wrong_checksum),
        json!("006LO00000000'1"),
        json!("001LO0000000001"),
        json!(""),
        Value::Null,
    ] {
        for operation in OPERATIONS {
            let request = stack.call(Method::POST, operation).await?;
            let body = json!({ "opportunityId": wrong, "callbackUrl": stack.receiver.url("/callback/1") });
            let answer = request.json(&body).send().await?;
            assert_eq!(answer.status(), StatusCode::BAD_REQUEST, "{wrong}");
            let answer: Value = answer.json().await?;
            assert_eq!(answer["error"]["field"], "opportunityId", "{answer}");
        }
    }
    assert_eq!(stack.org.counters(ORG).await?.calls.total, 0);
    Ok(())
}

#[tokio::test]
async fn bad_requests_are_named() -> Result<()> {
    let stack = Stack::start(0).await?;
    let opportunity = stack.opportunity(1).await?;
    let body = json!({ "opportunityId": opportunity, "callbackUrl": stack.receiver.url("/callback/1") });
    for operation in OPERATIONS {
        let answer = stack.anonymous(Method::POST, operation)?.json(&body).send().await?;
        assert_eq!(answer.status(), StatusCode::UNAUTHORIZED);
        let request = stack.call(Method::POST, operation).await?;
        let huge = json!({ "opportunityId": "x".repeat(1024 * 1024) });
        assert_eq!(request.json(&huge).send().await?.status(), StatusCode::PAYLOAD_TOO_LARGE);
        let request = stack.call(Method::POST, operation).await?.header("Idempotency-Key", "x".repeat(256));
        let answer = request.json(&body).send().await?;
        assert_eq!(answer.status(), StatusCode::BAD_REQUEST);
        assert_eq!(answer.json::<Value>().await?["error"]["field"], "Idempotency-Key");
    }
    Ok(())
}

#[tokio::test]
async fn a_foreign_org_is_refused_and_not_called() -> Result<()> {
    let stack = Stack::start(0).await?;
    let opportunity = stack.opportunity(1).await?;
    let (org, user) = stack.org.org(ORG).await?;
    // A listener that would see any connection.
    let trap = std::net::TcpListener::bind("127.0.0.1:0")?;
    trap.set_nonblocking(true)?;
    for host in [format!("http://{}", trap.local_addr()?), "https://salesforce.com.evil.example".to_owned()] {
        let mut context = client_context_json(&org, &user);
        context["orgDomainUrl"] = json!(host);
        for operation in OPERATIONS {
            let request = stack.anonymous(Method::POST, operation)?;
            let request = request.header("x-client-context", encode_client_context(&context));
            let answer = request.json(&json!({ "opportunityId": opportunity })).send().await?;
            assert_eq!(answer.status(), StatusCode::BAD_REQUEST, "{host}");
        }
    }
    assert_eq!(trap.accept().unwrap_err().kind(), std::io::ErrorKind::WouldBlock);
    Ok(())
}

#[tokio::test]
async fn a_job_is_invisible_to_another_org() -> Result<()> {
    let stack = Stack::start(1).await?;
    let opportunity = stack.opportunity(1).await?;
    let job = stack.quote_async(&opportunity).await?;
    let (org, user) = stack.org("my-org-sales-a").await?;
    for (method, path) in [(Method::GET, ""), (Method::POST, "/cancel"), (Method::POST, "/retry")] {
        let request = stack.call_as(&org, &user, method, &format!("/api/jobs/{job}{path}"))?;
        assert_eq!(request.send().await?.status(), StatusCode::NOT_FOUND, "{path}");
    }
    // Nor can it have another org's Opportunity quoted, or share a Quote by its key.
    let request = stack.call_as(&org, &user, Method::POST, OPERATIONS[0])?.header("Idempotency-Key", "once");
    let answer = request.json(&json!({ "opportunityId": opportunity })).send().await?;
    assert_eq!(answer.status(), StatusCode::NOT_FOUND);
    stack.ended(&job).await?;
    Ok(())
}
