#!/usr/bin/env bash
# redis 1.8.1 (Rust crate), Redis 7: a blocking pop that the client gives up takes the next entry of the list with it.
#   expected  `blpop(list, 2.0)` waits two seconds; if the connection's response timeout (500 ms unless it is set) is shorter,
#             either the pop is refused beforehand, or an entry that comes after the error is still in the list
#   seen      "timed out" after 500 ms; Redis goes on waiting for the same connection, which stays in use, and hands it the
#             entry that is pushed at 1,000 ms; the answer has no receiver any more, and the entry is nowhere. On a
#             multiplexed connection and on a connection manager
# Succeeds while that is so. Needs cargo and redis-server; Redis listens on a socket in the temporary folder.
set -euo pipefail

work=$(mktemp -d)
redis-server --port 0 --unixsocket "$work/redis.sock" --save '' --dir "$work" >"$work/redis.log" &
redis=$!
trap 'kill "$redis"; rm -rf -- "$work"' EXIT
cd -- "$work"
mkdir src
cat >Cargo.toml <<'TOML'
[package]
name = "late-pop"
version = "0.0.0"
edition = "2024"

[dependencies]
redis = { version = "=1.8.1", features = ["tokio-comp", "connection-manager"] }
tokio = { version = "1", features = ["rt-multi-thread", "macros", "time"] }
TOML
cat >src/main.rs <<'RUST'
use redis::{AsyncCommands, RedisResult, aio::ConnectionLike};
use std::time::Duration;

/// What a pop of two seconds gives when an entry comes after one, and the entries that are left.
async fn late(mut popping: impl ConnectionLike + AsyncCommands, mut other: redis::aio::MultiplexedConnection) -> String {
    let push = async {
        tokio::time::sleep(Duration::from_secs(1)).await;
        let _: usize = other.rpush("tasks", "work").await.unwrap();
        tokio::time::sleep(Duration::from_millis(200)).await;
        other.llen::<_, usize>("tasks").await.unwrap()
    };
    let pop = async {
        let popped: RedisResult<Option<(String, String)>> = popping.blpop("tasks", 2.0).await;
        match popped {
            Ok(Some(_)) => "popped",
            Ok(None) => "nothing",
            Err(error) if error.is_timeout() => "timed out",
            Err(_) => "another error",
        }
    };
    let (popped, left) = tokio::join!(pop, push);
    format!("{popped}, {left} left")
}

#[tokio::main]
async fn main() {
    let client = redis::Client::open(format!("redis+unix://{}", std::env::args().nth(1).unwrap())).unwrap();
    let other = client.get_multiplexed_async_connection().await.unwrap();
    let multiplexed = client.get_multiplexed_async_connection().await.unwrap();
    println!("multiplexed: {}", late(multiplexed, other.clone()).await);
    let manager = client.get_connection_manager().await.unwrap();
    println!("manager: {}", late(manager, other).await);
}
RUST
cargo build --quiet
found=$(target/debug/late-pop "$work/redis.sock")
[[ $found == $'multiplexed: timed out, 0 left\nmanager: timed out, 0 left' ]] || { echo "changed: $found"; exit 1; }
echo "as before: the pop timed out, and what came later is in no list"
