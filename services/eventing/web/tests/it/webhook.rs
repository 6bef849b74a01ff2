//! What the webhook takes, ignores and refuses.

use crate::support::{TOKEN, change, ids, jobs, jobs_become, keys, opportunities, post, send, spec};
use anyhow::Result;
use reqwest::StatusCode;
use serde_json::{Value, json};
use std::time::Duration;
use test_support::{Service, TestRedis, http_client};

const HOOK: &str = "/api/generatequotes";

async fn start(redis: &TestRedis) -> Result<Service> {
    spec(redis, "web.1")?.env("EVENT_QUIET_MILLISECONDS", 200).start().await
}

fn event(data: &Value) -> Value {
    json!({ "specversion": "1.0", "id": "1", "source": "", "type": "", "data": data })
}

#[tokio::test]
async fn nothing_passes_without_the_token() -> Result<()> {
    let redis = TestRedis::start().await?;
    let web = start(&redis).await?;
    let (http, url) = (http_client()?, web.url()?);
    let body = event(&change("t-1", &opportunities(1..2)));
    for path in [HOOK, "/api/testevent", "/api/datacreate", "/api/datadelete"] {
        for authorization in ["", "Bearer", "Bearer wrong", &format!("Bearer {TOKEN}x"), &TOKEN.to_uppercase()] {
            let mut request = http.post(format!("{url}{path}")).json(&body);
            if !authorization.is_empty() {
                request = request.header("authorization", authorization);
            }
            assert_eq!(request.send().await?.status(), StatusCode::UNAUTHORIZED, "{path} {authorization}");
        }
    }
    for path in ["/info", "/", "/api/jobs/00000000000000000000000000000000"] {
        assert_eq!(http.get(format!("{url}{path}")).send().await?.status(), StatusCode::UNAUTHORIZED, "{path}");
    }
    // A browser would send a password along with a form of another site.
    let form = http.post(format!("{url}/api/datadelete")).basic_auth("any", Some(TOKEN)).send().await?;
    assert_eq!(form.status(), StatusCode::UNAUTHORIZED);
    assert!(!keys(&redis).await?.iter().any(|key| key.contains("changes:ids") || key.contains("job:")));
    assert!(!web.log().contains(TOKEN));
    Ok(())
}

/// `opportunity-cdc-event.json`, which the documents have people send with curl.
#[tokio::test]
async fn the_sample_event_becomes_a_job() -> Result<()> {
    let redis = TestRedis::start().await?;
    let web = start(&redis).await?;
    let sample = include_str!("../../../opportunity-cdc-event.json");
    let request = post(&web, "/api/testevent")?.header("content-type", "application/json").body(sample);
    assert_eq!(request.send().await?.status(), StatusCode::NO_CONTENT);
    let found = jobs_become(&jobs(&redis).await?, 1).await?;
    assert_eq!(ids(&found[0]), ["006R0000003FPYxIAO"]);
    Ok(())
}

#[tokio::test]
async fn every_mode_becomes_a_job() -> Result<()> {
    let redis = TestRedis::start().await?;
    let web = start(&redis).await?;
    let data = |number: u32| change(&format!("t-{number}"), &opportunities(number..number + 1));
    let json_body = |content_type: &str, body: &Value| -> Result<_> {
        Ok(post(&web, HOOK)?.header("content-type", content_type).body(body.to_string()))
    };
    let requests = [
        json_body("application/cloudevents+json; charset=UTF-8", &event(&data(1)))?,
        json_body("application/json", &event(&data(2)))?,
        json_body("application/cloudevents-batch+json", &json!([event(&data(3)), event(&data(4))]))?,
        json_body("application/json", &data(5))?.header("ce-specversion", "1.0").header("ce-id", "1"),
        post(&web, "/api/testevent")?.json(&data(6)),
    ];
    for request in requests {
        assert_eq!(request.send().await?.status(), StatusCode::NO_CONTENT);
    }
    let basic = http_client()?.post(format!("{}{HOOK}", web.url()?)).basic_auth("events", Some(TOKEN));
    assert_eq!(basic.json(&event(&data(7))).send().await?.status(), StatusCode::NO_CONTENT);
    let found = jobs_become(&jobs(&redis).await?, 7).await?;
    let mut keys: Vec<_> = found.iter().map(|job| job.transaction_key.as_str()).collect();
    keys.sort_unstable();
    assert_eq!(keys, ["t-1", "t-2", "t-3", "t-4", "t-5", "t-6", "t-7"]);
    assert_eq!(found[0].user.map(|user| user.to_string()).as_deref(), Some("005000000000001AAA"));
    assert!(redis.dump().await?.keys_with(TOKEN).is_empty());
    Ok(())
}

#[tokio::test]
async fn transactions_beyond_the_limit_on_open_jobs_wait_and_are_not_lost() -> Result<()> {
    let redis = TestRedis::start().await?;
    let limited = spec(&redis, "web.1")?.env("EVENT_QUIET_MILLISECONDS", 200).env("MAX_OPEN_JOBS", 1);
    let web = limited.start().await?;
    for number in 1..=3 {
        let data = change(&format!("t-{number}"), &opportunities(number..number + 1));
        assert_eq!(post(&web, HOOK)?.json(&event(&data)).send().await?.status(), StatusCode::NO_CONTENT);
    }
    jobs_become(&jobs(&redis).await?, 1).await?;
    // Longer than it would take without the limit.
    tokio::time::sleep(Duration::from_secs(2)).await;
    jobs_become(&jobs(&redis).await?, 1).await?;
    drop(web);
    let _web = start(&redis).await?;
    jobs_become(&jobs(&redis).await?, 3).await?;
    Ok(())
}

#[tokio::test]
async fn garbage_is_refused_with_the_field_and_forged_ids_are() -> Result<()> {
    let redis = TestRedis::start().await?;
    let web = start(&redis).await?;
    let with = |name: &str, value: Value| {
        let mut data = change("t-1", &opportunities(1..2));
        data["ChangeEventHeader"][name] = value;
        event(&data)
    };
    for (body, field) in [
        ("{".to_owned(), "body"),
        ("[]".to_owned(), "body"),
        ("{}".to_owned(), "data"),
        (event(&json!({})).to_string(), "data.ChangeEventHeader"),
        (with("recordIds", json!(["x') OR (Name LIKE '%"])).to_string(), "data.ChangeEventHeader.recordIds"),
        (with("recordIds", json!([])).to_string(), "data.ChangeEventHeader.recordIds"),
        (with("recordIds", json!(["001000000000001AAA"])).to_string(), "data.ChangeEventHeader.recordIds"),
        (with("transactionKey", json!("a b")).to_string(), "data.ChangeEventHeader.transactionKey"),
        (with("transactionKey", json!("x".repeat(200))).to_string(), "data.ChangeEventHeader.transactionKey"),
    ] {
        let answer = post(&web, HOOK)?.header("content-type", "application/json").body(body.clone()).send().await?;
        assert_eq!(answer.status(), StatusCode::BAD_REQUEST, "{body}");
        let answer: Value = answer.json().await?;
        assert_eq!(answer["error"]["field"], field, "{body}: {answer}");
        assert!(!answer.to_string().contains("LIKE"), "{answer}");
    }
    let batch = json!([event(&change("t-1", &opportunities(1..2))), with("recordIds", json!(["1"]))]);
    let answer = post(&web, HOOK)?.header("content-type", "application/cloudevents-batch+json");
    let answer: Value = answer.body(batch.to_string()).send().await?.json().await?;
    assert_eq!(answer["error"]["field"], "[1].data.ChangeEventHeader.recordIds", "{answer}");
    let form = post(&web, HOOK)?.form(&[("data", "x")]).send().await?;
    assert_eq!(form.status(), StatusCode::UNSUPPORTED_MEDIA_TYPE);
    let large = post(&web, HOOK)?.json(&event(&json!({ "x": "x".repeat(3_000_000) }))).send().await?;
    assert_eq!(large.status(), StatusCode::PAYLOAD_TOO_LARGE);
    tokio::time::sleep(Duration::from_millis(600)).await;
    jobs_become(&jobs(&redis).await?, 0).await?;
    Ok(())
}

#[tokio::test]
async fn other_events_are_ignored() -> Result<()> {
    let redis = TestRedis::start().await?;
    let web = spec(&redis, "web.1")?
        .env("EVENT_QUIET_MILLISECONDS", 200)
        .env("EVENT_STAGES", "Closed Won")
        .env("EVENT_FIELDS", "StageName")
        .start()
        .await?;
    let own = "com/salesforce/api/rest/62.0;client=heroku-applink-patterns-rust";
    for (name, value) in [
        ("changeType", json!("DELETE")),
        ("changeType", json!("GAP_DELETE")),
        ("entityName", json!("Account")),
        ("changeOrigin", json!(own)),
        ("changedFields", json!(["Amount"])),
    ] {
        let mut data = change("t-ignored", &opportunities(1..2));
        data["ChangeEventHeader"][name] = value;
        let answer = post(&web, HOOK)?.json(&event(&data)).send().await?;
        assert_eq!(answer.status(), StatusCode::NO_CONTENT, "{name}");
    }
    let mut data = change("t-ignored", &opportunities(1..2));
    data["StageName"] = json!("Prospecting");
    assert_eq!(post(&web, HOOK)?.json(&event(&data)).send().await?.status(), StatusCode::NO_CONTENT);
    assert_eq!(send(&web, "t-taken", &opportunities(2..3)).await?.status(), StatusCode::NO_CONTENT);
    let found = jobs_become(&jobs(&redis).await?, 1).await?;
    assert_eq!((found[0].transaction_key.as_str(), ids(&found[0]).len()), ("t-taken", 1));
    Ok(())
}
