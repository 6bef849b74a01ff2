//! An org in memory with names for what the tests use.

use std::sync::{Arc, LazyLock};

use serde_json::{Map, Value, json};

use crate::error::ApiError;
use crate::metadata;
use crate::schema::{FieldDef, FieldType, Schema};
use crate::seed;
use crate::store::{Actor, Org, OrgConfig, Tx};

pub(super) const VERSION: &str = "62.0";

/// An org and the ids of its first records.
pub(super) struct TestOrg {
    pub(super) org: Org,
    /// Entry of 100.00 in the standard price book, its product and that book.
    pub(super) entry: String,
    pub(super) product: String,
    pub(super) book: String,
}

impl TestOrg {
    /// One org for all cases of the property tests, which leave records behind.
    pub(super) fn shared() -> &'static Self {
        static ORG: LazyLock<TestOrg> = LazyLock::new(TestOrg::new);
        &ORG
    }

    pub(super) fn new() -> Self {
        let org = seed::open(&OrgConfig::defaults(None)[0], Arc::new(schema())).unwrap();
        let mut this = Self { org, entry: String::new(), product: String::new(), book: String::new() };
        let entry = this.run(|tx| tx.first_id("PricebookEntry", "\"UnitPrice\" = 100")).unwrap().unwrap();
        let record = this.get("PricebookEntry", &entry);
        this.product = text(&record, "Product2Id");
        this.book = text(&record, "Pricebook2Id");
        this.entry = entry;
        this
    }

    pub(super) fn run<T>(&self, work: impl FnOnce(&mut Tx<'_>) -> Result<T, ApiError>) -> Result<T, ApiError> {
        self.org.transaction(&self.actor(), work)
    }

    pub(super) fn actor(&self) -> Actor {
        self.org.admin()
    }

    pub(super) fn create(&self, object: &str, fields: Value) -> Result<String, ApiError> {
        self.run(|tx| tx.create(object, &map(fields)))
    }

    pub(super) fn update(&self, object: &str, id: &str, fields: Value) -> Result<(), ApiError> {
        self.run(|tx| tx.update(object, id, &map(fields)))
    }

    pub(super) fn delete(&self, object: &str, id: &str) -> Result<(), ApiError> {
        self.run(|tx| tx.delete(object, id))
    }

    pub(super) fn get(&self, object: &str, id: &str) -> Value {
        self.run(|tx| tx.retrieve(object, id, None, VERSION)).unwrap()
    }

    pub(super) fn count(&self, object: &str) -> u64 {
        self.run(|tx| tx.count(object, "1")).unwrap()
    }

    pub(super) fn account(&self) -> String {
        self.create("Account", json!({ "Name": "Acme" })).unwrap()
    }

    pub(super) fn opportunity(&self) -> String {
        self.create("Opportunity", json!({ "Name": "Deal", "StageName": "Prospecting", "CloseDate": "2030-06-30" }))
            .unwrap()
    }

    /// A product line of 100.00 each.
    pub(super) fn line(&self, opportunity: &str, quantity: f64) -> String {
        let fields = json!({
            "OpportunityId": opportunity, "PricebookEntryId": self.entry, "Quantity": quantity, "UnitPrice": 100.0,
        });
        self.create("OpportunityLineItem", fields).unwrap()
    }

    pub(super) fn quote(&self, opportunity: &str) -> String {
        self.create("Quote", json!({ "Name": "Offer", "OpportunityId": opportunity })).unwrap()
    }

    pub(super) fn quote_line(&self, quote: &str, quantity: f64, price: f64) -> String {
        let fields =
            json!({ "QuoteId": quote, "PricebookEntryId": self.entry, "Quantity": quantity, "UnitPrice": price });
        self.create("QuoteLineItem", fields).unwrap()
    }
}

/// The standard schema with the custom fields that the tests need.
pub(super) fn schema() -> Schema {
    let mut schema = metadata::standard();
    schema.object_mut("Quote").unwrap().fields.push(FieldDef {
        name: "QuoteJobKey__c".to_owned(),
        label: "Quote Job Key".to_owned(),
        length: 80,
        external_id: true,
        unique: true,
        case_sensitive: true,
        ..FieldDef::default()
    });
    let account = schema.object_mut("Account").unwrap();
    account.fields.push(FieldDef {
        name: "Code__c".to_owned(),
        label: "Code".to_owned(),
        external_id: true,
        unique: true,
        ..FieldDef::default()
    });
    account.fields.push(FieldDef {
        name: "Batch__c".to_owned(),
        label: "Batch".to_owned(),
        external_id: true,
        ..FieldDef::default()
    });
    account.fields.push(FieldDef {
        name: "Rate__c".to_owned(),
        label: "Rate".to_owned(),
        kind: FieldType::Double,
        precision: 6,
        scale: 3,
        ..FieldDef::default()
    });
    account.fields.push(FieldDef {
        name: "Tier__c".to_owned(),
        label: "Tier".to_owned(),
        kind: FieldType::Picklist,
        picklist: vec!["Gold".to_owned(), "Silver".to_owned()],
        restricted: true,
        ..FieldDef::default()
    });
    account.fields.push(FieldDef {
        name: "Seen__c".to_owned(),
        label: "Seen".to_owned(),
        kind: FieldType::DateTime,
        ..FieldDef::default()
    });
    schema
}

pub(super) fn map(value: Value) -> Map<String, Value> {
    match value {
        Value::Object(map) => map,
        other => panic!("no object: {other}"),
    }
}

pub(super) fn text(record: &Value, field: &str) -> String {
    record[field].as_str().unwrap_or_else(|| panic!("{field} is no text in {record}")).to_owned()
}

/// Status, code and message of an expected error.
#[track_caller]
pub(super) fn failure<T: std::fmt::Debug>(result: Result<T, ApiError>) -> (u16, String, String) {
    let error = result.unwrap_err();
    (error.status, error.code, error.message)
}

#[track_caller]
pub(super) fn code<T: std::fmt::Debug>(result: Result<T, ApiError>) -> String {
    result.unwrap_err().code
}
