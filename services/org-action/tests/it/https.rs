//! Orgs speak https, and get a token only where an authority of the system vouches for them.

use crate::support::{ORG, Stack};
use anyhow::{Context, Result};
use reqwest::{Method, StatusCode};
use serde_json::json;
use test_support::{LocalOrg, LocalOrgOptions};

#[tokio::test]
async fn a_quote_is_made_over_https_where_an_authority_vouches_for_the_org() -> Result<()> {
    let mut stack = Stack::start(0).await?;
    stack.org = LocalOrg::start_with(LocalOrgOptions { https: true, ..LocalOrgOptions::default() }).await?;
    let opportunity = stack.opportunity(2).await?;
    let (mut org, user) = stack.org.org(ORG).await?;
    org.instance_url = stack.org.https_url()?;
    let host = org.instance_url.trim_start_matches("https://").trim_end_matches('/').to_owned();
    let certificate = stack.org.certificate();
    let certificate = certificate.to_str().context("the path is no text")?;
    for (variables, status, quotes) in
        [(vec![], StatusCode::SERVICE_UNAVAILABLE, 0), (vec![("SSL_CERT_FILE", certificate)], StatusCode::OK, 1)]
    {
        stack.replace_web(&host, &variables).await?;
        stack.org.reset_counters(ORG).await?;
        let request = stack.call_as(&org, &user, Method::POST, "/api/generatequote")?;
        let answer = request.json(&json!({ "opportunityId": opportunity })).send().await?;
        let (found, text) = (answer.status(), answer.text().await?);
        assert_eq!(found, status, "{text}");
        assert_eq!(stack.org.counters(ORG).await?.calls.total, 2 * quotes, "{text}");
        assert_eq!(stack.counts().await?.0, quotes, "{text}");
    }
    Ok(())
}
