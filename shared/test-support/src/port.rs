//! Free TCP ports on loopback.

use std::net::TcpListener;

use anyhow::{Result, bail};

/// Below the ephemeral ranges of Linux (32768) and macOS (49152). A port of those could be taken as the local end of an
/// outgoing connection while its server restarts, or be answered by a client that connected to itself.
const RANGE: std::ops::Range<u16> = 12_000..32_000;

/// A port on 127.0.0.1 that nobody listens on now. Another process may still take it before it is used: who starts a
/// server on it tries again with another one.
///
/// # Errors
/// When a few hundred ports in a row are taken.
pub fn free_port() -> Result<u16> {
    for _ in 0..500 {
        let port = rand::random_range(RANGE);
        if TcpListener::bind(("127.0.0.1", port)).is_ok() {
            return Ok(port);
        }
    }
    bail!("no free TCP port between {} and {} on 127.0.0.1", RANGE.start, RANGE.end)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_free_port_can_be_bound() {
        let port = free_port().unwrap();
        assert!(RANGE.contains(&port));
        TcpListener::bind(("127.0.0.1", port)).unwrap();
    }
}
