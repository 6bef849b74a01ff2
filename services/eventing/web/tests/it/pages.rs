//! What people and tools see.

use crate::support::{TOKEN, change, info, jobs, jobs_become, opportunities, post, send, spec};
use anyhow::{Context, Result};
use reqwest::StatusCode;
use reqwest::header::{HOST, LOCATION, STRICT_TRANSPORT_SECURITY, WWW_AUTHENTICATE};
use serde_json::Value;
use shared::figures::{Exposition, Metric};
use shared::jobs::WorkerId;
use test_support::{TestRedis, http_client};

#[tokio::test]
async fn info_and_page_show_counts_and_jobs_but_no_record() -> Result<()> {
    let redis = TestRedis::start().await?;
    let web = spec(&redis, "web.1")?.env("EVENT_QUIET_MILLISECONDS", 100).start().await?;
    send(&web, "t-1", &opportunities(0..3)).await?;
    jobs_become(&jobs(&redis).await?, 1).await?;
    let shown = info(&web).await?;
    assert_eq!((&shown["subscribes"], &shown["webhook"]), (&Value::from(false), &Value::from(1)), "{shown}");
    assert_eq!(shown["recentJobs"][0]["state"], "queued", "{shown}");
    let id = shown["recentJobs"][0]["id"].as_str().unwrap_or_default().to_owned();

    let (http, url) = (http_client()?, web.url()?);
    let anonymous = http.get(format!("{url}/")).send().await?;
    assert_eq!(anonymous.status(), StatusCode::UNAUTHORIZED);
    assert!(anonymous.headers().contains_key("www-authenticate"));
    let page =
        http.get(format!("{url}/")).basic_auth("me", Some(TOKEN)).send().await?.error_for_status()?.text().await?;
    assert!(page.contains(&format!("<a href=\"/jobs/{id}\">")) && page.contains("by webhook only"), "{page}");
    assert_eq!(shown["workerRuns"], Value::from(false), "{shown}");
    assert!(page.contains("no worker is running") && !page.contains("http-equiv"), "{page}");
    for text in [&page, &shown.to_string()] {
        assert!(!text.contains("0060000") && !text.contains(TOKEN), "{text}");
    }

    for path in [format!("/jobs/{id}"), "/jobs/none".to_owned(), format!("/jobs/{}", "0".repeat(32))] {
        let stranger = http.get(format!("{url}{path}")).send().await?;
        assert_eq!(stranger.status(), StatusCode::UNAUTHORIZED, "{path}");
        let answer = http.get(format!("{url}{path}")).basic_auth("me", Some(TOKEN)).send().await?;
        let (status, text) = (answer.status(), answer.text().await?);
        assert!(text.starts_with("<!doctype html>"), "{path}: {text}");
        assert_eq!(status == StatusCode::OK, path.ends_with(&id), "{path}: {status}");
        assert!(!text.contains("0060000") && !text.contains(TOKEN), "{text}");
        assert_eq!(text.contains("waiting for a worker"), path.ends_with(&id), "{path}: {text}");
    }

    let job = http.get(format!("{url}/api/jobs/{id}")).bearer_auth(TOKEN).send().await?;
    let job: Value = job.error_for_status()?.json().await?;
    assert_eq!(job["kind"], "quoteChangedOpportunities");
    let cancelled: Value = post(&web, &format!("/api/jobs/{id}/cancel"))?.send().await?.json().await?;
    assert!(
        cancelled["state"].as_str().is_some_and(|state| state.starts_with("cancel") || state == "finishing"),
        "{cancelled}"
    );
    let jobs = jobs(&redis).await?;
    let last_step = jobs.tasks().claim(&WorkerId::new("worker.1"), 1, &["quoteChangedOpportunities@2"]).await?;
    assert!(jobs.tasks().finish(&last_step.tasks[0].lease).await?);
    let resumed = post(&web, &format!("/api/jobs/{id}/resume"))?.send().await?;
    assert_eq!(resumed.status(), StatusCode::CONFLICT, "it has ended");
    let unknown = http.get(format!("{url}/api/jobs/{}", "0".repeat(32))).bearer_auth(TOKEN).send().await?;
    assert_eq!(unknown.status(), StatusCode::NOT_FOUND);
    Ok(())
}

#[tokio::test]
async fn sample_data_is_asked_for_with_checked_numbers() -> Result<()> {
    let redis = TestRedis::start().await?;
    let web = spec(&redis, "web.1")?.start().await?;
    for query in ["numberOfOpportunities=0", "numberOfOpportunities=1e3", "lines=11", "lines=-1"] {
        let answer = post(&web, &format!("/api/datacreate?{query}"))?.send().await?;
        assert_eq!(answer.status(), StatusCode::BAD_REQUEST, "{query}");
        let answer: Value = answer.json().await?;
        assert_eq!(answer["error"]["field"], query.split('=').next().unwrap_or_default(), "{answer}");
    }
    let answer = post(&web, "/api/datadelete?hardDelete=maybe")?.send().await?;
    assert_eq!(answer.status(), StatusCode::BAD_REQUEST);
    let create = || {
        Ok::<_, anyhow::Error>(
            post(&web, "/api/datacreate?numberOfOpportunities=7&lines=3")?.header("idempotency-key", "once"),
        )
    };
    let (first, again) = (create()?.send().await?, create()?.send().await?);
    assert_eq!(first.status(), StatusCode::ACCEPTED);
    let (first, again): (Value, Value) = (first.json().await?, again.json().await?);
    assert_eq!(first["jobId"], again["jobId"]);
    assert_eq!(post(&web, "/api/datadelete")?.send().await?.status(), StatusCode::ACCEPTED);
    let shown = info(&web).await?;
    let kinds: Vec<_> = (0..2).map(|index| shown["recentJobs"][index]["kind"].clone()).collect();
    assert_eq!(kinds, ["deleteSampleData", "createSampleData"]);
    Ok(())
}

#[tokio::test]
async fn metrics_count_what_became_of_events() -> Result<()> {
    let redis = TestRedis::start().await?;
    let web = spec(&redis, "web.1")?.start().await?;
    send(&web, "t-1", &opportunities(0..3)).await?;
    let mut deleted = change("t-1", &opportunities(0..1));
    deleted["ChangeEventHeader"]["changeType"] = "DELETE".into();
    post(&web, "/api/testevent")?.json(&deleted).send().await?;
    let metrics = http_client()?.get(format!("{}/metrics", web.url()?)).send().await?.text().await?;
    for line in [
        r#"eventing_events_total{source="webhook",outcome="taken"} 1"#,
        r#"eventing_events_total{source="webhook",outcome="change_type"} 1"#,
    ] {
        assert!(metrics.contains(line), "{line} is not in {metrics}");
    }
    for (name, kind, labels) in Exposition::of_this_process(&metrics).series() {
        let metric = Metric::named(name).with_context(|| format!("docs/metrics.md has no {name}"))?;
        assert_eq!(metric.kind.to_string(), kind, "{name}");
        assert!(labels.iter().all(|label| *label == "le" || metric.labels.contains(label)), "{name} {labels:?}");
    }
    Ok(())
}

#[tokio::test]
async fn over_http_the_token_is_not_asked_for() -> Result<()> {
    let redis = TestRedis::start().await?;
    let web = spec(&redis, "web.1")?.start().await?;
    let (http, url) = (http_client()?, web.url()?);
    for path in ["/", "/info?x=1", "/api/jobs/1"] {
        let request =
            http.get(format!("{url}{path}")).header("X-Forwarded-Proto", "http").header(HOST, "my-app.example");
        let answer = request.send().await?;
        assert_eq!(answer.status(), StatusCode::PERMANENT_REDIRECT, "{path}");
        assert_eq!(answer.headers()[LOCATION], format!("https://my-app.example{path}"));
        assert!(!answer.headers().contains_key(WWW_AUTHENTICATE), "{path}");
    }
    for path in ["/api/generatequotes", "/api/testevent", "/api/datacreate"] {
        let request = post(&web, path)?.header("X-Forwarded-Proto", "http").json(&change("t-1", &opportunities(0..1)));
        let answer = request.send().await?;
        assert_eq!(answer.status(), StatusCode::FORBIDDEN, "{path}");
        let answer: Value = answer.json().await?;
        assert_eq!(answer["error"]["code"], "https_required", "{answer}");
    }
    let answer = http.get(format!("{url}/")).header("X-Forwarded-Proto", "https").send().await?;
    assert_eq!(answer.status(), StatusCode::UNAUTHORIZED);
    assert_eq!(answer.headers()[STRICT_TRANSPORT_SECURITY], "max-age=31536000");
    assert!(jobs(&redis).await?.list(crate::support::ORG, 10, None).await?.is_empty(), "nothing was started over http");
    Ok(())
}
