//! The TCP connection under a request, for faults that close it without an answer.

use std::any::Any;
use std::net::{Shutdown, TcpStream};
use std::os::fd::AsFd;

use actix_tls::accept::rustls_0_23::TlsStream;
use actix_web::HttpRequest;
use actix_web::dev::Extensions;
use actix_web::rt::net::TcpStream as PlainStream;

/// A second handle of a connection's socket.
struct Connection(TcpStream);

/// Keeps a handle of each new connection with it; for `HttpServer::on_connect`.
pub(crate) fn remember(connection: &dyn Any, extensions: &mut Extensions) {
    let Some(stream) = tcp(connection) else { return };
    match stream.as_fd().try_clone_to_owned() {
        Ok(handle) => {
            extensions.insert(Connection(TcpStream::from(handle)));
        }
        Err(error) => tracing::warn!(%error, "cannot keep a handle of the connection: faults cannot drop it"),
    }
}

/// The connection itself, or that under TLS.
fn tcp(connection: &dyn Any) -> Option<&PlainStream> {
    let below_tls = || connection.downcast_ref::<TlsStream<PlainStream>>().map(|stream| stream.get_ref().0);
    connection.downcast_ref::<PlainStream>().or_else(below_tls)
}

/// Closes the connection of a request in both directions; what is answered afterwards goes nowhere.
pub(crate) fn close(request: &HttpRequest) {
    if let Some(Connection(stream)) = request.conn_data::<Connection>() {
        // The client may have closed it already.
        let _ = stream.shutdown(Shutdown::Both);
    }
}
