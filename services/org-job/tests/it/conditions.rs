//! What a `soqlWhereClause` may hold: every condition of the table is taken, and means to an org what the caller wrote.

mod table;

use crate::support::{ORG, Stack};
use anyhow::{Context, Result};
use serde_json::{Value, json};
use shared::plan::Plan;
use shared::salesforce::soql::parse_where;
use table::INVALID;
pub(crate) use table::VALID;
use test_support::{Control, LocalOrg};

#[test]
fn each_valid_condition_is_taken_and_its_normal_form_stays_as_it_is() {
    for (text, _) in VALID {
        let clause = parse_where(text).unwrap_or_else(|error| panic!("{text}: {error}"));
        let normal = clause.to_string();
        assert_eq!(parse_where(&normal).unwrap_or_else(|error| panic!("{normal}: {error}")), clause, "{normal}");
    }
    assert!(VALID.len() >= 60, "{}", VALID.len());
}

#[test]
fn each_invalid_condition_is_refused_with_position_and_reason() {
    for (text, position, reason) in INVALID {
        let error = parse_where(text).expect_err(text);
        assert_eq!((error.position, error.message.contains(reason)), (*position, true), "{text}: {error}");
    }
    assert!(INVALID.len() >= 40, "{}", INVALID.len());
}

/// The org reads SOQL with a parser of its own, so what it finds is a second opinion.
#[tokio::test]
async fn an_org_finds_the_same_by_the_callers_words_and_by_ours() -> Result<()> {
    let org = LocalOrg::start().await?;
    fill(&org).await?;
    for (text, expected) in VALID {
        let clause = parse_where(text)?;
        let names = async |soql: String| -> Result<String> {
            let found = org.query(ORG, &soql).await.with_context(|| format!("{text}: {soql}"))?;
            let letter = |record: &Value| record["Name"].as_str().and_then(|name| name.chars().nth(5));
            Ok(found.records.iter().filter_map(letter).collect())
        };
        let written = names(format!("SELECT Name FROM Opportunity WHERE {text} ORDER BY Name")).await?;
        let ids = org
            .query(ORG, &Plan::of("Opportunity").soql(&clause, None, 100))
            .await
            .with_context(|| text.to_string())?;
        let id = |record: &Value| format!("'{}'", record["Id"].as_str().unwrap_or_default());
        let ids: Vec<_> = ids.records.iter().map(id).collect();
        let ours = if ids.is_empty() {
            String::new()
        } else {
            names(format!("SELECT Name FROM Opportunity WHERE Id IN ({}) ORDER BY Name", ids.join(","))).await?
        };
        assert_eq!(ours, written, "{text} as {clause}");
        assert_eq!(expected.unwrap_or(&written), &written, "{text}");
    }
    Ok(())
}

#[tokio::test]
async fn a_semi_join_plans_and_runs_a_job() -> Result<()> {
    let stack = Stack::start(40, 2, 1).await?;
    let bare = json!({ "Name": "Sample without lines", "StageName": "Prospecting", "CloseDate": "2026-12-31" });
    stack.org.create(ORG, "Opportunity", &bare).await?;
    let id =
        stack.post("Id IN (SELECT OpportunityId FROM OpportunityLineItem) AND CALENDAR_YEAR(CloseDate) > 2000").await?;
    stack.assert_quoted(&id, 40, 80).await?;
    assert_eq!(stack.job(&id).await?["skipped"], 0);
    Ok(())
}

/// Four Opportunities: Alpha with a line, Beta with an Account and a Quote, Gamma without amount, and Delta.
async fn fill(org: &Control) -> Result<()> {
    let customer = json!({ "Name": "Customer", "BillingCountry": "France" });
    let customer = org.create(ORG, "Account", &customer).await?;
    let entry = org
        .query(ORG, "SELECT Id FROM PricebookEntry WHERE UnitPrice = 100 AND Product2.Name = 'Workstation' LIMIT 1")
        .await?;
    let entry = entry.records.first().context("no price book entry of 100")?["Id"].clone();
    let mut made = Vec::new();
    for (name, stage, close, more) in [
        ("Cond Alpha", "Prospecting", "2025-01-15", json!({})),
        (
            "Cond Beta",
            "Closed Won",
            "2025-12-31",
            json!({ "Amount": 5000, "NextStep": "O'Brien's call", "AccountId": customer }),
        ),
        ("Cond Gamma 50%", "Closed Lost", "2024-02-29", json!({ "LeadSource": "Web" })),
        ("Cond Delta_x", "Negotiation/Review", "2030-06-15", json!({ "Amount": 0.5 })),
    ] {
        let mut fields = json!({ "Name": name, "StageName": stage, "CloseDate": close });
        fields.as_object_mut().context("an object")?.extend(more.as_object().context("an object")?.clone());
        made.push(org.create(ORG, "Opportunity", &fields).await?);
    }
    let line = json!({ "OpportunityId": made[0], "PricebookEntryId": entry, "UnitPrice": 100, "Quantity": 1 });
    org.create(ORG, "OpportunityLineItem", &line).await?;
    org.create(ORG, "Quote", &json!({ "Name": "Quote of Beta", "OpportunityId": made[1] })).await?;
    Ok(())
}
