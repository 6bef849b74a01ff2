use std::time::Duration;

use chrono::{TimeZone, Utc};
use reqwest::header::{HeaderMap, HeaderValue, RETRY_AFTER};

use super::{HttpSettings, http_client, retry_after};

#[test]
fn the_client_has_roots_and_a_tls_provider() {
    http_client(&HttpSettings::default()).unwrap();
    http_client(&HttpSettings::default()).unwrap();
}

#[test]
fn retry_after_comes_in_two_forms() {
    let now = Utc.with_ymd_and_hms(2026, 11, 6, 8, 49, 0).unwrap();
    let seconds = |value: &str| {
        let mut headers = HeaderMap::new();
        headers.insert(RETRY_AFTER, HeaderValue::from_str(value).unwrap());
        retry_after(&headers, now).map(|wait| wait.as_secs())
    };
    assert_eq!(seconds("120"), Some(120));
    assert_eq!(seconds("Fri, 06 Nov 2026 08:49:37 GMT"), Some(37));
    assert_eq!(seconds("Fri, 06 Nov 2026 08:00:00 GMT"), Some(0));
    assert_eq!(seconds("soon"), None);
    assert_eq!(seconds("-5"), None);
    assert_eq!(retry_after(&HeaderMap::new(), now), None::<Duration>);
}
