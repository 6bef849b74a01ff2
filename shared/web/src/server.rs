//! Runs the actix server until the stop token is cancelled.

use std::io;
use std::net::TcpListener;
use std::sync::Arc;
use std::time::Duration;

use actix_web::body::MessageBody;
use actix_web::dev::{ServiceFactory, ServiceRequest, ServiceResponse};
use actix_web::{App, Error, HttpServer};
use nix::sys::resource::{Resource, getrlimit, setrlimit};
use tokio_util::sync::CancellationToken;

use super::connection::{Connection, Limits, SPARE};
pub use super::server_settings::ServerSettings;

/// Longest wait for running requests after the stop token is cancelled. Heroku kills 30 s after SIGTERM.
const GRACE_SECONDS: u64 = 20;

/// Longest wait for the head of a request.
const REQUEST_HEAD_TIMEOUT: Duration = Duration::from_secs(10);

/// Longest wait for a client to close its side.
const DISCONNECT_TIMEOUT: Duration = Duration::from_secs(2);

/// Open files of a connection: its socket, and the one that [`Connection`] holds.
const FILES_PER_CONNECTION: u64 = 2;

/// Open files beside connections, and some to spare.
const OTHER_FILES: u64 = 256;

/// Serves `app` on `listener` until `shutdown` is cancelled, then lets running requests end, 20 s at most.
///
/// `app` is called once in each thread, so shared state belongs outside of it. Handlers find the settings as
/// `Arc<ServerSettings>` in the data of the connection. Signals are left alone: see [`shared::process::signal_token`]. Runs
/// inside the caller's tokio runtime.
///
/// # Errors
/// The system's, when the listener cannot be used.
pub async fn serve<F, T, B>(
    app: F,
    listener: TcpListener,
    shutdown: CancellationToken,
    settings: ServerSettings,
) -> io::Result<()>
where
    F: Fn() -> App<T> + Send + Clone + 'static,
    T: ServiceFactory<ServiceRequest, Config = (), Response = ServiceResponse<B>, Error = Error, InitError = ()>
        + 'static,
    B: MessageBody + 'static,
{
    let address = listener.local_addr()?;
    let workers = settings.threads.max(1);
    let settings = Arc::new(settings);
    let connections = settings.connections.div_ceil(workers);
    let most = connections.saturating_add(SPARE);
    let files = u64::try_from(most.saturating_mul(workers)).unwrap_or(u64::MAX).saturating_mul(FILES_PER_CONNECTION);
    allow_files(files.saturating_add(OTHER_FILES));
    let keep_alive = settings.keep_alive;
    let server = HttpServer::new(app)
        .workers(workers)
        .max_connections(most)
        .on_connect(move |stream, data| {
            let limits = Limits { idle: settings.keep_alive + DISCONNECT_TIMEOUT, connections };
            Connection::watch(stream, data, limits);
            data.insert(settings.clone());
        })
        .client_request_timeout(REQUEST_HEAD_TIMEOUT)
        .client_disconnect_timeout(DISCONNECT_TIMEOUT)
        .keep_alive(keep_alive)
        // Who has gone waits for no answer, and what the request held is free for others. On the wire that looks like a client
        // that ends only its own side after a request, which is rare: it gets no answer either.
        .h1_allow_half_closed(false)
        .shutdown_timeout(GRACE_SECONDS)
        .shutdown_signal(shutdown.cancelled_owned())
        .listen(listener)?
        .run();
    tracing::info!(workers, "listening on http://{address}");
    server.await?;
    tracing::info!("stopped");
    Ok(())
}

/// Lets the process have this many open files, as far as the system allows.
fn allow_files(wanted: u64) {
    let raised = getrlimit(Resource::RLIMIT_NOFILE).and_then(|(soft, hard)| {
        if soft >= wanted {
            return Ok(soft);
        }
        let soft = wanted.min(hard);
        setrlimit(Resource::RLIMIT_NOFILE, soft, hard).map(|()| soft)
    });
    match raised {
        Ok(files) if files >= wanted => {}
        Ok(files) => tracing::warn!(files, wanted, "the system allows fewer open files than MAX_CONNECTIONS needs"),
        Err(error) => tracing::warn!(%error, wanted, "the limit of open files is not known"),
    }
}
