//! Opportunities and their products.

use serde_json::{Value, json};

use super::support::{TestOrg, code, failure, text};

#[track_caller]
fn sums(org: &TestOrg, opportunity: &str, amount: f64, quantity: f64, has_lines: bool) {
    let record = org.get("Opportunity", opportunity);
    let expected = json!([amount, amount * 0.1, quantity, has_lines]);
    let names = ["Amount", "ExpectedRevenue", "TotalOpportunityQuantity", "HasOpportunityLineItem"];
    assert_eq!(json!(names.map(|name| record[name].clone())), expected);
}

fn custom_entry(org: &TestOrg, active_book: bool) -> (String, String) {
    let book = org.create("Pricebook2", json!({ "Name": "Other", "IsActive": active_book })).unwrap();
    let fields = json!({ "Pricebook2Id": book, "Product2Id": org.product, "UnitPrice": 80, "IsActive": true });
    (book, org.create("PricebookEntry", fields).unwrap())
}

#[test]
fn the_stage_tells_the_rest() {
    let org = TestOrg::new();
    let id = org.opportunity();
    let names = ["Probability", "ForecastCategory", "ForecastCategoryName", "IsClosed", "IsWon"];
    let state = || names.map(|name| org.get("Opportunity", &id)[name].clone());
    assert_eq!(json!(state()), json!([10.0, "Pipeline", "Pipeline", false, false]));
    org.update("Opportunity", &id, json!({ "StageName": "closed won", "Amount": 50 })).unwrap();
    assert_eq!(json!(state()), json!([100.0, "Closed", "Closed", true, true]));
    assert_eq!(org.get("Opportunity", &id)["ExpectedRevenue"], 50.0);
    org.update("Opportunity", &id, json!({ "StageName": "Closed Lost" })).unwrap();
    assert_eq!(json!(state()), json!([0.0, "Omitted", "Omitted", true, false]));
    org.update("Opportunity", &id, json!({ "StageName": "Negotiation/Review", "Probability": 33 })).unwrap();
    assert_eq!(json!(state()), json!([33.0, "Pipeline", "Pipeline", false, false]));
    assert_eq!(org.get("Opportunity", &id)["ExpectedRevenue"], 16.5);
    org.update("Opportunity", &id, json!({ "ForecastCategoryName": "Commit", "Amount": null })).unwrap();
    assert_eq!(org.get("Opportunity", &id)["ForecastCategory"], "Forecast");
    assert_eq!(org.get("Opportunity", &id)["ExpectedRevenue"], Value::Null);
    org.update("Opportunity", &id, json!({ "StageName": "Made up" })).unwrap();
    assert_eq!(json!(state()), json!([0.0, "Pipeline", "Pipeline", false, false]));
}

#[test]
fn the_close_date_tells_the_period() {
    let org = TestOrg::new();
    let id = org.opportunity();
    let period = || ["FiscalYear", "FiscalQuarter", "Fiscal"].map(|name| org.get("Opportunity", &id)[name].clone());
    assert_eq!(json!(period()), json!([2030, 2, "2030 2"]));
    org.update("Opportunity", &id, json!({ "CloseDate": "2029-12-31" })).unwrap();
    assert_eq!(json!(period()), json!([2029, 4, "2029 4"]));
}

#[test]
fn products_roll_up() {
    let org = TestOrg::new();
    let id = org.opportunity();
    org.update("Opportunity", &id, json!({ "Amount": 5000 })).unwrap();
    let first = org.line(&id, 1.0);
    sums(&org, &id, 100.0, 1.0, true);
    let second = org.line(&id, 2.5);
    sums(&org, &id, 350.0, 3.5, true);
    org.update("OpportunityLineItem", &second, json!({ "UnitPrice": 10, "Quantity": 1 })).unwrap();
    sums(&org, &id, 110.0, 2.0, true);
    org.delete("OpportunityLineItem", &first).unwrap();
    sums(&org, &id, 10.0, 1.0, true);
    org.delete("OpportunityLineItem", &second).unwrap();
    sums(&org, &id, 0.0, 0.0, false);
}

#[test]
fn sums_have_no_binary_noise() {
    let org = TestOrg::new();
    let id = org.opportunity();
    for _ in 0..30 {
        let fields = json!({ "OpportunityId": id, "PricebookEntryId": org.entry, "Quantity": 1, "UnitPrice": 0.1 });
        org.create("OpportunityLineItem", fields).unwrap();
    }
    assert_eq!(org.get("Opportunity", &id)["Amount"], 3.0);
}

#[test]
fn the_amount_of_products_cannot_be_typed_over() {
    let org = TestOrg::new();
    let id = org.opportunity();
    org.line(&id, 1.0);
    org.update("Opportunity", &id, json!({ "Amount": 1, "NextStep": "call" })).unwrap();
    assert_eq!(text(&org.get("Opportunity", &id), "NextStep"), "call");
    sums(&org, &id, 100.0, 1.0, true);
}

#[test]
fn a_line_takes_from_its_entry() {
    let org = TestOrg::new();
    let id = org.opportunity();
    let line = org.get("OpportunityLineItem", &org.line(&id, 2.0));
    assert_eq!(text(&line, "Product2Id"), org.product);
    assert_eq!(
        (&line["ListPrice"], &line["Subtotal"], &line["TotalPrice"]),
        (&json!(100.0), &json!(200.0), &json!(200.0))
    );
    assert_eq!(line["Name"], "Deal Workstation");
    assert_eq!(org.get("Opportunity", &id)["Pricebook2Id"], json!(org.book));
}

#[test]
fn price_or_total_but_not_both() {
    let org = TestOrg::new();
    let id = org.opportunity();
    let line = |more: Value| {
        let mut fields = json!({ "OpportunityId": id, "PricebookEntryId": org.entry });
        fields.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        org.create("OpportunityLineItem", fields)
    };
    let by_total = line(json!({ "Quantity": 3, "TotalPrice": 100 })).unwrap();
    let record = org.get("OpportunityLineItem", &by_total);
    assert_eq!((&record["UnitPrice"], &record["TotalPrice"]), (&json!(100.0 / 3.0), &json!(100.0)));
    assert_eq!(record["Subtotal"], 100.0);
    let huge = line(json!({ "Quantity": 9_999_999_999u64, "UnitPrice": 9_999_999_999_999.99 }));
    assert_eq!(code(huge), "NUMBER_OUTSIDE_VALID_RANGE");
    assert_eq!(code(line(json!({ "Quantity": 1, "TotalPrice": 1, "UnitPrice": 1 }))), "FIELD_INTEGRITY_EXCEPTION");
    let (_, code_, message) = failure(line(json!({ "Quantity": 1 })));
    assert_eq!(
        (code_.as_str(), message.as_str()),
        ("REQUIRED_FIELD_MISSING", "Required fields are missing: [UnitPrice]")
    );
    assert_eq!(code(line(json!({ "UnitPrice": 1 }))), "REQUIRED_FIELD_MISSING");
}

#[test]
fn zero_quantity_and_zero_price_are_fine() {
    let org = TestOrg::new();
    let id = org.opportunity();
    for (quantity, price) in [(0, 100), (1, 0), (0, 0)] {
        let fields = json!({
            "OpportunityId": id, "PricebookEntryId": org.entry, "Quantity": quantity, "UnitPrice": price,
        });
        let line = org.create("OpportunityLineItem", fields).unwrap();
        assert_eq!(org.get("OpportunityLineItem", &line)["TotalPrice"], 0.0);
    }
    sums(&org, &id, 0.0, 1.0, true);
}

#[test]
fn changes_of_price_quantity_total_and_discount() {
    let org = TestOrg::new();
    let line = org.line(&org.opportunity(), 2.0);
    let change = |fields: Value| {
        org.update("OpportunityLineItem", &line, fields)?;
        let record = org.get("OpportunityLineItem", &line);
        Ok(json!([record["Quantity"], record["UnitPrice"], record["TotalPrice"]]))
    };
    assert_eq!(change(json!({ "Quantity": 4 })), Ok(json!([4.0, 50.0, 200.0])));
    assert_eq!(change(json!({ "UnitPrice": 10 })), Ok(json!([4.0, 10.0, 40.0])));
    assert_eq!(change(json!({ "TotalPrice": 80 })), Ok(json!([4.0, 20.0, 80.0])));
    assert_eq!(change(json!({ "Discount": 25 })), Ok(json!([4.0, 20.0, 60.0])));
    assert_eq!(change(json!({ "Quantity": 2 })), Ok(json!([2.0, 40.0, 60.0])));
    assert_eq!(change(json!({ "Quantity": 0 })), Ok(json!([0.0, 40.0, 0.0])));
    assert_eq!(change(json!({ "Quantity": 1, "UnitPrice": 8 })), Ok(json!([1.0, 8.0, 6.0])));
    assert_eq!(change(json!({ "Discount": 100, "TotalPrice": 5 })), Ok(json!([1.0, 0.0, 5.0])));
    assert_eq!(code(change(json!({ "UnitPrice": 1, "TotalPrice": 1 }))), "INVALID_FIELD");
}

#[test]
fn one_price_book_for_all_lines() {
    let org = TestOrg::new();
    let id = org.opportunity();
    org.line(&id, 1.0);
    let (book, entry) = custom_entry(&org, true);
    let fields = json!({ "OpportunityId": id, "PricebookEntryId": entry, "Quantity": 1, "UnitPrice": 1 });
    assert_eq!(
        failure(org.create("OpportunityLineItem", fields)).2,
        "field integrity exception: PricebookEntryId (pricebook entry is in a different pricebook than the one \
         assigned to the opportunity)"
    );
    assert_eq!(code(org.update("Opportunity", &id, json!({ "Pricebook2Id": book }))), "FIELD_INTEGRITY_EXCEPTION");
    org.update("Opportunity", &id, json!({ "Pricebook2Id": org.book })).unwrap();
    let empty = org.opportunity();
    org.update("Opportunity", &empty, json!({ "Pricebook2Id": book })).unwrap();
}

#[test]
fn entries_that_cannot_be_sold() {
    let org = TestOrg::new();
    let (_, entry) = custom_entry(&org, false);
    let line = |entry: &str| {
        let fields =
            json!({ "OpportunityId": org.opportunity(), "PricebookEntryId": entry, "Quantity": 1, "UnitPrice": 1 });
        failure(org.create("OpportunityLineItem", fields)).2
    };
    assert!(line(&entry).contains("inactive pricebook"));
    org.update("PricebookEntry", &org.entry, json!({ "IsActive": false })).unwrap();
    assert!(line(&org.entry).contains("entry is inactive"));
}

#[test]
fn by_product_instead_of_entry() {
    let org = TestOrg::new();
    let id = org.opportunity();
    let line = |opportunity: &str, more: Value| {
        let mut fields = json!({ "OpportunityId": opportunity, "Quantity": 1, "UnitPrice": 1 });
        fields.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        org.create("OpportunityLineItem", fields)
    };
    let message = "field integrity exception: PricebookEntryId, unknown (versions 3.0 and higher must specify pricebook \
                   entry id; others must specify product id)";
    assert_eq!(failure(line(&id, json!({ "Product2Id": org.product }))).2, message, "no price book yet");
    assert_eq!(failure(line(&id, json!({}))).2, message);
    org.update("Opportunity", &id, json!({ "Pricebook2Id": org.book })).unwrap();
    let by_product = line(&id, json!({ "Product2Id": org.product })).unwrap();
    assert_eq!(org.get("OpportunityLineItem", &by_product)["PricebookEntryId"], json!(org.entry));
    line(&id, json!({ "Product2Id": org.product, "PricebookEntryId": org.entry })).unwrap();
    let other = org.create("Product2", json!({ "Name": "Other" })).unwrap();
    let both = line(&id, json!({ "Product2Id": other, "PricebookEntryId": org.entry }));
    assert_eq!(code(both), "FIELD_INTEGRITY_EXCEPTION");
}
