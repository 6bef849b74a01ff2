//! A real server: a graceful stop, and an event stream.

use std::net::{SocketAddr, TcpListener};
use std::sync::Arc;
use std::time::Duration;

use actix_web::HttpResponse;
use actix_web::web::{self, ServiceConfig};
use futures_util::stream;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::sync::Notify;
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;

use super::super::{app, server, sse};

const DEADLINE: Duration = Duration::from_secs(15);

/// A server on a free port; cancel `shutdown`, then wait for `stopped`.
struct Running {
    address: SocketAddr,
    shutdown: CancellationToken,
    stopped: JoinHandle<std::io::Result<()>>,
}

fn start(routes: impl Fn(&mut ServiceConfig) + Clone + Send + 'static, shutdown: CancellationToken) -> Running {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    let stopped = tokio::spawn(server::serve(move || app(&routes), listener, shutdown.clone(), 1));
    Running { address, shutdown, stopped }
}

impl Running {
    async fn stop(self) {
        self.shutdown.cancel();
        tokio::time::timeout(DEADLINE, self.stopped).await.expect("the server stops").unwrap().unwrap();
    }
}

/// Sends a request and leaves the connection open.
async fn get(address: SocketAddr, path: &str) -> TcpStream {
    let mut stream = TcpStream::connect(address).await.unwrap();
    stream.write_all(format!("GET {path} HTTP/1.1\r\nHost: test\r\n\r\n").as_bytes()).await.unwrap();
    stream
}

/// Reads until `end` was seen.
async fn read_until(stream: &mut TcpStream, end: &str) -> String {
    let mut text = String::new();
    let read = async {
        while !text.contains(end) {
            let mut buffer = [0; 1024];
            let length = stream.read(&mut buffer).await.unwrap();
            assert!(length > 0, "closed before {end:?}: {text}");
            text.push_str(std::str::from_utf8(&buffer[..length]).unwrap());
        }
    };
    tokio::time::timeout(DEADLINE, read).await.expect("an answer in time");
    text
}

#[tokio::test]
async fn a_running_request_ends_before_the_server_stops() {
    let (started, proceed) = (Arc::new(Notify::new()), Arc::new(Notify::new()));
    let (reached, gate) = (started.clone(), proceed.clone());
    let routes = move |config: &mut ServiceConfig| {
        let (reached, gate) = (reached.clone(), gate.clone());
        let slow = move || {
            let (reached, gate) = (reached.clone(), gate.clone());
            async move {
                reached.notify_one();
                gate.notified().await;
                HttpResponse::Ok().body("finished")
            }
        };
        config.route("/slow", web::get().to(slow)).route("/quick", web::get().to(|| async { "quick" }));
    };
    let server = start(routes, CancellationToken::new());
    // A kept connection without a request must not hold up the stop.
    let mut idle = get(server.address, "/quick").await;
    read_until(&mut idle, "quick").await;
    let mut slow = get(server.address, "/slow").await;
    tokio::time::timeout(DEADLINE, started.notified()).await.unwrap();
    let stop = tokio::spawn({
        let shutdown = server.shutdown.clone();
        async move {
            shutdown.cancel();
            server.stop().await;
        }
    });
    proceed.notify_one();
    let text = read_until(&mut slow, "finished").await;
    assert!(text.starts_with("HTTP/1.1 200 OK\r\n"), "{text}");
    stop.await.unwrap();
}

#[tokio::test]
async fn an_event_stream_flows_and_ends_with_the_server() {
    let shutdown = CancellationToken::new();
    let token = shutdown.clone();
    let routes = move |config: &mut ServiceConfig| {
        let token = token.clone();
        let events = move || {
            let first = sse::Event { id: Some("1".to_owned()), event: None, data: "hello".to_owned() };
            let endless = stream::unfold(Some(first), |event| async {
                match event {
                    Some(event) => Some((event, None)),
                    None => std::future::pending().await,
                }
            });
            let response = sse::response(endless, token.clone());
            async { response }
        };
        config.route("/events", web::get().to(events));
    };
    let server = start(routes, shutdown);
    let mut connection = get(server.address, "/events").await;
    let text = read_until(&mut connection, "id: 1\ndata: hello\n\n").await;
    assert!(text.contains("content-type: text/event-stream\r\n"), "{text}");
    assert!(text.contains("x-accel-buffering: no\r\n"), "{text}");
    server.shutdown.cancel();
    let rest = read_until(&mut connection, "0\r\n\r\n").await;
    assert!(!rest.contains("data"), "{rest}");
    server.stop().await;
}

#[tokio::test]
async fn nonsense_on_the_wire_gets_an_answer() {
    let server = start(|_: &mut ServiceConfig| {}, CancellationToken::new());
    let mut stream = TcpStream::connect(server.address).await.unwrap();
    stream.write_all(b"nonsense\r\n\r\n").await.unwrap();
    let text = read_until(&mut stream, "\r\n\r\n").await;
    assert!(text.starts_with("HTTP/1.1 400 Bad Request"), "{text}");
    server.stop().await;
}
