//! Calls of an org that does not answer leave room for the calls of others, and for probes.

use crate::support::{GRAPH, Stack, quote_id};
use anyhow::{Context, Result, bail, ensure};
use futures_util::future::{join_all, try_join_all};
use reqwest::Method;
use serde_json::{Value, json};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};
use test_support::{Fault, FaultAction, Org, SilentFront, User, client_context, eventually, http_client};
use tokio::io::AsyncWriteExt as _;
use tokio::net::TcpStream;

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
    eventually(Duration::from_secs(30), "this many calls wait for the org", async || {
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

/// An org of its own that is behind the same front: what an org is called does not matter to who is not answered.
fn numbered((org, user): &(Org, User), number: usize) -> Result<(Org, User)> {
    let (mut org, mut user) = (org.clone(), user.clone());
    org.id = format!("00D9{number:011}EAA");
    // A token begins with the org's id.
    let (_, secret) = user.access_token.split_once('!').context("a token")?;
    user.access_token = format!("00D9{number:011}!{secret}");
    Ok((org, user))
}

#[tokio::test]
async fn silent_orgs_leave_places_for_others() -> Result<()> {
    const ORGS: usize = 7;
    const CALLS: usize = 30;
    let mut stack = Stack::start(0).await?;
    let front = SilentFront::of(&stack.org.host()?).await?;
    stack.replace_web(&front.host(), &[]).await?;
    let opportunity = stack.opportunity(2).await?;
    let mut behind = stack.org("my-org-sales-a").await?;
    behind.0.instance_url = front.url();
    let refused = Arc::<AtomicUsize>::default();
    let mut calls = tokio::task::JoinSet::new();
    for number in 0..ORGS * CALLS {
        let (org, user) = numbered(&behind, number % ORGS)?;
        let request = stack.call_as(&org, &user, Method::POST, "/api/generatequote")?;
        let call = request.json(&json!({ "opportunityId": opportunity })).timeout(Duration::from_secs(90)).send();
        let refused = Arc::clone(&refused);
        calls.spawn(async move {
            if call.await.is_ok_and(|answer| answer.status().as_u16() == 429) {
                refused.fetch_add(1, Ordering::SeqCst);
            }
        });
    }
    eventually(Duration::from_secs(20), "all calls wait or are refused", async || {
        let (taken, refused) = (front.taken(), refused.load(Ordering::SeqCst));
        if taken + refused >= ORGS * CALLS { Ok(()) } else { bail!("{taken} wait, {refused} are refused") }
    })
    .await?;
    let quoted = stack.try_quote(&opportunity).await?;
    ensure!(front.taken() > ORGS * 8, "{} calls wait, which is no test", front.taken());
    quote_id(quoted).await?;
    Ok(())
}

#[tokio::test]
async fn an_org_whose_calls_timed_out_has_few_places_until_one_is_answered() -> Result<()> {
    const CALLS: usize = 6;
    let mut stack = Stack::start(0).await?;
    let front = SilentFront::of(&stack.org.host()?).await?;
    stack.replace_web(&front.host(), &[("REQUEST_DEADLINE_SECONDS", "4")]).await?;
    let opportunity = stack.opportunity(2).await?;
    let (mut org, user) = stack.org("my-org-sales-a").await?;
    org.instance_url = front.url();
    let statuses = async || -> Result<Vec<u16>> {
        let call = || -> Result<_> {
            let request = stack.call_as(&org, &user, Method::POST, "/api/generatequote")?;
            Ok(request.json(&json!({ "opportunityId": opportunity })).timeout(Duration::from_secs(90)).send())
        };
        let answers = join_all((0..CALLS).map(|_| call()).collect::<Result<Vec<_>>>()?).await;
        let mut statuses =
            answers.into_iter().map(|answer| Ok(answer?.status().as_u16())).collect::<Result<Vec<_>>>()?;
        statuses.sort_unstable();
        Ok(statuses)
    };
    assert_eq!(statuses().await?, [504; CALLS]);
    assert_eq!(statuses().await?, [429, 429, 429, 429, 504, 504]);
    front.answer(true);
    // The Opportunity is another org's, so the answer is a refusal; but it is one of the org.
    let answered = statuses().await?;
    assert!(answered.contains(&404), "{answered:?}");
    assert_eq!(statuses().await?, [404; CALLS]);
    Ok(())
}

#[tokio::test]
async fn a_caller_that_has_gone_keeps_no_place() -> Result<()> {
    const SHARE: usize = 4;
    let mut stack = Stack::start(0).await?;
    let front = SilentFront::of(&stack.org.host()?).await?;
    stack.replace_web(&front.host(), &[("MAX_WAITING_CALLS_PER_ORG", "4")]).await?;
    let opportunity = stack.opportunity(2).await?;
    let (mut org, user) = stack.org("my-org-sales-a").await?;
    org.instance_url = front.url();
    let host = stack.web.url()?.trim_start_matches("http://").to_owned();
    let body = json!({ "opportunityId": opportunity }).to_string();
    // A call of its own each: a repeated one waits for the first.
    let request = || {
        format!(
            "POST /api/generatequote HTTP/1.1\r\nHost: {host}\r\nx-client-context: {}\r\ncontent-type: application/json\r\n\
             content-length: {}\r\n\r\n{body}",
            client_context(&org, &user),
            body.len()
        )
    };
    let mut waiting = Vec::new();
    for _ in 0..SHARE {
        let mut stream = TcpStream::connect(&host).await?;
        stream.write_all(request().as_bytes()).await?;
        waiting.push(stream);
    }
    eventually(Duration::from_secs(15), "this many calls wait for the org", async || {
        if front.taken() >= SHARE { Ok(()) } else { bail!("{} connections", front.taken()) }
    })
    .await?;
    drop(waiting);
    // Long before the deadline of the calls that have gone, another one gets to the org.
    let started = Instant::now();
    eventually(AT_ONCE, "a place is free", async || {
        let call = stack.call_as(&org, &user, Method::POST, "/api/generatequote")?;
        let call = tokio::spawn(call.json(&json!({ "opportunityId": opportunity })).send());
        while !call.is_finished() {
            if front.taken() > SHARE {
                call.abort();
                return Ok(());
            }
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
        bail!("{}", call.await??.text().await?)
    })
    .await?;
    assert!(started.elapsed() < AT_ONCE);
    Ok(())
}

#[tokio::test]
async fn a_caller_that_has_gone_keeps_its_place_while_what_it_left_is_removed() -> Result<()> {
    let mut stack = Stack::start(0).await?;
    stack.replace_web("127.0.0.1:9", &[("MAX_WAITING_CALLS_PER_ORG", "1")]).await?;
    let (big, small) = (stack.big_opportunity(600).await?, stack.opportunity(2).await?);
    let held = stack.fault(Fault::new(FaultAction::DelayBefore { ms: 60_000 }).path(GRAPH).skip(1).times(1)).await?;
    let call = stack.call(Method::POST, "/api/generatequote").await?.json(&json!({ "opportunityId": big }));
    let call = tokio::spawn(call.send());
    stack.hit(held).await?;
    call.abort();
    eventually(Duration::from_secs(30), "the incomplete Quote is gone", async || {
        let counts = stack.counts().await?;
        if counts == (0, 0) { Ok(()) } else { bail!("{counts:?}") }
    })
    .await?;
    // It is looked for again, twice within 18 s, as the last request may be carried out later.
    assert_eq!(stack.try_quote(&small).await?.status().as_u16(), 429);
    eventually(Duration::from_secs(60), "the place is free", async || {
        quote_id(stack.try_quote(&small).await?).await.map(drop)
    })
    .await
}
