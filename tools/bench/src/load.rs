//! Requests from many connections at once, as cheap as can be: the load shares the cores with what is measured.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail, ensure};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::task::JoinSet;

/// Longest head of an answer, in bytes.
const MAX_HEAD: usize = 16 * 1024;

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

/// Where requests go, and what they begin with.
#[derive(Debug, Clone)]
pub(crate) struct Target {
    /// `127.0.0.1:8080`
    host: String,
    path: &'static str,
}

impl Target {
    /// `path` of the service at `url`, which is `http://host:port`.
    pub(crate) fn new(url: &str, path: &'static str) -> Result<Self> {
        let host = url.strip_prefix("http://").with_context(|| format!("{url} is no address of a local service"))?;
        Ok(Self { host: host.trim_end_matches('/').to_owned(), path })
    }

    /// A POST of `json` with the header of AppLink, as it goes over the wire.
    pub(crate) fn post(&self, client_context: &str, json: &str) -> Vec<u8> {
        let Self { host, path } = self;
        format!(
            "POST {path} HTTP/1.1\r\nhost: {host}\r\nx-client-context: {client_context}\r\n\
             content-type: application/json\r\ncontent-length: {}\r\n\r\n{json}",
            json.len()
        )
        .into_bytes()
    }
}

/// Makes the request with that number.
pub(crate) type Requests = Arc<dyn Fn(usize) -> Vec<u8> + Send + Sync>;

/// Sends `count` requests over `connections` connections, each of which sends its next one when it has the answer to the
/// last one. All of them are served by one thread.
///
/// # Errors
/// At the first answer with another status than `expected`: a figure that counts failures says nothing.
pub(crate) async fn send(
    target: &Target,
    connections: usize,
    count: usize,
    expected: u16,
    requests: Requests,
) -> Result<Run> {
    let host = target.host.clone();
    let load = move || -> Result<Run> {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
        runtime.block_on(send_all(&host, connections, count, expected, &requests))
    };
    tokio::task::spawn_blocking(load).await.context("the load was lost")?
}

async fn send_all(host: &str, connections: usize, count: usize, expected: u16, requests: &Requests) -> Result<Run> {
    let mut open = Vec::with_capacity(connections);
    for _ in 0..connections {
        let stream = TcpStream::connect(host).await.with_context(|| format!("no connection to {host}"))?;
        stream.set_nodelay(true)?;
        open.push(stream);
    }
    let next = Arc::new(AtomicUsize::new(0));
    let started = Instant::now();
    let mut senders = JoinSet::new();
    for mut stream in open {
        let (next, requests) = (Arc::clone(&next), Arc::clone(requests));
        senders.spawn(async move {
            let (mut latencies, mut buffer) = (Vec::new(), Vec::new());
            loop {
                let number = next.fetch_add(1, Ordering::Relaxed);
                if number >= count {
                    return Ok(latencies);
                }
                let request = requests(number);
                let sent = Instant::now();
                stream.write_all(&request).await.context("the connection broke")?;
                let (status, body) = answer(&mut stream, &mut buffer).await?;
                latencies.push(sent.elapsed());
                if status != expected {
                    bail!("answered {status}: {}", String::from_utf8_lossy(body));
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

/// Status and body of the next answer.
async fn answer<'a>(stream: &mut TcpStream, buffer: &'a mut Vec<u8>) -> Result<(u16, &'a [u8])> {
    buffer.clear();
    loop {
        ensure!(stream.read_buf(buffer).await.context("no answer")? > 0, "the connection ended before the answer");
        if let Some((status, head, body)) = head(buffer)? {
            if buffer.len() >= head + body {
                return Ok((status, buffer.get(head..head + body).unwrap_or_default()));
            }
        } else {
            ensure!(buffer.len() <= MAX_HEAD, "the head of an answer is longer than {MAX_HEAD} bytes");
        }
    }
}

/// Status, length of the head and length of the body, once the head is there. Services tell the length of what they answer.
fn head(bytes: &[u8]) -> Result<Option<(u16, usize, usize)>> {
    let Some(end) = bytes.windows(4).position(|four| four == b"\r\n\r\n") else { return Ok(None) };
    let head = std::str::from_utf8(bytes.get(..end).unwrap_or_default()).context("a head that is no text")?;
    let mut lines = head.split("\r\n");
    let status =
        lines.next().and_then(|line| line.split(' ').nth(1)?.parse().ok()).context("an answer without a status")?;
    let length =
        lines.filter_map(|line| line.split_once(':')).find(|(name, _)| name.eq_ignore_ascii_case("content-length"));
    let length = length.and_then(|(_, value)| value.trim().parse().ok()).context("an answer of unknown length")?;
    Ok(Some((status, end + 4, length)))
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

    #[test]
    fn an_answer_has_a_status_and_a_length() {
        let answer = b"HTTP/1.1 202 Accepted\r\nContent-Length: 2\r\n\r\n{}";
        assert_eq!(head(answer).unwrap(), Some((202, 44, 2)));
        assert_eq!(head(&answer[..40]).unwrap(), None);
        assert!(head(b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n").is_err());
    }
}
