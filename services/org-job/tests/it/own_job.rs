//! docs/ADD-A-JOB.md: the job kind that it adds, on its own web and workers against local-org, and the code that it shows.

mod ratings;

use crate::support::{ORG, Stack};
use anyhow::{Context, Result};
use reqwest::{Method, StatusCode};
use serde_json::{Value, json};
use test_support::{Costs, Quoted, example, workspace_root};

/// The example programs where a reader's copy has `org-job-web` and two `org-job-worker`.
pub(crate) async fn start() -> Result<Stack> {
    let mut stack = Stack::start(0, 0, 0).await?;
    stack.use_web(example("rate_accounts_web")?).await?;
    for number in 1..=2 {
        stack.add_worker_of(&format!("worker.{number}"), example("rate_accounts_worker")?).await?;
    }
    Ok(stack)
}

/// Stages and amounts.
type Opportunities<'a> = &'a [(&'a str, Option<f64>)];

/// An Account with Opportunities of these stages and amounts.
async fn account(stack: &Stack, name: &str, rating: Option<&str>, opportunities: Opportunities<'_>) -> Result<()> {
    let account = stack.org.create(ORG, "Account", &json!({ "Name": name, "Rating": rating })).await?;
    for (stage, amount) in opportunities {
        let fields = json!({ "Name": name, "AccountId": account, "StageName": stage, "CloseDate": "2026-12-31", "Amount": amount });
        stack.org.create(ORG, "Opportunity", &fields).await?;
    }
    Ok(())
}

async fn rating(stack: &Stack, name: &str) -> Result<Value> {
    let found = stack.org.query(ORG, &format!("SELECT Rating FROM Account WHERE Name = '{name}'")).await?;
    Ok(found.records.first().context("no such Account")?["Rating"].clone())
}

async fn rate(stack: &Stack, clause: &str) -> Result<reqwest::Response> {
    let request = stack.call(Method::POST, "/api/rateaccounts").await?;
    Ok(request.json(&json!({ "soqlWhereClause": clause })).send().await?)
}

#[tokio::test]
async fn two_workers_rate_accounts_by_their_won_opportunities() -> Result<()> {
    let stack = start().await?;
    const WON: &str = "Closed Won";
    let cases: [(&str, Option<&str>, Opportunities<'_>, &str); 7] = [
        ("Rated hot", None, &[(WON, Some(60_000.0)), (WON, Some(40_000.0))], "Hot"),
        ("Rated warm", Some("Hot"), &[(WON, Some(99_999.99))], "Warm"),
        ("Rated border", None, &[(WON, Some(10_000.0)), ("Closed Lost", Some(500_000.0))], "Warm"),
        ("Rated cold", Some("Warm"), &[(WON, Some(9_999.99)), ("Prospecting", Some(500_000.0))], "Cold"),
        ("Rated without amount", None, &[(WON, None)], "Cold"),
        ("Rated without anything", None, &[], "Cold"),
        ("Rated already", Some("Hot"), &[(WON, Some(100_000.0))], "Hot"),
    ];
    for (name, rating, opportunities, _) in cases {
        account(&stack, name, rating, opportunities).await?;
    }
    for number in 0..500 {
        account(&stack, &format!("Rated {number}"), None, &[]).await?;
    }
    account(&stack, "Another", None, &[(WON, Some(1_000_000.0))]).await?;

    stack.org.set_costs(&Costs { call_ms: 300, ..Costs::default() }).await?;
    let accepted: Value = rate(&stack, "Name LIKE 'Rated %'").await?.error_for_status()?.json().await?;
    let job = stack.reaches(accepted["jobId"].as_str().context("no jobId")?, "completed").await?;
    let counts = ["processed", "succeeded", "skipped", "failed"].map(|name| job[name].as_u64().unwrap_or_default());
    assert_eq!(counts, [507, 506, 1, 0], "{job}");
    assert_eq!(job["counters"], json!({ "hot": 1, "warm": 2, "cold": 503 }));
    assert_eq!(job["perWorker"].as_object().map(serde_json::Map::len), Some(2), "{job}");
    for (name, _, _, expected) in cases {
        assert_eq!(rating(&stack, name).await?, expected, "{name}");
    }
    assert_eq!(rating(&stack, "Another").await?, Value::Null);

    // Once more: everybody is right already, so nothing is written.
    stack.org.reset_counters(ORG).await?;
    let accepted: Value = rate(&stack, "Name LIKE 'Rated %'").await?.error_for_status()?.json().await?;
    let job = stack.reaches(accepted["jobId"].as_str().context("no jobId")?, "completed").await?;
    assert_eq!((&job["skipped"], &job["succeeded"]), (&json!(507), &json!(0)), "{job}");
    assert_eq!(stack.org.counters(ORG).await?.rows.written, 0);
    Ok(())
}

#[tokio::test]
async fn a_wrong_condition_is_refused_with_the_field() -> Result<()> {
    let mut stack = Stack::start(0, 0, 0).await?;
    stack.use_web(example("rate_accounts_web")?).await?;
    for clause in [
        "",
        "Name = ",
        "Id IN (SELECT AccountId FROM Opportunity) LIMIT 1",
        "Id IN (SELECT Id FROM Account)",
        "Nme = 'x'",
    ] {
        let answer = rate(&stack, clause).await?;
        assert_eq!(answer.status(), StatusCode::BAD_REQUEST, "{clause}");
        let answer: Value = answer.json().await?;
        assert_eq!(answer["error"]["field"], "soqlWhereClause", "{clause}: {answer}");
    }
    Ok(())
}

#[test]
fn the_page_shows_the_code_that_is_compiled() -> Result<()> {
    let root = workspace_root()?;
    let page = std::fs::read_to_string(root.join("docs/ADD-A-JOB.md"))?;
    const RENAMED: [(&str, &str); 2] =
        [("crate::ratings", "shared::contracts::ratings"), ("crate::own_job::start()", "Stack::start(0, 0, 2)")];
    let mut quoted = RENAMED.iter().fold(Quoted::default(), |quoted, (from, to)| quoted.renamed(from, to));
    for file in [
        root.join("services/org-job/worker/examples/rate_accounts_worker/ratings.rs"),
        root.join("services/org-job/worker/examples/rate_accounts_worker/rate_accounts.rs"),
        root.join("services/org-job/web/examples/rate_accounts_web/rate.rs"),
        root.join("services/org-job/tests/it/own_job/ratings.rs"),
    ] {
        // A page that leaves something out is no page to follow: each file stands there from its first line to its last.
        let text = std::fs::read_to_string(&file)?;
        let text = RENAMED.iter().fold(text, |text, (from, to)| text.replace(from, to));
        assert!(page.contains(&text), "{} is not shown as it is", file.display());
        quoted = quoted.from(file)?;
    }
    assert_eq!(quoted.check(&page)?, 4);
    Ok(())
}
