//! What must not get in, and what must not get out.

use crate::support::{ALL, ORG, Stack, digits};
use anyhow::{Context, Result};
use reqwest::{Method, StatusCode};
use serde_json::{Value, json};
use test_support::{Fault, FaultAction, FaultBody, client_context_json, encode_client_context};

#[tokio::test]
async fn no_token_in_logs_or_redis() -> Result<()> {
    let stack = Stack::start(60, 2, 1).await?;
    let (_, user) = stack.org.org(ORG).await?;
    let secret = user.access_token.split_once('!').context("a token has a !")?.1;
    let held = test_support::Fault::new(test_support::FaultAction::DelayBefore { ms: 300 }).path("/composite/graph");
    let held = stack.fault(held.always()).await?;
    let id = stack.post(ALL).await?;
    stack.hit(held).await?;
    assert_eq!(stack.redis.dump().await?.keys_with(secret), Vec::<String>::new());
    stack.org.clear_faults().await?;
    stack.assert_quoted(&id, 60, 120).await?;
    assert_eq!(stack.redis.dump().await?.keys_with(secret), Vec::<String>::new());
    let logs = stack.logs();
    assert!(logs.contains(&digits(&id)), "the services log at trace level");
    assert!(!logs.contains(secret), "a token stands in the log");
    Ok(())
}

/// An org that answers with status 200, and repeats the token where it tells why a record failed, in the spellings of a URL and
/// of JSON and without the id of the org; and where a number of records belongs.
#[tokio::test]
async fn a_token_that_the_org_repeats_in_a_success_is_nowhere() -> Result<()> {
    for bulk_threshold in [0, 1] {
        let mut stack = Stack::start(3, 2, 0).await?;
        stack.bulk_threshold = bulk_threshold;
        stack.add_worker("worker.1").await?;
        let (_, user) = stack.org.org(ORG).await?;
        let token = &user.access_token;
        let secret = token.split_once('!').context("a token has a !")?.1;
        let text = format!("not with {} nor {} nor {secret}", token.replace('!', "%21"), token.replace('!', "\\u0021"));
        let fault = match bulk_threshold {
            0 => Fault::new(told("Quote", &text)).path("/composite/graph"),
            _ => Fault::new(told("QuoteLineItem", &text)).method("POST").path("/jobs/ingest").body("QuoteLineItem"),
        };
        let records = stack.fault(fault.always()).await?;
        let page = json!({ "totalSize": token, "done": true, "records": [] });
        let page = FaultAction::instead(200, FaultBody::Json { value: page });
        let page = stack.fault(Fault::new(page).path("/query").times(2)).await?;
        let id = stack.post(ALL).await?;
        let job = stack.reaches(&id, "completed").await?;
        stack.hit(records).await?;
        stack.hit(page).await?;
        let errors = stack.errors(&id).await?;
        let shown = format!("{job} {errors:?} {}", stack.events(&id).await?);
        assert!(shown.contains("not with [access token] nor [access token] nor [access token]"), "{shown}");
        assert!(!shown.contains(secret), "{shown}");
        assert_eq!(stack.redis.dump().await?.keys_with(secret), Vec::<String>::new());
        assert!(!stack.logs().contains(secret), "a token stands in the log");
    }
    Ok(())
}

fn told(object: &str, text: &str) -> FaultAction {
    FaultAction::record_error(object, "FIELD_CUSTOM_VALIDATION_EXCEPTION", text)
}

#[tokio::test]
async fn a_foreign_host_is_refused_and_not_called() -> Result<()> {
    let stack = Stack::start(0, 0, 1).await?;
    let (org, user) = stack.org.org(ORG).await?;
    // A listener that would see any connection.
    let trap = std::net::TcpListener::bind("127.0.0.1:0")?;
    trap.set_nonblocking(true)?;
    for host in [
        format!("http://{}", trap.local_addr()?),
        "https://evil.example".to_owned(),
        "https://salesforce.com.evil.example".to_owned(),
    ] {
        let mut context = client_context_json(&org, &user);
        context["orgDomainUrl"] = json!(host);
        let request = stack.anonymous(Method::POST, "/api/executebatch")?;
        let request = request.header("x-client-context", encode_client_context(&context));
        let answer = request.json(&json!({ "soqlWhereClause": ALL })).send().await?;
        assert_eq!(answer.status(), StatusCode::BAD_REQUEST, "{host}");
    }
    assert_eq!(trap.accept().unwrap_err().kind(), std::io::ErrorKind::WouldBlock);
    assert_eq!(stack.org.counters(ORG).await?.calls.total, 0);
    Ok(())
}

#[tokio::test]
async fn where_clauses_that_are_more_than_one_expression_are_refused() -> Result<()> {
    let stack = Stack::start(0, 0, 0).await?;
    for clause in [
        "Name = 'x') OR (Name LIKE '%",
        "Name = 'x' -- c",
        "Name = 'x' /* c */",
        "Name = 'x' LIMIT 1",
        "Name = 'x",
        "",
        "Id IN (SELECT OpportunityId FROM Quote LIMIT 1)",
        "Id IN (SELECT OpportunityId FROM Quote)) OR (Name LIKE '%'",
        "Id IN (SELECT OpportunityId FROM Quote WHERE Name = 'x' -- )",
    ] {
        let request = stack.call(Method::POST, "/api/executebatch").await?;
        let answer = request.json(&json!({ "soqlWhereClause": clause })).send().await?;
        assert_eq!(answer.status(), StatusCode::BAD_REQUEST, "{clause}");
        let answer: Value = answer.json().await?;
        assert_eq!(answer["error"]["field"], "soqlWhereClause", "{answer}");
        assert!(answer["error"]["message"].as_str().is_some_and(|m| m.contains("at character")), "{answer}");
    }
    Ok(())
}

#[tokio::test]
async fn bad_requests_are_named() -> Result<()> {
    let stack = Stack::start(0, 0, 0).await?;
    let own = json!({ "soqlWhereClause": "AccountId IN (SELECT AccountId FROM opportunity)" });
    let answer = stack.call(Method::POST, "/api/executebatch").await?.json(&own).send().await?;
    assert_eq!(answer.status(), StatusCode::BAD_REQUEST);
    let answer: Value = answer.json().await?;
    let message = "a subquery cannot be on Opportunity, which the condition itself is about";
    assert!(answer["error"]["message"].as_str().is_some_and(|text| text.contains(message)), "{answer}");
    let huge = json!({ "soqlWhereClause": "x".repeat(10 * 1024 * 1024) });
    let answer = stack.call(Method::POST, "/api/executebatch").await?.json(&huge).send().await?;
    assert_eq!(answer.status(), StatusCode::PAYLOAD_TOO_LARGE);
    let answer =
        stack.anonymous(Method::POST, "/api/executebatch")?.json(&json!({ "soqlWhereClause": ALL })).send().await?;
    assert_eq!(answer.status(), StatusCode::UNAUTHORIZED);
    let answer = stack.anonymous(Method::GET, "/api/jobs")?.header("x-client-context", "no base64!").send().await?;
    assert_eq!(answer.status(), StatusCode::UNAUTHORIZED);
    let request = stack.call(Method::POST, "/api/executebatch").await?;
    let answer =
        request.json(&json!({ "soqlWhereClause": ALL, "callbackUrl": "https://evil.example/cb" })).send().await?;
    assert_eq!(answer.status(), StatusCode::BAD_REQUEST);
    assert_eq!(answer.json::<Value>().await?["error"]["field"], "callbackUrl");
    Ok(())
}

#[tokio::test]
async fn a_job_is_invisible_to_another_org() -> Result<()> {
    let stack = Stack::start(1, 1, 1).await?;
    let id = stack.post(ALL).await?;
    stack.assert_quoted(&id, 1, 1).await?;
    for (method, path) in [
        (Method::GET, format!("/api/jobs/{id}")),
        (Method::GET, format!("/api/jobs/{id}/errors")),
        (Method::GET, format!("/api/jobs/{id}/events")),
        (Method::GET, format!("/api/jobs/{id}/deadletters")),
        (Method::POST, format!("/api/jobs/{id}/cancel")),
        (Method::POST, format!("/api/jobs/{id}/resume")),
        (Method::POST, format!("/api/jobs/{id}/retry")),
        (Method::GET, "/api/jobs/ffffffffffffffffffffffffffffffff".to_owned()),
    ] {
        let answer = stack.call_as("my-org-sales-a", method.clone(), &path).await?.send().await?;
        assert_eq!(answer.status(), StatusCode::NOT_FOUND, "{method} {path}");
    }
    let list: Value = stack.call_as("my-org-sales-a", Method::GET, "/api/jobs").await?.send().await?.json().await?;
    assert_eq!(list["jobs"], json!([]));
    Ok(())
}

#[tokio::test]
async fn redis_down_is_said_and_nothing_accepted() -> Result<()> {
    let mut stack = Stack::start(0, 0, 0).await?;
    stack.redis.kill().await?;
    let request = stack.call(Method::POST, "/api/executebatch").await?;
    let answer = request.json(&json!({ "soqlWhereClause": ALL })).send().await?;
    assert_eq!(answer.status(), StatusCode::SERVICE_UNAVAILABLE);
    Ok(())
}

#[tokio::test]
async fn a_callback_goes_to_the_callers_org_and_to_no_other_allowed_host() -> Result<()> {
    let stack = Stack::start_allowing("127.0.0.1:*", 0, 0, 0).await?;
    let (org, _) = stack.org.org(ORG).await?;
    let port = reqwest::Url::parse(&org.instance_url)?.port().context("a port")?;
    for url in [
        "https://other.my.salesforce.com/services/async/1".to_owned(),
        format!("http://127.0.0.1:{}/callback", port ^ 1),
        format!("http://localhost:{port}/callback"),
        format!("https://127.0.0.1:{port}/callback"),
    ] {
        let request = stack.call(Method::POST, "/api/executebatch").await?;
        let answer = request.json(&json!({ "soqlWhereClause": ALL, "callbackUrl": url })).send().await?;
        assert_eq!(answer.status(), StatusCode::BAD_REQUEST, "{url}");
        assert_eq!(answer.json::<Value>().await?["error"]["field"], "callbackUrl", "{url}");
    }
    Ok(())
}
