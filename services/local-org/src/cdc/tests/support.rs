//! An org whose events are looked at.

use std::sync::Arc;

use serde_json::{Map, Value, json};

use crate::bus::Start;
use crate::error::ApiError;
use crate::events::{ReplayId, json as events_json};
use crate::metadata;
use crate::schema::{Channel, ObjectDef, Publish, Schema};
use crate::seed;
use crate::store::{Org, OrgConfig, Tx};

/// Objects whose changes are captured.
const CAPTURED: [&str; 5] = ["Opportunity", "OpportunityLineItem", "Quote", "Account", "Contact"];

pub(super) struct Observed {
    pub(super) org: Org,
    entry: String,
    /// What was looked at already.
    seen: std::cell::Cell<ReplayId>,
}

impl Observed {
    pub(super) fn new() -> Self {
        let org = seed::open(&OrgConfig::defaults(None)[0], Arc::new(schema())).unwrap();
        let entry = org.transaction(&org.admin(), |tx| tx.first_id("PricebookEntry", "\"UnitPrice\" = 100"));
        let seen = std::cell::Cell::new(org.bus().start(Start::Earliest).unwrap());
        let this = Self { org, entry: entry.unwrap().unwrap(), seen };
        assert_eq!(this.events(), [json!(null); 0], "the first records of an org are no changes");
        this
    }

    pub(super) fn user(&self) -> String {
        self.org.admin().user_id
    }

    pub(super) fn try_run<T>(&self, work: impl FnOnce(&mut Tx<'_>) -> Result<T, ApiError>) -> Result<T, ApiError> {
        self.org.transaction(&self.org.admin(), work)
    }

    pub(super) fn run<T>(&self, work: impl FnOnce(&mut Tx<'_>) -> Result<T, ApiError>) -> T {
        self.try_run(work).unwrap()
    }

    pub(super) fn create(&self, object: &str, fields: Value) -> String {
        self.run(|tx| tx.create(object, &map(fields)))
    }

    pub(super) fn update(&self, object: &str, id: &str, fields: Value) {
        self.run(|tx| tx.update(object, id, &map(fields)));
    }

    pub(super) fn opportunity(&self, name: &str) -> String {
        self.create("Opportunity", opportunity(name))
    }

    pub(super) fn line(&self, opportunity: &str, quantity: f64) -> String {
        self.create("OpportunityLineItem", self.line_fields(opportunity, quantity))
    }

    pub(super) fn line_fields(&self, opportunity: &str, quantity: f64) -> Value {
        json!({"OpportunityId": opportunity, "PricebookEntryId": self.entry, "Quantity": quantity, "UnitPrice": 100})
    }

    /// Events since the last [`Observed::clear`], decoded.
    pub(super) fn events(&self) -> Vec<Value> {
        let page = self.org.bus().all_after(self.seen.get(), usize::MAX).unwrap();
        let read = |event: &Arc<crate::events::Event>| event.draft.schema.read(&event.draft.payload).unwrap();
        page.events.iter().map(|event| events_json::of(&read(event))).collect()
    }

    pub(super) fn clear(&self) {
        self.seen.set(self.org.bus().start(Start::Latest).unwrap());
    }

    /// Change types and entities.
    pub(super) fn summary<'e>(&self, events: &'e [Value]) -> Vec<(&'e str, &'e str)> {
        let header = |event: &'e Value, name: &str| event["ChangeEventHeader"][name].as_str().unwrap();
        events.iter().map(|event| (header(event, "changeType"), header(event, "entityName"))).collect()
    }

    pub(super) fn changed(&self, event: &Value) -> Vec<String> {
        self.names(event, "changedFields")
    }

    pub(super) fn nulled(&self, event: &Value) -> Vec<String> {
        self.names(event, "nulledFields")
    }

    /// Fields of a bitmap by name, in alphabetical order, read with nothing but the schema as clients have it.
    fn names(&self, event: &Value, bitmap: &str) -> Vec<String> {
        let header = &event["ChangeEventHeader"];
        let entity = header["entityName"].as_str().unwrap();
        let schema: Value =
            serde_json::from_str(self.org.bus().topics().entities().get(entity).unwrap().schema.json()).unwrap();
        let fields = schema["fields"].as_array().unwrap();
        let mut names = Vec::new();
        for bits in header[bitmap].as_array().unwrap() {
            let bits = bits.as_str().unwrap();
            let (parent, bits) = match bits.split_once('-') {
                Some((parent, bits)) => (Some(parent.parse::<usize>().unwrap()), bits),
                None => (None, bits),
            };
            let digits = bits.strip_prefix("0x").unwrap();
            assert_eq!((digits.len() % 2, digits), (0, digits.to_uppercase().as_str()));
            let number = u128::from_str_radix(digits, 16).unwrap();
            for bit in (0..128).filter(|bit| number & (1 << bit) != 0) {
                names.push(match parent {
                    None => fields[bit]["name"].as_str().unwrap().to_owned(),
                    Some(parent) => {
                        let (name, parts) = (&fields[parent]["name"], parts(fields, &fields[parent]["type"][1]));
                        format!("{}.{}", name.as_str().unwrap(), parts[bit]["name"].as_str().unwrap())
                    }
                });
            }
        }
        names.sort();
        names
    }
}

/// The fields of a record type, which may be named only.
fn parts(fields: &[Value], kind: &Value) -> Vec<Value> {
    let defined = match kind {
        Value::String(name) => {
            let types = fields.iter().map(|field| &field["type"][1]);
            types.into_iter().find(|kind| kind["name"] == **name).unwrap()
        }
        kind => kind,
    };
    defined["fields"].as_array().unwrap().clone()
}

pub(super) fn opportunity(name: &str) -> Value {
    json!({"Name": name, "StageName": "Prospecting", "CloseDate": "2030-06-27"})
}

pub(super) fn map(value: Value) -> Map<String, Value> {
    value.as_object().unwrap().clone()
}

fn schema() -> Schema {
    let mut schema = metadata::standard();
    let members = CAPTURED.iter().map(|object| format!("{object}ChangeEvent")).collect();
    schema.channel_mut(Channel { members, ..Channel::standard() });
    schema.insert(ObjectDef {
        name: "Alert__e".to_owned(),
        label: "Alert".to_owned(),
        key_prefix: "e00".to_owned(),
        writable: true,
        publish: Some(Publish::Immediately),
        ..ObjectDef::default()
    });
    schema
}
