//! A condition with a name that the org does not have is refused at the door; nothing that the org would take is.

use crate::conditions::VALID;
use crate::support::{ALL, ORG, Stack};
use anyhow::{Context, Result};
use reqwest::{Method, StatusCode};
use serde_json::{Value, json};
use std::time::{Duration, Instant};
use test_support::{Fault, FaultAction, FaultBody, Org, User};

/// An everyday user, without any permission set.
const SALES: &str = "sales.user@my-org.local";
/// A condition on a field that only some users see.
const OVERRIDES: &str = "Id IN (SELECT OpportunityId FROM OpportunityLineItem WHERE DiscountOverride__c > 0)";

async fn post_as(stack: &Stack, org: &Org, user: &User, clause: &str) -> Result<(StatusCode, Value)> {
    let request = stack.call_by(org, user, Method::POST, "/api/executebatch")?;
    let answer = request.json(&json!({ "soqlWhereClause": clause })).send().await?;
    Ok((answer.status(), answer.json().await?))
}

async fn post(stack: &Stack, clause: &str) -> Result<(StatusCode, Value)> {
    let (org, user) = stack.org.org(ORG).await?;
    post_as(stack, &org, &user, clause).await
}

async fn describes(stack: &Stack) -> Result<u64> {
    Ok(stack.org.counters(ORG).await?.calls.by_operation.get("describe").copied().unwrap_or_default())
}

#[tokio::test]
async fn an_unknown_name_is_refused_with_its_position() -> Result<()> {
    let stack = Stack::start(0, 0, 0).await?;
    for (clause, position, name, object) in [
        ("Nme = 'x'", 1, "Nme", "Opportunity"),
        ("Name = 'é' AND Foo__c > 5", 16, "Foo__c", "Opportunity"),
        ("(Amount > 1 OR (NOT toLabel(Stage) = 'x'))", 29, "Stage", "Opportunity"),
        ("CALENDAR_YEAR(convertTimezone(MadeAt)) = 2026", 31, "MadeAt", "Opportunity"),
        ("Acount.Name = 'x'", 1, "Acount", "Opportunity"),
        ("Name != null AND Account.BillingCuntry = 'x'", 18, "BillingCuntry", "Account"),
        ("Account.Owner.IsHere = TRUE", 1, "IsHere", "User"),
        ("Opportunity.Nme = 'x'", 1, "Nme", "Opportunity"),
        ("Idd IN (SELECT OpportunityId FROM Quote)", 1, "Idd", "Opportunity"),
        ("Id IN (SELECT OpportunityIdd FROM Quote)", 15, "OpportunityIdd", "Quote"),
        ("Id IN (SELECT OpportunityId FROM Quote WHERE Staus = 'Draft')", 46, "Staus", "Quote"),
    ] {
        let (status, answer) = post(&stack, clause).await?;
        assert_eq!(status, StatusCode::BAD_REQUEST, "{clause}: {answer}");
        let error = &answer["error"];
        assert_eq!((&error["code"], &error["field"]), (&json!("bad_request"), &json!("soqlWhereClause")), "{clause}");
        let message = error["message"].as_str().context("no message")?;
        assert!(message.starts_with(&format!("at character {position}: {object} has no ")), "{clause}: {message}");
        assert!(message.contains(&format!("`{name}`")), "{clause}: {message}");
    }
    let list: Value = stack.call(Method::GET, "/api/jobs").await?.send().await?.json().await?;
    assert_eq!(list["jobs"], json!([]));
    Ok(())
}

#[tokio::test]
async fn what_the_org_takes_is_taken_and_it_is_described_once() -> Result<()> {
    let stack = Stack::start(0, 0, 0).await?;
    for (clause, _) in VALID {
        let (status, answer) = post(&stack, clause).await?;
        assert_eq!(status, StatusCode::ACCEPTED, "{clause}: {answer}");
    }
    let once = describes(&stack).await?;
    assert!(once > 0, "the org is asked");
    for (clause, _) in VALID {
        assert_eq!(post(&stack, clause).await?.0, StatusCode::ACCEPTED, "{clause}");
    }
    assert_eq!(describes(&stack).await?, once, "an object is described once an hour");
    Ok(())
}

#[tokio::test]
async fn a_name_that_another_user_does_not_see_is_looked_up_again() -> Result<()> {
    let stack = Stack::start(0, 0, 0).await?;
    let (org, admin) = stack.org.org(ORG).await?;
    let sales = stack.org.open_session(ORG, SALES, &[]).await?;
    for _ in 0..2 {
        let (status, answer) = post_as(&stack, &org, &sales, OVERRIDES).await?;
        assert_eq!(status, StatusCode::BAD_REQUEST, "{answer}");
    }
    let (status, answer) = post_as(&stack, &org, &admin, OVERRIDES).await?;
    assert_eq!(status, StatusCode::ACCEPTED, "{answer}");
    Ok(())
}

#[tokio::test]
async fn an_org_that_tells_nothing_refuses_nothing() -> Result<()> {
    let mut stack = Stack::start(0, 0, 0).await?;
    let id = json!({ "name": "Id", "label": "", "type": "id" });
    let faults = [
        FaultAction::status(500, "UNKNOWN_EXCEPTION", "no"),
        FaultAction::status(403, "REQUEST_LIMIT_EXCEEDED", "TotalRequests Limit exceeded."),
        FaultAction::DropBefore,
        FaultAction::instead(200, FaultBody::Html),
        FaultAction::instead(200, FaultBody::Json { value: json!({ "name": "Account", "label": "", "fields": [id] }) }),
        FaultAction::instead(
            200,
            FaultBody::Json { value: json!({ "name": "Opportunity", "label": "", "fields": [] }) },
        ),
        FaultAction::DelayBefore { ms: 60_000 },
    ];
    for action in faults {
        // One that does not remember how the last question ended.
        stack.replace_web(&[]).await?;
        stack.org.clear_faults().await?;
        let fault = stack.fault(Fault::new(action.clone()).org(ORG).path("/describe").always()).await?;
        let started = Instant::now();
        let (status, answer) = post(&stack, "Nme = 'x'").await?;
        assert_eq!(status, StatusCode::ACCEPTED, "{action:?}: {answer}");
        assert!(started.elapsed() < Duration::from_secs(30), "{action:?}: {:?}", started.elapsed());
        assert_eq!(stack.org.fault_hits(fault).await?, 1, "{action:?}");
        // It is not asked again at once.
        assert_eq!(post(&stack, "Nme = 'x'").await?.0, StatusCode::ACCEPTED, "{action:?}");
        assert_eq!(stack.org.fault_hits(fault).await?, 1, "{action:?}");
    }
    // An expired session is the job's concern: it waits until it is resumed.
    stack.org.clear_faults().await?;
    let (org, user) = stack.org.org(ORG).await?;
    stack.org.expire_sessions(ORG).await?;
    assert_eq!(post_as(&stack, &org, &user, ALL).await?.0, StatusCode::ACCEPTED);
    Ok(())
}
