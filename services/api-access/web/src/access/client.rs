//! Who is calling, and how.

use actix_web::http::header::HeaderMap;
use std::net::{IpAddr, SocketAddr};

/// The address of the caller. Heroku's router appends it to `X-Forwarded-For`; what stands before it, the caller may have
/// invented.
pub(crate) fn client_address(headers: &HeaderMap, peer: Option<SocketAddr>, behind_router: bool) -> Option<IpAddr> {
    let forwarded = headers.get_all("X-Forwarded-For").last().and_then(|value| value.to_str().ok());
    let forwarded = forwarded.and_then(|list| list.rsplit(',').next()?.trim().parse().ok());
    forwarded.filter(|_| behind_router).or_else(|| peer.map(|peer| peer.ip()))
}

/// How the browser came, as the router tells.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Scheme {
    /// Over https.
    Https,
    /// Over http, through a router that speaks https too.
    Http,
    /// There is no router.
    Direct,
}

impl Scheme {
    /// Reads `X-Forwarded-Proto`. Inventing it changes nothing for anyone else.
    pub(super) fn of(headers: &HeaderMap) -> Self {
        match headers.get("X-Forwarded-Proto").map(|value| value.as_bytes()) {
            Some(b"https") => Self::Https,
            Some(b"http") => Self::Http,
            _ => Self::Direct,
        }
    }
}

/// Whether the host that the browser believes to talk to is this machine. A foreign name that leads here would let a
/// foreign page read ours.
pub(super) fn names_this_machine(host: &str) -> bool {
    let name = match host.rsplit_once(':') {
        Some((name, port)) if port.bytes().all(|byte| byte.is_ascii_digit()) => name,
        _ => host,
    };
    let address = name.trim_start_matches('[').trim_end_matches(']');
    name.eq_ignore_ascii_case("localhost") || address.parse().is_ok_and(|address: IpAddr| address.is_loopback())
}

#[cfg(test)]
mod tests {
    use super::*;
    use actix_web::http::header::{HeaderName, HeaderValue};

    #[test]
    fn only_the_routers_own_word_counts() {
        let mut headers = HeaderMap::new();
        let name = HeaderName::from_static("x-forwarded-for");
        headers.append(name, HeaderValue::from_static("198.51.100.7, 203.0.113.9"));
        let peer = Some("10.1.2.3:4".parse().unwrap());
        assert_eq!(client_address(&headers, peer, true), "203.0.113.9".parse().ok());
        assert_eq!(client_address(&headers, peer, false), "10.1.2.3".parse().ok());
        assert_eq!(client_address(&HeaderMap::new(), peer, true), "10.1.2.3".parse().ok());
    }

    #[test]
    fn this_machine_has_some_names() {
        for host in ["localhost", "LOCALHOST:8080", "127.0.0.1:8080", "127.0.0.1", "[::1]:8080", "[::1]"] {
            assert!(names_this_machine(host), "{host}");
        }
        for host in ["evil.example", "127.0.0.1.evil.example:80", "localhost.evil.example", "192.0.2.1", "", ":80"] {
            assert!(!names_this_machine(host), "{host}");
        }
    }
}
