//! Whose job it is: what the maker may do, what other users of the org may, and who is told.

use crate::support::{ALL, ORG, Stack, digits};
use anyhow::{Context, Result};
use reqwest::{Method, Response, StatusCode};
use serde_json::{Value, json};
use test_support::{Org, Receiver, User};

/// An everyday user, without any permission set.
const SALES: &str = "sales.user@my-org.local";

async fn sales(stack: &Stack) -> Result<(Org, User)> {
    let (org, _) = stack.org.org(ORG).await?;
    Ok((org, stack.org.open_session(ORG, SALES, &[]).await?))
}

async fn as_user(stack: &Stack, (org, user): &(Org, User), method: Method, path: &str) -> Result<Response> {
    Ok(stack.call_by(org, user, method, path)?.send().await?)
}

async fn keyed(stack: &Stack, (org, user): &(Org, User), path: &str, body: &Value) -> Result<Response> {
    let request = stack.call_by(org, user, Method::POST, path)?;
    Ok(request.header("Idempotency-Key", "once").json(body).send().await?)
}

async fn job_id(answer: Response) -> Result<String> {
    assert_eq!(answer.status(), StatusCode::ACCEPTED);
    let answer: Value = answer.json().await?;
    Ok(answer["jobId"].as_str().context("no jobId")?.to_owned())
}

#[tokio::test]
async fn another_users_job_is_as_unknown_as_one_that_is_not_there() -> Result<()> {
    let stack = Stack::start(1, 1, 1).await?;
    let sales = sales(&stack).await?;
    let id = stack.post(ALL).await?;
    stack.assert_quoted(&id, 1, 1).await?;
    for (method, path) in [
        (Method::GET, format!("/api/jobs/{id}")),
        (Method::GET, format!("/api/jobs/{id}/errors")),
        (Method::GET, format!("/api/jobs/{id}/events")),
        (Method::GET, format!("/api/jobs/{id}/deadletters")),
        (Method::POST, format!("/api/jobs/{id}/cancel")),
        (Method::POST, format!("/api/jobs/{id}/resume")),
        (Method::POST, format!("/api/jobs/{id}/retry")),
    ] {
        let answer = as_user(&stack, &sales, method.clone(), &path).await?;
        assert_eq!(answer.status(), StatusCode::NOT_FOUND, "{method} {path}");
    }
    let list: Value = as_user(&stack, &sales, Method::GET, "/api/jobs").await?.json().await?;
    assert_eq!(list["jobs"], json!([]));
    Ok(())
}

#[tokio::test]
async fn an_idempotency_key_is_its_users_and_its_operations() -> Result<()> {
    let stack = Stack::start(0, 0, 0).await?;
    let sales = sales(&stack).await?;
    let admin = stack.org.org(ORG).await?;
    let batch = json!({ "soqlWhereClause": ALL });
    let first = job_id(keyed(&stack, &admin, "/api/executebatch", &batch).await?).await?;
    assert_eq!(job_id(keyed(&stack, &admin, "/api/executebatch", &batch).await?).await?, first);
    let other_user = job_id(keyed(&stack, &sales, "/api/executebatch", &batch).await?).await?;
    let other_operation = job_id(keyed(&stack, &admin, "/api/data/create", &json!({})).await?).await?;
    assert!(other_user != first && other_operation != first && other_user != other_operation);
    let other = json!({ "soqlWhereClause": "Name = 'another'" });
    let refused = keyed(&stack, &admin, "/api/executebatch", &other).await?;
    assert_eq!(refused.status(), StatusCode::UNPROCESSABLE_ENTITY);
    let refused: Value = refused.json().await?;
    assert_eq!(refused["error"]["code"], "idempotency_key_reused", "{refused}");
    assert_eq!(refused["error"]["field"], "Idempotency-Key", "{refused}");
    Ok(())
}

async fn ids(stack: &Stack, user: &(Org, User)) -> Result<Vec<Value>> {
    let list: Value = as_user(stack, user, Method::GET, "/api/jobs").await?.json().await?;
    Ok(list["jobs"].as_array().context("no jobs")?.iter().map(|job| job["id"].clone()).collect())
}

/// Starts a job as this user.
async fn start(stack: &Stack, (org, user): &(Org, User), body: &Value) -> Result<String> {
    job_id(stack.call_by(org, user, Method::POST, "/api/executebatch")?.json(body).send().await?).await
}

#[tokio::test]
async fn who_holds_the_permission_sees_and_steers_the_jobs_of_others_and_the_maker_is_told() -> Result<()> {
    let stack = Stack::start(0, 0, 0).await?;
    let (sales, admin) = (sales(&stack).await?, stack.org.org(ORG).await?);
    let own = start(&stack, &admin, &json!({ "soqlWhereClause": ALL })).await?;
    let id = start(&stack, &sales, &json!({ "soqlWhereClause": ALL })).await?;
    assert_eq!(ids(&stack, &sales).await?, [json!(id)]);
    assert_eq!(ids(&stack, &admin).await?, [json!(id), json!(own)]);
    let cancelled = as_user(&stack, &admin, Method::POST, &format!("/api/jobs/{id}/cancel")).await?;
    assert_eq!(cancelled.status(), StatusCode::OK);
    // A second time changes nothing, and is not recorded.
    as_user(&stack, &admin, Method::POST, &format!("/api/jobs/{id}/cancel")).await?.error_for_status()?;
    let job: Value = as_user(&stack, &sales, Method::GET, &format!("/api/jobs/{id}")).await?.json().await?;
    assert_eq!(job["createdBy"], sales.1.id, "{job}");
    let history = job["history"].as_array().context("no history")?;
    assert_eq!(history.len(), 1, "{job}");
    assert_eq!((&history[0]["act"], &history[0]["actor"]), (&json!("cancelled"), &json!(admin.1.id)), "{job}");
    assert!(history[0]["at"].is_string(), "{job}");
    Ok(())
}

#[tokio::test]
async fn the_permission_is_the_orgs_to_grant_and_is_asked_for_once_a_session() -> Result<()> {
    let stack = Stack::start(0, 0, 0).await?;
    let admin = stack.org.org(ORG).await?;
    let id = start(&stack, &admin, &json!({ "soqlWhereClause": ALL })).await?;
    let path = format!("/api/jobs/{id}");
    let before = sales(&stack).await?;
    stack.org.reset_counters(ORG).await?;
    for _ in 0..3 {
        assert_eq!(as_user(&stack, &before, Method::GET, &path).await?.status(), StatusCode::NOT_FOUND);
        assert_eq!(as_user(&stack, &admin, Method::GET, &path).await?.status(), StatusCode::OK);
    }
    assert_eq!(stack.org.counters(ORG).await?.calls.total, 1, "the maker is not asked about");
    let set = stack.org.query(ORG, "SELECT Id FROM PermissionSet WHERE Name = 'QuoteJobManager'").await?;
    let fields = json!({ "PermissionSetId": set.records[0]["Id"], "AssigneeId": before.1.id });
    stack.org.create(ORG, "PermissionSetAssignment", &fields).await?;
    let granted = sales(&stack).await?;
    assert_eq!(as_user(&stack, &granted, Method::GET, &path).await?.status(), StatusCode::OK);
    assert_eq!(ids(&stack, &granted).await?, [json!(id)]);
    assert_eq!(stack.org.counters(ORG).await?.calls.total, 2);
    // Another org's permission says nothing about this one.
    let other = stack.org.org("my-org-sales-a").await?;
    assert_eq!(as_user(&stack, &other, Method::GET, &path).await?.status(), StatusCode::NOT_FOUND);
    Ok(())
}

#[tokio::test]
async fn an_org_that_cannot_be_asked_grants_nothing() -> Result<()> {
    let stack = Stack::start(0, 0, 0).await?;
    let id = stack.post(ALL).await?;
    let sales = sales(&stack).await?;
    stack.org.expire_sessions(ORG).await?;
    let answer = as_user(&stack, &sales, Method::GET, &format!("/api/jobs/{id}")).await?;
    assert_eq!(answer.status(), StatusCode::UNAUTHORIZED);
    let refused = test_support::FaultAction::status(400, "INVALID_TYPE", "sObject type is not supported");
    stack.fault(test_support::Fault::new(refused).path("/query").always()).await?;
    let sales = self::sales(&stack).await?;
    let answer = as_user(&stack, &sales, Method::POST, &format!("/api/jobs/{id}/cancel")).await?;
    assert_eq!(answer.status(), StatusCode::NOT_FOUND);
    assert_eq!(stack.job(&id).await?["state"], "queued");
    Ok(())
}

#[tokio::test]
async fn a_setting_lets_all_users_of_the_org_steer_its_jobs() -> Result<()> {
    let mut stack = Stack::start(0, 0, 0).await?;
    let id = stack.post(ALL).await?;
    let sales = sales(&stack).await?;
    stack.replace_web(&[("JOB_ACCESS", "org")]).await?;
    assert_eq!(ids(&stack, &sales).await?, [json!(id)]);
    let answer = as_user(&stack, &sales, Method::POST, &format!("/api/jobs/{id}/cancel")).await?;
    let job: Value = answer.error_for_status()?.json().await?;
    assert_eq!(job["history"][0]["actor"], sales.1.id, "{job}");
    let other = stack.org.org("my-org-sales-a").await?;
    let path = format!("/api/jobs/{id}");
    assert_eq!(as_user(&stack, &other, Method::GET, &path).await?.status(), StatusCode::NOT_FOUND);
    Ok(())
}

/// The maker has chosen the callback URL; the token that would go there is now another user's.
#[tokio::test]
async fn a_job_that_another_user_resumes_goes_on_and_calls_nobody_back() -> Result<()> {
    let mut stack = Stack::start_allowing("127.0.0.1:*", 5, 1, 0).await?;
    let receiver = Receiver::in_front_of(&stack.org).await?;
    stack.front = Some(receiver.url(""));
    let sales = sales(&stack).await?;
    let body = json!({ "soqlWhereClause": ALL, "callbackUrl": receiver.url("/services/apexrest/DeleteAll") });
    let id = start(&stack, &sales, &body).await?;
    stack.org.expire_sessions(ORG).await?;
    stack.add_worker("late").await?;
    stack.reaches(&id, "needsAuthorization").await?;
    stack.act(&id, "resume").await?;
    let job = stack.reaches(&id, "completed").await?;
    assert_eq!(job["succeeded"], 5, "{job}");
    assert!(job["reason"].as_str().is_some_and(|reason| reason.contains("another user")), "{job}");
    let admin = stack.org.org(ORG).await?.1;
    assert_eq!(
        (&job["history"][0]["act"], &job["history"][0]["actor"]),
        (&json!("resumed"), &json!(admin.id)),
        "{job}"
    );
    assert_eq!(receiver.received(), []);
    Ok(())
}

/// Made by a version that neither recorded who made a job nor gave it a proof.
#[tokio::test]
async fn a_job_of_an_earlier_version_fails_and_says_why() -> Result<()> {
    let mut stack = Stack::start(5, 1, 0).await?;
    let id = stack.post(ALL).await?;
    stack.redis.command(&["HDEL", &format!("{{org-job}}:job:{}", digits(&id)), "user", "proof"]).await?;
    stack.add_worker("new").await?;
    let job = stack.reaches(&id, "failed").await?;
    assert!(job["reason"].as_str().is_some_and(|reason| reason.contains("by an earlier version")), "{job}");
    let sales = sales(&stack).await?;
    let seen: Value = as_user(&stack, &sales, Method::GET, &format!("/api/jobs/{id}")).await?.json().await?;
    assert_eq!((&seen["id"], &seen["createdBy"]), (&json!(id), &Value::Null), "it is all users'");
    assert_eq!(stack.org.counts(ORG).await?["Quote"], 0);
    let again = stack.post(ALL).await?;
    assert_eq!(stack.reaches(&again, "completed").await?["succeeded"], 5);
    Ok(())
}
