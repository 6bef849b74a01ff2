//! Something in front of a server that takes connections, and answers only when it is told to.

use anyhow::{Context, Result};
use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;
use tokio::task::{JoinHandle, JoinSet};

/// An address at which a server takes connections and does not answer, until it is to. What came in silence is closed then, as
/// by a server that starts anew.
pub struct SilentFront {
    address: SocketAddr,
    answers: watch::Sender<bool>,
    taken: Arc<AtomicUsize>,
    task: JoinHandle<()>,
}

impl SilentFront {
    /// Silent, in front of the server at `host`, such as `127.0.0.1:8090`.
    ///
    /// # Errors
    /// When no port can be used.
    pub async fn of(host: &str) -> Result<Self> {
        Self::start(host, Manner::Silent).await
    }

    /// Slow instead of silent: the list of API versions is answered, and nothing else.
    ///
    /// # Errors
    /// When no port can be used.
    pub async fn slow(host: &str) -> Result<Self> {
        Self::start(host, Manner::Slow).await
    }

    async fn start(host: &str, manner: Manner) -> Result<Self> {
        let listener = TcpListener::bind("127.0.0.1:0").await.context("no port for a silent server")?;
        let address = listener.local_addr()?;
        let (answers, listening) = watch::channel(false);
        let (taken, host) = (Arc::<AtomicUsize>::default(), host.to_owned());
        let task = tokio::spawn(serve(listener, host, manner, listening, Arc::clone(&taken)));
        Ok(Self { address, answers, taken, task })
    }

    /// Host and port.
    pub fn host(&self) -> String {
        self.address.to_string()
    }

    /// The address as a URL without a path.
    pub fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    /// Connections so far.
    pub fn taken(&self) -> usize {
        self.taken.load(Ordering::SeqCst)
    }

    /// Answers connections from now on, or falls silent: then connections that were answered are closed.
    pub fn answer(&self, answers: bool) {
        self.answers.send_replace(answers);
    }
}

impl Drop for SilentFront {
    fn drop(&mut self) {
        self.task.abort();
    }
}

/// What is done while nothing is to be answered.
#[derive(Clone, Copy)]
enum Manner {
    Silent,
    Slow,
}

async fn serve(
    listener: TcpListener,
    host: String,
    manner: Manner,
    answers: watch::Receiver<bool>,
    taken: Arc<AtomicUsize>,
) {
    let mut connections = JoinSet::new();
    while let Ok((stream, _)) = listener.accept().await {
        taken.fetch_add(1, Ordering::SeqCst);
        connections.spawn(attend(stream, host.clone(), manner, answers.clone()));
        while connections.try_join_next().is_some() {}
    }
}

async fn attend(mut stream: TcpStream, host: String, manner: Manner, mut answers: watch::Receiver<bool>) {
    if !*answers.borrow_and_update() {
        if let Manner::Slow = manner {
            tokio::select! {
                () = answer_versions(&mut stream) => return,
                _ = answers.wait_for(|answers| *answers) => return,
            }
        }
        // Kept until then, and not read. An error says that there is no front any more.
        let _ = answers.wait_for(|answers| *answers).await;
        return;
    }
    let Ok(mut server) = TcpStream::connect(host).await else { return };
    tokio::select! {
        _ = tokio::io::copy_bidirectional(&mut stream, &mut server) => {}
        _ = answers.wait_for(|answers| !answers) => {}
    }
}

/// Ends with the connection of a call for the list of API versions, and of one that was closed; not with any other.
async fn answer_versions(stream: &mut TcpStream) {
    const VERSIONS: &[u8] = b"GET /services/data/ HTTP/1.1\r\n";
    let (mut head, mut bytes) = (Vec::new(), [0; 1024]);
    while head.len() < VERSIONS.len() {
        match stream.read(&mut bytes).await {
            Ok(0) | Err(_) => return,
            Ok(count) => head.extend_from_slice(bytes.get(..count).unwrap_or_default()),
        }
    }
    if head.starts_with(VERSIONS) {
        let answer =
            "HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: 2\r\nconnection: close\r\n\r\n[]";
        let _ = stream.write_all(answer.as_bytes()).await;
        let _ = stream.shutdown().await;
        return;
    }
    while matches!(stream.read(&mut bytes).await, Ok(count) if count > 0) {}
}
