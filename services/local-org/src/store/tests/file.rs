//! Orgs in files.

use std::path::PathBuf;
use std::sync::Arc;

use serde_json::json;

use super::support::{map, schema};
use crate::error::ApiError;
use crate::metadata;
use crate::schema::Schema;
use crate::seed;
use crate::store::{Org, OrgConfig, StoreError, Tx};

fn open(file: PathBuf, schema: Schema) -> Result<Org, StoreError> {
    let config = OrgConfig { file: Some(file), ..OrgConfig::defaults(None).remove(0) };
    seed::open(&config, Arc::new(schema))
}

fn run<T>(org: &Org, work: impl FnOnce(&mut Tx<'_>) -> Result<T, ApiError>) -> T {
    org.transaction(&org.admin(), work).unwrap()
}

#[test]
fn an_org_survives_a_restart() {
    let directory = tempfile::tempdir().unwrap();
    let file = directory.path().join("my-org.db");
    let opportunity = json!({ "Name": "Deal", "StageName": "Prospecting", "CloseDate": "2030-01-01" });
    let org = open(file.clone(), metadata::standard()).unwrap();
    let entry = run(&org, |tx| tx.first_id("PricebookEntry", "\"UnitPrice\" = 100")).unwrap();
    let first = run(&org, |tx| tx.create("Opportunity", &map(opportunity)));
    let line = json!({ "OpportunityId": first, "PricebookEntryId": entry, "Quantity": 1, "UnitPrice": 100 });
    let gone = run(&org, |tx| tx.create("OpportunityLineItem", &map(line.clone())));
    run(&org, |tx| tx.delete("OpportunityLineItem", &gone));
    let accounts = run(&org, |tx| tx.count("Account", "1"));
    drop(org);
    // The next time with a custom field more.
    let org = open(file.clone(), schema()).unwrap();
    assert_eq!(run(&org, |tx| tx.count("Account", "1")), accounts, "the first records are written once");
    let again = run(&org, |tx| tx.create("OpportunityLineItem", &map(line.clone())));
    assert!(again > gone, "ids are never given twice");
    let quote = json!({ "Name": "q", "OpportunityId": first, "QuoteJobKey__c": "k" });
    run(&org, |tx| tx.create("Quote", &map(quote.clone())));
    drop(org);
    let org = open(file, schema()).unwrap();
    let error = org.transaction(&org.admin(), |tx| tx.create("Quote", &map(quote))).unwrap_err();
    assert_eq!(error.code, "DUPLICATE_VALUE");
    let number = run(&org, |tx| tx.create("Quote", &map(json!({ "Name": "q", "OpportunityId": first }))));
    let number = run(&org, |tx| tx.retrieve("Quote", &number, None, "62.0"));
    assert_eq!(number["QuoteNumber"], "00000002");
}

#[test]
fn what_is_no_org() {
    let directory = tempfile::tempdir().unwrap();
    let file = directory.path().join("notes.txt");
    std::fs::write(&file, "no database, but long enough to look at as if it were one".repeat(20)).unwrap();
    assert!(matches!(open(file, metadata::standard()), Err(StoreError::Database(_))));
    let config = OrgConfig { id: "001LO0000000001".to_owned(), ..OrgConfig::defaults(None).remove(0) };
    assert!(matches!(seed::open(&config, Arc::new(metadata::standard())), Err(StoreError::OrganizationId(_))));
}

/// The plans of SQLite for what runs once or more for every written record.
#[test]
fn what_is_looked_up_often_is_indexed() {
    let directory = tempfile::tempdir().unwrap();
    let file = directory.path().join("my-org.db");
    drop(open(file.clone(), schema()).unwrap());
    let connection = rusqlite::Connection::open(file).unwrap();
    for (table, condition) in [
        ("Quote", "\"QuoteJobKey__c\" = ?1"),
        ("Quote", "\"OpportunityId\" = ?1"),
        ("QuoteLineItem", "\"QuoteId\" = ?1"),
        ("OpportunityLineItem", "\"OpportunityId\" = ?1"),
        ("Account", "\"Code__c\" = ?1 COLLATE NOCASE"),
        ("PricebookEntry", "\"Product2Id\" = ?1"),
    ] {
        let sql = format!(
            "EXPLAIN QUERY PLAN SELECT \"Id\" FROM \"{table}\" WHERE {condition} AND \"IsDeleted\" = 0 ORDER BY \"Id\" LIMIT 2"
        );
        let plan: String = connection.query_row(&sql, ["x"], |row| row.get(3)).unwrap();
        assert!(plan.starts_with(&format!("SEARCH {table} USING INDEX {table}.")), "{condition}: {plan}");
    }
}
