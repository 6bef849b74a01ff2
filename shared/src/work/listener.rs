//! `/metrics` of a worker, where an address is set for it. On Heroku a worker has none: what it tells there stands in Redis, too.

use crate::config::Token;
use crate::figures::{Exposition, Figures};
use crate::telemetry::{METRICS_TYPE, metrics_handle};
use http_body_util::Full;
use hyper::body::{Bytes, Incoming};
use hyper::header::{AUTHORIZATION, CONTENT_TYPE, HeaderValue};
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper::{Method, Request, Response, StatusCode};
use hyper_util::rt::{TokioIo, TokioTimer};
use std::convert::Infallible;
use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::Semaphore;
use tokio_util::sync::CancellationToken;

/// Connections at a time; a collector needs one.
const MOST_CONNECTIONS: usize = 16;
/// Longest wait for the head of a request.
const HEAD_TIMEOUT: Duration = Duration::from_secs(10);
/// Longest life of a connection.
const CONNECTION_LIFE: Duration = Duration::from_secs(120);
/// Before the next connection is taken after one that could not be.
const PAUSE: Duration = Duration::from_millis(500);

/// An address at which a worker answers.
pub(super) struct Listener {
    socket: TcpListener,
    token: Option<Token>,
}

/// What is answered.
struct Told {
    token: Option<Token>,
    queues: Figures,
    queue: String,
    worker: String,
}

/// What a request is about.
enum Asked {
    Health,
    Metrics,
    MetricsWithoutToken,
    Other,
}

impl Listener {
    /// Binds the address. With `token` nobody else is answered.
    pub(super) async fn bind(address: SocketAddr, token: Option<Token>) -> io::Result<Self> {
        let socket = TcpListener::bind(address).await?;
        tracing::info!("figures at http://{}/metrics", socket.local_addr()?);
        Ok(Self { socket, token })
    }

    /// Answers `/metrics` with what the worker `worker` of `queue` has counted, and with `queues`, until `shutdown` is cancelled.
    pub(super) async fn serve(self, queues: Figures, queue: String, worker: String, shutdown: CancellationToken) {
        let told = Arc::new(Told { token: self.token, queues, queue, worker });
        let places = Arc::new(Semaphore::new(MOST_CONNECTIONS));
        loop {
            let Ok(place) = Arc::clone(&places).acquire_owned().await else { return };
            let Some(accepted) = shutdown.run_until_cancelled(self.socket.accept()).await else { return };
            match accepted {
                Ok((stream, _)) => {
                    let told = Arc::clone(&told);
                    tokio::spawn(async move {
                        let _place = place;
                        told.answer_all(stream).await;
                    });
                }
                Err(error) => {
                    tracing::warn!(%error, "a connection for figures could not be taken");
                    tokio::time::sleep(PAUSE).await;
                }
            }
        }
    }
}

impl Told {
    async fn answer_all(self: Arc<Self>, stream: TcpStream) {
        let service = service_fn(|request| {
            let (told, asked) = (Arc::clone(&self), self.asked(&request));
            async move { Ok::<_, Infallible>(told.answer(asked).await) }
        });
        let connection = http1::Builder::new()
            .timer(TokioTimer::new())
            .header_read_timeout(HEAD_TIMEOUT)
            .serve_connection(TokioIo::new(stream), service);
        match tokio::time::timeout(CONNECTION_LIFE, connection).await {
            Ok(Ok(())) | Err(_) => {}
            Ok(Err(error)) => tracing::debug!(%error, "a connection for figures broke off"),
        }
    }

    fn asked(&self, request: &Request<Incoming>) -> Asked {
        let authorization = request.headers().get(AUTHORIZATION).map(HeaderValue::as_bytes);
        match (request.method(), request.uri().path()) {
            (&Method::GET, "/health") => Asked::Health,
            (&Method::GET, "/metrics") if self.token.as_ref().is_none_or(|token| token.is_in(authorization)) => {
                Asked::Metrics
            }
            (&Method::GET, "/metrics") => Asked::MetricsWithoutToken,
            _ => Asked::Other,
        }
    }

    async fn answer(&self, asked: Asked) -> Response<Full<Bytes>> {
        match asked {
            Asked::Health => text(StatusCode::OK, "ok\n".to_owned()),
            Asked::Metrics => text(StatusCode::OK, self.figures().await),
            Asked::MetricsWithoutToken => text(
                StatusCode::UNAUTHORIZED,
                "Send METRICS_TOKEN as Authorization: Bearer and the token.\n".to_owned(),
            ),
            Asked::Other => text(StatusCode::NOT_FOUND, "GET /metrics, or /health\n".to_owned()),
        }
    }

    async fn figures(&self) -> String {
        let labels = [("queue", self.queue.as_str()), ("worker", self.worker.as_str())];
        let mut all = Exposition::of_this_process(&metrics_handle().render()).labelled(&labels);
        all.extend(self.queues.now().await);
        // As of web processes: without a token no org is named.
        let told = if self.token.is_some() { all } else { all.without_orgs() };
        told.to_string()
    }
}

fn text(status: StatusCode, text: String) -> Response<Full<Bytes>> {
    let mut response = Response::new(Full::new(Bytes::from(text)));
    *response.status_mut() = status;
    response.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static(METRICS_TYPE));
    response
}
