use serde_json::{Value, json};

use super::support::{TestOrg, VERSION, code, failure, text};

/// Opportunity, line, quote and quote line of one deal.
fn deal(org: &TestOrg) -> [String; 4] {
    let opportunity = org.opportunity();
    let line = org.line(&opportunity, 1.0);
    let quote = org.quote(&opportunity);
    let quote_line = org.quote_line(&quote, 1.0, 90.0);
    [opportunity, line, quote, quote_line]
}

fn totals(org: &TestOrg, query: &str, include_deleted: bool) -> usize {
    org.run(|tx| tx.query(query, include_deleted, VERSION)).unwrap().total_size
}

#[test]
fn deleted_records_are_in_the_recycle_bin() {
    let org = TestOrg::new();
    let id = org.account();
    org.delete("Account", &id).unwrap();
    let expected = (404, "ENTITY_IS_DELETED".to_owned(), "entity is deleted".to_owned());
    assert_eq!(failure(org.delete("Account", &id)), expected);
    assert_eq!(failure(org.update("Account", &id, json!({}))), expected);
    assert_eq!(failure(org.run(|tx| tx.retrieve("Account", &id, None, VERSION))), expected);
    let query = format!("SELECT Id FROM Account WHERE Id = '{id}'");
    assert_eq!((totals(&org, &query, false), totals(&org, &query, true)), (0, 1));
}

#[test]
fn an_opportunity_takes_its_lines_and_quotes_with_it() {
    let org = TestOrg::new();
    let [opportunity, line, quote, quote_line] = deal(&org);
    let [other, ..] = deal(&org);
    org.delete("Opportunity", &opportunity).unwrap();
    for object in ["Opportunity", "OpportunityLineItem", "Quote", "QuoteLineItem"] {
        assert_eq!(org.count(object), 1, "{object}");
    }
    assert_eq!(org.get("Opportunity", &other)["Amount"], 100.0);
    for (object, id) in [
        ("Opportunity", &opportunity),
        ("OpportunityLineItem", &line),
        ("Quote", &quote),
        ("QuoteLineItem", &quote_line),
    ] {
        assert_eq!(totals(&org, &format!("SELECT Id FROM {object} WHERE Id = '{id}'"), true), 1);
        assert_eq!(code(org.delete(object, id)), "ENTITY_IS_DELETED");
    }
    let query = format!("SELECT Amount, HasOpportunityLineItem FROM Opportunity WHERE Id = '{opportunity}'");
    let kept = org.run(|tx| tx.query(&query, true, VERSION)).unwrap().records;
    assert_eq!((&kept[0]["Amount"], &kept[0]["HasOpportunityLineItem"]), (&json!(100.0), &json!(true)));
}

#[test]
fn what_went_with_a_record_comes_back_with_it() {
    let org = TestOrg::new();
    let [opportunity, line, quote, quote_line] = deal(&org);
    let removed = org.line(&opportunity, 2.0);
    org.delete("OpportunityLineItem", &removed).unwrap();
    org.update("QuoteLineItem", &quote_line, json!({ "OpportunityLineItemId": line })).unwrap();
    org.update("Opportunity", &opportunity, json!({ "SyncedQuoteId": quote })).unwrap();
    let all = |org: &TestOrg| {
        let deal = [
            ("Opportunity", &opportunity),
            ("OpportunityLineItem", &line),
            ("Quote", &quote),
            ("QuoteLineItem", &quote_line),
        ];
        deal.map(|(object, id)| {
            let mut record = org.get(object, id);
            for stamp in ["SystemModstamp", "LastModifiedDate"] {
                record.as_object_mut().unwrap().remove(stamp);
            }
            record
        })
    };
    let before = all(&org);
    org.delete("Opportunity", &opportunity).unwrap();
    org.run(|tx| tx.undelete("Opportunity", &opportunity)).unwrap();
    assert_eq!(all(&org), before, "with all that they say of each other");
    assert_eq!(org.count("OpportunityLineItem"), 1, "what was deleted before stays so");
    assert_eq!(totals(&org, "SELECT Id FROM OpportunityLineItem", true), 1, "and is in no recycle bin");
}

#[test]
fn a_child_comes_back_alone_only_where_it_can() {
    let org = TestOrg::new();
    let [opportunity, line, quote, quote_line] = deal(&org);
    org.delete("QuoteLineItem", &quote_line).unwrap();
    assert_eq!(org.get("Quote", &quote)["LineItemCount"], 0);
    org.run(|tx| tx.undelete("QuoteLineItem", &quote_line)).unwrap();
    let restored = org.get("Quote", &quote);
    assert_eq!((&restored["LineItemCount"], &restored["TotalPrice"]), (&json!(1), &json!(90.0)));
    org.delete("Opportunity", &opportunity).unwrap();
    assert_eq!(code(org.run(|tx| tx.undelete("OpportunityLineItem", &line))), "INVALID_TYPE_FOR_OPERATION");
    let expected = format!("Opportunity {} is deleted", &opportunity[..15]);
    assert_eq!(failure(org.run(|tx| tx.undelete("Quote", &quote))), (400, "UNDELETE_FAILED".to_owned(), expected));
    org.run(|tx| tx.undelete("Opportunity", &opportunity)).unwrap();
    assert_eq!(code(org.run(|tx| tx.undelete("Quote", &quote))), "UNDELETE_FAILED", "it is back already");
    assert_eq!(org.count("QuoteLineItem"), 1);
}

#[test]
fn a_unique_value_that_was_taken_since_stays_where_it_is() {
    let org = TestOrg::new();
    let id = org.create("Account", json!({ "Name": "Acme", "Code__c": "a" })).unwrap();
    org.delete("Account", &id).unwrap();
    org.create("Account", json!({ "Name": "Other", "Code__c": "a" })).unwrap();
    assert_eq!(code(org.run(|tx| tx.undelete("Account", &id))), "DUPLICATE_VALUE");
}

#[test]
fn an_account_takes_everything_with_it() {
    let org = TestOrg::new();
    let account = org.account();
    let [opportunity, ..] = deal(&org);
    org.update("Opportunity", &opportunity, json!({ "AccountId": account })).unwrap();
    org.create("Contact", json!({ "LastName": "Smith", "AccountId": account })).unwrap();
    org.delete("Account", &account).unwrap();
    for object in ["Contact", "Opportunity", "OpportunityLineItem", "Quote", "QuoteLineItem"] {
        assert_eq!(org.count(object), 0, "{object}");
    }
}

#[test]
fn other_lookups_are_cleared() {
    let org = TestOrg::new();
    let [opportunity, line, quote, quote_line] = deal(&org);
    org.update("QuoteLineItem", &quote_line, json!({ "OpportunityLineItemId": line })).unwrap();
    org.update("Opportunity", &opportunity, json!({ "SyncedQuoteId": quote })).unwrap();
    org.delete("OpportunityLineItem", &line).unwrap();
    assert_eq!(org.get("QuoteLineItem", &quote_line)["OpportunityLineItemId"], Value::Null);
    org.delete("Quote", &quote).unwrap();
    assert_eq!(org.get("Opportunity", &opportunity)["SyncedQuoteId"], Value::Null);
}

#[test]
fn users_stay() {
    let org = TestOrg::new();
    assert_eq!(code(org.delete("User", &org.actor().user_id)), "INVALID_TYPE_FOR_OPERATION");
    let account = org.account();
    assert_eq!(text(&org.get("Account", &account), "CreatedById"), org.actor().user_id);
}
