//! A proxy in front of itself: `CONNECT` to this server's own name leads to its port with TLS, whatever port the client
//! thinks that it is on. AppLink's plugin publishes to port 443 of the add-on's host, which only an administrator of the
//! machine can listen on; with `HTTPS_PROXY` it comes here.
//!
//! Nothing else is connected to: the guard in front has refused other names.

use std::io;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr, TcpListener};

use actix_web::http::uri::Authority;
use actix_web::{HttpRequest, HttpResponse, web};
use anyhow::Context;
use futures_util::StreamExt;
use futures_util::stream::try_unfold;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

use crate::error::ApiError;
use crate::http::answer::Answer;

/// The port that https has when none is named.
const HTTPS: u16 = 443;
/// Bytes that are passed on at a time.
const PIECE: usize = 16 * 1024;

/// Where a listener is reached from this process.
///
/// # Errors
/// When it has no address.
pub(super) fn inside(listener: &TcpListener) -> anyhow::Result<SocketAddr> {
    let mut address = listener.local_addr().context("the listener has no address")?;
    if address.ip().is_unspecified() {
        address.set_ip(match address.ip() {
            IpAddr::V4(_) => Ipv4Addr::LOCALHOST.into(),
            IpAddr::V6(_) => Ipv6Addr::LOCALHOST.into(),
        });
    }
    Ok(address)
}

/// Opens a way to the port with TLS.
pub(super) async fn open(request: &HttpRequest, mut payload: web::Payload, https: Option<SocketAddr>) -> HttpResponse {
    let wanted = request.uri().authority().and_then(Authority::port_u16);
    let Some(https) = https.filter(|https| wanted.is_some_and(|port| port == HTTPS || port == https.port())) else {
        let message =
            "This local org is a proxy for its own https alone, which --tls-port (LOCAL_ORG_TLS_PORT) switches on";
        return Answer::from(ApiError::new(403, "FORBIDDEN", message)).into_response();
    };
    let (reader, mut writer) = match TcpStream::connect(https).await {
        Ok(stream) => stream.into_split(),
        Err(error) => {
            let message = format!("The port with TLS does not answer: {error}");
            return Answer::from(ApiError::new(502, "BAD_GATEWAY", message)).into_response();
        }
    };
    actix_web::rt::spawn(async move {
        while let Some(Ok(piece)) = payload.next().await {
            if writer.write_all(&piece).await.is_err() {
                return;
            }
        }
        // The other half ends with the connection.
        let _ = writer.shutdown().await;
    });
    let pieces = try_unfold(reader, |mut reader| async move {
        let mut piece = vec![0; PIECE];
        let read = reader.read(&mut piece).await?;
        piece.truncate(read);
        Ok::<_, io::Error>((read > 0).then(|| (web::Bytes::from(piece), reader)))
    });
    let mut response = HttpResponse::Ok().streaming(Box::pin(pieces));
    // What follows is no message of HTTP, and ends with the connection.
    response.head_mut().no_chunking(true);
    response
}
