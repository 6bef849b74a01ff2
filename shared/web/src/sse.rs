//! Server-sent events (WHATWG HTML, "Server-sent events"): a stream of events as one endless answer.

use std::convert::Infallible;
use std::time::Duration;

use actix_web::HttpResponse;
use actix_web::http::header;
use actix_web::web::Bytes;
use futures_util::stream::{self, BoxStream, Stream, StreamExt};
use tokio_util::sync::CancellationToken;

/// Silence after which a comment is sent, so that routers and proxies keep the connection: Heroku's router drops one after
/// 55 s without a byte (Dev Center, "Request Timeout").
const KEEP_ALIVE: Duration = Duration::from_secs(15);

/// One event.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Event {
    /// The browser sends the last one back as `Last-Event-ID` when it connects again.
    pub id: Option<String>,
    /// The name to listen for; `message` when absent.
    pub event: Option<String>,
    /// Any text, several lines too.
    pub data: String,
}

impl Event {
    /// The event on the wire.
    fn encode(&self) -> String {
        let mut text = String::with_capacity(self.data.len() + 64);
        for (name, value) in [("id", &self.id), ("event", &self.event)] {
            if let Some(value) = value {
                // A line break or NUL inside would end the field or make the browser ignore it.
                let value = value.replace(['\r', '\n', '\0'], " ");
                text.push_str(&format!("{name}: {value}\n"));
            }
        }
        for line in self.data.replace("\r\n", "\n").split(['\n', '\r']) {
            text.push_str("data: ");
            text.push_str(line);
            text.push('\n');
        }
        text.push('\n');
        text
    }
}

/// An answer that sends `events` as they come, and a comment every 15 s of silence. It ends with the stream, when the
/// client leaves, or when `shutdown` is cancelled: an open stream would hold up a graceful stop.
pub fn response(events: impl Stream<Item = Event> + Send + 'static, shutdown: CancellationToken) -> HttpResponse {
    HttpResponse::Ok()
        .insert_header((header::CONTENT_TYPE, "text/event-stream"))
        .insert_header((header::CACHE_CONTROL, "no-store"))
        // Nginx and its kin would collect the events otherwise.
        .insert_header(("X-Accel-Buffering", "no"))
        .streaming(wire(events.boxed(), shutdown, KEEP_ALIVE).map(Ok::<_, Infallible>))
}

/// The bytes of the stream, with a comment after each `keep_alive` of silence.
pub(super) fn wire(
    events: BoxStream<'static, Event>,
    shutdown: CancellationToken,
    keep_alive: Duration,
) -> impl Stream<Item = Bytes> {
    stream::unfold((events, shutdown), move |(mut events, shutdown)| async move {
        let text = tokio::select! {
            biased;
            () = shutdown.cancelled() => return None,
            event = events.next() => event?.encode(),
            () = tokio::time::sleep(keep_alive) => ": keep-alive\n\n".to_owned(),
        };
        Some((Bytes::from(text), (events, shutdown)))
    })
}
