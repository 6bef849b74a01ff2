//! Something in front of a server that takes connections, and answers only when it is told to.

use anyhow::{Context, Result};
use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
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
        let listener = TcpListener::bind("127.0.0.1:0").await.context("no port for a silent server")?;
        let address = listener.local_addr()?;
        let (answers, listening) = watch::channel(false);
        let (taken, host) = (Arc::<AtomicUsize>::default(), host.to_owned());
        let task = tokio::spawn(serve(listener, host, listening, Arc::clone(&taken)));
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

async fn serve(listener: TcpListener, host: String, answers: watch::Receiver<bool>, taken: Arc<AtomicUsize>) {
    let mut connections = JoinSet::new();
    while let Ok((stream, _)) = listener.accept().await {
        taken.fetch_add(1, Ordering::SeqCst);
        connections.spawn(attend(stream, host.clone(), answers.clone()));
        while connections.try_join_next().is_some() {}
    }
}

async fn attend(mut stream: TcpStream, host: String, mut answers: watch::Receiver<bool>) {
    if !*answers.borrow_and_update() {
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
