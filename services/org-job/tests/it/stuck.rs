//! A job that does not move says where and why: to its maker, and in the worker's log.

use crate::support::{ALL, ORG, Stack};
use anyhow::{Context, Result, ensure};
use chrono::{DateTime, Utc};
use serde_json::Value;
use std::time::Duration;
use test_support::{eventually, free_port};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinHandle;

const LIMIT: Duration = Duration::from_secs(90);

/// Passes connections to `host` on, as the org that can be reached again.
async fn passes_on(address: &str, host: String) -> Result<JoinHandle<()>> {
    let listener = TcpListener::bind(address).await.context("the org's port")?;
    Ok(tokio::spawn(async move {
        while let Ok((mut from, _)) = listener.accept().await {
            let host = host.clone();
            tokio::spawn(async move {
                let Ok(mut to) = TcpStream::connect(host).await else { return };
                // However it ends: the one who waits for it sees that.
                let _ = tokio::io::copy_bidirectional(&mut from, &mut to).await;
            });
        }
    }))
}

fn time(job: &Value, name: &str) -> Result<DateTime<Utc>> {
    let text = job[name].as_str().with_context(|| format!("{name} of {job}"))?;
    Ok(text.parse()?)
}

#[tokio::test]
async fn a_job_of_an_org_that_cannot_be_reached_says_where_and_why() -> Result<()> {
    let mut stack = Stack::start(20, 2, 0).await?;
    let address = format!("127.0.0.1:{}", free_port()?);
    stack.allow(std::slice::from_ref(&address)).await?;
    stack.front = Some(format!("http://{address}"));
    let id = stack.post(ALL).await?;
    let before = stack.job(&id).await?;
    assert_eq!((&before["lastError"], &before["nextTryAt"]), (&Value::Null, &Value::Null), "{before}");
    stack.add_worker("worker.1").await?;

    let job = eventually(LIMIT, "the job says that it is tried again", async || {
        let job = stack.job(&id).await?;
        ensure!(time(&job, "nextTryAt")? > Utc::now() && job["attempts"].as_u64() >= Some(1), "{job}");
        Ok(job)
    })
    .await?;
    let error = job["lastError"].as_str().context("lastError")?;
    assert!(error.contains(&address) && error.contains("Connection refused"), "host and cause: {error}");
    assert!(["queued", "running"].contains(&job["state"].as_str().unwrap_or_default()), "{job}");
    assert!(
        time(&job, "silentSince")? <= Utc::now() && time(&job, "pausedSince")? <= time(&job, "pausedUntil")?,
        "{job}"
    );
    let (_, user) = stack.org.org(ORG).await?;
    let text = job.to_string();
    for secret in [user.access_token.as_str(), "/services/data", "?q=", "SELECT"] {
        assert!(!text.contains(secret), "{secret}: {text}");
    }
    let log = stack.workers[0].log().text();
    let line = log.lines().find(|line| line.contains("the task did not succeed")).context("the log of the failure")?;
    assert!(line.contains(&address) && line.contains("Connection refused"), "{line}");

    let _org = passes_on(&address, stack.org.host()?).await?;
    let job = stack.reaches(&id, "completed").await?;
    for name in ["lastError", "attempts", "nextTryAt", "silentSince", "pausedSince", "pausedUntil"] {
        assert_eq!(job[name], Value::Null, "{name} of {job}");
    }
    Ok(())
}
