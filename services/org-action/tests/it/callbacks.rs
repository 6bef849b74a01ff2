//! Callbacks: until they are taken, and no longer; also when there is no Quote.

use crate::support::{Line, ORG, Stack, job_id};
use anyhow::Result;
use reqwest::Method;
use serde_json::{Value, json};
use std::time::Duration;
use test_support::{Fault, FaultAction, Receiver, Reply};

/// An everyday user.
const SALES: &str = "sales.user@my-org.local";

#[tokio::test]
async fn a_host_that_is_unavailable_is_called_again() -> Result<()> {
    let stack = Stack::start(1).await?;
    // A page for people is no receipt.
    stack.receiver.reply([Reply::Status(503), Reply::Page(200), Reply::Status(423)]);
    let opportunity = stack.opportunity(1).await?;
    let job = stack.quote_async(&opportunity).await?;
    assert_eq!(stack.ended(&job).await?["state"], "completed");
    let received = stack.callbacks(4).await?;
    assert_eq!(received.len(), 4, "{received:?}");
    assert!(received.iter().all(|callback| callback.header("idempotency-key") == Some(&format!("{job}-1"))));
    assert!(received.iter().all(|callback| callback.body == received[0].body));
    assert_eq!(stack.counts().await?, (1, 1));
    Ok(())
}

#[tokio::test]
async fn a_host_that_does_not_want_it_ends_the_job() -> Result<()> {
    let stack = Stack::start(1).await?;
    let opportunity = stack.opportunity(1).await?;
    for (number, status) in [404, 408, 401].into_iter().enumerate() {
        stack.receiver.reply([Reply::Status(status)]);
        let job = stack.quote_async(&opportunity).await?;
        let ended = stack.ended(&job).await?;
        assert_eq!(ended["state"], "completed", "{ended}");
        assert_eq!(ended["reason"], format!("the callback was answered {status}"), "{ended}");
        assert_eq!(stack.receiver.received().len(), number + 1);
    }
    // What was not taken is not sent later either.
    tokio::time::sleep(Duration::from_secs(3)).await;
    assert_eq!(stack.receiver.received().len(), 3);
    Ok(())
}

async fn fails_with(stack: &Stack, opportunity: &str, code: &str) -> Result<Value> {
    let before = stack.receiver.received().len();
    let job = stack.quote_async(opportunity).await?;
    stack.ended(&job).await?;
    let received = stack.receiver.received();
    assert_eq!(received.len(), before + 1, "{received:?}");
    let body = received[before].json()?;
    assert_eq!((&body["jobId"], &body["error"]["code"]), (&json!(job), &json!(code)), "{body}");
    assert!(body.get("quoteId").is_none(), "{body}");
    Ok(body)
}

#[tokio::test]
async fn a_job_that_fails_calls_back_with_the_error() -> Result<()> {
    let stack = Stack::start(1).await?;
    fails_with(&stack, "006LO000000zzzz", "NOT_FOUND").await?;
    let empty = stack.opportunity(0).await?;
    fails_with(&stack, &empty, "NO_LINE_ITEMS").await?;
    let overdone = stack.opportunity_of(&[Line { discount: Some(101.0), ..Line::default() }]).await?;
    fails_with(&stack, &overdone, "NUMBER_OUTSIDE_VALID_RANGE").await?;
    let fault = FaultAction::record_error("Quote", "FIELD_CUSTOM_VALIDATION_EXCEPTION", "The Quote violates a rule.");
    stack.fault(Fault::new(fault).always()).await?;
    let opportunity = stack.opportunity(1).await?;
    let body = fails_with(&stack, &opportunity, "FIELD_CUSTOM_VALIDATION_EXCEPTION").await?;
    assert_eq!(body["error"]["message"], "The Quote violates a rule.");
    stack.org.clear_faults().await?;
    let refused = FaultAction::status(400, "INVALID_FIELD", "No such column 'DiscountOverride__c'");
    stack.fault(Fault::new(refused).path("/query").times(1)).await?;
    let body = fails_with(&stack, &opportunity, "INVALID_FIELD").await?;
    assert_eq!(body["error"]["message"], "No such column 'DiscountOverride__c'");
    assert_eq!(stack.counts().await?, (0, 0));
    Ok(())
}

#[tokio::test]
async fn an_expired_session_ends_the_job_and_is_called_back() -> Result<()> {
    let mut stack = Stack::start(0).await?;
    let opportunity = stack.opportunity(1).await?;
    let job = stack.quote_async(&opportunity).await?;
    stack.org.expire_sessions(ORG).await?;
    stack.add_worker("late").await?;
    let body = stack.only_callback(&job).await?;
    assert_eq!(body["error"]["code"], "session_expired", "{body}");
    // With a new session it can be run again, and calls back again.
    let request = stack.call(Method::POST, &format!("/api/jobs/{job}/retry")).await?;
    request.send().await?.error_for_status()?;
    let received = stack.callbacks(2).await?;
    assert!(received[1].json()?["quoteId"].is_string(), "{received:?}");
    assert_eq!(received[1].header("idempotency-key"), Some(format!("{job}-2").as_str()));
    Ok(())
}

/// Starts a worker that calls back as the user of this authorization.
async fn add_worker_calling_back_as(stack: &mut Stack, authorization: &str, more: &[(&str, &str)]) -> Result<()> {
    // The add-on gives orgs the address at which it is asked.
    let (behind, front) = (stack.org.host()?, stack.receiver.host().to_owned());
    let addon = stack.org.applink_env()?.map(|(name, value)| (name, value.replace(&behind, &front)));
    let mut variables: Vec<(&str, &str)> = addon.iter().map(|(name, value)| (*name, value.as_str())).collect();
    variables.push(("CALLBACK_AUTHORIZATION", authorization));
    variables.extend_from_slice(more);
    stack.add_worker_with(authorization, &variables).await
}

#[tokio::test]
async fn an_authorized_user_calls_back_when_the_callers_session_has_ended() -> Result<()> {
    let mut stack = Stack::start(0).await?;
    let (_, before) = stack.org.org(ORG).await?;
    let opportunity = stack.opportunity(1).await?;
    let job = stack.quote_async(&opportunity).await?;
    stack.org.expire_sessions(ORG).await?;
    add_worker_calling_back_as(&mut stack, ORG, &[]).await?;
    let body = stack.only_callback(&job).await?;
    assert_eq!(body["error"]["code"], "session_expired", "{body}");
    let (_, after) = stack.org.org(ORG).await?;
    let callback = &stack.receiver.received()[0];
    assert_ne!(before.access_token, after.access_token);
    assert_eq!(callback.header("authorization"), Some(format!("Bearer {}", after.access_token).as_str()));
    Ok(())
}

#[tokio::test]
async fn the_token_of_another_orgs_user_is_not_sent() -> Result<()> {
    let mut stack = Stack::start(0).await?;
    add_worker_calling_back_as(&mut stack, "my-org-sales-a", &[]).await?;
    let (_, user) = stack.org.org(ORG).await?;
    let opportunity = stack.opportunity(1).await?;
    let job = stack.quote_async(&opportunity).await?;
    assert!(stack.only_callback(&job).await?["quoteId"].is_string());
    let callback = &stack.receiver.received()[0];
    assert_eq!(callback.header("authorization"), Some(format!("Bearer {}", user.access_token).as_str()));
    Ok(())
}

#[tokio::test]
async fn passing_faults_of_salesforce_are_waited_out() -> Result<()> {
    let stack = Stack::start(1).await?;
    let opportunity = stack.opportunity(1).await?;
    for fault in [
        FaultAction::status(503, "SERVER_UNAVAILABLE", "busy"),
        FaultAction::status(403, "REQUEST_LIMIT_EXCEEDED", "TotalRequests Limit exceeded."),
        FaultAction::record_error("Quote", "UNABLE_TO_LOCK_ROW", "unable to obtain exclusive access"),
    ] {
        stack.fault(Fault::new(fault).times(8)).await?;
        let job = stack.quote_async(&opportunity).await?;
        let ended = stack.ended(&job).await?;
        assert_eq!((&ended["state"], &ended["succeeded"]), (&json!("completed"), &json!(1)), "{ended}");
        stack.org.clear_faults().await?;
    }
    let received = stack.callbacks(3).await?;
    assert!(received.iter().all(|callback| callback.body.contains("quoteId")), "{received:?}");
    assert_eq!(stack.counts().await?, (3, 3));
    Ok(())
}

#[tokio::test]
async fn a_cancelled_job_calls_back() -> Result<()> {
    let mut stack = Stack::start(0).await?;
    let opportunity = stack.opportunity(1).await?;
    let job = stack.quote_async(&opportunity).await?;
    let request = stack.call(Method::POST, &format!("/api/jobs/{job}/cancel")).await?;
    request.send().await?.error_for_status()?;
    stack.add_worker("late").await?;
    let body = stack.only_callback(&job).await?;
    assert_eq!(body["error"]["code"], "cancelled", "{body}");
    assert_eq!(stack.counts().await?, (0, 0));
    Ok(())
}

#[tokio::test]
async fn a_host_that_the_worker_does_not_allow_is_not_called() -> Result<()> {
    let mut stack = Stack::start(0).await?;
    let org = stack.org.host()?;
    stack.add_worker_with("strict", &[("ALLOWED_ORG_HOSTS", &org)]).await?;
    let opportunity = stack.opportunity(1).await?;
    let job = stack.quote_async(&opportunity).await?;
    let ended = stack.ended(&job).await?;
    assert!(ended["reason"].as_str().is_some_and(|reason| reason.contains("not among the allowed hosts")), "{ended}");
    assert_eq!(stack.receiver.received(), []);
    Ok(())
}

#[tokio::test]
async fn a_host_that_nobody_allows_is_refused() -> Result<()> {
    let stack = Stack::start(0).await?;
    let opportunity = stack.opportunity(1).await?;
    let foreign =
        ["https://evil.example/cb", "http://my.salesforce.com/cb", "https://salesforce.com.evil.example/", "", "x"];
    // Hosts that may be called, but are not the caller's org.
    let others = [stack.org.url()?, "https://other.my.salesforce.com/services/async/1".to_owned()].map(Value::from);
    let foreign = foreign.iter().map(|url| json!(url)).chain([Value::Null, json!("https://u:p@my.salesforce.com/")]);
    let foreign = foreign.chain(others);
    for url in foreign {
        let request = stack.call(Method::POST, "/api/generatequoteasync").await?;
        let answer = request.json(&json!({ "opportunityId": opportunity, "callbackUrl": url })).send().await?;
        assert_eq!(answer.status().as_u16(), 400, "{url}");
        let answer: Value = answer.json().await?;
        assert_eq!(answer["error"]["field"], "callbackUrl", "{url}: {answer}");
    }
    let request = stack.call(Method::POST, "/api/generatequoteasync").await?;
    let right = json!({ "opportunityId": opportunity, "callbackUrl": stack.receiver.url("/callback/1") });
    job_id(request.json(&right).send().await?).await?;
    Ok(())
}

/// Somebody who can write to Redis has a job call another host that may be called.
#[tokio::test]
async fn a_callback_url_that_was_changed_in_redis_gets_no_token() -> Result<()> {
    let mut stack = Stack::start(0).await?;
    let other = Receiver::start().await?;
    let opportunity = stack.opportunity(1).await?;
    let other_url = other.url("");
    let start_and_change = async |stack: &Stack| -> Result<String> {
        let job = stack.quote_async(&opportunity).await?;
        let key = format!("{{org-action}}:params:{}", job.replace('-', ""));
        let params = stack.redis.text(&key).await?;
        let changed = params.replace(&stack.receiver.url(""), &other_url);
        assert_ne!(changed, params);
        stack.redis.command(&["SET", &key, &changed]).await?;
        Ok(job)
    };
    let job = start_and_change(&stack).await?;
    stack.add_worker_with("caller", &[("ALLOWED_ORG_HOSTS", "127.0.0.1:*")]).await?;
    let ended = stack.ended(&job).await?;
    assert_eq!(ended["state"], "failed", "{ended}");
    assert!(ended["reason"].as_str().is_some_and(|reason| reason.starts_with("unproven job")), "{ended}");
    stack.workers[0].kill().await?;
    // Nor does an authorized user's, which is not sealed with the job.
    let job = start_and_change(&stack).await?;
    add_worker_calling_back_as(&mut stack, ORG, &[("ALLOWED_ORG_HOSTS", "127.0.0.1:*")]).await?;
    stack.ended(&job).await?;
    assert_eq!(other.received(), []);
    assert_eq!(stack.receiver.received(), []);
    assert_eq!(stack.counts().await?, (0, 0));
    Ok(())
}

/// Somebody who can write to Redis has the authorized user post to another address of its own org, or has jobs forget that
/// they can tell.
#[tokio::test]
async fn an_authorized_user_does_nothing_for_a_job_that_was_changed() -> Result<()> {
    let mut stack = Stack::start(0).await?;
    let opportunity = stack.opportunity(1).await?;
    let key = |name: &str, job: &str| format!("{{org-action}}:{name}:{}", job.replace('-', ""));
    let mut jobs = Vec::new();
    for _ in 0..4 {
        jobs.push(stack.quote_async(&opportunity).await?);
    }
    let params = stack.redis.text(&key("params", &jobs[0])).await?;
    let elsewhere = params.replace("/callback/1", "/callback/2");
    assert_ne!(params, elsewhere);
    for job in &jobs {
        stack.redis.command(&["SET", &key("params", job), &elsewhere]).await?;
    }
    let of_another = "return redis.call('HSET', KEYS[1], 'proof', redis.call('HGET', KEYS[2], 'proof') or '')";
    stack.redis.command(&["HDEL", &key("job", &jobs[1]), "proof"]).await?;
    stack.redis.command(&["EVAL", of_another, "2", &key("job", &jobs[2]), &key("job", &jobs[0])]).await?;
    // It cleans up after a process that was killed: also in the name of the authorized user.
    stack.redis.command(&["HSET", &key("job", &jobs[3]), "kind", "removeIncompleteQuote"]).await?;
    add_worker_calling_back_as(&mut stack, ORG, &[]).await?;
    for job in &jobs {
        let ended = stack.ended(job).await?;
        assert!(ended["reason"].as_str().is_some_and(|reason| reason.starts_with("unproven job")), "{ended}");
        let again = stack.call(Method::POST, &format!("/api/jobs/{job}/retry")).await?.send().await?;
        assert_eq!(again.status().as_u16(), 409, "{}", again.text().await?);
    }
    assert_eq!(stack.receiver.received(), []);
    assert_eq!(stack.counts().await?, (0, 0));
    Ok(())
}

/// The address of an Apex class, where a post does whatever the class does.
#[tokio::test]
async fn an_authorized_users_token_goes_to_no_general_api() -> Result<()> {
    let mut stack = Stack::start(0).await?;
    let (org, sales) = stack.session(SALES, &["GenerateQuotePermissions"]).await?;
    let opportunity = stack.opportunity(1).await?;
    add_worker_calling_back_as(&mut stack, ORG, &[]).await?;
    let request = stack.call_as(&org, &sales, Method::POST, "/api/generatequoteasync")?;
    let url = stack.receiver.url("/services/%61pexrest/DeleteAll");
    let job = job_id(request.json(&json!({ "opportunityId": opportunity, "callbackUrl": url })).send().await?).await?;
    stack.ended(&job).await?;
    let received = stack.receiver.received();
    assert_eq!(received.len(), 1, "{received:?}");
    let own = format!("Bearer {}", sales.access_token);
    assert_eq!(received[0].header("authorization"), Some(own.as_str()), "the caller's own right is all it gets");
    Ok(())
}

#[tokio::test]
async fn a_job_that_another_user_retries_calls_nobody_back() -> Result<()> {
    let mut stack = Stack::start(0).await?;
    let (org, sales) = stack.session(SALES, &["GenerateQuotePermissions"]).await?;
    let opportunity = stack.opportunity(1).await?;
    let job = stack.quote_async_as(&org, &sales, &opportunity).await?;
    stack.org.expire_sessions(ORG).await?;
    stack.add_worker("late").await?;
    assert_eq!(stack.only_callback(&job).await?["error"]["code"], "session_expired");
    let (_, admin) = stack.org(ORG).await?;
    let request = stack.call(Method::POST, &format!("/api/jobs/{job}/retry")).await?;
    request.send().await?.error_for_status()?;
    let ended = stack.ended(&job).await?;
    assert_eq!((&ended["run"], &ended["succeeded"]), (&json!(2), &json!(1)), "{ended}");
    assert!(ended["reason"].as_str().is_some_and(|reason| reason.contains("another user")), "{ended}");
    assert_eq!(ended["createdBy"], sales.id, "{ended}");
    assert_eq!(
        (&ended["history"][0]["act"], &ended["history"][0]["actor"]),
        (&json!("retried"), &json!(admin.id)),
        "{ended}"
    );
    assert_eq!(stack.receiver.received().len(), 1);
    assert_eq!(stack.counts().await?, (1, 1));
    Ok(())
}
