//! What a user sees when nothing breaks.

use crate::support::{ALL, ORG, Stack, digits};
use anyhow::Result;
use reqwest::{Method, StatusCode};
use serde_json::{Value, json};
use test_support::{Receiver, Reply};

async fn shared_by(workers: usize) -> Result<()> {
    let stack = Stack::start(600, 2, workers).await?;
    let costs = test_support::Costs { call_ms: 30, ..test_support::Costs::default() };
    stack.org.set_costs(&costs).await?;
    let id = stack.post(ALL).await?;
    stack.assert_quoted(&id, 600, 1_200).await?;
    let job = stack.job(&id).await?;
    assert_eq!((&job["plannedRecords"], &job["processed"], &job["failed"]), (&json!(600), &json!(600), &json!(0)));
    assert_eq!(job["perWorker"].as_object().map_or(0, serde_json::Map::len), workers, "{job}");
    Ok(())
}

#[tokio::test]
async fn two_workers_share_a_job_and_make_one_quote_each() -> Result<()> {
    shared_by(2).await
}

#[tokio::test]
async fn four_workers_share_a_job_and_make_one_quote_each() -> Result<()> {
    shared_by(4).await
}

#[tokio::test]
async fn the_result_is_posted_to_the_callback_until_it_is_taken() -> Result<()> {
    let mut stack = Stack::start_allowing("127.0.0.1:*", 10, 2, 1).await?;
    let receiver = Receiver::in_front_of(&stack.org).await?;
    stack.front = Some(receiver.url(""));
    receiver.reply([Reply::Status(503)]);
    let (_, user) = stack.org.org(ORG).await?;
    let request = stack.call(Method::POST, "/api/executebatch").await?;
    let body = json!({ "soqlWhereClause": ALL, "callbackUrl": receiver.url("/callback/1") });
    let accepted: Value = request.json(&body).send().await?.error_for_status()?.json().await?;
    let id = accepted["jobId"].as_str().unwrap_or_default();
    stack.assert_quoted(id, 10, 20).await?;
    let received = receiver.received();
    assert_eq!(received.len(), 2, "{received:?}");
    let delivered = &received[1];
    assert_eq!((delivered.method.as_str(), delivered.target.as_str()), ("POST", "/callback/1"));
    assert_eq!(delivered.header("authorization"), Some(format!("Bearer {}", user.access_token).as_str()));
    assert_eq!(delivered.header("idempotency-key"), received[0].header("idempotency-key"));
    let body = delivered.json()?;
    assert_eq!((&body["jobId"], &body["quotes"], &body["failed"]), (&json!(id), &json!(10), &json!(0)), "{body}");
    Ok(())
}

#[tokio::test]
async fn a_job_posted_while_no_worker_runs_is_done_when_one_starts() -> Result<()> {
    let mut stack = Stack::start(30, 2, 0).await?;
    let id = stack.post(ALL).await?;
    assert_eq!(stack.job(&id).await?["state"], "queued");
    stack.add_worker("late").await?;
    stack.assert_quoted(&id, 30, 60).await
}

#[tokio::test]
async fn prices_are_those_of_the_rules() -> Result<()> {
    let stack = Stack::start(1, 2, 1).await?;
    let account =
        stack.org.create(ORG, "Account", &json!({ "Name": "Pricing", "BillingCountry": "United States" })).await?;
    let entry =
        stack.org.query(ORG, "SELECT Id, Pricebook2Id FROM PricebookEntry WHERE UnitPrice = 100 LIMIT 1").await?;
    let entry = &entry.records[0];
    let line = |opportunity: &str, price: f64, quantity: f64, discount: Option<f64>| json!({ "OpportunityId": opportunity, "PricebookEntryId": entry["Id"], "UnitPrice": price, "Quantity": quantity, "DiscountOverride__c": discount });
    let opportunity = |name: &str| json!({ "Name": name, "StageName": "Prospecting", "CloseDate": "2026-12-31", "AccountId": account, "Pricebook2Id": entry["Pricebook2Id"] });
    for (name, price, quantity, discount) in [
        ("Price list", 100.0, 1.0, None),
        ("Price override", 100.0, 1.0, Some(50.0)),
        ("Price free", 0.0, 1.0, None),
        ("Price none", 100.0, 0.0, None),
    ] {
        let id = stack.org.create(ORG, "Opportunity", &opportunity(name)).await?;
        for _ in 0..2 {
            stack.org.create(ORG, "OpportunityLineItem", &line(&id, price, quantity, discount)).await?;
        }
    }
    stack.org.create(ORG, "Opportunity", &opportunity("Price without lines")).await?;
    let id = stack.post("Name LIKE 'Price %'").await?;
    stack.assert_quoted(&id, 4, 8).await?;
    assert_eq!(stack.job(&id).await?["skipped"], 1);
    stack.assert_terms().await?;
    for (name, total) in [("list", 180.0), ("override", 100.0), ("free", 0.0), ("none", 0.0)] {
        let soql = format!("SELECT TotalPrice FROM Quote WHERE Opportunity.Name = 'Price {name}'");
        let quote = stack.org.query(ORG, &soql).await?;
        assert_eq!(quote.records[0]["TotalPrice"].as_f64(), Some(total), "{name}: {:?}", quote.records);
    }
    Ok(())
}

#[tokio::test]
async fn an_opportunity_with_more_lines_than_a_graph_holds() -> Result<()> {
    let stack = Stack::start(3, 600, 2).await?;
    let id = stack.post(ALL).await?;
    stack.assert_quoted(&id, 3, 1_800).await
}

#[tokio::test]
async fn quotes_at_the_borders_of_a_graph() -> Result<()> {
    let stack = Stack::start(1, 499, 1).await?;
    // One graph; one line too many for it; a second graph that is exactly full.
    for lines in [500, 999] {
        stack.org.seed(ORG, 1, lines).await?;
    }
    let id = stack.post(ALL).await?;
    stack.assert_quoted(&id, 3, 499 + 500 + 999).await
}

#[tokio::test]
async fn a_job_is_known_by_its_uuid_in_both_forms() -> Result<()> {
    let stack = Stack::start(1, 1, 1).await?;
    let id = stack.post(ALL).await?;
    let groups: Vec<_> = id.split('-').map(str::len).collect();
    assert_eq!((groups.as_slice(), id.to_lowercase()), (&[8, 4, 4, 4, 12][..], id.clone()));
    stack.assert_quoted(&id, 1, 1).await?;
    let plain = digits(&id);
    for form in [&id, &plain, &id.to_uppercase()] {
        assert_eq!(stack.job(form).await?["id"], json!(id), "{form}");
        let page = stack.call(Method::GET, &format!("/api/jobs?before={form}")).await?.send().await?;
        assert_eq!(page.status(), StatusCode::OK, "{form}");
    }
    for wrong in [format!("{{{id}}}"), format!("urn:uuid:{id}"), id[1..].to_owned(), format!("{plain}-")] {
        let path = format!("/api/jobs/{}", wrong.replace('{', "%7B").replace('}', "%7D"));
        assert_eq!(stack.call(Method::GET, &path).await?.send().await?.status(), StatusCode::NOT_FOUND, "{wrong}");
    }
    Ok(())
}

#[tokio::test]
async fn nothing_matches() -> Result<()> {
    let stack = Stack::start(0, 0, 1).await?;
    let id = stack.post("Name = 'nobody'").await?;
    stack.assert_quoted(&id, 0, 0).await
}

#[tokio::test]
async fn the_same_idempotency_key_is_the_same_job() -> Result<()> {
    let stack = Stack::start(5, 1, 1).await?;
    let mut ids = Vec::new();
    for _ in 0..2 {
        let request = stack.call(Method::POST, "/api/executebatch").await?.header("Idempotency-Key", "once");
        let answer = request.json(&json!({ "soqlWhereClause": ALL })).send().await?;
        assert_eq!(answer.status(), StatusCode::ACCEPTED);
        ids.push(answer.json::<Value>().await?["jobId"].clone());
    }
    assert_eq!(ids[0], ids[1]);
    stack.assert_quoted(ids[0].as_str().unwrap_or_default(), 5, 5).await
}

#[tokio::test]
async fn a_field_that_does_not_exist_fails_the_job_with_salesforces_reason() -> Result<()> {
    let stack = Stack::start(1, 1, 1).await?;
    let id = stack.post_unknown().await?;
    let job = stack.reaches(&id, "failed").await?;
    assert!(job["reason"].as_str().is_some_and(|reason| reason.contains("Bacon__c")), "{job}");
    Ok(())
}

#[tokio::test]
async fn cancel_drops_what_has_not_started() -> Result<()> {
    let stack = Stack::start(400, 1, 1).await?;
    stack.org.set_costs(&test_support::Costs { call_ms: 200, ..test_support::Costs::default() }).await?;
    let id = stack.post(ALL).await?;
    stack.reaches(&id, "running").await?;
    stack.act(&id, "cancel").await?;
    let job = stack.reaches(&id, "cancelled").await?;
    let processed = job["processed"].as_u64().unwrap_or(400);
    assert!(processed < 400, "{job}");
    assert_eq!(stack.org.counts(ORG).await?["Quote"], processed);
    Ok(())
}
