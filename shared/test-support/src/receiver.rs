//! A host that is called back: records requests, and answers what a test tells it to.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use anyhow::{Context, Result, bail};
use serde_json::Value;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::{JoinHandle, JoinSet};

use crate::{LocalOrg, eventually};

/// Longest request that is read, in bytes.
const MAX_BYTES: usize = 1024 * 1024;

/// The body of a [`Reply::Page`].
const PAGE: &str = "<html><body><h1>We are down for maintenance</h1></body></html>";

/// A request as it was received.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Received {
    /// Such as `POST`.
    pub method: String,
    /// Path and query.
    pub target: String,
    /// Names in lower case, in the order they came.
    pub headers: Vec<(String, String)>,
    /// The body as text.
    pub body: String,
}

impl Received {
    /// The first header of this name, which is given in lower case.
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(key, _)| key == name).map(|(_, value)| value.as_str())
    }

    /// The body as JSON.
    ///
    /// # Errors
    /// When it is none.
    pub fn json(&self) -> Result<Value> {
        serde_json::from_str(&self.body).with_context(|| format!("not JSON: {}", self.body))
    }
}

/// What a [`Receiver`] does with a request that it has recorded.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Reply {
    /// Answers with this status.
    Status(u16),
    /// Answers with this status and a page for people, as something between the caller and a receiver may.
    Page(u16),
    /// Never answers, and keeps the connection open.
    Hang,
}

/// Paths of an org's API, which a receiver that stands in front of one passes on.
const API: [&str; 6] =
    ["/services/data", "/services/oauth2", "/services/async-callbacks", "/addons/", "/id/", "/local/"];

/// An HTTP/1.1 host on loopback; gone when dropped. Every connection carries one request.
#[derive(Debug)]
pub struct Receiver {
    host: String,
    state: Arc<Mutex<State>>,
    serving: JoinHandle<()>,
}

#[derive(Debug, Default)]
struct State {
    replies: VecDeque<Reply>,
    received: Vec<Received>,
}

impl Receiver {
    /// Starts it on a free port. It answers 200 until told otherwise.
    ///
    /// # Errors
    /// When no port can be had.
    pub async fn start() -> Result<Self> {
        Self::start_with(None).await
    }

    /// Starts it in front of an org, whose API calls it passes on and does not record. So the org and whoever is called
    /// back have one address, as callbacks of an org have.
    ///
    /// # Errors
    /// When no port can be had, or the org's address is none.
    pub async fn in_front_of(org: &LocalOrg) -> Result<Self> {
        Self::start_with(Some(org.host()?)).await
    }

    async fn start_with(org: Option<String>) -> Result<Self> {
        let listener = TcpListener::bind("127.0.0.1:0").await.context("no free port for a receiver")?;
        let host = listener.local_addr()?.to_string();
        let state = Arc::<Mutex<State>>::default();
        let serving = tokio::spawn(serve(listener, org, Arc::clone(&state)));
        Ok(Self { host, state, serving })
    }

    /// `127.0.0.1:PORT`, for `ALLOWED_ORG_HOSTS`.
    pub fn host(&self) -> &str {
        &self.host
    }

    /// A URL of it.
    pub fn url(&self, path: &str) -> String {
        format!("http://{}{path}", self.host)
    }

    /// What it does with the next requests, one after the other; then it answers 200 again.
    pub fn reply(&self, replies: impl IntoIterator<Item = Reply>) {
        self.state().replies.extend(replies);
    }

    /// All requests so far.
    pub fn received(&self) -> Vec<Received> {
        self.state().received.clone()
    }

    /// Waits until this many requests have come, and answers all of them.
    ///
    /// # Errors
    /// When they do not come within `limit`.
    pub async fn wait_for(&self, requests: usize, limit: Duration) -> Result<Vec<Received>> {
        eventually(limit, &format!("{requests} requests at the receiver"), async || {
            let received = self.received();
            if received.len() >= requests { Ok(received) } else { bail!("{} have come", received.len()) }
        })
        .await
    }

    fn state(&self) -> MutexGuard<'_, State> {
        lock(&self.state)
    }
}

impl Drop for Receiver {
    fn drop(&mut self) {
        self.serving.abort();
    }
}

fn lock(state: &Mutex<State>) -> MutexGuard<'_, State> {
    state.lock().unwrap_or_else(PoisonError::into_inner)
}

async fn serve(listener: TcpListener, org: Option<String>, state: Arc<Mutex<State>>) {
    // Dropped with this task, which closes the connections that hang.
    let mut connections = JoinSet::new();
    while let Ok((connection, _)) = listener.accept().await {
        connections.spawn(answer(connection, org.clone(), Arc::clone(&state)));
    }
}

/// A request that breaks off is not recorded.
async fn answer(mut connection: TcpStream, org: Option<String>, state: Arc<Mutex<State>>) -> Result<()> {
    let mut bytes = Vec::new();
    if let Some(org) = org
        && let Some(passed_on) = api_call(&mut connection, &mut bytes).await?
    {
        let mut upstream = TcpStream::connect(org).await.context("the org does not listen")?;
        upstream.write_all(&passed_on).await?;
        tokio::io::copy_bidirectional(&mut connection, &mut upstream).await?;
        return Ok(());
    }
    let received = read(&mut connection, bytes).await?;
    let reply = {
        let mut state = lock(&state);
        state.received.push(received);
        state.replies.pop_front().unwrap_or(Reply::Status(200))
    };
    let (status, kind, body) = match reply {
        Reply::Status(status) => (status, "", ""),
        Reply::Page(status) => (status, "content-type: text/html\r\n", PAGE),
        Reply::Hang => return std::future::pending().await,
    };
    let length = body.len();
    let answer = format!("HTTP/1.1 {status} Told\r\n{kind}content-length: {length}\r\nconnection: close\r\n\r\n{body}");
    connection.write_all(answer.as_bytes()).await?;
    connection.shutdown().await?;
    Ok(())
}

/// Reads until the head of the request is there. What to pass on, if the request is a call of the org's API: what was read,
/// and that the connection ends with the answer, since the next request may not be one.
async fn api_call(connection: &mut TcpStream, bytes: &mut Vec<u8>) -> Result<Option<Vec<u8>>> {
    let end = loop {
        if let Some(end) = bytes.windows(4).position(|window| window == b"\r\n\r\n") {
            break end;
        }
        if connection.read_buf(bytes).await? == 0 || bytes.len() > MAX_BYTES {
            bail!("the request broke off, or is too long");
        }
    };
    let (head, rest) = bytes.split_at(end);
    let head = std::str::from_utf8(head).context("the head is not text")?;
    let target = head.split(' ').nth(1).unwrap_or_default();
    if !API.iter().any(|path| target.starts_with(path)) {
        return Ok(None);
    }
    let kept = head.lines().filter(|line| !line.to_ascii_lowercase().starts_with("connection:"));
    let mut passed_on = kept.collect::<Vec<_>>().join("\r\n").into_bytes();
    passed_on.extend_from_slice(b"\r\nconnection: close");
    passed_on.extend_from_slice(rest);
    Ok(Some(passed_on))
}

async fn read(connection: &mut TcpStream, mut bytes: Vec<u8>) -> Result<Received> {
    loop {
        if let Some(received) = parse(&bytes)? {
            return Ok(received);
        }
        if connection.read_buf(&mut bytes).await? == 0 || bytes.len() > MAX_BYTES {
            bail!("the request broke off, or is too long");
        }
    }
}

/// The request in `bytes`; `None` as long as it is not complete.
fn parse(bytes: &[u8]) -> Result<Option<Received>> {
    let Some(end) = bytes.windows(4).position(|window| window == b"\r\n\r\n") else { return Ok(None) };
    let (head, rest) = bytes.split_at(end);
    let body = rest.get(4..).unwrap_or_default();
    let head = std::str::from_utf8(head).context("the head is not text")?;
    let mut lines = head.lines();
    let mut first = lines.next().unwrap_or_default().split(' ');
    let (method, target) = (first.next().unwrap_or_default(), first.next().unwrap_or_default());
    let headers: Vec<_> = lines
        .filter_map(|line| line.split_once(':'))
        .map(|(name, value)| (name.to_ascii_lowercase(), value.trim().to_owned()))
        .collect();
    let length = headers.iter().find(|(name, _)| name == "content-length").map(|(_, value)| value.parse());
    let length: usize = length.transpose().context("content-length is no number")?.unwrap_or(0);
    let Some(body) = body.get(..length) else { return Ok(None) };
    let body = String::from_utf8(body.to_vec()).context("the body is not text")?;
    Ok(Some(Received { method: method.to_owned(), target: target.to_owned(), headers, body }))
}

#[cfg(test)]
mod tests;
