//! Queries and searches, run on the data.

use serde_json::Value;
use url::form_urlencoded::byte_serialize;

use super::local::{API, with_org};

/// Runs a query of SOQL, asks for its columns and has it explained. What runs has columns; the rows are those of its size.
///
/// # Panics
/// When local-org breaks a promise.
pub fn org_soql(data: &[u8]) {
    let Ok(soql) = std::str::from_utf8(data) else { return };
    let encoded: String = byte_serialize(soql.as_bytes()).collect();
    with_org(data, |org| {
        let run = |what: &str| org.ask("GET", &format!("{API}/{what}={encoded}"), "", b"");
        let Some(found) = run("query?q") else { return };
        run("query?explain");
        if found.status != 200 {
            return;
        }
        let result: Value = serde_json::from_slice(&found.body).unwrap_or_default();
        let rows = result["records"].as_array().map_or(0, Vec::len) as u64;
        assert!(result["done"] != true || rows == 0 || result["totalSize"] == rows, "{soql}: {result}");
        let columns = run("query?columns=true&q").unwrap_or_else(|| panic!("no request: {soql}"));
        assert_eq!(
            columns.status,
            200,
            "{soql}: it runs, and has no columns: {}",
            String::from_utf8_lossy(&columns.body)
        );
    });
}

/// Runs a search of SOSL.
///
/// # Panics
/// When local-org breaks a promise.
pub fn org_sosl(data: &[u8]) {
    let Ok(sosl) = std::str::from_utf8(data) else { return };
    let encoded: String = byte_serialize(sosl.as_bytes()).collect();
    with_org(data, |org| {
        let Some(found) = org.ask("GET", &format!("{API}/search?q={encoded}"), "", b"") else { return };
        let result: Value = serde_json::from_slice(&found.body).unwrap_or_default();
        assert!(found.status != 200 || result["searchRecords"].is_array(), "{sosl}: {result}");
    });
}
