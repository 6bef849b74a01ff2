//! A repeated call is the same Quote; another call is another one.

use crate::support::{GRAPH, ORG, Stack, job_id, quote_id, refusal};
use anyhow::Result;
use reqwest::{Method, RequestBuilder, Response};
use serde_json::json;
use test_support::{Costs, Fault, FaultAction};

const SYNC: &str = "/api/generatequote";
const ASYNC: &str = "/api/generatequoteasync";

/// A synchronous call under this `Idempotency-Key`, to be sent.
async fn keyed_request(stack: &Stack, key: &str, opportunity: &str) -> Result<RequestBuilder> {
    let request = stack.call(Method::POST, SYNC).await?.header("Idempotency-Key", key);
    Ok(request.json(&json!({ "opportunityId": opportunity })))
}

/// The Quote of such a call.
async fn keyed(stack: &Stack, key: &str, opportunity: &str) -> Result<String> {
    quote_id(keyed_request(stack, key, opportunity).await?.send().await?).await
}

#[tokio::test]
async fn two_calls_at_once_make_two_quotes() -> Result<()> {
    let stack = Stack::start(0).await?;
    let opportunity = stack.opportunity(2).await?;
    stack.org.set_costs(&Costs { call_ms: 200, ..Costs::default() }).await?;
    let (one, two) = tokio::try_join!(stack.quote(&opportunity), stack.quote(&opportunity))?;
    assert_ne!(one, two);
    assert_eq!(stack.counts().await?, (2, 4));
    Ok(())
}

#[tokio::test]
async fn the_same_idempotency_key_is_the_same_quote() -> Result<()> {
    let stack = Stack::start(0).await?;
    let (one, two) = (stack.opportunity(2).await?, stack.opportunity(1).await?);
    stack.org.set_costs(&Costs { call_ms: 200, ..Costs::default() }).await?;
    // At once, and later.
    let (first, second) = tokio::try_join!(keyed(&stack, "once", &one), keyed(&stack, "once", &one))?;
    assert_eq!(first, second);
    assert_eq!(keyed(&stack, "once", &one[..15]).await?, first);
    assert_eq!(stack.counts().await?, (1, 2));
    // The same key for another Opportunity, and another key, are other Quotes.
    assert_ne!(keyed(&stack, "once", &two).await?, first);
    assert_ne!(keyed(&stack, "twice", &one).await?, first);
    assert_eq!(stack.counts().await?, (3, 5));
    Ok(())
}

#[tokio::test]
async fn a_repeated_call_finds_its_quote_when_the_duplicate_is_not_named() -> Result<()> {
    let stack = Stack::start(0).await?;
    let opportunity = stack.opportunity(2).await?;
    let first = keyed(&stack, "once", &opportunity).await?;
    let unnamed = "duplicate value found: <unknown> duplicates value on record with id: <unknown>";
    let unnamed = FaultAction::record_error("Quote", "DUPLICATE_VALUE", unnamed);
    stack.fault(Fault::new(unnamed).path(GRAPH).always()).await?;
    assert_eq!(keyed(&stack, "once", &opportunity).await?, first);
    assert_eq!(stack.counts().await?, (1, 2));
    // Where there is none, it is refused, in Salesforce's words.
    let refused = refusal(keyed_request(&stack, "twice", &opportunity).await?.send().await?).await?;
    assert_eq!((refused.0, refused.1.as_str()), (422, "DUPLICATE_VALUE"), "{refused:?}");
    Ok(())
}

#[tokio::test]
async fn the_same_applink_request_is_the_same_quote() -> Result<()> {
    let stack = Stack::start(0).await?;
    let opportunity = stack.opportunity(2).await?;
    let body = json!({ "opportunityId": opportunity });
    let mut quotes = Vec::new();
    for id in ["00DLO0000000001AAA-1", "00DLO0000000001AAA-1", "00DLO0000000001AAA-2", "", ""] {
        quotes.push(quote_id(stack.call_again(id, SYNC).await?.json(&body).send().await?).await?);
    }
    assert_eq!(quotes[0], quotes[1]);
    quotes.dedup();
    assert_eq!(quotes.len(), 4, "{quotes:?}");
    // A header wins over the request's id, and is not taken for one.
    let request =
        stack.call_again("00DLO0000000001AAA-1", SYNC).await?.header("Idempotency-Key", "00DLO0000000001AAA-1");
    assert!(!quotes.contains(&quote_id(request.json(&body).send().await?).await?));
    assert_eq!(stack.counts().await?, (5, 10));
    Ok(())
}

#[tokio::test]
async fn a_repeated_big_quote_is_the_same_quote() -> Result<()> {
    let mut stack = Stack::start(0).await?;
    let opportunity = stack.big_opportunity(600).await?;
    stack.org.set_costs(&Costs { call_ms: 100, ..Costs::default() }).await?;
    let (first, second) = tokio::try_join!(keyed(&stack, "once", &opportunity), keyed(&stack, "once", &opportunity))?;
    assert_eq!(first, second);
    let _other = stack.another_web(28).await?;
    assert_eq!(keyed(&stack, "once", &opportunity).await?, first);
    assert_eq!(stack.counts().await?, (1, 600));
    Ok(())
}

/// Two processes cannot wait for each other, so each may take the other's half-written Quote for a leftover. However that
/// ends, there is never more than one, and the call can be repeated.
#[tokio::test]
async fn a_big_quote_of_two_processes_at_once_is_one_quote() -> Result<()> {
    let mut stack = Stack::start(0).await?;
    let opportunity = stack.big_opportunity(1_200).await?;
    stack.org.set_costs(&Costs { call_ms: 100, ..Costs::default() }).await?;
    let one = keyed_request(&stack, "once", &opportunity).await?;
    let _first = stack.another_web(28).await?;
    let two = keyed_request(&stack, "once", &opportunity).await?;
    let mut quotes = Vec::new();
    for answer in <[Response; 2]>::from(tokio::try_join!(one.send(), two.send())?) {
        match answer.status().as_u16() {
            200 => quotes.push(quote_id(answer).await?),
            _ => {
                let refused = refusal(answer).await?;
                assert_eq!((refused.0, refused.1.as_str()), (503, "STAGING_INTERRUPTED"), "{refused:?}");
            }
        }
    }
    let last = keyed(&stack, "once", &opportunity).await?;
    assert!(quotes.iter().all(|quote| *quote == last), "{quotes:?}, {last}");
    assert_eq!(stack.counts().await?, (1, 1_200));
    Ok(())
}

/// The second process has seen the first one's half-written Quote, and deletes it when it is complete.
#[tokio::test]
async fn a_big_quote_that_was_completed_meanwhile_is_no_leftover() -> Result<()> {
    let mut stack = Stack::start(0).await?;
    let opportunity = stack.big_opportunity(600).await?;
    let held = Fault::new(FaultAction::DelayBefore { ms: 3_000 }).path(GRAPH).skip(1).times(1);
    let held = stack.fault(held).await?;
    let first = tokio::spawn(keyed_request(&stack, "once", &opportunity).await?.send());
    stack.hit(held).await?;
    let first_web = stack.another_web(28).await?;
    let seen = Fault::new(FaultAction::DelayAfter { ms: 6_000 }).path("QuoteJobKey__c").times(1);
    let seen = stack.fault(seen).await?;
    let second = tokio::spawn(keyed_request(&stack, "once", &opportunity).await?.send());
    stack.hit(seen).await?;
    let (first, second) = (quote_id(first.await??).await?, quote_id(second.await??).await?);
    assert_eq!(first, second);
    assert_eq!(stack.counts().await?, (1, 600));
    drop(first_web);
    Ok(())
}

#[tokio::test]
async fn a_repeated_asynchronous_call_is_the_same_job() -> Result<()> {
    let stack = Stack::start(1).await?;
    let opportunity = stack.opportunity(2).await?;
    let held = Fault::new(FaultAction::DelayBefore { ms: 500 }).always();
    stack.fault(held).await?;
    let call = async |key: Option<&str>, request_id: &str, path: &str| -> Result<String> {
        let mut request = stack.call_again(request_id, ASYNC).await?;
        if let Some(key) = key {
            request = request.header("Idempotency-Key", key);
        }
        let body = json!({ "opportunityId": opportunity, "callbackUrl": stack.receiver.url(path) });
        job_id(request.json(&body).send().await?).await
    };
    let first = call(None, "request-1", "/a").await?;
    assert_eq!(call(None, "request-1", "/a").await?, first);
    assert_ne!(call(None, "request-2", "/a").await?, first);
    let keyed = call(Some("once"), "request-3", "/b").await?;
    assert_eq!(call(Some("once"), "request-4", "/b").await?, keyed);
    // Salesforce waits at each URL it gave, so each is called; the Quote is the same.
    let elsewhere = call(Some("once"), "request-5", "/c").await?;
    assert_ne!(elsewhere, keyed);
    let received = stack.callbacks(4).await?;
    for job in [&keyed, &elsewhere] {
        stack.ended(job).await?;
    }
    let quote = |path: &str| {
        let callback = received.iter().find(|callback| callback.target == path);
        callback.and_then(|callback| callback.json().ok()).map(|body| body["quoteId"].clone())
    };
    assert!(quote("/b").is_some_and(|quote| quote.is_string()), "{received:?}");
    assert_eq!(quote("/b"), quote("/c"));
    assert_eq!((stack.receiver.received().len(), stack.counts().await?), (4, (3, 6)));
    // So is that of a synchronous call with the key.
    stack.org.clear_faults().await?;
    self::keyed(&stack, "once", &opportunity).await?;
    assert_eq!(stack.org.counts(ORG).await?["Quote"], 3);
    Ok(())
}

/// The Quote of another user's call is not this one's, who may not even see it.
#[tokio::test]
async fn the_same_key_of_another_user_is_another_quote() -> Result<()> {
    let stack = Stack::start(0).await?;
    let opportunity = stack.opportunity(2).await?;
    let own = keyed(&stack, "once", &opportunity).await?;
    let (org, sales) = stack.session("sales.user@my-org.local", &["GenerateQuotePermissions"]).await?;
    let request = stack.call_as(&org, &sales, Method::POST, SYNC)?.header("Idempotency-Key", "once");
    let other = quote_id(request.json(&json!({ "opportunityId": opportunity })).send().await?).await?;
    assert_ne!(own, other);
    assert_eq!(stack.counts().await?, (2, 4));
    Ok(())
}
