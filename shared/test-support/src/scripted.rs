//! A small HTTP server that answers as told, or hangs up.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::collections::{HashMap, VecDeque};
use std::sync::{Arc, Mutex};

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinHandle;

/// A request as it came.
#[derive(Debug, Clone)]
pub struct Seen {
    /// `GET`, `POST`, …
    pub method: String,
    /// Path and query, still encoded.
    pub target: String,
    /// Names in lower case.
    pub headers: HashMap<String, String>,
    /// Text, put together from its chunks where it came in some.
    pub body: String,
}

/// What to do with a request.
#[derive(Debug, Clone)]
pub enum Reply {
    /// Answer it and close the connection.
    Answer {
        /// Status code.
        status: u16,
        /// Further headers.
        headers: Vec<(&'static str, String)>,
        /// Text.
        body: String,
    },
    /// Hang up after reading the request.
    Drop,
    /// Begin an answer of `length` bytes, send only `body`, hang up.
    CutShort {
        /// What `Content-Length` says.
        length: usize,
        /// What is sent of it.
        body: String,
    },
    /// The same, but never hang up.
    Stall {
        /// What `Content-Length` says.
        length: usize,
        /// What is sent of it.
        body: String,
    },
    /// Never answer.
    Hang,
}

/// An answer without further headers.
pub fn reply(status: u16, body: impl Into<String>) -> Reply {
    Reply::Answer { status, headers: Vec::new(), body: body.into() }
}

/// An answer with one of Salesforce's errors.
pub fn error(status: u16, code: &str) -> Reply {
    reply(status, format!(r#"[{{"errorCode":"{code}","message":"text of {code}"}}]"#))
}

/// The server; it ends when it is dropped.
#[derive(Debug)]
pub struct TestServer {
    /// Scheme, address and port.
    pub url: String,
    seen: Arc<Mutex<Vec<Seen>>>,
    task: JoinHandle<()>,
}

impl Drop for TestServer {
    fn drop(&mut self) {
        self.task.abort();
    }
}

impl TestServer {
    /// Answers requests one after the other; those beyond the script get status 599.
    pub async fn script(replies: impl IntoIterator<Item = Reply>) -> Self {
        let replies = Mutex::new(replies.into_iter().collect::<VecDeque<_>>());
        Self::start(move |_| replies.lock().unwrap().pop_front().unwrap_or_else(|| reply(599, ""))).await
    }

    /// Answers every request as `answer` says.
    pub async fn start(answer: impl Fn(&Seen) -> Reply + Send + Sync + 'static) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let seen = Arc::new(Mutex::new(Vec::new()));
        let (log, answer) = (Arc::clone(&seen), Arc::new(answer));
        let task = tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                tokio::spawn(serve(stream, Arc::clone(&log), Arc::clone(&answer)));
            }
        });
        Self { url, seen, task }
    }

    /// All requests so far.
    pub fn seen(&self) -> Vec<Seen> {
        self.seen.lock().unwrap().clone()
    }

    /// `METHOD target` of every request.
    pub fn calls(&self) -> Vec<String> {
        self.seen().iter().map(|seen| format!("{} {}", seen.method, seen.target)).collect()
    }
}

async fn serve(mut stream: TcpStream, log: Arc<Mutex<Vec<Seen>>>, answer: Arc<impl Fn(&Seen) -> Reply>) {
    let Some(seen) = read_request(&mut stream).await else { return };
    log.lock().unwrap().push(seen.clone());
    let reply = answer(&seen);
    let stalls = matches!(reply, Reply::Stall { .. });
    let (head, body) = match reply {
        Reply::Drop => return,
        Reply::Hang => return std::future::pending().await,
        Reply::CutShort { length, body } | Reply::Stall { length, body } => {
            (format!("HTTP/1.1 200 OK\r\ncontent-type: text/csv\r\ncontent-length: {length}\r\n\r\n"), body)
        }
        Reply::Answer { status, headers, body } => {
            let extra: String = headers.iter().map(|(name, value)| format!("{name}: {value}\r\n")).collect();
            let length = body.len();
            let head = format!("HTTP/1.1 {status} X\r\n{extra}content-length: {length}\r\nconnection: close\r\n\r\n");
            (head, body)
        }
    };
    // The client may have hung up already.
    let _ = stream.write_all((head + &body).as_bytes()).await;
    if stalls {
        return std::future::pending().await;
    }
    let _ = stream.shutdown().await;
}

async fn read_request(stream: &mut TcpStream) -> Option<Seen> {
    let mut bytes = Vec::new();
    let end = loop {
        if let Some(end) = bytes.windows(4).position(|window| window == b"\r\n\r\n") {
            break end + 4;
        }
        if stream.read_buf(&mut bytes).await.ok()? == 0 {
            return None;
        }
    };
    let head = String::from_utf8(bytes[..end].to_vec()).unwrap();
    let mut lines = head.lines();
    let mut first = lines.next()?.split(' ');
    let (method, target) = (first.next()?.to_owned(), first.next()?.to_owned());
    let headers: HashMap<_, _> = lines
        .filter_map(|line| line.split_once(": "))
        .map(|(name, value)| (name.to_ascii_lowercase(), value.to_owned()))
        .collect();
    if headers.get("transfer-encoding").is_some_and(|encoding| encoding == "chunked") {
        let body = read_chunked(stream, bytes.split_off(end)).await?;
        return Some(Seen { method, target, headers, body });
    }
    let length: usize = headers.get("content-length").map_or(0, |length| length.parse().unwrap());
    while bytes.len() < end + length {
        if stream.read_buf(&mut bytes).await.ok()? == 0 {
            return None;
        }
    }
    let body = String::from_utf8(bytes[end..].to_vec()).unwrap();
    Some(Seen { method, target, headers, body })
}

/// Reads a body in chunks; `None` when it breaks off.
async fn read_chunked(stream: &mut TcpStream, mut bytes: Vec<u8>) -> Option<String> {
    let mut body = Vec::new();
    loop {
        let line = loop {
            if let Some(end) = bytes.windows(2).position(|window| window == b"\r\n") {
                break end;
            }
            if stream.read_buf(&mut bytes).await.ok()? == 0 {
                return None;
            }
        };
        let size = usize::from_str_radix(std::str::from_utf8(&bytes[..line]).unwrap(), 16).unwrap();
        while bytes.len() < line + 2 + size + 2 {
            if stream.read_buf(&mut bytes).await.ok()? == 0 {
                return None;
            }
        }
        body.extend_from_slice(&bytes[line + 2..line + 2 + size]);
        bytes.drain(..line + 2 + size + 2);
        if size == 0 {
            return Some(String::from_utf8(body).unwrap());
        }
    }
}
