//! Connections that somebody keeps without a use for them.
//!
//! actix closes a connection whose first request does not come, or that is idle. It waits without a limit for a later
//! request that comes letter by letter, and for the rest of a body that nobody reads, if it comes in chunks. This module
//! ends both.

use std::any::Any;
use std::cell::Cell;
use std::io;
use std::net::{Shutdown, TcpStream};
use std::os::fd::AsFd;
use std::pin::Pin;
use std::rc::{Rc, Weak};
use std::task::{Context, Poll};
use std::time::Duration;

use actix_web::Error;
use actix_web::body::{BodySize, BoxBody, MessageBody};
use actix_web::dev::{Extensions, Payload, ServiceRequest, ServiceResponse};
use actix_web::middleware::Next;
use actix_web::web::Bytes;
use tokio::sync::oneshot;
use tokio::time::{Instant, sleep};

use super::body_deadline::IncomingBody;

/// A connection, among its data.
pub(super) struct Connection {
    /// The same socket once more.
    socket: TcpStream,
    /// Requests that are not answered to the end.
    requests: Cell<usize>,
    idle_since: Cell<Instant>,
    /// Dropped with the connection.
    _open: oneshot::Sender<()>,
}

impl Connection {
    /// For a new connection `stream`: remembers it in its data, and closes it when it has been without a whole request for
    /// `limit`.
    pub(super) fn watch(stream: &dyn Any, data: &mut Extensions, limit: Duration) {
        let Some(stream) = stream.downcast_ref::<actix_web::rt::net::TcpStream>() else { return };
        let socket = match stream.as_fd().try_clone_to_owned() {
            Ok(socket) => TcpStream::from(socket),
            Err(error) => {
                tracing::warn!(%error, "a connection is not watched");
                return;
            }
        };
        let (open, closed) = oneshot::channel();
        let (requests, idle_since) = (Cell::new(0), Cell::new(Instant::now()));
        let connection = Rc::new(Self { socket, requests, idle_since, _open: open });
        actix_web::rt::spawn(close_when_idle(Rc::downgrade(&connection), limit, closed));
        data.insert(connection);
    }

    /// How long it has been without a request.
    fn idle(&self) -> Duration {
        if self.requests.get() == 0 { self.idle_since.get().elapsed() } else { Duration::ZERO }
    }
}

async fn close_when_idle(connection: Weak<Connection>, limit: Duration, mut closed: oneshot::Receiver<()>) {
    let mut wait = limit;
    loop {
        tokio::select! {
            _ = &mut closed => return,
            () = sleep(wait) => {}
        }
        let Some(connection) = connection.upgrade() else { return };
        let idle = connection.idle();
        if idle >= limit {
            // It fails when the other side was faster.
            if let Err(error) = connection.socket.shutdown(Shutdown::Both)
                && error.kind() != io::ErrorKind::NotConnected
            {
                tracing::warn!(%error, "an idle connection could not be closed");
            }
            return;
        }
        wait = limit - idle;
    }
}

/// A request until its answer is sent.
struct InFlight(Rc<Connection>);

impl InFlight {
    fn new(connection: &Rc<Connection>) -> Self {
        connection.requests.set(connection.requests.get() + 1);
        Self(connection.clone())
    }
}

impl Drop for InFlight {
    fn drop(&mut self) {
        self.0.requests.set(self.0.requests.get().saturating_sub(1));
        self.0.idle_since.set(Instant::now());
    }
}

/// The body of an answer, with what has to live until it is sent.
struct Answer<B> {
    body: Pin<Box<B>>,
    /// While it lives, actix knows that the request's body was not read, and closes the connection after the answer.
    _unread: Option<Payload>,
    _request: Option<InFlight>,
}

impl<B: MessageBody> MessageBody for Answer<B> {
    type Error = B::Error;

    fn size(&self) -> BodySize {
        self.body.size()
    }

    fn poll_next(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Result<Bytes, Self::Error>>> {
        self.body.as_mut().poll_next(context)
    }
}

/// The outermost middleware: counts the connection's requests, sets the deadline of the body, and sees to it that a
/// connection with a body that nobody has read to its end is closed after the answer.
pub(super) async fn attend(
    mut request: ServiceRequest,
    next: Next<impl MessageBody + 'static>,
) -> Result<ServiceResponse<BoxBody>, Error> {
    let in_flight = request.conn_data::<Rc<Connection>>().map(InFlight::new);
    let body = IncomingBody::take_over(&mut request);
    let response = next.call(request).await?;
    let unread = body.and_then(|body| body.rest());
    Ok(response.map_body(|_, body| BoxBody::new(Answer { body: Box::pin(body), _unread: unread, _request: in_flight })))
}
