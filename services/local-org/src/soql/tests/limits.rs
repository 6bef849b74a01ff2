//! Large queries, and which index serves which query.

use chrono::Utc;
use rusqlite::params_from_iter;

use super::super::records::plan;
use super::super::scope::Context;
use super::super::{ExecuteOptions, parse};
use super::fixture::{Org, id, object, reference};
use crate::schema::{FieldDef, ObjectDef};

/// SQLite's plan for a query.
fn explain(org: &Org, soql: &str) -> String {
    let visible = |_: &ObjectDef, _: &FieldDef| true;
    let options = ExecuteOptions {
        api_version: "62.0",
        include_deleted: false,
        now: Utc::now(),
        user: None,
        visible: &visible,
        only: &|_| None,
    };
    let query = parse(soql).unwrap();
    let context = Context { schema: &org.schema, options: &options, text: soql };
    let object = context.object(&query.select.from).unwrap();
    let plan = plan(context, object, &query.select).unwrap();
    let sql = &plan.sql;
    let mut statement = org.conn.prepare(&format!("EXPLAIN QUERY PLAN {}", sql.text)).unwrap();
    let details = statement.query_map(params_from_iter(&sql.values), |row| row.get::<_, String>("detail")).unwrap();
    details.collect::<Result<Vec<_>, _>>().unwrap().join("\n")
}

#[test]
fn paging_by_id_uses_the_primary_key() {
    let org = Org::sample();
    let id = id("006", 3);
    for soql in [
        format!("SELECT Id FROM Opportunity WHERE Id > '{id}' ORDER BY Id LIMIT 2000"),
        format!(
            "SELECT Id FROM Opportunity WHERE Id > '{id}' AND StageName = 'Prospecting' ORDER BY Id ASC LIMIT 2000"
        ),
        format!(
            "SELECT Id, Account.Name FROM Opportunity WHERE (Amount > 5 OR IsClosed = true) AND Id > '{id}' ORDER BY Id LIMIT 9"
        ),
        format!("SELECT Id FROM Opportunity WHERE Id < '{id}' ORDER BY Id DESC LIMIT 2000"),
    ] {
        let plan = explain(&org, &soql);
        assert!(plan.contains("sqlite_autoindex_Opportunity_1 (Id"), "{soql}\n{plan}");
        assert!(!plan.contains("TEMP B-TREE"), "{soql}\n{plan}");
    }
}

#[test]
fn ids_and_references_use_their_index() {
    let org = Org::sample();
    let (short, account) = (&id("006", 3)[..15], id("001", 1));
    for (soql, index) in [
        (format!("SELECT Name FROM Opportunity WHERE Id = '{short}'"), "sqlite_autoindex_Opportunity_1 (Id=?)"),
        (format!("SELECT Name FROM Opportunity WHERE Id IN ('{short}', '{account}')"), "Opportunity_1 (Id=?)"),
        (format!("SELECT Name FROM Opportunity WHERE AccountId = '{account}'"), "Opportunity.AccountId (AccountId=?)"),
        (
            format!("SELECT Name FROM Opportunity WHERE AccountId IN ('{account}')"),
            "Opportunity.AccountId (AccountId=?)",
        ),
        ("SELECT Id FROM Account WHERE Key__c = 'abc'".to_owned(), "Account.Key__c (Key__c=?)"),
        ("SELECT Id FROM Account WHERE Key__c LIKE 'a\\_b%'".to_owned(), "Account.Key__c (Key__c>? AND Key__c<?)"),
        (
            "SELECT Name FROM Opportunity WHERE Id IN (SELECT OpportunityId FROM Quote)".to_owned(),
            "sqlite_autoindex_Opportunity_1 (Id=?)",
        ),
    ] {
        let plan = explain(&org, &soql);
        assert!(plan.contains(index), "{soql}\n{plan}");
    }
}

#[test]
fn text_can_use_an_index_without_regard_to_case() {
    let org = Org::sample();
    org.conn.execute_batch("CREATE INDEX by_name ON Opportunity (Name COLLATE NOCASE) WHERE Name IS NOT NULL").unwrap();
    for (condition, search) in [
        ("Name = 'alpha'", "by_name (Name=?)"),
        ("Name IN ('alpha', 'beta')", "by_name (Name=?)"),
        ("Name LIKE 'Al%'", "by_name (Name>? AND Name<?)"),
    ] {
        let plan = explain(&org, &format!("SELECT Id FROM Opportunity WHERE {condition}"));
        assert!(plan.contains(search), "{condition}\n{plan}");
    }
}

#[test]
fn long_lists() {
    let org = Org::sample();
    let ids: Vec<_> = (1..4_000).map(|number| format!("'{}'", id("006", number))).collect();
    assert_eq!(org.numbers(&format!("Id IN ({})", ids.join(","))), [1, 2, 3, 4, 5]);
    let amounts = vec!["1"; 49_000].join(",");
    assert_eq!(org.numbers(&format!("Amount NOT IN ({amounts})")), [1, 2, 3, 4, 5]);
}

#[test]
fn long_chains() {
    let org = Org::sample();
    let condition = vec!["Amount = 100"; 6_000].join(" OR ");
    assert_eq!(org.numbers(&condition), [1]);
    let condition = vec!["Amount != 100"; 5_000].join(" AND ");
    assert_eq!(org.numbers(&condition), [2, 3, 4, 5]);
}

#[test]
fn deep_and_wide_conditions() {
    let org = Org::sample();
    let mut condition = "Amount = 100".to_owned();
    for level in 0..31 {
        let (operator, other) = if level % 2 == 0 { ("AND", "Amount > 0") } else { ("OR", "Amount = -1.5") };
        let others = vec![other; 60].join(&format!(" {operator} "));
        condition =
            format!("NOT NOT ({others} {operator} ({condition}))").replacen("NOT NOT ", "", usize::from(level > 0));
    }
    assert_eq!(org.numbers(&condition), [1]);
    let nested = format!("{}Amount = 100{}", "NOT (".repeat(32), ")".repeat(32));
    assert_eq!(org.numbers(&nested), [1]);
}

#[test]
fn many_parents() {
    let mut org = Org::sample();
    org.schema.insert(object(
        "Wide__c",
        "a00",
        (0..56).map(|n| reference(&format!("R{n}__c"), "User", None)).collect(),
    ));
    org.create_tables(&["Wide__c"]);
    org.insert("Wide__c", &id("a00", 1), &serde_json::json!({ "R54__c": id("005", 1) }));
    let select = |count| {
        let paths: Vec<_> = (0..count).map(|n| format!("R{n}__r.Name")).collect();
        format!("SELECT {} FROM Wide__c", paths.join(", "))
    };
    assert_eq!(org.plain(&select(55))[0]["R54__r"]["Name"], "Ada");
    let error = org.error(&select(56));
    assert!(error.message.contains("at most 55 parent relationships"), "{error}");
}

#[test]
fn a_page_of_children_needs_one_statement_per_relationship() {
    let org = Org::empty();
    for number in 1..=2_000 {
        let parent = id("006", number);
        org.insert("Opportunity", &parent, &serde_json::json!({ "Name": "Many", "CreatedDate": "x" }));
        for line in 0..2 {
            let line = id("00k", number * 2 + line);
            org.insert("OpportunityLineItem", &line, &serde_json::json!({ "OpportunityId": parent, "SortOrder": 1 }));
        }
    }
    let result = org.query("SELECT Id, (SELECT Id FROM OpportunityLineItems) FROM Opportunity");
    assert_eq!(result.total_size, 2_000);
    assert!(result.records.iter().all(|record| record["OpportunityLineItems"]["totalSize"] == 2));
}
