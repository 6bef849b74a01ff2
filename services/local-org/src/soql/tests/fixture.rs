//! A schema, a few records, and short ways to ask.

use chrono::{TimeZone, Utc};
use rusqlite::{Connection, params_from_iter};
use serde_json::{Value, json};

use super::super::{ExecuteOptions, ResultSet, execute, parse};
use crate::error::ApiError;
use crate::schema::{FieldDef, FieldType, ObjectDef, Schema};

pub(crate) struct Org {
    pub(crate) conn: Connection,
    pub(crate) schema: Schema,
}

fn field(name: &str, kind: FieldType) -> FieldDef {
    FieldDef { name: name.to_owned(), label: name.to_owned(), kind, ..FieldDef::default() }
}

pub(crate) fn reference(name: &str, to: &str, children: Option<&str>) -> FieldDef {
    let relationship = match name.strip_suffix("__c") {
        Some(custom) => format!("{custom}__r"),
        None => name.trim_end_matches("Id").to_owned(),
    };
    FieldDef {
        reference_to: vec![to.to_owned()],
        relationship_name: Some(relationship),
        child_relationship_name: children.map(str::to_owned),
        ..field(name, FieldType::Reference)
    }
}

pub(crate) fn object(name: &str, prefix: &str, fields: Vec<FieldDef>) -> ObjectDef {
    let mut all = vec![FieldDef { nillable: false, ..field("Id", FieldType::Id) }];
    all.extend(fields);
    all.push(FieldDef { nillable: false, ..field("IsDeleted", FieldType::Boolean) });
    ObjectDef { name: name.to_owned(), key_prefix: prefix.to_owned(), fields: all, ..ObjectDef::default() }
}

pub(crate) fn schema() -> Schema {
    use FieldType::{Boolean, Currency, Date, DateTime, Double, Int, Percent, Picklist, String, TextArea};
    let mut schema = Schema::default();
    schema.insert(object(
        "User",
        "005",
        vec![field("Name", String), field("IsActive", Boolean), reference("ManagerId", "User", Some("ManagedUsers"))],
    ));
    schema.insert(object(
        "Account",
        "001",
        vec![
            field("Name", String),
            field("Industry", Picklist),
            FieldDef { length: 32_000, ..field("Description", TextArea) },
            reference("ParentId", "Account", Some("ChildAccounts")),
            reference("OwnerId", "User", None),
            FieldDef { case_sensitive: true, unique: true, ..field("Key__c", String) },
        ],
    ));
    schema.insert(object(
        "Opportunity",
        "006",
        vec![
            field("Name", String),
            field("StageName", Picklist),
            field("Amount", Currency),
            field("Probability", Percent),
            field("Discount__c", Double),
            field("CloseDate", Date),
            FieldDef { nillable: false, ..field("CreatedDate", DateTime) },
            field("IsClosed", Boolean),
            reference("AccountId", "Account", Some("Opportunities")),
            reference("OwnerId", "User", None),
            field("Secret__c", String),
        ],
    ));
    schema.insert(object("Product2", "01t", vec![field("Name", String), field("ProductCode", String)]));
    schema.insert(object(
        "OpportunityLineItem",
        "00k",
        vec![
            reference("OpportunityId", "Opportunity", Some("OpportunityLineItems")),
            reference("Product2Id", "Product2", Some("OpportunityLineItems")),
            field("Quantity", Double),
            field("SortOrder", Int),
            field("UnitPrice", Currency),
        ],
    ));
    schema.insert(object(
        "Quote",
        "0Q0",
        vec![
            field("Name", String),
            reference("OpportunityId", "Opportunity", Some("Quotes")),
            reference("Reviewer__c", "User", Some("ReviewedQuotes__r")),
        ],
    ));
    schema
}

fn sql_type(kind: FieldType) -> &'static str {
    match kind {
        FieldType::Boolean | FieldType::Int => "INTEGER",
        FieldType::Double | FieldType::Currency | FieldType::Percent => "REAL",
        _ => "TEXT",
    }
}

/// The 18-character id of the `number`th record with that prefix.
pub(crate) fn id(prefix: &str, number: u32) -> String {
    super::super::id::long_form(&format!("{prefix}LO0000{number:06}")).unwrap()
}

impl Org {
    /// An org without records.
    pub(crate) fn empty() -> Self {
        let org = Self { conn: Connection::open_in_memory().unwrap(), schema: schema() };
        let names: Vec<_> = org.schema.objects().map(|object| object.name.as_str()).collect();
        org.create_tables(&names);
        org
    }

    /// The tables of objects, with an index for each reference.
    pub(crate) fn create_tables(&self, names: &[&str]) {
        for name in names {
            let fields = &self.schema.object(name).unwrap().fields;
            let column = |field: &FieldDef| {
                let key = if field.name == "Id" { " PRIMARY KEY" } else { "" };
                format!("\"{}\" {}{key}", field.name, sql_type(field.kind))
            };
            let columns: Vec<_> = fields.iter().map(column).collect();
            self.conn.execute_batch(&format!("CREATE TABLE \"{name}\" ({})", columns.join(", "))).unwrap();
            // As the store makes them.
            let indexed = |field: &&FieldDef| field.kind == FieldType::Reference || field.unique;
            for FieldDef { name: column, .. } in fields.iter().filter(indexed) {
                let index = format!(
                    "CREATE INDEX \"{name}.{column}\" ON \"{name}\" (\"{column}\") WHERE \"{column}\" IS NOT NULL"
                );
                self.conn.execute_batch(&index).unwrap();
            }
        }
    }

    /// The org of most tests.
    pub(crate) fn sample() -> Self {
        let org = Self::empty();
        let user = |number| json!(id("005", number));
        let account = |number| json!(id("001", number));
        let opportunity = |number| json!(id("006", number));
        let product = |number| json!(id("01t", number));
        for (number, name, active, manager) in
            [(1, "Ada", true, Value::Null), (2, "Grace", true, user(1)), (3, "Linus", false, user(2))]
        {
            org.insert("User", &id("005", number), &json!({ "Name": name, "IsActive": active, "ManagerId": manager }));
        }
        for (number, name, industry, parent, owner, key) in [
            (1, "Acme", json!("Energy"), Value::Null, user(2), "abc"),
            (2, "Zürich Straße", json!("Banking"), account(1), user(3), "ABC"),
            (3, "O'Neill \"& Sons\" 100%_\\", Value::Null, account(2), Value::Null, "x*y"),
        ] {
            org.insert(
                "Account",
                &id("001", number),
                &json!({
                    "Name": name, "Industry": industry, "ParentId": parent, "OwnerId": owner, "Key__c": key,
                    "Description": "long",
                }),
            );
        }
        for (number, name, stage, amount, close, created, closed, parent) in [
            (
                1,
                json!("Alpha"),
                "Prospecting",
                json!(100.0),
                json!("2025-06-14"),
                "2025-06-01T10:00:00.000+0000",
                false,
                account(1),
            ),
            (
                2,
                json!("beta"),
                "Prospecting",
                json!(250.5),
                json!("2025-06-15"),
                "2025-06-14T23:59:59.999+0000",
                false,
                account(1),
            ),
            (
                3,
                json!("Gamma"),
                "Closed Won",
                Value::Null,
                json!("2025-06-16"),
                "2025-06-15T00:00:00.000+0000",
                true,
                account(2),
            ),
            (
                4,
                Value::Null,
                "Closed Won",
                json!(180.0),
                json!("2024-12-31"),
                "2025-06-15T12:30:00.000+0000",
                true,
                Value::Null,
            ),
            (
                5,
                json!("émile"),
                "Closed Lost",
                json!(-1.5),
                Value::Null,
                "2024-01-01T00:00:00.000+0000",
                true,
                account(3),
            ),
        ] {
            org.insert(
                "Opportunity",
                &id("006", number),
                &json!({
                    "Name": name, "StageName": stage, "Amount": amount, "CloseDate": close, "CreatedDate": created,
                    "IsClosed": closed, "AccountId": parent, "OwnerId": user(1), "Secret__c": "s", "Probability": 10,
                }),
            );
        }
        let gone = json!({ "Name": "Deleted", "StageName": "Prospecting", "IsDeleted": true, "IsClosed": false });
        org.insert("Opportunity", &id("006", 6), &gone);
        for (number, name, code) in [(1, "Lamp", "L-1"), (2, "Rug", "R-1")] {
            org.insert("Product2", &id("01t", number), &json!({ "Name": name, "ProductCode": code }));
        }
        for (number, parent, item, quantity, sort, price) in
            [(1, 1, 1, 2.0, 3, 10.0), (2, 1, 2, 1.0, 1, 80.0), (3, 1, 1, 5.0, 2, 9.5), (4, 2, 2, 3.0, 1, 83.5)]
        {
            org.insert(
                "OpportunityLineItem",
                &id("00k", number),
                &json!({
                    "OpportunityId": opportunity(parent), "Product2Id": product(item), "Quantity": quantity,
                    "SortOrder": sort, "UnitPrice": price,
                }),
            );
        }
        org.insert(
            "Quote",
            &id("0Q0", 1),
            &json!({ "Name": "Q1", "OpportunityId": opportunity(2), "Reviewer__c": user(2) }),
        );
        org.insert("Quote", &id("0Q0", 2), &json!({ "Name": "Q2" }));
        org
    }

    /// Writes a record; what is not given is null or false.
    pub(crate) fn insert(&self, object: &str, id: &str, fields: &Value) {
        use rusqlite::types::Value as Stored;
        let object = self.schema.object(object).unwrap();
        let stored = object.fields.iter().map(|field| match (&fields[&field.name], field.kind) {
            _ if field.name == "Id" => Stored::Text(id.to_owned()),
            (Value::Bool(value), _) => Stored::Integer((*value).into()),
            (Value::Number(number), _) => Stored::Real(number.as_f64().unwrap()),
            (Value::String(text), _) => Stored::Text(text.clone()),
            (_, FieldType::Boolean) => Stored::Integer(0),
            _ => Stored::Null,
        });
        let marks = vec!["?"; object.fields.len()].join(", ");
        let sql = format!("INSERT INTO \"{}\" VALUES ({marks})", object.name);
        self.conn.execute(&sql, params_from_iter(stored)).unwrap();
    }

    pub(crate) fn query_with(&self, soql: &str, include_deleted: bool) -> Result<ResultSet, ApiError> {
        let now = Utc.with_ymd_and_hms(2025, 6, 15, 12, 0, 0).unwrap();
        let visible = |_: &ObjectDef, field: &FieldDef| field.name != "Secret__c";
        let user = id("005", 2);
        let options = ExecuteOptions {
            api_version: "62.0",
            include_deleted,
            now,
            user: Some(&user),
            visible: &visible,
            only: &|_| None,
        };
        execute(&self.conn, &self.schema, &parse(soql)?, &options)
    }

    pub(crate) fn query(&self, soql: &str) -> ResultSet {
        self.query_with(soql, false).unwrap_or_else(|error| panic!("{soql}: {error}"))
    }

    pub(crate) fn error(&self, soql: &str) -> ApiError {
        match self.query_with(soql, false) {
            Ok(result) => panic!("{soql}: {result:?}"),
            Err(error) => error,
        }
    }

    /// The records without `attributes`.
    pub(crate) fn plain(&self, soql: &str) -> Value {
        let mut records = Value::Array(self.query(soql).records);
        strip(&mut records);
        records
    }

    /// Which Opportunities (by the number in their id) meet a condition, in ascending order.
    pub(crate) fn numbers(&self, condition: &str) -> Vec<u32> {
        self.numbers_of("Opportunity", condition)
    }

    pub(crate) fn numbers_of(&self, object: &str, condition: &str) -> Vec<u32> {
        let result = self.query(&format!("SELECT Id FROM {object} WHERE {condition}"));
        let mut numbers: Vec<u32> = result.records.iter().map(|record| number(&record["Id"])).collect();
        numbers.sort_unstable();
        numbers
    }

    /// Numbers of all Opportunities in the order of an `ORDER BY` clause.
    pub(crate) fn order(&self, clause: &str) -> Vec<u32> {
        let result = self.query(&format!("SELECT Id FROM Opportunity ORDER BY {clause}"));
        result.records.iter().map(|record| number(&record["Id"])).collect()
    }
}

fn number(id: &Value) -> u32 {
    id.as_str().unwrap()[9..15].parse().unwrap()
}

fn strip(value: &mut Value) {
    match value {
        Value::Array(elements) => elements.iter_mut().for_each(strip),
        Value::Object(members) => {
            members.shift_remove("attributes");
            members.values_mut().for_each(strip);
        }
        _ => {}
    }
}
