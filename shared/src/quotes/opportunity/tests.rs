use super::*;
use crate::quotes::draft::Draft;
use crate::quotes::pricing::{DEFAULT_RULES, PricingRules};
use crate::salesforce::bulk::Cell;

fn id(text: &str) -> SalesforceId {
    text.parse().unwrap()
}

#[test]
fn fields_that_not_every_org_has_are_named_only_where_they_count() {
    let ids = [id("006R0000003FPYxIAO")];
    let plain = soql(&ids, OptionalFields::default());
    assert!(!plain.contains("CurrencyIsoCode") && !plain.contains("DiscountOverride__c"), "{plain}");
    let all = soql(&ids, OptionalFields { discount_override: true, currency: true });
    assert_eq!(
        all,
        "SELECT Id, Name, Pricebook2Id, CurrencyIsoCode, Account.BillingCountry, (SELECT Id, Product2Id, \
         Product2.Family, PricebookEntryId, Quantity, UnitPrice, DiscountOverride__c FROM OpportunityLineItems ORDER BY \
         Id) FROM Opportunity WHERE Id IN ('006R0000003FPYx')"
    );
}

#[test]
fn a_condition_with_a_subquery_stays_at_the_top_level() {
    let filter = soql::parse_where("(IsClosed = TRUE AND Id IN (SELECT OpportunityId FROM Quote))").unwrap();
    let (first, last) = (id("006R0000003FPYxIAO"), id("006R0000003FPYyIAO"));
    let between = soql_between(&filter, &first, &last, OptionalFields::default());
    let (_, condition) = between.split_once(" FROM Opportunity WHERE ").unwrap();
    assert_eq!(
        condition,
        "IsClosed = TRUE AND Id IN (SELECT OpportunityId FROM Quote) AND Id >= '006R0000003FPYxIAO' AND Id <= \
         '006R0000003FPYyIAO' ORDER BY Id"
    );
}

/// An answer of an org with several currencies, priced and as the row that is written.
#[test]
fn the_opportunitys_currency_decides_the_decimals() {
    let rules = format!("price_decimals = 2\n{DEFAULT_RULES}\n[currencies]\nJPY = 0\n");
    let rules = PricingRules::parse(&rules).unwrap();
    assert!(rules.name_currencies());
    for (currency, price) in [("\"JPY\"", "90"), ("\"KWD\"", "89.55"), ("null", "89.55")] {
        let opportunity = format!(
            r#"{{"Id": "006R0000003FPYxIAO", "Name": "x", "Pricebook2Id": null, "CurrencyIsoCode": {currency}, "Account": null,
               "OpportunityLineItems": {{"totalSize": 1, "done": true, "records": [{{"Id": "00kR0000003FPYxIAO",
               "Product2Id": null, "Product2": null, "PricebookEntryId": null, "Quantity": 1.0, "UnitPrice": 9.95e1}}]}}}}"#
        );
        let opportunity: Opportunity = serde_json::from_str(&opportunity).unwrap();
        let draft = Draft::price(&rules, &opportunity).unwrap();
        let row = draft.line_row(0, "line".to_owned(), "quote".to_owned()).unwrap();
        assert_eq!(row.last(), Some(&Cell::from(price.parse::<Decimal>().unwrap())), "{currency}");
    }
}
