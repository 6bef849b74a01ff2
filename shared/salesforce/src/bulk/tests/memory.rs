//! A reader that stops reading stops the rows.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use futures_util::stream;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};

use super::{columns, info, insert, never, settings};
use crate::bulk::{Bulk, Cell};
use crate::test_server::session;
use crate::{Client, ClientSettings, FixedSession, HttpSettings, http_client};

const ROWS: u64 = 400_000;
/// The system's own buffers of a connection take some megabytes.
const MOST_BYTES_AHEAD: u64 = 16 * 1024 * 1024;

/// Answers everything but an upload at once; reads nothing of an upload's body until `go`.
async fn serve(mut stream: TcpStream, go: Arc<tokio::sync::Notify>, lines: Arc<AtomicU64>) {
    let mut bytes = Vec::new();
    while !bytes.windows(4).any(|window| window == b"\r\n\r\n") {
        assert!(stream.read_buf(&mut bytes).await.unwrap() > 0);
    }
    let upload = bytes.starts_with(b"PUT");
    if upload {
        go.notified().await;
        let mut piece = vec![0; 1 << 20];
        let count = |bytes: &[u8]| bytes.windows(2).filter(|pair| pair[0] == b'x' && pair[1] == b'\n').count() as u64;
        let mut last = bytes.last().copied().unwrap();
        lines.fetch_add(count(&bytes), Ordering::SeqCst);
        loop {
            let size = stream.read(&mut piece).await.unwrap();
            let split = u64::from(last == b'x' && piece[0] == b'\n');
            lines.fetch_add(count(&piece[..size]) + split, Ordering::SeqCst);
            last = piece[size - 1];
            if piece[..size].ends_with(b"\r\n0\r\n\r\n") {
                break;
            }
        }
    }
    let (status, body) = if upload { (201, String::new()) } else { (200, info("JobComplete")) };
    let length = body.len();
    let head = format!("HTTP/1.1 {status} X\r\ncontent-length: {length}\r\nconnection: close\r\n\r\n");
    let _ = stream.write_all((head + &body).as_bytes()).await;
}

#[tokio::test]
async fn a_slow_reader_holds_the_rows_back() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    let (go, lines) = (Arc::new(tokio::sync::Notify::new()), Arc::new(AtomicU64::new(0)));
    let (server_go, server_lines) = (Arc::clone(&go), Arc::clone(&lines));
    let server = tokio::spawn(async move {
        while let Ok((stream, _)) = listener.accept().await {
            tokio::spawn(serve(stream, Arc::clone(&server_go), Arc::clone(&server_lines)));
        }
    });
    let source = Arc::new(FixedSession(session(&url, "token")));
    let client = Client::new(http_client(&HttpSettings::default()).unwrap(), source, ClientSettings::default());
    let bulk = Bulk::new(client, settings());

    let made = Arc::new(AtomicU64::new(0));
    let counter = Arc::clone(&made);
    let text = format!("{}x", "-".repeat(199));
    let row_bytes = text.len() as u64 + 1;
    let rows = stream::iter((0..ROWS).map(move |_| {
        counter.fetch_add(1, Ordering::SeqCst);
        Ok(vec![Cell::from(text.as_str())])
    }));
    let load = bulk.load(insert(), columns(&["Name"]), rows).unwrap();
    let watch = async {
        // Rows are made until the buffers are full, and then no more.
        let mut before = u64::MAX;
        loop {
            tokio::time::sleep(Duration::from_millis(300)).await;
            let now = made.load(Ordering::SeqCst);
            if now > 1 && now == before {
                break;
            }
            before = now;
        }
        let ahead = made.load(Ordering::SeqCst) * row_bytes;
        assert!(ahead < MOST_BYTES_AHEAD, "{ahead} bytes were made of {}", ROWS * row_bytes);
        go.notify_one();
    };
    let cancelled = never();
    let (loaded, ()) = tokio::join!(load.run(&cancelled, &|_| ()), watch);
    assert_eq!(loaded.unwrap().len(), 1);
    assert_eq!((made.load(Ordering::SeqCst), lines.load(Ordering::SeqCst)), (ROWS, ROWS));
    server.abort();
}
