//! Calls of an org that does not answer leave room for the calls of others, and for probes.

use crate::support::{Stack, quote_id};
use anyhow::{Context, Result, bail};
use futures_util::future::{join_all, try_join_all};
use reqwest::Method;
use serde_json::{Value, json};
use std::time::{Duration, Instant};
use test_support::{SilentFront, eventually, http_client};

/// Longest time for what is answered at once, on a slow machine; the calls that wait have 28 s.
const AT_ONCE: Duration = Duration::from_secs(15);

#[tokio::test]
async fn calls_of_a_silent_org_beyond_its_share_are_refused_and_others_are_answered() -> Result<()> {
    const SHARE: usize = 4;
    const MORE: usize = 20;
    let mut stack = Stack::start(0).await?;
    let front = SilentFront::of(&stack.org.host()?).await?;
    let variables = [("MAX_WAITING_CALLS_PER_ORG", "4")];
    stack.replace_web(&front.host(), &variables).await?;
    let opportunity = stack.opportunity(2).await?;
    let (mut org, user) = stack.org("my-org-sales-a").await?;
    org.instance_url = front.url();
    let call = || -> Result<_> {
        let request = stack.call_as(&org, &user, Method::POST, "/api/generatequote")?;
        Ok(request.json(&json!({ "opportunityId": opportunity })).timeout(Duration::from_secs(90)).send())
    };
    let waiting: Vec<_> = (0..SHARE).map(|_| call().map(tokio::spawn)).collect::<Result<_>>()?;
    eventually(Duration::from_secs(30), "so many calls wait for the org", async || {
        let taken = front.taken();
        if taken >= SHARE { Ok(()) } else { bail!("{taken} connections") }
    })
    .await?;

    let started = Instant::now();
    for answer in join_all((0..MORE).map(|_| call()).collect::<Result<Vec<_>>>()?).await {
        let answer = answer?;
        let after = answer.headers().get("retry-after").and_then(|after| after.to_str().ok()?.parse::<u64>().ok());
        let (status, body): (u16, Value) = (answer.status().as_u16(), answer.json().await?);
        assert_eq!((status, body["error"]["code"].as_str()), (429, Some("too_many_requests")), "{body}");
        assert!(after.context("no Retry-After")? >= 1);
    }
    quote_id(stack.try_quote(&opportunity).await?).await?;
    for path in ["/health", "/ready", "/metrics"] {
        let answer = http_client()?.get(format!("{}{path}", stack.web.url()?)).send().await?;
        assert!(answer.status().is_success(), "{path}: {}", answer.status());
    }
    let took = started.elapsed();
    assert!(took < AT_ONCE, "{took:?}");
    for answer in try_join_all(waiting).await? {
        assert_eq!(answer?.status().as_u16(), 504);
    }
    // Whoever was answered has given the place back.
    front.answer(true);
    assert_ne!(call()?.await?.status().as_u16(), 429);
    Ok(())
}
