//! Requests from many connections at once.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail};
use reqwest::{Request, StatusCode};
use tokio::task::JoinSet;

/// How long requests took, in ascending order.
#[derive(Debug)]
pub(crate) struct Latencies(Vec<Duration>);

/// One run of a load.
#[derive(Debug)]
pub(crate) struct Run {
    /// From the first request to the last answer.
    pub(crate) time: Duration,
    /// Of each request.
    pub(crate) latencies: Latencies,
}

impl Latencies {
    /// The latency that `percent` of the requests did not exceed (nearest rank).
    pub(crate) fn percentile(&self, percent: usize) -> Duration {
        let rank = (self.0.len() * percent).div_ceil(100).max(1);
        self.0.get(rank - 1).or(self.0.last()).copied().unwrap_or_default()
    }
}

/// Sends `count` requests over `connections` connections, each of which sends its next one when it has the answer to the
/// last one. `request` makes the one with that number.
///
/// # Errors
/// At the first answer with another status than `expected`: a figure that counts failures says nothing.
pub(crate) async fn send(
    http: &reqwest::Client,
    connections: usize,
    count: usize,
    expected: StatusCode,
    request: Arc<dyn Fn(usize) -> Result<Request> + Send + Sync>,
) -> Result<Run> {
    let next = Arc::new(AtomicUsize::new(0));
    let started = Instant::now();
    let mut senders = JoinSet::new();
    for _ in 0..connections {
        let (http, next, request) = (http.clone(), Arc::clone(&next), Arc::clone(&request));
        senders.spawn(async move {
            let mut latencies = Vec::new();
            loop {
                let number = next.fetch_add(1, Ordering::Relaxed);
                if number >= count {
                    return Ok(latencies);
                }
                let request = request(number)?;
                let sent = Instant::now();
                let answer = http.execute(request).await.context("no answer")?;
                let status = answer.status();
                let body = answer.bytes().await.context("the answer broke off")?;
                latencies.push(sent.elapsed());
                if status != expected {
                    bail!("answered {status}: {}", String::from_utf8_lossy(&body));
                }
            }
        });
    }
    let mut latencies = Vec::with_capacity(count);
    while let Some(sender) = senders.join_next().await {
        latencies.extend(sender.context("a sender was lost")??);
    }
    let time = started.elapsed();
    latencies.sort_unstable();
    Ok(Run { time, latencies: Latencies(latencies) })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn percentiles_are_measured_values() {
        let latencies = Latencies((1..=200).map(Duration::from_millis).collect());
        assert_eq!(latencies.percentile(50), Duration::from_millis(100));
        assert_eq!(latencies.percentile(99), Duration::from_millis(198));
        assert_eq!(latencies.percentile(100), Duration::from_millis(200));
        assert_eq!(Latencies(vec![Duration::from_millis(7)]).percentile(1), Duration::from_millis(7));
        assert_eq!(Latencies(Vec::new()).percentile(99), Duration::ZERO);
    }
}
