//! Connections that somebody keeps without a use for them.
//!
//! actix closes a connection whose first request does not come, or that is idle. It waits without a limit for a later
//! request that comes letter by letter, and for the rest of a body that nobody reads, if it comes in chunks. This module
//! ends both.
//!
//! And it keeps some connections free for probes: when as many are open as may be, a new one takes the place of the one
//! that was idle for longest; when none is idle, it is answered 503, unless it asks for a probe.

use std::any::Any;
use std::cell::{Cell, RefCell};
use std::io;
use std::net::{Shutdown, TcpStream};
use std::os::fd::AsFd;
use std::pin::Pin;
use std::rc::{Rc, Weak};
use std::task::{Context, Poll};
use std::time::Duration;

use actix_web::body::{BodySize, BoxBody, MessageBody};
use actix_web::dev::{Extensions, Payload, ServiceRequest, ServiceResponse};
use actix_web::http::ConnectionType;
use actix_web::middleware::Next;
use actix_web::web::Bytes;
use actix_web::{Error, ResponseError};
use tokio::sync::oneshot;
use tokio::time::{Instant, sleep};

use super::body_deadline::IncomingBody;
use super::error::ApiError;
use super::probes::is_probe;

/// Connections of a server thread beyond those that it serves all requests on.
pub(super) const SPARE: usize = 64;

/// Time without a request after which a spare connection is closed.
const SPARE_IDLE: Duration = Duration::from_secs(1);

/// This many spare connections are nearly all: from then on one is closed after [`LEAST_IDLE`], as a probe may wait behind very
/// many that only wait.
const CROWDED: usize = SPARE / 2;

/// A connection that was idle for less may be about to be used.
const LEAST_IDLE: Duration = Duration::from_millis(200);

/// When a connection that was one too many may find a place.
const RETRY_AFTER: Duration = Duration::from_secs(1);

thread_local! {
    /// The connections of this server thread, and some that were.
    static OPEN: RefCell<Vec<Weak<Connection>>> = const { RefCell::new(Vec::new()) };
}

/// How long connections are kept, and how many.
#[derive(Clone, Copy)]
pub(super) struct Limits {
    /// Longest time without a whole request.
    pub(super) idle: Duration,
    /// Connections of a server thread on which all requests are served.
    pub(super) connections: usize,
}

/// A connection, among its data.
pub(super) struct Connection {
    /// The same socket once more.
    socket: TcpStream,
    /// Requests that are not answered to the end.
    requests: Cell<usize>,
    idle_since: Cell<Instant>,
    limits: Limits,
    /// It is one too many, so only probes are answered on it.
    spare: Cell<bool>,
    /// Dropped with the connection.
    _open: oneshot::Sender<()>,
}

impl Connection {
    /// For a new connection `stream`: remembers it in its data, and closes it when it has been without a whole request for
    /// too long.
    pub(super) fn watch(stream: &dyn Any, data: &mut Extensions, limits: Limits) {
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
        let spare = Cell::new(!has_room(limits.connections) && !make_room());
        let connection = Rc::new(Self { socket, requests, idle_since, limits, spare, _open: open });
        OPEN.with_borrow_mut(|open| open.push(Rc::downgrade(&connection)));
        actix_web::rt::spawn(close_when_idle(Rc::downgrade(&connection), closed));
        data.insert(connection);
    }

    /// Whether it is one too many; no longer, once another one has ended.
    fn is_spare(&self) -> bool {
        if self.spare.get() && has_room(self.limits.connections) {
            self.spare.set(false);
        }
        self.spare.get()
    }

    /// How long it may be without a request, and when to look again at the latest.
    fn limit(&self) -> (Duration, Duration) {
        match self.spare.get() {
            false => (self.limits.idle, self.limits.idle),
            true if is_crowded() => (LEAST_IDLE, LEAST_IDLE),
            true => (SPARE_IDLE, LEAST_IDLE),
        }
    }

    fn close(&self) {
        // It fails when the other side was faster.
        if let Err(error) = self.socket.shutdown(Shutdown::Both)
            && error.kind() != io::ErrorKind::NotConnected
        {
            tracing::warn!(%error, "an idle connection could not be closed");
        }
    }

    /// How long it has been without a request.
    fn idle(&self) -> Duration {
        if self.requests.get() == 0 { self.idle_since.get().elapsed() } else { Duration::ZERO }
    }
}

/// Whether this thread serves fewer than `most` connections.
fn has_room(most: usize) -> bool {
    OPEN.with_borrow_mut(|open| {
        if open.len() < most {
            return true;
        }
        open.retain(|connection| connection.strong_count() > 0);
        open.iter().filter_map(Weak::upgrade).filter(|connection| !connection.spare.get()).count() < most
    })
}

/// Closes the connection of this thread that was idle for longest; false when none is idle.
fn make_room() -> bool {
    let idle = OPEN.with_borrow(|open| {
        let served = open.iter().filter_map(Weak::upgrade).filter(|connection| !connection.spare.get());
        served.filter(|connection| connection.idle() >= LEAST_IDLE).max_by_key(|connection| connection.idle())
    });
    let Some(connection) = idle else { return false };
    // Its place is taken from now on.
    connection.spare.set(true);
    connection.close();
    true
}

/// Whether nearly all spare connections of this thread are taken.
fn is_crowded() -> bool {
    OPEN.with_borrow(|open| {
        open.iter().filter_map(Weak::upgrade).filter(|connection| connection.spare.get()).count() >= CROWDED
    })
}

async fn close_when_idle(connection: Weak<Connection>, mut closed: oneshot::Receiver<()>) {
    loop {
        let wait = {
            let Some(connection) = connection.upgrade() else { return };
            let ((limit, look), idle) = (connection.limit(), connection.idle());
            if idle >= limit {
                connection.close();
                return;
            }
            look.min(limit - idle)
        };
        tokio::select! {
            _ = &mut closed => return,
            () = sleep(wait) => {}
        }
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

/// The outermost middleware: refuses what comes on a connection that is one too many, counts the connection's requests, sets the deadline of the body, and sees to it that a
/// connection with a body that nobody has read to its end is closed after the answer.
pub(super) async fn attend(
    mut request: ServiceRequest,
    next: Next<impl MessageBody + 'static>,
) -> Result<ServiceResponse<BoxBody>, Error> {
    let spare = request.conn_data::<Rc<Connection>>().is_some_and(|connection| connection.is_spare());
    if spare && !is_probe(request.path()) {
        metrics::counter!("http_connections_refused_total").increment(1);
        let refusal = ApiError::service_unavailable("Too many connections are open.", RETRY_AFTER);
        let mut response = request.into_response(refusal.error_response());
        response.response_mut().head_mut().set_connection_type(ConnectionType::Close);
        return Ok(response);
    }
    let in_flight = request.conn_data::<Rc<Connection>>().map(InFlight::new);
    let body = IncomingBody::take_over(&mut request);
    let mut response = next.call(request).await?;
    if spare {
        response.response_mut().head_mut().set_connection_type(ConnectionType::Close);
    }
    let unread = body.and_then(|body| body.rest());
    Ok(response.map_body(|_, body| BoxBody::new(Answer { body: Box::pin(body), _unread: unread, _request: in_flight })))
}
