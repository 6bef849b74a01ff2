//! A TCP proxy on loopback that can lose the network between a process and what it talks to.

use std::io::{Error, ErrorKind, Result as IoResult};
use std::net::SocketAddr;

use anyhow::{Context, Result};
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;
use tokio::task::{JoinHandle, JoinSet};

const BUFFER: usize = 16 * 1024;

/// What a [`Proxy`] does with bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Mode {
    /// Passes them on.
    Open,
    /// Resets all connections, those that are open and those that come.
    Refusing,
    /// Keeps all connections and passes nothing on, until it opens again.
    Stalled,
    /// Passes requests on, and keeps the answers until it opens again.
    Deaf,
}

/// A proxy on a free port of 127.0.0.1, open at first; gone with its connections when dropped.
#[derive(Debug)]
pub(crate) struct Proxy {
    address: SocketAddr,
    mode: watch::Sender<Mode>,
    serving: JoinHandle<()>,
}

impl Proxy {
    /// Starts it in front of `target`.
    ///
    /// # Errors
    /// When no port can be had.
    pub(crate) async fn start(target: SocketAddr) -> Result<Self> {
        let listener = TcpListener::bind("127.0.0.1:0").await.context("no free port for a proxy")?;
        let address = listener.local_addr()?;
        let mode = watch::Sender::new(Mode::Open);
        let serving = tokio::spawn(serve(listener, target, mode.subscribe()));
        Ok(Self { address, mode, serving })
    }

    /// Where it listens.
    pub(crate) fn address(&self) -> SocketAddr {
        self.address
    }

    /// Changes what it does, also with connections that are open.
    pub(crate) fn set(&self, mode: Mode) {
        self.mode.send_replace(mode);
    }

    /// What it does.
    pub(crate) fn mode(&self) -> Mode {
        *self.mode.borrow()
    }
}

impl Drop for Proxy {
    fn drop(&mut self) {
        self.serving.abort();
    }
}

async fn serve(listener: TcpListener, target: SocketAddr, mode: watch::Receiver<Mode>) {
    // Dropped with this task, which closes the connections.
    let mut connections = JoinSet::new();
    loop {
        tokio::select! {
            accepted = listener.accept() => match accepted {
                Ok((client, _)) => drop(connections.spawn(carry(client, target, mode.clone()))),
                // Out of file handles, for example; the next one may do.
                Err(_) => tokio::time::sleep(std::time::Duration::from_millis(10)).await,
            },
            Some(_) = connections.join_next() => {}
        }
    }
}

/// Carries one connection to its end. What goes wrong on one side closes the other, so the peers notice.
async fn carry(mut client: TcpStream, target: SocketAddr, mut mode: watch::Receiver<Mode>) {
    if *mode.borrow() != Mode::Refusing
        && let Ok(mut server) = TcpStream::connect(target).await
    {
        let (from_client, to_client) = client.split();
        let (from_server, to_server) = server.split();
        let requests = pump(from_client, to_server, mode.clone(), |mode| matches!(mode, Mode::Open | Mode::Deaf));
        let answers = pump(from_server, to_client, mode.clone(), |mode| mode == Mode::Open);
        tokio::select! {
            carried = async { tokio::try_join!(requests, answers) } => if carried.is_ok() { return },
            _ = mode.wait_for(|mode| *mode == Mode::Refusing) => {}
        }
        let _ = server.set_zero_linger();
    }
    // A reset, as a network that went away would be noticed.
    let _ = client.set_zero_linger();
}

async fn pump(
    mut from: impl AsyncRead + Unpin,
    mut to: impl AsyncWrite + Unpin,
    mut mode: watch::Receiver<Mode>,
    passes: fn(Mode) -> bool,
) -> IoResult<()> {
    let gone = |_| Error::from(ErrorKind::BrokenPipe);
    let mut buffer = vec![0; BUFFER];
    loop {
        mode.wait_for(|mode| passes(*mode)).await.map_err(gone)?;
        let count = tokio::select! {
            count = from.read(&mut buffer) => count?,
            _ = mode.changed() => continue,
        };
        // What came in the moment of a change waits as well.
        mode.wait_for(|mode| passes(*mode)).await.map_err(gone)?;
        match buffer.get(..count) {
            None | Some([]) => return to.shutdown().await,
            Some(bytes) => to.write_all(bytes).await?,
        }
    }
}

#[cfg(test)]
mod tests;
