use std::time::Duration;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::time::timeout;

use super::*;

const SHORT: Duration = Duration::from_millis(100);
const LONG: Duration = Duration::from_secs(20);

/// A server that sends back what it gets, and how many bytes it has got so far.
async fn echo() -> (SocketAddr, watch::Receiver<usize>) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let (got, seen) = watch::channel(0);
    tokio::spawn(async move {
        while let Ok((mut connection, _)) = listener.accept().await {
            let got = got.clone();
            tokio::spawn(async move {
                let mut byte = [0];
                while connection.read_exact(&mut byte).await.is_ok() {
                    got.send_modify(|count| *count += 1);
                    connection.write_all(&byte).await.unwrap();
                }
            });
        }
    });
    (address, seen)
}

async fn answer(connection: &mut TcpStream, limit: Duration) -> Option<IoResult<u8>> {
    timeout(limit, connection.read_u8()).await.ok()
}

#[tokio::test]
async fn open_it_carries_both_ways_and_the_end() {
    let (server, _) = echo().await;
    let proxy = Proxy::start(server).await.unwrap();
    let mut connection = TcpStream::connect(proxy.address()).await.unwrap();
    connection.write_all(b"ab").await.unwrap();
    assert_eq!(answer(&mut connection, LONG).await.unwrap().unwrap(), b'a');
    assert_eq!(answer(&mut connection, LONG).await.unwrap().unwrap(), b'b');
    connection.shutdown().await.unwrap();
    assert_eq!(answer(&mut connection, LONG).await.unwrap().unwrap_err().kind(), ErrorKind::UnexpectedEof);
}

#[tokio::test]
async fn refusing_resets_old_and_new_connections() {
    let (server, _) = echo().await;
    let proxy = Proxy::start(server).await.unwrap();
    let mut old = TcpStream::connect(proxy.address()).await.unwrap();
    old.write_all(b"a").await.unwrap();
    assert_eq!(answer(&mut old, LONG).await.unwrap().unwrap(), b'a');
    proxy.set(Mode::Refusing);
    assert_eq!(answer(&mut old, LONG).await.unwrap().unwrap_err().kind(), ErrorKind::ConnectionReset);
    let mut new = TcpStream::connect(proxy.address()).await.unwrap();
    assert!(answer(&mut new, LONG).await.unwrap().is_err());
    proxy.set(Mode::Open);
    let mut again = TcpStream::connect(proxy.address()).await.unwrap();
    again.write_all(b"c").await.unwrap();
    assert_eq!(answer(&mut again, LONG).await.unwrap().unwrap(), b'c');
}

#[tokio::test]
async fn stalled_nothing_passes_until_it_opens() {
    let (server, seen) = echo().await;
    let proxy = Proxy::start(server).await.unwrap();
    let mut connection = TcpStream::connect(proxy.address()).await.unwrap();
    proxy.set(Mode::Stalled);
    connection.write_all(b"a").await.unwrap();
    assert!(answer(&mut connection, SHORT).await.is_none());
    assert_eq!(*seen.borrow(), 0);
    proxy.set(Mode::Open);
    assert_eq!(answer(&mut connection, LONG).await.unwrap().unwrap(), b'a');
}

#[tokio::test]
async fn deaf_requests_arrive_and_answers_do_not() {
    let (server, mut seen) = echo().await;
    let proxy = Proxy::start(server).await.unwrap();
    let mut connection = TcpStream::connect(proxy.address()).await.unwrap();
    proxy.set(Mode::Deaf);
    connection.write_all(b"a").await.unwrap();
    timeout(LONG, seen.wait_for(|count| *count == 1)).await.unwrap().unwrap();
    assert!(answer(&mut connection, SHORT).await.is_none());
    proxy.set(Mode::Refusing);
    assert!(answer(&mut connection, LONG).await.unwrap().is_err());
}
