//! What the processes answer at `/metrics`, and what docs/metrics.md promises.

use crate::support::{ALL, ORG, Stack};
use anyhow::{Context, Result, ensure};
use reqwest::StatusCode;
use shared::figures::{Exposition, METRICS, Metric, MetricKind, Teller};
use std::collections::BTreeSet;
use std::process::Command;
use std::time::Duration;
use test_support::{SECRET_KEY, Service, ServiceSpec, TestRedis, binary, eventually, free_port, http_client};

const LIMIT: Duration = Duration::from_secs(90);
const TOKEN: &str = "a-token-of-the-metrics-test";
/// Told only when something has happened that does not happen here.
const SELDOM: [&str; 4] = [
    "http_connections_refused_total",
    "jobs_tasks_reclaimed_total",
    "jobs_redis_errors_total",
    "jobs_org_silent_seconds",
];

async fn answer(url: &str) -> Result<String> {
    let answer = http_client()?.get(format!("{url}/metrics")).bearer_auth(TOKEN).send().await?;
    ensure!(answer.status() == StatusCode::OK, "{url} answered {}", answer.status());
    Ok(answer.text().await?)
}

/// What is wrong with an answer, by the table.
fn problems(text: &str) -> Vec<String> {
    let figures = Exposition::of_this_process(text);
    let problem = |(name, kind, labels): (&str, &str, Vec<&str>)| {
        let Some(metric) = Metric::named(name) else { return Some(format!("{name} is not in the table")) };
        if metric.kind.to_string() != kind {
            return Some(format!("{name} is a {kind}"));
        }
        let is_known = |label: &&str| metric.labels.contains(label) || ["le", "queue", "worker"].contains(label);
        let unknown: Vec<_> = labels.into_iter().filter(|label| !is_known(label)).collect();
        (!unknown.is_empty()).then(|| format!("{name} has the labels {unknown:?}"))
    };
    figures.series().filter_map(problem).collect()
}

fn missing(text: &str, tellers: &[Teller]) -> Vec<&'static str> {
    let figures = Exposition::of_this_process(text);
    let names: BTreeSet<&str> = figures.names().collect();
    let told = METRICS.iter().filter(|metric| tellers.contains(&metric.teller)).map(|metric| metric.name);
    told.filter(|name| !names.contains(name) && !SELDOM.contains(name)).collect()
}

async fn dashboard(redis: &TestRedis) -> Result<Service> {
    ServiceSpec::new("dashboard-web")?
        .env("PORT", free_port()?)
        .env("BIND_ADDRESS", "127.0.0.1")
        .env("REDIS_URL", redis.url())
        .env("JOB_SECRET_KEY", SECRET_KEY)
        .env("APP_PASSWORD", "correct horse")
        .env("METRICS_TOKEN", TOKEN)
        .ready("listening on http://")
        .start()
        .await
}

#[tokio::test]
async fn the_processes_answer_what_the_document_says() -> Result<()> {
    let mut stack = Stack::start(20, 2, 0).await?;
    let address = format!("127.0.0.1:{}", free_port()?);
    stack.worker_settings =
        vec![("WORKER_METRICS_ADDRESS", &*Box::leak(address.clone().into_boxed_str())), ("METRICS_TOKEN", TOKEN)];
    stack.replace_web(&[("METRICS_TOKEN", TOKEN)]).await?;
    stack.add_worker("worker.1").await?;
    let dashboard = dashboard(&stack.redis).await?;
    let id = stack.post(ALL).await?;
    stack.assert_quoted(&id, 20, 40).await?;
    // A job that waits, because its org rests.
    let (org, _) = stack.org.org(ORG).await?;
    let paused = Command::new(binary("jobs")?)
        .args(["pause", &org.id, "--minutes", "5", "--pattern", "org-job"])
        .env_clear()
        .env("REDIS_URL", stack.redis.url())
        .output()?;
    ensure!(paused.status.success(), "{paused:?}");
    stack.post(ALL).await?;

    let worker = format!("http://{address}");
    for (method, path, token, status) in [
        ("GET", "/metrics", None, 401),
        ("GET", "/metrics", Some("another-token-of-this-test"), 401),
        ("POST", "/metrics", Some(TOKEN), 404),
        ("GET", "/", Some(TOKEN), 404),
        ("GET", "/health", None, 200),
    ] {
        let mut request = http_client()?.request(method.parse()?, format!("{worker}{path}"));
        if let Some(token) = token {
            request = request.bearer_auth(token);
        }
        assert_eq!(request.send().await?.status().as_u16(), status, "{method} {path} {token:?}");
    }

    let own = answer(&worker).await?;
    assert_eq!(problems(&own), [""; 0], "{own}");
    assert_eq!(missing(&own, &[Teller::Process, Teller::Worker, Teller::Queue]), [""; 0], "{own}");
    assert!(own.contains(r#"queue="org-job",worker="worker.1""#), "{own}");
    // Its web process and the dashboard tell the same of it, once it has left it in Redis.
    for (url, tellers) in [
        (stack.web.url()?, vec![Teller::Process, Teller::Web, Teller::Worker, Teller::Queue]),
        (dashboard.url()?, vec![Teller::Process, Teller::Worker, Teller::Queue]),
    ] {
        let text = eventually(LIMIT, "the worker's figures are told by another process", async || {
            let text = answer(&url).await?;
            let missing = missing(&text, &tellers);
            ensure!(missing.is_empty(), "{missing:?} of {text}");
            Ok(text)
        })
        .await?;
        assert_eq!(problems(&text), [""; 0], "{text}");
        for line in [
            r#"jobs_open{queue="org-job"} 1"#,
            r#"jobs_workers{queue="org-job"} 1"#,
            r#"jobs_created_total{queue="org-job"} 2"#,
            r#"jobs_ended_total{queue="org-job",state="completed"} 1"#,
            r#"jobs_records_processed_total{queue="org-job"} 20"#,
            r#"jobs_orgs_paused{queue="org-job"} 1"#,
            r#"outcome="ok",queue="org-job",worker="worker.1"}"#,
        ] {
            assert!(text.contains(line), "{line}: {text}");
        }
    }
    let all = answer(&dashboard.url()?).await?;
    for queue in ["api-access", "eventing", "org-action", "org-job"] {
        assert!(all.contains(&format!(r#"jobs_queue_readable{{queue="{queue}"}} 1"#)), "{queue}: {all}");
    }
    assert_eq!(METRICS.iter().filter(|metric| metric.kind == MetricKind::Histogram).count(), 3);

    // A worker that is gone is told no more, and Redis that is away is told at once.
    let mut gone = stack.workers.pop().context("a worker")?;
    gone.kill().await?;
    eventually(LIMIT, "the worker is told no more", async || {
        let text = answer(&dashboard.url()?).await?;
        ensure!(text.contains(r#"jobs_workers{queue="org-job"} 0"#) && !text.contains("worker.1"), "{text}");
        Ok(())
    })
    .await?;
    stack.redis.kill().await?;
    eventually(LIMIT, "Redis is told to be away", async || {
        let text = answer(&dashboard.url()?).await?;
        ensure!(text.contains(r#"jobs_queue_readable{queue="org-job"} 0"#) && !text.contains("jobs_open"), "{text}");
        ensure!(text.contains("process_resident_memory_bytes "), "its own figures are there: {text}");
        Ok(())
    })
    .await
}
