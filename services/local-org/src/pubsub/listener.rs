//! The ports of the Pub/Sub API: one in clear text, and one with TLS for clients that speak nothing else.

use std::net::{SocketAddr, TcpListener};
use std::time::Duration;

use actix_web::web;
use anyhow::Context;
use pubsub_proto::pub_sub_server::PubSubServer;
use tokio::task::JoinSet;
use tokio_stream::StreamExt;
use tokio_stream::wrappers::TcpListenerStream;
use tonic::transport::{Identity, Server, ServerTlsConfig};

use super::Service;
use super::connection::Connection;
use super::guard::Guarded;
use crate::certificate::Certificate;
use crate::host::Host;

/// Pause between HTTP/2 pings, and how long a client may take to answer one.
const PING_INTERVAL: Duration = Duration::from_secs(30);
const PING_TIMEOUT: Duration = Duration::from_secs(20);

/// HTTP/2 streams of a connection (Pub/Sub API Developer Guide, "Pub/Sub API Allocations").
const MAX_STREAMS: u32 = 1_000;

/// The running servers; they stop, and their streams end, when this is dropped.
#[derive(Debug, Default)]
pub(crate) struct Servers(JoinSet<()>);

impl Servers {
    /// Serves on a listener, with TLS when there is a certificate, and gives the address.
    ///
    /// # Errors
    /// When the listener or the certificate cannot be used.
    pub(crate) fn serve(
        &mut self,
        host: &web::Data<Host>,
        listener: TcpListener,
        certificate: Option<&Certificate>,
    ) -> anyhow::Result<SocketAddr> {
        let address = listener.local_addr().context("the listener has no address")?;
        listener.set_nonblocking(true).context("the listener cannot be used")?;
        let listener = tokio::net::TcpListener::from_std(listener).context("the listener cannot be used")?;
        let mut server = Server::builder()
            .http2_keepalive_interval(Some(PING_INTERVAL))
            .http2_keepalive_timeout(Some(PING_TIMEOUT))
            .max_concurrent_streams(MAX_STREAMS);
        if let Some(certificate) = certificate {
            let identity = Identity::from_pem(certificate.pem(), certificate.key_pem());
            server = server.tls_config(ServerTlsConfig::new().identity(identity)).context("TLS cannot be set up")?;
        }
        let incoming = TcpListenerStream::new(listener).map(|accepted| {
            accepted.map(|stream| {
                // Small messages go back and forth.
                let _ = stream.set_nodelay(true);
                Connection::new(stream)
            })
        });
        let inner = PubSubServer::new(Service { host: host.clone() });
        let service = Guarded { inner, host: host.clone() };
        self.0.spawn(async move {
            if let Err(error) = server.serve_with_incoming(service, incoming).await {
                tracing::error!(error = &error as &dyn std::error::Error, "the Pub/Sub API cannot be served any more");
            }
        });
        Ok(address)
    }
}
