//! The header `x-client-context`: any caller can send one.

use base64::Engine as _;
use base64::alphabet;
use base64::engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig};
use serde_json::Value;
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
            // A token may be any text, also one that stands elsewhere in the context: what is shown is the same for another one.
            let other = ClientContext::parse(&with_token(header, "another-token"), &hosts);
            assert_eq!(
                format!("{context:?}"),
                format!("{:?}", other.unwrap_or_else(|error| panic!("{error}"))),
                "it is shown"
            );
        }
        // What was sent is not repeated, so an error's length has a bound.
        Err(error) => assert!(error.to_string().len() < 1_000, "{error}"),
    }
}

/// A header that was taken, with another access token.
fn with_token(header: &str, token: &str) -> String {
    // Lenient as the reader is.
    let config = GeneralPurposeConfig::new()
        .with_decode_padding_mode(DecodePaddingMode::Indifferent)
        .with_decode_allow_trailing_bits(true);
    let engine = GeneralPurpose::new(&alphabet::STANDARD, config);
    let standard = header.trim().replace('-', "+").replace('_', "/");
    let text = engine.decode(standard).unwrap_or_else(|error| panic!("a header that was taken: {error}"));
    let mut value: Value =
        serde_json::from_slice(&text).unwrap_or_else(|error| panic!("a header that was taken: {error}"));
    value["accessToken"] = token.into();
    engine.encode(value.to_string())
}
