use super::*;
use crate::quotes::draft::{Draft, quote_columns};
use crate::quotes::pricing::{DEFAULT_RULES, PricingRules};
use crate::salesforce::UnitOfWork;
use crate::salesforce::bulk::Cell;
use serde_json::json;

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
        "SELECT Id, Name, CloseDate, Pricebook2Id, CurrencyIsoCode, Account.BillingCountry, (SELECT Id, Product2Id, \
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
    let beginning = soql_first(&filter, 215, OptionalFields::default());
    let (_, condition) = beginning.split_once(" FROM Opportunity WHERE ").unwrap();
    assert_eq!(condition, "IsClosed = TRUE AND Id IN (SELECT OpportunityId FROM Quote) ORDER BY Id LIMIT 215");
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

/// As Heroku's samples set them: on both ways, and not at all where the rules do not say so.
#[test]
fn a_quote_says_its_status_and_until_when_it_is_valid_where_the_rules_do() {
    let opportunity = r#"{"Id": "006R0000003FPYxIAO", "Name": "x", "CloseDate": "2026-12-15", "Pricebook2Id": null, "Account": null,
        "OpportunityLineItems": {"totalSize": 1, "done": true, "records": [{"Id": "00kR0000003FPYxIAO", "Product2Id": null,
        "Product2": null, "PricebookEntryId": null, "Quantity": 1, "UnitPrice": 1}]}}"#;
    let plain = "default_region = \"US\"\n{terms}[regions.US]\ndiscount = 0\ncountries = []\n";
    let draft = |rules: &PricingRules, opportunity: &str| {
        Draft::price(rules, &serde_json::from_str(opportunity).unwrap()).unwrap()
    };
    let graph = |rules: &PricingRules, draft: &Draft| {
        let mut unit = UnitOfWork::new();
        unit.push(draft.graph("g".to_owned(), rules.terms(), "key", 1).unwrap());
        let request = unit.into_requests("66.0").unwrap();
        serde_json::to_value(&request).unwrap()[0]["graphs"][0]["compositeRequest"][0]["body"].clone()
    };
    let row = |rules: &PricingRules, draft: &Draft| {
        let columns = quote_columns(rules.terms());
        let row = draft.quote_row(rules.terms(), "key".to_owned());
        assert_eq!(columns.len(), row.len());
        columns.into_iter().zip(row).skip(4).collect::<Vec<_>>()
    };

    let rules = PricingRules::parse(DEFAULT_RULES).unwrap();
    let quote = draft(&rules, opportunity);
    let body = graph(&rules, &quote);
    assert_eq!((&body["Status"], &body["ExpirationDate"]), (&json!("Draft"), &json!("2027-01-14")), "{body}");
    let day = NaiveDate::from_ymd_opt(2027, 1, 14).unwrap();
    assert_eq!(row(&rules, &quote), [("Status", Cell::from("Draft")), ("ExpirationDate", Cell::from(day))]);
    // Nobody knows when it closes.
    let quote = draft(&rules, &opportunity.replace("\"2026-12-15\"", "null"));
    assert_eq!(graph(&rules, &quote).get("ExpirationDate"), None);
    assert_eq!(row(&rules, &quote)[1], ("ExpirationDate", Cell::Omitted));

    let rules = PricingRules::parse(&plain.replace("{terms}", "")).unwrap();
    let quote = draft(&rules, opportunity);
    let body = graph(&rules, &quote);
    assert_eq!((body.get("Status"), body.get("ExpirationDate")), (None, None));
    assert_eq!(row(&rules, &quote), []);
    let rules = PricingRules::parse(&plain.replace("{terms}", "quote_valid_days = 0\n")).unwrap();
    assert_eq!(graph(&rules, &draft(&rules, opportunity))["ExpirationDate"], "2026-12-15");
}
