//! Who is calling, and how.

use actix_web::http::header::HeaderMap;
use std::net::{IpAddr, SocketAddr};

/// The address of the caller. Each of `proxies` in front appends the address that called it to `X-Forwarded-For`, Heroku's
/// router the last; what stands before them, the caller may have invented. A list that is shorter came past some of them,
/// and begins with the caller.
pub(super) fn client_address(headers: &HeaderMap, peer: Option<SocketAddr>, proxies: usize) -> Option<IpAddr> {
    // Several headers of this name are one list.
    let lists = headers.get_all("X-Forwarded-For").filter_map(|value| value.to_str().ok());
    let forwarded: Vec<&str> = lists.flat_map(|list| list.split(',')).map(str::trim).collect();
    let told = match proxies {
        0 => None,
        proxies => {
            forwarded.get(forwarded.len().saturating_sub(proxies)).and_then(|address| with_or_without_port(address))
        }
    };
    told.or_else(|| peer.map(|peer| peer.ip()))
}

/// Some proxies append the port.
fn with_or_without_port(text: &str) -> Option<IpAddr> {
    text.parse().ok().or_else(|| text.parse().ok().map(|address: SocketAddr| address.ip()))
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

    fn forwarded(values: &[&str]) -> HeaderMap {
        let mut headers = HeaderMap::new();
        for value in values {
            headers.append(HeaderName::from_static("x-forwarded-for"), HeaderValue::from_str(value).unwrap());
        }
        headers
    }

    #[test]
    fn only_the_word_of_our_own_proxies_counts() {
        let peer = Some("10.1.2.3:4".parse().unwrap());
        let address = |values: &[&str], proxies| client_address(&forwarded(values), peer, proxies).unwrap().to_string();
        let list = ["198.51.100.7, 203.0.113.9"];
        for (values, proxies, expected) in [
            (&list[..], 0, "10.1.2.3"),
            (&list, 1, "203.0.113.9"),
            (&list, 2, "198.51.100.7"),
            // Past one of the two proxies.
            (&["203.0.113.9"], 2, "203.0.113.9"),
            (&["198.51.100.7", "192.0.2.1, 203.0.113.9"], 2, "192.0.2.1"),
            (&["203.0.113.9:4711"], 1, "203.0.113.9"),
            (&["[2001:db8::1]:4711"], 1, "2001:db8::1"),
            (&["203.0.113.9, unknown"], 1, "10.1.2.3"),
            (&[], 1, "10.1.2.3"),
            (&[""], 1, "10.1.2.3"),
        ] {
            assert_eq!(address(values, proxies), expected, "{values:?} {proxies}");
        }
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
