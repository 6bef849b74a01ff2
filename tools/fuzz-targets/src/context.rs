//! The header `x-client-context`: any caller can send one.

use shared::applink::{ClientContext, MAX_HEADER_BYTES};
use shared::salesforce::AllowedHosts;

/// Where a token may go besides Salesforce's own domains.
const ALLOWED: &str = "127.0.0.1:8090";

/// Reads a header. One that is taken leads to an allowed host over https (or the one exception), and shows no token.
///
/// # Panics
/// When that is not so.
pub fn context(data: &[u8]) {
    let Ok(header) = std::str::from_utf8(data) else { return };
    let Ok(hosts) = AllowedHosts::with_extra(&[ALLOWED.to_owned()]) else { panic!("the list of hosts is right") };
    match ClientContext::parse(header, &hosts) {
        Ok(context) => {
            assert!(header.len() <= MAX_HEADER_BYTES, "longer than allowed");
            let url = context.session.instance_url.to_string();
            assert!(hosts.check(&url).is_ok(), "a token would go to {url}");
            assert!(url.starts_with("https://") || url.starts_with("http://127.0.0.1:8090"), "in clear text to {url}");
            assert!(!format!("{context:?}").contains(&token(header)), "the token is shown");
        }
        // What was sent is not repeated, so an error's length has a bound.
        Err(error) => assert!(error.to_string().len() < 1_000, "{error}"),
    }
}

/// The access token in a header that was taken, read in another way. Never empty.
fn token(header: &str) -> String {
    let digits: String = header.chars().filter(|c| *c != '=').collect();
    let text = decode(&digits);
    let value: serde_json::Value = serde_json::from_slice(&text).unwrap_or_default();
    value["accessToken"].as_str().filter(|token| !token.is_empty()).unwrap_or("\0").to_owned()
}

/// Base64 without padding.
fn decode(digits: &str) -> Vec<u8> {
    const ALPHABET: &str = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let (mut bytes, mut held, mut bits) = (Vec::new(), 0_u32, 0);
    for value in digits.chars().filter_map(|digit| ALPHABET.find(digit)) {
        held = (held << 6 | u32::try_from(value).unwrap_or_default()) & 0xff_ffff;
        bits += 6;
        if bits >= 8 {
            bits -= 8;
            bytes.push((held >> bits & 0xff) as u8);
        }
    }
    bytes
}
