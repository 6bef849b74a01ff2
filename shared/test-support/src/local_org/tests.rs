use super::*;
use crate::http_client;

/// Whether the https address answers a client that trusts its certificate and nothing else.
#[expect(clippy::disallowed_methods, reason = "this one trusts one certificate only")]
async fn answers(org: &LocalOrg) -> bool {
    http_client().unwrap();
    let pem = std::fs::read(org.certificate()).unwrap();
    let certificate = reqwest::Certificate::from_pem(&pem).unwrap();
    let client = reqwest::Client::builder().no_proxy().tls_certs_only([certificate]).build().unwrap();
    let health = client.get(format!("{}/local/health", org.https_url().unwrap())).send().await.unwrap();
    health.status().is_success()
}

#[tokio::test]
async fn https_works_and_outlives_a_restart() {
    let options = LocalOrgOptions { https: true, ..LocalOrgOptions::default() };
    let mut org = LocalOrg::start_with(options).await.unwrap();
    assert!(org.url().unwrap().starts_with("http://"));
    assert!(answers(&org).await);
    org.restart().await.unwrap();
    assert!(answers(&org).await);
}

#[tokio::test]
async fn there_is_no_https_unless_it_was_asked_for() {
    let org = LocalOrg::start().await.unwrap();
    assert_eq!(org.https_url().unwrap_err().to_string(), NO_HTTPS);
}
