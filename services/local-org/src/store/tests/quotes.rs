use serde_json::{Value, json};

use super::support::{TestOrg, code, failure, text};

#[track_caller]
fn totals(org: &TestOrg, quote: &str, expected: Value) {
    let record = org.get("Quote", quote);
    let names = ["LineItemCount", "Subtotal", "Discount", "TotalPrice", "GrandTotal"];
    assert_eq!(json!(names.map(|name| record[name].clone())), expected);
}

#[test]
fn a_quote_takes_from_its_opportunity() {
    let org = TestOrg::new();
    let account = org.account();
    let opportunity = org.opportunity();
    org.update("Opportunity", &opportunity, json!({ "AccountId": account })).unwrap();
    org.line(&opportunity, 1.0);
    let quote = org.get("Quote", &org.quote(&opportunity));
    assert_eq!((text(&quote, "AccountId"), text(&quote, "Pricebook2Id")), (account, org.book.clone()));
    assert_eq!((text(&quote, "Status"), text(&quote, "QuoteNumber")), ("Draft".to_owned(), "00000001".to_owned()));
    assert_eq!(text(&quote, "OwnerId"), org.actor().user_id);
    totals(&org, &text(&quote, "Id"), json!([0, 0.0, 0.0, 0.0, 0.0]));
    let second = org.get("Quote", &org.quote(&opportunity));
    assert_eq!(text(&second, "QuoteNumber"), "00000002");
}

#[test]
fn what_a_quote_needs_and_what_it_does_not_take() {
    let org = TestOrg::new();
    assert_eq!(failure(org.create("Quote", json!({}))).2, "Required fields are missing: [Name, OpportunityId]");
    let quote = org.quote(&org.opportunity());
    for field in ["Subtotal", "GrandTotal", "LineItemCount", "QuoteNumber", "AccountId", "OpportunityId"] {
        let result = org.update("Quote", &quote, json!({ field: null }));
        assert_eq!(code(result), "INVALID_FIELD_FOR_INSERT_UPDATE", "{field}");
    }
}

#[test]
fn lines_roll_up() {
    let org = TestOrg::new();
    let quote = org.quote(&org.opportunity());
    let first = org.quote_line(&quote, 1.0, 90.0);
    let second = org.quote_line(&quote, 2.0, 45.05);
    totals(&org, &quote, json!([2, 180.1, 0.0, 180.1, 180.1]));
    org.update("Quote", &quote, json!({ "Tax": 10, "ShippingHandling": 5.5 })).unwrap();
    totals(&org, &quote, json!([2, 180.1, 0.0, 180.1, 195.6]));
    org.update("QuoteLineItem", &first, json!({ "Discount": 50 })).unwrap();
    totals(&org, &quote, json!([2, 180.1, 24.99, 135.1, 150.6]));
    org.update("QuoteLineItem", &second, json!({ "Quantity": 1 })).unwrap();
    totals(&org, &quote, json!([2, 135.05, 33.32, 90.05, 105.55]));
    org.delete("QuoteLineItem", &first).unwrap();
    totals(&org, &quote, json!([1, 45.05, 0.0, 45.05, 60.55]));
}

#[test]
fn a_line_takes_from_its_entry() {
    let org = TestOrg::new();
    let quote = org.quote(&org.opportunity());
    let line = org.get("QuoteLineItem", &org.quote_line(&quote, 2.0, 90.0));
    assert_eq!((text(&line, "LineNumber"), text(&line, "Product2Id")), ("QL-00000001".to_owned(), org.product.clone()));
    assert_eq!(
        (&line["ListPrice"], &line["Subtotal"], &line["TotalPrice"]),
        (&json!(100.0), &json!(180.0), &json!(180.0))
    );
    assert_eq!(org.get("Quote", &quote)["Pricebook2Id"], json!(org.book), "taken from the first line");
}

#[test]
fn zero_quantity_and_zero_price_are_fine() {
    let org = TestOrg::new();
    let quote = org.quote(&org.opportunity());
    org.quote_line(&quote, 0.0, 10.0);
    org.quote_line(&quote, 1.0, 0.0);
    totals(&org, &quote, json!([2, 0.0, 0.0, 0.0, 0.0]));
}

#[test]
fn one_price_book_for_all_lines() {
    let org = TestOrg::new();
    let book = org.create("Pricebook2", json!({ "Name": "Other", "IsActive": true })).unwrap();
    let entry = json!({ "Pricebook2Id": book, "Product2Id": org.product, "UnitPrice": 80, "IsActive": true });
    let entry = org.create("PricebookEntry", entry).unwrap();
    let quote = org.quote(&org.opportunity());
    org.quote_line(&quote, 1.0, 1.0);
    let line = |fields: Value| failure(org.create("QuoteLineItem", fields));
    assert_eq!(
        line(json!({ "QuoteId": quote, "PricebookEntryId": entry, "Quantity": 1, "UnitPrice": 1 })),
        (
            400,
            "FIELD_INTEGRITY_EXCEPTION".to_owned(),
            "field integrity exception: PricebookEntryId (pricebook entry is in a different pricebook than the one \
             assigned to the quote)"
                .to_owned()
        )
    );
    assert_eq!(code(org.update("Quote", &quote, json!({ "Pricebook2Id": book }))), "FIELD_INTEGRITY_EXCEPTION");
    assert_eq!(
        line(json!({ "QuoteId": quote })).2,
        "Required fields are missing: [PricebookEntryId, Quantity, UnitPrice]"
    );
}

#[test]
fn prices_keep_the_decimals_that_were_written() {
    let org = TestOrg::new();
    let opportunity = org.opportunity();
    let fields = json!({ "OpportunityId": opportunity, "PricebookEntryId": org.entry, "Quantity": 100_000, "UnitPrice": 0.0045 });
    let line = org.get("OpportunityLineItem", &org.create("OpportunityLineItem", fields).unwrap());
    assert_eq!((&line["UnitPrice"], &line["TotalPrice"]), (&json!(0.0045), &json!(450.0)));
    assert_eq!(org.get("Opportunity", &opportunity)["Amount"], 450.0);
    let quote = org.quote(&opportunity);
    let first = org.get("QuoteLineItem", &org.quote_line(&quote, 100_000.0, 0.00405));
    assert_eq!((&first["UnitPrice"], &first["Subtotal"]), (&json!(0.00405), &json!(405.0)));
    let second = org.get("QuoteLineItem", &org.quote_line(&quote, 1.0, 0.00405));
    assert_eq!(second["TotalPrice"], 0.00405);
    totals(&org, &quote, json!([2, 405.00405, 0.0, 405.00405, 405.00405]));
}

#[test]
fn a_line_and_its_reversal_cancel_out() {
    let org = TestOrg::new();
    let quote = org.quote(&org.opportunity());
    org.quote_line(&quote, 3.0, 33.333);
    totals(&org, &quote, json!([1, 99.999, 0.0, 99.999, 99.999]));
    org.quote_line(&quote, -3.0, 33.333);
    totals(&org, &quote, json!([2, 0.0, 0.0, 0.0, 0.0]));
    org.quote_line(&quote, 1.0, -12.345);
    totals(&org, &quote, json!([3, -12.345, 0.0, -12.345, -12.345]));
}
