//! Runs the actix server until the stop token is cancelled.

use std::io;
use std::net::TcpListener;
use std::time::Duration;

use actix_web::body::MessageBody;
use actix_web::dev::{ServiceFactory, ServiceRequest, ServiceResponse};
use actix_web::{App, Error, HttpServer};
use tokio_util::sync::CancellationToken;

/// Longest wait for running requests after the stop token is cancelled. Heroku kills 30 s after SIGTERM.
const GRACE_SECONDS: u64 = 20;

/// Longest wait for the head of a request.
const REQUEST_HEAD_TIMEOUT: Duration = Duration::from_secs(10);

/// Longest wait for a client to close its side.
const DISCONNECT_TIMEOUT: Duration = Duration::from_secs(2);

/// Idle time of a kept connection: more than the 90 s after which Heroku's router closes one (Dev Center, "HTTP Routing"), so
/// that the router never sends a request into a connection that this side is closing. Idle connections do not hold up a
/// stop, actix closes them first.
const KEEP_ALIVE: Duration = Duration::from_secs(95);

/// Serves `app` on `listener` until `shutdown` is cancelled, then lets running requests end, 20 s at most.
///
/// `app` is called once in each of the `workers` threads, so shared state belongs outside of it. Signals are left alone:
/// see [`super::shutdown::signal_token`]. Runs inside the caller's tokio runtime.
///
/// # Errors
/// The system's, when the listener cannot be used.
pub async fn serve<F, T, B>(
    app: F,
    listener: TcpListener,
    shutdown: CancellationToken,
    workers: usize,
) -> io::Result<()>
where
    F: Fn() -> App<T> + Send + Clone + 'static,
    T: ServiceFactory<ServiceRequest, Config = (), Response = ServiceResponse<B>, Error = Error, InitError = ()>
        + 'static,
    B: MessageBody + 'static,
{
    let address = listener.local_addr()?;
    let server = HttpServer::new(app)
        .workers(workers.max(1))
        .client_request_timeout(REQUEST_HEAD_TIMEOUT)
        .client_disconnect_timeout(DISCONNECT_TIMEOUT)
        .keep_alive(KEEP_ALIVE)
        .shutdown_timeout(GRACE_SECONDS)
        .shutdown_signal(shutdown.cancelled_owned())
        .listen(listener)?
        .run();
    tracing::info!(workers, "listening on http://{address}");
    server.await?;
    tracing::info!("stopped");
    Ok(())
}
