//! Waiting for something that another process does.

use std::time::Duration;

use anyhow::{Result, anyhow};
use tokio::time::{Instant, sleep, timeout_at};

/// Pause between two looks.
pub const POLL_INTERVAL: Duration = Duration::from_millis(20);

/// Runs `probe` until it answers `Ok`, at most for `limit`; `what` completes the sentence "timed out waiting for …".
///
/// A probe says with its error why it is not satisfied yet; the last one ends up in the message:
/// `timed out after 30s waiting for the job to complete: state is running, 40 of 100`. A probe that hangs is cut off at
/// the deadline.
///
/// # Errors
/// When `limit` has passed.
pub async fn eventually<T>(limit: Duration, what: &str, mut probe: impl AsyncFnMut() -> Result<T>) -> Result<T> {
    let deadline = Instant::now() + limit;
    let mut last = "no attempt ended".to_owned();
    loop {
        match timeout_at(deadline, probe()).await {
            Ok(Ok(value)) => return Ok(value),
            Ok(Err(reason)) => last = format!("{reason:#}"),
            Err(_elapsed) => {}
        }
        if Instant::now() + POLL_INTERVAL > deadline {
            return Err(anyhow!("timed out after {limit:?} waiting for {what}: {last}"));
        }
        sleep(POLL_INTERVAL).await;
    }
}

#[cfg(test)]
mod tests {
    use anyhow::{bail, ensure};

    use super::*;

    #[tokio::test]
    async fn answers_as_soon_as_the_probe_does() {
        let mut looks = 0;
        let value = eventually(Duration::from_secs(10), "the third look", async || {
            looks += 1;
            ensure!(looks == 3, "look {looks}");
            Ok("done")
        })
        .await
        .unwrap();
        assert_eq!((value, looks), ("done", 3));
    }

    #[tokio::test]
    async fn a_timeout_says_how_long_for_what_and_what_was_seen_last() {
        let error = eventually(Duration::from_millis(50), "the job to complete", async || -> Result<()> {
            bail!("state is running")
        })
        .await
        .unwrap_err();
        assert_eq!(error.to_string(), "timed out after 50ms waiting for the job to complete: state is running");
    }

    #[tokio::test]
    async fn a_hanging_probe_is_cut_off() {
        let error =
            eventually(Duration::from_millis(50), "an answer", async || -> Result<()> { std::future::pending().await })
                .await
                .unwrap_err();
        assert_eq!(error.to_string(), "timed out after 50ms waiting for an answer: no attempt ended");
    }
}
