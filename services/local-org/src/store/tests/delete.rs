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
    for (object, id) in [("Opportunity", &opportunity), ("Quote", &quote), ("QuoteLineItem", &quote_line)] {
        assert_eq!(totals(&org, &format!("SELECT Id FROM {object} WHERE Id = '{id}'"), true), 1);
        assert_eq!(code(org.delete(object, id)), "ENTITY_IS_DELETED");
    }
    assert_eq!(code(org.delete("OpportunityLineItem", &line)), "INVALID_CROSS_REFERENCE_KEY");
    assert_eq!(totals(&org, "SELECT Id FROM OpportunityLineItem", true), 1, "gone for good");
    let query = format!("SELECT Amount, HasOpportunityLineItem FROM Opportunity WHERE Id = '{opportunity}'");
    let kept = org.run(|tx| tx.query(&query, true, VERSION)).unwrap().records;
    assert_eq!((&kept[0]["Amount"], &kept[0]["HasOpportunityLineItem"]), (&json!(100.0), &json!(true)));
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
