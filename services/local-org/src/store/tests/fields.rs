//! What fields accept.

use proptest::prelude::*;
use serde_json::{Value, json};

use super::support::{TestOrg, code, failure, map, text};

fn account(org: &TestOrg, field: &str, value: Value) -> Value {
    let id = org.create("Account", json!({ "Name": "Acme", field: value })).unwrap();
    org.get("Account", &id)[field].clone()
}

#[test]
fn unknown_fields() {
    let org = TestOrg::new();
    let error = org.create("Account", json!({ "Name": "x", "FavoritePet__c": "Dog" })).unwrap_err();
    assert_eq!(
        error.to_json(),
        json!({ "message": "No such column 'FavoritePet__c' on sobject of type Account", "errorCode": "INVALID_FIELD" })
    );
}

#[test]
fn addresses() {
    let org = TestOrg::new();
    let contact = |email: &str| org.create("Contact", json!({ "LastName": "x", "Email": email }));
    for email in ["a@example.com", "o'a.b+c@sub.example.com", "ä@example.com", "a@localhost", ""] {
        contact(email).unwrap();
    }
    for email in ["none", "@", "a@", "@example.com", "a@b@c", "a b@example.com", "a@example.com, b@example.com"] {
        assert_eq!(
            contact(email).unwrap_err().to_json(),
            json!({
                "message": format!("Email: invalid email address: {email}"),
                "errorCode": "INVALID_EMAIL_ADDRESS",
                "fields": ["Email"],
            })
        );
    }
}

#[test]
fn read_only_fields() {
    let org = TestOrg::new();
    let error =
        org.create("Account", json!({ "Name": "x", "createddate": "2020-01-01", "IsDeleted": true })).unwrap_err();
    assert_eq!(
        error.to_json(),
        json!({
            "message": "Unable to create/update fields: CreatedDate, IsDeleted. Please check the security settings of \
                        this field and verify that it is read/write for your profile or permission set.",
            "errorCode": "INVALID_FIELD_FOR_INSERT_UPDATE",
            "fields": ["CreatedDate", "IsDeleted"],
        })
    );
    let (opportunity, account) = (org.opportunity(), org.account());
    let line = org.line(&opportunity, 1.0);
    assert_eq!(
        code(org.update("OpportunityLineItem", &line, json!({ "PricebookEntryId": org.entry }))),
        "INVALID_FIELD_FOR_INSERT_UPDATE"
    );
    assert_eq!(code(org.create("Account", json!({ "Id": account }))), "INVALID_FIELD_FOR_INSERT_UPDATE");
    assert_eq!(code(org.update("Account", &account, json!({ "id": account }))), "INVALID_FIELD");
}

#[test]
fn required_fields() {
    let org = TestOrg::new();
    let error = org.create("Opportunity", json!({ "Name": "", "StageName": "Prospecting" })).unwrap_err();
    assert_eq!(
        error.to_json(),
        json!({
            "message": "Required fields are missing: [Name, CloseDate]",
            "errorCode": "REQUIRED_FIELD_MISSING",
            "fields": ["Name", "CloseDate"],
        })
    );
    let id = org.opportunity();
    assert_eq!(code(org.update("Opportunity", &id, json!({ "CloseDate": null }))), "REQUIRED_FIELD_MISSING");
    assert_eq!(code(org.update("Opportunity", &id, json!({ "OwnerId": null }))), "INVALID_CROSS_REFERENCE_KEY");
}

#[test]
fn text_is_limited_in_characters() {
    let org = TestOrg::new();
    assert_eq!(account(&org, "Site", json!("ü".repeat(80))), json!("ü".repeat(80)));
    let long = "x".repeat(256);
    let error = org.create("Account", json!({ "Name": long })).unwrap_err();
    assert_eq!(error.message, format!("Account Name: data value too large: {long} (max length=255)"));
    assert_eq!((error.code.as_str(), error.fields), ("STRING_TOO_LONG", Some(vec!["Name".to_owned()])));
    assert_eq!(account(&org, "Site", json!(7)), json!("7"));
    assert_eq!(account(&org, "Site", json!("")), Value::Null);
}

#[test]
fn numbers_keep_the_decimals_that_were_written() {
    let org = TestOrg::new();
    for (given, stored) in [
        (json!(1.0005), json!(1.0005)),
        (json!(-1.0005), json!(-1.0005)),
        (json!(0.123_456_789_012_345_6), json!(0.123_456_789_012_345_6)),
        (json!(5.551_115_123_125_783e-17), json!(5.551_115_123_125_783e-17)),
        (json!("2.5"), json!(2.5)),
        (json!(" 1e2 "), json!(100.0)),
        (json!(0), json!(0.0)),
        (json!("1e-30"), json!(1e-30)),
        (json!(999.9995), json!(999.9995)),
        (Value::Null, Value::Null),
        (json!(""), Value::Null),
    ] {
        assert_eq!(account(&org, "Rate__c", given.clone()), stored, "{given}");
    }
    for (given, stored) in [("12", 12), ("1.5", 2), ("-1.5", -2), ("1e-30", 0), ("1e2", 100)] {
        assert_eq!(account(&org, "NumberOfEmployees", json!(given)), json!(stored), "{given}");
    }
}

#[test]
fn numbers_out_of_range_and_no_numbers() {
    let org = TestOrg::new();
    for value in [json!(1000), json!(1000.0001), json!(-1000), json!("1e40"), json!(1e300)] {
        let (status, code, message) = failure(org.create("Account", json!({ "Name": "x", "Rate__c": value })));
        assert_eq!((status, code.as_str()), (400, "NUMBER_OUTSIDE_VALID_RANGE"), "{value}");
        assert!(message.starts_with("Rate: value outside of valid range on numeric field: "));
    }
    for value in [json!("abc"), json!(true), json!([1]), json!({ "a": 1 }), json!("NaN"), json!("inf")] {
        assert_eq!(code(org.create("Account", json!({ "Name": "x", "Rate__c": value }))), "JSON_PARSER_ERROR");
    }
}

#[test]
fn booleans() {
    let org = TestOrg::new();
    let flag = |value: Value| {
        let id = org.create("Product2", json!({ "Name": "x", "IsActive": value }))?;
        Ok(org.get("Product2", &id)["IsActive"].clone())
    };
    for value in [json!(true), json!("TRUE"), json!("1"), json!(1)] {
        assert_eq!(flag(value), Ok(json!(true)));
    }
    for value in [json!(false), json!("false"), json!(0), Value::Null] {
        assert_eq!(flag(value), Ok(json!(false)));
    }
    assert_eq!(code(flag(json!("yes"))), "JSON_PARSER_ERROR");
}

#[test]
fn dates_and_times() {
    let org = TestOrg::new();
    for (given, stored) in [
        ("2025-01-31T10:00:00Z", "2025-01-31T10:00:00.000+0000"),
        ("2025-01-31T10:00:00.123456+02:00", "2025-01-31T08:00:00.123+0000"),
        ("2025-01-31T23:30:00-0100", "2025-02-01T00:30:00.000+0000"),
        ("2025-01-31", "2025-01-31T00:00:00.000+0000"),
    ] {
        assert_eq!(account(&org, "Seen__c", json!(given)), json!(stored));
    }
    let id = org.opportunity();
    org.update("Opportunity", &id, json!({ "CloseDate": "2025-01-31T23:30:00-0100" })).unwrap();
    assert_eq!(text(&org.get("Opportunity", &id), "CloseDate"), "2025-02-01");
    for wrong in ["2025-13-01", "31.01.2025", "soon"] {
        assert_eq!(code(org.update("Opportunity", &id, json!({ "CloseDate": wrong }))), "JSON_PARSER_ERROR");
    }
}

#[test]
fn picklists() {
    let org = TestOrg::new();
    assert_eq!(account(&org, "Tier__c", json!("gold")), json!("Gold"));
    assert_eq!(account(&org, "Rating", json!("Splendid")), json!("Splendid"), "not restricted");
    let error = org.create("Account", json!({ "Name": "x", "Tier__c": "Terrible" })).unwrap_err();
    assert_eq!(
        error.to_json(),
        json!({
            "message": "Tier: bad value for restricted picklist field: Terrible",
            "errorCode": "INVALID_OR_NULL_FOR_RESTRICTED_PICKLIST",
            "fields": ["Tier__c"],
        })
    );
}

#[test]
fn references() {
    let org = TestOrg::new();
    let account = org.account();
    let contact = org.create("Contact", json!({ "LastName": "Smith", "AccountId": account[..15] })).unwrap();
    let record = org.get("Contact", &contact);
    assert_eq!((text(&record, "AccountId"), text(&record, "Name")), (account.clone(), "Smith".to_owned()));
    for (id, expected) in [
        ("001", "MALFORMED_ID"),
        (contact.as_str(), "FIELD_INTEGRITY_EXCEPTION"),
        ("001LO000000zzzz", "INVALID_CROSS_REFERENCE_KEY"),
    ] {
        let error = org.update("Contact", &contact, json!({ "AccountId": id })).unwrap_err();
        assert_eq!((error.code.as_str(), error.status), (expected, 400));
        assert_eq!(error.fields, Some(vec!["AccountId".to_owned()]));
    }
    let message = failure(org.update("Contact", &contact, json!({ "AccountId": "001" }))).2;
    assert_eq!(message, "Account ID: id value of incorrect type: 001");
    org.delete("Account", &account).unwrap();
    assert_eq!(
        failure(org.create("Contact", json!({ "LastName": "x", "AccountId": account }))),
        (400, "ENTITY_IS_DELETED".to_owned(), "entity is deleted".to_owned())
    );
}

#[test]
fn a_parent_by_external_id() {
    let org = TestOrg::new();
    let account = org.create("Account", json!({ "Name": "Acme", "Code__c": "a-1" })).unwrap();
    let contact = org.create("Contact", json!({ "LastName": "Smith", "account": { "CODE__C": "A-1" } })).unwrap();
    assert_eq!(text(&org.get("Contact", &contact), "AccountId"), account);
    org.update("Contact", &contact, json!({ "Account": null })).unwrap();
    assert_eq!(org.get("Contact", &contact)["AccountId"], Value::Null);
    let by = |key: Value| org.update("Contact", &contact, json!({ "Account": key }));
    by(json!({ "attributes": { "type": "Account" }, "Id": account })).unwrap();
    let message = "Foreign key external ID: nope not found for field Code__c in entity Account";
    assert_eq!(failure(by(json!({ "Code__c": "nope" }))), (400, "INVALID_FIELD".to_owned(), message.to_owned()));
    assert_eq!(code(by(json!({ "Name": "Acme" }))), "NOT_FOUND");
    assert_eq!(code(by(json!({}))), "INVALID_FIELD");
    assert_eq!(code(org.update("Contact", &contact, json!({ "Nobody": {} }))), "INVALID_FIELD");
}

#[test]
fn unique_fields() {
    let org = TestOrg::new();
    let account = org.create("Account", json!({ "Name": "a", "Code__c": "Key" })).unwrap();
    let error = org.create("Account", json!({ "Name": "b", "Code__c": "kEY" })).unwrap_err();
    let message = format!("duplicate value found: Code__c duplicates value on record with id: {}", &account[..15]);
    assert_eq!(error.to_json(), json!({ "message": message, "errorCode": "DUPLICATE_VALUE", "fields": [] }));
    org.update("Account", &account, json!({ "Code__c": "KEY" })).unwrap();
    let other = org.create("Account", json!({ "Name": "b", "Code__c": "other" })).unwrap();
    assert_eq!(code(org.update("Account", &other, json!({ "Code__c": "key" }))), "DUPLICATE_VALUE");
    org.delete("Account", &account).unwrap();
    org.update("Account", &other, json!({ "Code__c": "key" })).unwrap();
    // Any number of records may leave it empty.
    org.account();
    org.account();
}

#[test]
fn case_matters_in_case_sensitive_unique_fields() {
    let org = TestOrg::new();
    let opportunity = org.opportunity();
    let quote =
        |key: &str| org.create("Quote", json!({ "Name": "q", "OpportunityId": opportunity, "QuoteJobKey__c": key }));
    quote("a:1").unwrap();
    quote("A:1").unwrap();
    assert_eq!(code(quote("a:1")), "DUPLICATE_VALUE");
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 64, ..ProptestConfig::default() })]

    #[test]
    fn currency_comes_back_as_it_went_in(cents in -99_999_999_999_999i64..=99_999_999_999_999) {
        let org = TestOrg::shared();
        let text = format!("{}{}.{:02}", if cents < 0 { "-" } else { "" }, cents.abs() / 100, cents.abs() % 100);
        let number: f64 = text.parse().unwrap();
        let id = org.run(|tx| tx.create("Opportunity", &map(json!({
            "Name": "x", "StageName": "Closed Won", "CloseDate": "2030-01-01", "Amount": text,
        })))).unwrap();
        let record = org.get("Opportunity", &id);
        prop_assert_eq!(&record["Amount"], &json!(number));
        prop_assert_eq!(&record["ExpectedRevenue"], &json!(number));
    }

    #[test]
    fn no_value_makes_the_store_fail(value in any_json(), field in 0usize..40) {
        let org = TestOrg::shared();
        let schema = org.org.schema();
        let fields = &schema.object("Account").unwrap().fields;
        let name = &fields[field % fields.len()].name;
        if let Err(error) = org.create("Account", json!({ "Name": "x", name: value })) {
            prop_assert_eq!(error.status, 400);
        }
    }
}

fn any_json() -> impl Strategy<Value = Value> {
    prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        any::<f64>().prop_map(Value::from),
        ".{0,30}".prop_map(Value::from),
        "[0-9T:.+-]{0,30}".prop_map(Value::from),
        "[0-9A-Za-z]{15,18}".prop_map(Value::from),
        Just(json!([])),
        Just(json!({ "Id": "x" })),
    ]
}
