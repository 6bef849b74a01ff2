//! SOAP requests.

use super::local::with_org;

/// The APIs: partner, enterprise, metadata, tooling, Apex.
const APIS: [&str; 5] = ["u", "c", "m", "T", "s"];
/// Stands for the session in an input.
const SESSION: &str = "SESSION";

/// Sends a body to one of the SOAP APIs, which the first byte chooses.
///
/// # Panics
/// When local-org breaks a promise.
pub fn org_soap(data: &[u8]) {
    let Some((first, body)) = data.split_first() else { return };
    let api = APIS[usize::from(*first) % APIS.len()];
    with_org(data, |org| {
        let body = match std::str::from_utf8(body) {
            Ok(text) => text.replace(SESSION, &org.token).into_bytes(),
            Err(_) => body.to_vec(),
        };
        org.ask("POST", &format!("/services/Soap/{api}/62.0"), "text/xml; charset=UTF-8", &body);
    });
}
