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

use super::super::health::Health;
use super::super::server::{self, ServerSettings};
use super::super::token::Token;
use super::super::{app, sse};

const DEADLINE: Duration = Duration::from_secs(15);

/// A server on a free port; cancel `shutdown`, then wait for `stopped`.
struct Running {
    address: SocketAddr,
    shutdown: CancellationToken,
    stopped: JoinHandle<std::io::Result<()>>,
}

fn start(routes: impl Fn(&mut ServiceConfig) + Clone + Send + 'static, shutdown: CancellationToken) -> Running {
    start_with(ServerSettings::default(), routes, shutdown)
}

fn start_with(
    settings: ServerSettings,
    routes: impl Fn(&mut ServiceConfig) + Clone + Send + 'static,
    shutdown: CancellationToken,
) -> Running {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    let stopped = tokio::spawn(server::serve(move || app(&routes), listener, shutdown.clone(), settings));
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

/// Reads and ignores bodies in every way that handlers do.
fn bodies(config: &mut ServiceConfig) {
    config
        .route("/json", web::post().to(|_: web::Json<serde_json::Value>| async { "json" }))
        .route("/bytes", web::post().to(|body: web::Bytes| async move { format!("{} bytes", body.len()) }))
        .route("/form", web::post().to(|_: web::Form<Vec<(String, String)>>| async { "form" }))
        .route("/refused", web::post().to(HttpResponse::Unauthorized));
}

/// Sends a piece of a body every 100 ms until the server closes the connection; what it answered.
async fn trickle(address: SocketAddr, path: &str, chunked: bool) -> String {
    let mut stream = TcpStream::connect(address).await.unwrap();
    let kind = if path == "/form" { "application/x-www-form-urlencoded" } else { "application/json" };
    let length = if chunked { "Transfer-Encoding: chunked" } else { "Content-Length: 1000" };
    let head = format!("POST {path} HTTP/1.1\r\nHost: test\r\nContent-Type: {kind}\r\n{length}\r\n\r\n");
    stream.write_all(head.as_bytes()).await.unwrap();
    let mut answer = Vec::new();
    let talk = async {
        let mut buffer = [0; 1024];
        loop {
            let piece: &[u8] = if chunked { b"1\r\na\r\n" } else { b"a" };
            match tokio::time::timeout(Duration::from_millis(100), stream.read(&mut buffer)).await {
                Ok(Ok(0) | Err(_)) => break,
                Ok(Ok(length)) => answer.extend_from_slice(&buffer[..length]),
                Err(_) if stream.write_all(piece).await.is_err() => break,
                Err(_) => {}
            }
        }
    };
    tokio::time::timeout(DEADLINE, talk).await.unwrap_or_else(|_| panic!("{path}: the connection is kept"));
    String::from_utf8(answer).unwrap()
}

#[tokio::test]
async fn a_body_that_trickles_in_is_not_waited_for() {
    let settings = ServerSettings { body_deadline: Duration::from_secs(1), ..ServerSettings::default() };
    let server = start_with(settings, bodies, CancellationToken::new());
    for path in ["/json", "/bytes", "/form"] {
        for chunked in [true, false] {
            let text = trickle(server.address, path, chunked).await;
            assert!(text.starts_with("HTTP/1.1 408 Request Timeout\r\n"), "{path}: {text}");
            assert!(
                text.contains("\"code\":\"request_timeout\"") && text.contains("connection: close"),
                "{path}: {text}"
            );
        }
    }
    server.stop().await;
}

#[tokio::test]
async fn a_body_that_nobody_reads_does_not_keep_the_connection() {
    let server = start(bodies, CancellationToken::new());
    for (path, status) in [("/refused", "401 Unauthorized"), ("/nowhere", "404 Not Found")] {
        for chunked in [true, false] {
            let text = trickle(server.address, path, chunked).await;
            assert!(text.starts_with(&format!("HTTP/1.1 {status}\r\n")), "{path} {chunked}: {text}");
        }
    }
    server.stop().await;
}

#[tokio::test]
async fn a_slow_body_within_the_deadline_is_read_and_the_connection_is_kept() {
    let server = start(bodies, CancellationToken::new());
    let mut stream = TcpStream::connect(server.address).await.unwrap();
    for _ in 0..2 {
        stream.write_all(b"POST /bytes HTTP/1.1\r\nHost: test\r\nContent-Length: 3\r\n\r\na").await.unwrap();
        tokio::time::sleep(Duration::from_millis(50)).await;
        stream.write_all(b"bc").await.unwrap();
        let text = read_until(&mut stream, "3 bytes").await;
        assert!(text.starts_with("HTTP/1.1 200 OK\r\n") && !text.contains("connection: close"), "{text}");
    }
    server.stop().await;
}

#[tokio::test]
async fn a_head_that_trickles_in_is_not_waited_for_either() {
    let settings = ServerSettings { keep_alive: Duration::from_secs(1), ..ServerSettings::default() };
    let server = start_with(settings, bodies, CancellationToken::new());
    // The first one of a connection, and one after an answer.
    for answered in [false, true] {
        let mut stream = TcpStream::connect(server.address).await.unwrap();
        if answered {
            stream.write_all(b"POST /refused HTTP/1.1\r\nHost: test\r\nContent-Length: 0\r\n\r\n").await.unwrap();
            read_until(&mut stream, "\"code\"").await;
        }
        let talk = async {
            let mut buffer = [0; 1024];
            stream.write_all(b"GET /").await.unwrap();
            loop {
                match tokio::time::timeout(Duration::from_millis(200), stream.read(&mut buffer)).await {
                    Ok(Ok(0) | Err(_)) => break,
                    Ok(Ok(_)) => {}
                    Err(_) if stream.write_all(b"a").await.is_err() => break,
                    Err(_) => {}
                }
            }
        };
        let closed = tokio::time::timeout(Duration::from_secs(30), talk).await;
        assert!(closed.is_ok(), "a connection with an answer before ({answered}) is kept");
    }
    server.stop().await;
}

#[tokio::test]
async fn a_connection_beyond_the_limit_takes_the_place_of_an_idle_one() {
    let settings = ServerSettings { connections: 2, ..ServerSettings::default() };
    let server = start_with(settings, bodies, CancellationToken::new());
    let mut first = get(server.address, "/nowhere").await;
    read_until(&mut first, "not_found").await;
    let mut second = get(server.address, "/nowhere").await;
    read_until(&mut second, "not_found").await;
    tokio::time::sleep(Duration::from_millis(500)).await;
    let mut third = get(server.address, "/nowhere").await;
    read_until(&mut third, "not_found").await;
    let mut buffer = [0; 1];
    let closed = tokio::time::timeout(DEADLINE, first.read(&mut buffer)).await.expect("the first is closed");
    assert!(matches!(closed, Ok(0) | Err(_)), "{closed:?}");
    second.write_all(b"GET /nowhere HTTP/1.1\r\nHost: test\r\n\r\n").await.unwrap();
    read_until(&mut second, "not_found").await;
    server.stop().await;
}

#[tokio::test]
async fn probes_are_answered_though_all_connections_are_taken() {
    let gate = Arc::new(Notify::new());
    let opened = Arc::clone(&gate);
    let routes = move |config: &mut ServiceConfig| {
        Health::new().routes(config);
        let gate = Arc::clone(&gate);
        let slow = move || {
            let gate = Arc::clone(&gate);
            async move {
                gate.notified().await;
                HttpResponse::Ok().body("at last")
            }
        };
        config.route("/slow", web::get().to(slow));
    };
    let settings = ServerSettings { connections: 2, ..ServerSettings::default() };
    let server = start_with(settings, routes, CancellationToken::new());
    let mut taken = [get(server.address, "/slow").await, get(server.address, "/slow").await];
    // The requests are there before more connections come.
    tokio::time::sleep(Duration::from_millis(300)).await;
    for (path, answer) in
        [("/nowhere", "503"), ("/health", "200"), ("/slow", "503"), ("/metrics", "200"), ("/ready", "200")]
    {
        let mut more = get(server.address, path).await;
        let mut text = String::new();
        tokio::time::timeout(DEADLINE, more.read_to_string(&mut text)).await.expect("closed after the answer").unwrap();
        assert!(text.starts_with(&format!("HTTP/1.1 {answer} ")), "{path}: {text}");
        assert_eq!(text.contains("retry-after: 1"), answer == "503", "{path}: {text}");
    }
    // Very many that only wait, and come before the next probe.
    let behind_others = async {
        let mut idle = Vec::new();
        for _ in 0..400 {
            idle.push(TcpStream::connect(server.address).await.unwrap());
        }
        let mut probe = get(server.address, "/health").await;
        read_until(&mut probe, "HTTP/1.1 200 OK\r\n").await;
    };
    tokio::time::timeout(DEADLINE, behind_others).await.expect("they are closed soon");
    opened.notify_one();
    opened.notify_one();
    for slow in &mut taken {
        read_until(slow, "at last").await;
    }
    server.stop().await;
}

#[tokio::test]
async fn a_request_ends_with_its_client() {
    struct Ended(Arc<Notify>);
    impl Drop for Ended {
        fn drop(&mut self) {
            self.0.notify_one();
        }
    }
    let (started, ended) = (Arc::new(Notify::new()), Arc::new(Notify::new()));
    let (reached, gone) = (Arc::clone(&started), Arc::clone(&ended));
    let routes = move |config: &mut ServiceConfig| {
        let (reached, gone) = (Arc::clone(&reached), Arc::clone(&gone));
        let endless = move |_: web::Bytes| {
            let (reached, gone) = (Arc::clone(&reached), Ended(Arc::clone(&gone)));
            async move {
                let _gone = gone;
                reached.notify_one();
                std::future::pending::<HttpResponse>().await
            }
        };
        config.route("/endless", web::post().to(endless));
    };
    let server = start(routes, CancellationToken::new());
    let mut client = TcpStream::connect(server.address).await.unwrap();
    client.write_all(b"POST /endless HTTP/1.1\r\nHost: test\r\nContent-Length: 2\r\n\r\n{}").await.unwrap();
    tokio::time::timeout(DEADLINE, started.notified()).await.expect("it has begun");
    drop(client);
    tokio::time::timeout(DEADLINE, ended.notified()).await.expect("nobody waits for its answer");
    server.stop().await;
}

#[tokio::test]
async fn metrics_ask_for_their_token_where_one_is_set() {
    let settings = ServerSettings { metrics_token: Some(Token::new("0123456789abcdef")), ..ServerSettings::default() };
    let routes = |config: &mut ServiceConfig| Health::new().routes(config);
    let server = start_with(settings, routes, CancellationToken::new());
    for (header, status) in [
        ("X-Nothing: 1", "401 Unauthorized"),
        ("Authorization: Bearer 0123456789abcdee", "401 Unauthorized"),
        ("Authorization: 0123456789abcdef", "401 Unauthorized"),
        ("Authorization: bearer 0123456789abcdef", "200 OK"),
    ] {
        let mut stream = TcpStream::connect(server.address).await.unwrap();
        let request = format!("GET /metrics HTTP/1.1\r\nHost: test\r\n{header}\r\n\r\n");
        stream.write_all(request.as_bytes()).await.unwrap();
        let text = read_until(&mut stream, "\r\n\r\n").await;
        assert!(text.starts_with(&format!("HTTP/1.1 {status}\r\n")), "{header}: {text}");
    }
    server.stop().await;
}

#[tokio::test]
async fn an_answer_that_takes_its_time_keeps_the_connection() {
    let settings = ServerSettings { keep_alive: Duration::from_millis(300), ..ServerSettings::default() };
    let routes = |config: &mut ServiceConfig| {
        let slow = || async {
            let pieces = stream::unfold(0, |number| async move {
                tokio::time::sleep(Duration::from_millis(1_500)).await;
                (number < 3).then(|| (Ok::<_, std::convert::Infallible>(web::Bytes::from("piece ")), number + 1))
            });
            HttpResponse::Ok().streaming(pieces)
        };
        config.route("/slow", web::get().to(slow));
    };
    let server = start_with(settings, routes, CancellationToken::new());
    let mut connection = get(server.address, "/slow").await;
    let text = read_until(&mut connection, "0\r\n\r\n").await;
    assert_eq!(text.matches("piece ").count(), 3, "{text}");
    server.stop().await;
}
