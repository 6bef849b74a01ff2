//! How a web process serves: threads, connections, time limits.

use std::time::Duration;

use super::token::Token;
use shared::config::Reader;

/// Idle time of a kept connection: more than the 90 s after which Heroku's router closes one (Dev Center, "HTTP Routing"), so
/// that the router never sends a request into a connection that this side is closing. Idle connections do not hold up a
/// stop, actix closes them first.
const KEEP_ALIVE: Duration = Duration::from_secs(95);

/// How a web process serves.
#[derive(Debug, Clone)]
pub struct ServerSettings {
    /// Server threads.
    pub threads: usize,
    /// Connections at a time, over all threads, each of which takes one at least. A further one takes the place of one that
    /// is idle; when none is, it is answered 503, but for probes.
    pub connections: usize,
    /// Longest wait for the body of a request, from its head on.
    pub body_deadline: Duration,
    /// Longest time without a whole request on a kept connection.
    pub keep_alive: Duration,
    /// What `GET /metrics` asks for; nothing when there is none.
    pub metrics_token: Option<Token>,
}

impl Default for ServerSettings {
    /// One thread, 1,000 connections, 20 s, 95 s, no token.
    fn default() -> Self {
        Self {
            threads: 1,
            connections: 1_000,
            body_deadline: Duration::from_secs(20),
            keep_alive: KEEP_ALIVE,
            metrics_token: None,
        }
    }
}

impl ServerSettings {
    /// Reads the settings.
    ///
    /// | variable | default | meaning |
    /// |---|---|---|
    /// | `WEB_THREADS` | 1 | server threads |
    /// | `MAX_CONNECTIONS` | 1000 | connections at a time; further ones are answered 503 when none is idle, but for probes |
    /// | `REQUEST_BODY_SECONDS` | 20 | longest wait for the body of a request |
    /// | `METRICS_TOKEN` | | what `GET /metrics` asks for as `Authorization: Bearer`, 16 characters at least |
    pub fn read(reader: &mut Reader<'_>) -> Self {
        let defaults = Self::default();
        Self {
            threads: reader.bounded("WEB_THREADS", defaults.threads, 1..=64),
            connections: reader.bounded("MAX_CONNECTIONS", defaults.connections, 1..=100_000),
            body_deadline: reader.seconds("REQUEST_BODY_SECONDS", defaults.body_deadline, 1..=600),
            metrics_token: Token::read(reader, "METRICS_TOKEN"),
            ..defaults
        }
    }
}
