//! `rateAccounts`, from the call to the records.

use crate::support::{ORG, Stack};
use anyhow::{Context, Result};
use reqwest::Method;
use serde_json::{Value, json};

/// Makes an Account with a won Opportunity of this amount.
async fn account(stack: &Stack, name: &str, won: f64) -> Result<()> {
    let account = stack.org.create(ORG, "Account", &json!({ "Name": name })).await?;
    let opportunity = json!({ "Name": name, "AccountId": account, "StageName": "Closed Won", "CloseDate": "2026-12-31", "Amount": won });
    stack.org.create(ORG, "Opportunity", &opportunity).await?;
    Ok(())
}

/// Runs the job over the Accounts that match, to its end.
async fn rate(stack: &Stack, clause: &str) -> Result<Value> {
    let request = stack.call(Method::POST, "/api/rateaccounts").await?;
    let answer = request.json(&json!({ "soqlWhereClause": clause })).send().await?.error_for_status()?;
    let accepted: Value = answer.json().await?;
    stack.reaches(accepted["jobId"].as_str().context("no jobId")?, "completed").await
}

#[tokio::test]
async fn accounts_are_rated_and_a_second_run_writes_nothing() -> Result<()> {
    let stack = crate::own_job::start().await?;
    account(&stack, "Big", 100_000.0).await?;
    account(&stack, "Small", 9_999.99).await?;
    let job = rate(&stack, "Name IN ('Big', 'Small')").await?;
    assert_eq!((&job["succeeded"], &job["counters"]), (&json!(2), &json!({ "hot": 1, "cold": 1 })), "{job}");
    let big = stack.org.query(ORG, "SELECT Rating FROM Account WHERE Name = 'Big'").await?;
    assert_eq!(big.records[0]["Rating"], "Hot");
    let again = rate(&stack, "Name IN ('Big', 'Small')").await?;
    assert_eq!((&again["succeeded"], &again["skipped"]), (&json!(0), &json!(2)), "{again}");
    Ok(())
}
