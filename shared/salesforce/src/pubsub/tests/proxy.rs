//! A wire between client and server that can be cut, or go dead without a word.

use std::net::SocketAddr;
use std::sync::{Arc, Mutex};

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;
use tokio::task::AbortHandle;

#[derive(Clone)]
pub(super) struct Proxy {
    pub(super) address: SocketAddr,
    wires: Arc<Mutex<Vec<AbortHandle>>>,
    dead: watch::Sender<bool>,
}

impl Proxy {
    pub(super) async fn start(target: SocketAddr) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let proxy =
            Self { address: listener.local_addr().unwrap(), wires: Arc::default(), dead: watch::Sender::new(false) };
        let (wires, dead) = (Arc::clone(&proxy.wires), proxy.dead.clone());
        tokio::spawn(async move {
            while let Ok((client, _)) = listener.accept().await {
                let dead = dead.subscribe();
                let wire = tokio::spawn(async move {
                    let Ok(server) = TcpStream::connect(target).await else { return };
                    // Or small frames wait 40 ms for an acknowledgement, longer than some tests leave a wire alone.
                    for end in [&client, &server] {
                        end.set_nodelay(true).unwrap();
                    }
                    let ((from_client, to_client), (from_server, to_server)) =
                        (client.into_split(), server.into_split());
                    tokio::join!(copy(from_client, to_server, dead.clone()), copy(from_server, to_client, dead));
                });
                wires.lock().unwrap().push(wire.abort_handle());
            }
        });
        proxy
    }

    /// Cuts every connection there is.
    pub(super) fn cut(&self) {
        self.wires.lock().unwrap().drain(..).for_each(|wire| wire.abort());
    }

    /// Nothing comes through the connections there are, and nobody is told. Those made later work.
    pub(super) fn go_dead(&self) {
        self.dead.send_replace(true);
        self.wires.lock().unwrap().clear();
        self.dead.send_replace(false);
    }
}

async fn copy(
    mut from: impl AsyncReadExt + Unpin,
    mut to: impl AsyncWriteExt + Unpin,
    mut dead: watch::Receiver<bool>,
) {
    let mut buffer = vec![0; 16 * 1024];
    loop {
        let read = tokio::select! {
            _ = dead.changed() => std::future::pending().await,
            read = from.read(&mut buffer) => read,
        };
        match read {
            Ok(count) if count > 0 => {
                if to.write_all(&buffer[..count]).await.is_err() {
                    return;
                }
            }
            _ => {
                let _ = to.shutdown().await;
                return;
            }
        }
    }
}
