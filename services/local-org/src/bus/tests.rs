use std::path::PathBuf;
use std::sync::Arc;

use chrono::Duration;
use serde_json::json;

use super::*;
use crate::events::json;
use crate::metadata;
use crate::schema::{Channel, FieldDef, ObjectDef, Publish, Schema};
use crate::seed;
use crate::store::{Org, OrgConfig};

const TOPIC: &str = "/event/Done__e";

fn schema() -> Schema {
    let mut schema = metadata::standard();
    let field = |name: &str, length| FieldDef { name: name.to_owned(), length, ..FieldDef::default() };
    for (name, prefix, publish) in [("Done__e", "e00", Publish::AfterCommit), ("Now__e", "e01", Publish::Immediately)] {
        schema.insert(ObjectDef {
            name: name.to_owned(),
            key_prefix: prefix.to_owned(),
            fields: vec![field("Status__c", 10), FieldDef { nillable: false, ..field("Key__c", 80) }],
            writable: true,
            publish: Some(publish),
            ..ObjectDef::default()
        });
    }
    schema.channel_mut(Channel { members: vec!["AccountChangeEvent".to_owned()], ..Channel::standard() });
    let members = vec!["AccountChangeEvent".to_owned(), "OpportunityChangeEvent".to_owned()];
    schema.channel_mut(Channel { name: "Sales__chn".to_owned(), has_platform_events: false, members });
    let members = vec!["Done__e".to_owned(), "Now__e".to_owned()];
    schema.channel_mut(Channel { name: "All__chn".to_owned(), has_platform_events: true, members });
    schema
}

fn open(file: Option<PathBuf>) -> Org {
    let config = OrgConfig { file, ..OrgConfig::defaults(None).remove(0) };
    seed::open(&config, Arc::new(schema())).unwrap()
}

fn publish(org: &Org, object: &str, key: &str) -> String {
    let fields = json!({"Key__c": key});
    org.transaction(&org.admin(), |tx| tx.create(object, fields.as_object().unwrap())).unwrap()
}

/// Keys of the events of a topic behind a position.
fn keys(org: &Org, topic: &str, position: ReplayId) -> Vec<String> {
    let page = org.bus().after(org.bus().topics().get(topic).unwrap(), position, usize::MAX).unwrap();
    let key = |event: &Arc<Event>| {
        let payload = json::of(&event.draft.schema.read(&event.draft.payload).unwrap());
        let key = payload.get("Key__c").or(payload.get("Name")).unwrap();
        key.as_str().unwrap().to_owned()
    };
    page.events.iter().map(key).collect()
}

fn account(org: &Org, name: &str) {
    let fields = json!({"Name": name});
    org.transaction(&org.admin(), |tx| tx.create("Account", fields.as_object().unwrap())).unwrap();
}

#[test]
fn topics_of_an_org() {
    let org = open(None);
    let names: Vec<_> = org.bus().topics().all().iter().map(|topic| topic.name.to_string()).collect();
    assert_eq!(
        names,
        [
            "/data/AccountChangeEvent",
            "/data/ChangeEvents",
            "/data/Sales__chn",
            "/event/All__chn",
            "/event/Done__e",
            "/event/Now__e",
        ]
    );
    assert!(org.bus().topics().get("/data/OpportunityChangeEvent").is_none(), "only a custom channel has it");
    let topic = &org.bus().topics().get(TOPIC).cloned().unwrap();
    let schema = topic.schema.as_ref().unwrap();
    assert!(topic.can_publish);
    assert_eq!(org.bus().topics().schema(schema.id()).unwrap().json(), schema.json());
    let definition: serde_json::Value = serde_json::from_str(schema.json()).unwrap();
    let fields = definition["fields"].as_array().unwrap();
    assert_eq!(fields[0], json!({"name": "CreatedDate", "type": "long", "doc": "CreatedDate:DateTime"}));
    assert_eq!(fields[1], json!({"name": "CreatedById", "type": "string", "doc": "CreatedBy:EntityId"}));
    assert_eq!(fields[2]["type"], json!(["null", "string"]));
    assert_eq!(fields[2]["doc"], "Data:Text:00NLO0000000001");
}

#[test]
fn channels_deliver_events_of_several_kinds_in_order() {
    let org = open(None);
    let start = org.bus().start(Start::Latest).unwrap();
    publish(&org, "Done__e", "a");
    account(&org, "b");
    publish(&org, "Now__e", "c");
    assert_eq!(keys(&org, TOPIC, start), ["a"]);
    assert_eq!(keys(&org, "/event/All__chn", start), ["a", "c"]);
    for topic in ["/data/AccountChangeEvent", "/data/ChangeEvents", "/data/Sales__chn"] {
        assert_eq!(keys(&org, topic, start), ["b"], "{topic}");
    }
}

#[test]
fn replay_ids_grow_with_gaps_and_are_places_to_begin_at() {
    let org = open(None);
    for key in ["a", "b", "c"] {
        publish(&org, "Done__e", key);
    }
    let bus = org.bus();
    let all = bus.all_after(bus.start(Start::Earliest).unwrap(), usize::MAX).unwrap();
    let ids: Vec<ReplayId> = all.events.iter().map(|event| event.replay_id).collect();
    assert!(ids.is_sorted_by(|a, b| a < b));
    let second = bus.start(Start::After(&ids[1].to_bytes())).unwrap();
    assert_eq!(keys(&org, TOPIC, second), ["c"]);
    assert_eq!(keys(&org, TOPIC, bus.start(Start::After(&ids[1].to_bytes()[..8])).unwrap()), ["c"]);
    assert_eq!(keys(&org, TOPIC, bus.start(Start::Latest).unwrap()), [""; 0]);
    assert_eq!(bus.start(Start::After(b"abc")), Err(ReplayError::Corrupted));
    for unknown in [ReplayId::new(1), ReplayId::new(ids[2].number() + 1)] {
        assert_eq!(bus.start(Start::After(&unknown.to_bytes())), Err(ReplayError::OutOfRange));
    }
    // Up to a limit, from there on.
    let topic = &bus.topics().get(TOPIC).cloned().unwrap();
    let page = bus.after(topic, bus.start(Start::Earliest).unwrap(), 2).unwrap();
    assert_eq!((page.events.len(), page.position), (2, ids[1]));
    assert_eq!(bus.after(topic, page.position, 2).unwrap().events.len(), 1);
}

#[test]
fn what_is_no_longer_retained_is_no_place_to_begin_at() {
    let org = open(None);
    publish(&org, "Done__e", "a");
    let bus = org.bus();
    let first = bus.start(Start::Latest).unwrap();
    publish(&org, "Done__e", "b");
    let last = bus.start(Start::Latest).unwrap();
    org.prune_events(Duration::hours(1)).unwrap();
    assert_eq!(keys(&org, TOPIC, first), ["b"], "nothing is that old");
    org.prune_events(Duration::zero()).unwrap();
    for forgotten in [first, last] {
        assert_eq!(bus.start(Start::After(&forgotten.to_bytes())), Err(ReplayError::OutOfRange));
    }
    // Who had read everything lost nothing; who had not, did.
    assert_eq!(keys(&org, TOPIC, last), [""; 0]);
    let topic = &bus.topics().get(TOPIC).cloned().unwrap();
    assert_eq!(bus.after(topic, first, 1).unwrap_err(), ReplayError::OutOfRange);
    let newest = bus.start(Start::Latest).unwrap();
    assert!(newest > last);
    assert_eq!(bus.start(Start::After(&newest.to_bytes())), Ok(newest));
    publish(&org, "Done__e", "c");
    assert_eq!(keys(&org, TOPIC, newest), ["c"]);
}

#[test]
fn a_restart_loses_no_event() {
    let directory = tempfile::tempdir().unwrap();
    let file = directory.path().join("my-org.db");
    let org = open(Some(file.clone()));
    let start = org.bus().start(Start::Latest).unwrap();
    publish(&org, "Done__e", "a");
    account(&org, "b");
    let read = org.bus().start(Start::Latest).unwrap();
    publish(&org, "Now__e", "c");
    drop(org);
    let org = open(Some(file.clone()));
    let (start, read) = (start.to_bytes(), read.to_bytes());
    let bus = org.bus();
    assert_eq!(keys(&org, "/event/All__chn", bus.start(Start::After(&start)).unwrap()), ["a", "c"]);
    assert_eq!(keys(&org, "/data/ChangeEvents", bus.start(Start::After(&start)).unwrap()), ["b"]);
    assert_eq!(keys(&org, "/event/All__chn", bus.start(Start::After(&read)).unwrap()), ["c"]);
    let handed_out = bus.start(Start::Latest).unwrap();
    publish(&org, "Now__e", "d");
    org.prune_events(Duration::zero()).unwrap();
    drop(org);
    let org = open(Some(file));
    let bus = org.bus();
    assert_eq!(bus.start(Start::After(&handed_out.to_bytes())), Err(ReplayError::OutOfRange));
    assert_eq!(keys(&org, "/event/All__chn", bus.start(Start::Earliest).unwrap()), [""; 0]);
}

#[test]
fn an_org_in_memory_forgets_with_its_process() {
    let org = open(None);
    publish(&org, "Done__e", "a");
    let id = org.bus().start(Start::Latest).unwrap();
    drop(org);
    std::thread::sleep(std::time::Duration::from_millis(5));
    assert_eq!(open(None).bus().start(Start::After(&id.to_bytes())), Err(ReplayError::OutOfRange));
}

#[test]
fn when_events_are_published() {
    let org = open(None);
    let start = org.bus().start(Start::Latest).unwrap();
    let fields = |key: &str| json!({"Key__c": key}).as_object().unwrap().clone();
    let failed = org.transaction(&org.admin(), |tx| {
        tx.create("Done__e", &fields("never"))?;
        tx.create("Now__e", &fields("at once"))?;
        Err::<(), _>(crate::error::ApiError::not_found())
    });
    failed.unwrap_err();
    org.transaction(&org.admin(), |tx| {
        let undone = tx.savepoint(|tx| {
            tx.create("Done__e", &fields("undone"))?;
            tx.create("Now__e", &fields("kept"))?;
            Err::<(), _>(crate::error::ApiError::not_found())
        });
        undone.unwrap_err();
        tx.create("Done__e", &fields("after commit"))
    })
    .unwrap();
    assert_eq!(keys(&org, TOPIC, start), ["after commit"]);
    assert_eq!(keys(&org, "/event/Now__e", start), ["at once", "kept"]);
}

#[test]
fn events_are_checked_and_are_no_records() {
    let org = open(None);
    let attempt = |work: &dyn Fn(&mut crate::store::Tx<'_>) -> Result<String, crate::error::ApiError>| {
        org.transaction(&org.admin(), |tx| work(tx)).map_err(|error| error.code)
    };
    let create = |fields: serde_json::Value| attempt(&|tx| tx.create("Done__e", fields.as_object().unwrap()));
    assert_eq!(create(json!({})).unwrap_err(), "REQUIRED_FIELD_MISSING");
    assert_eq!(create(json!({"Key__c": "k", "Status__c": "longer than ten"})).unwrap_err(), "STRING_TOO_LONG");
    assert_eq!(create(json!({"Key__c": "k", "Nothing__c": 1})).unwrap_err(), "INVALID_FIELD");
    let id = create(json!({"Key__c": "k"})).unwrap();
    assert!(id.starts_with("e00") && id.len() == 18, "{id}");
    assert_ne!(create(json!({"Key__c": "k"})).unwrap(), id);
    let none = serde_json::Map::new();
    let not_supported = "INVALID_TYPE_FOR_OPERATION";
    assert_eq!(attempt(&|tx| tx.update("Done__e", &id, &none).map(|()| String::new())).unwrap_err(), not_supported);
    assert_eq!(attempt(&|tx| tx.delete("Done__e", &id).map(|()| String::new())).unwrap_err(), not_supported);
    let query = |tx: &mut crate::store::Tx<'_>| tx.query("SELECT Key__c FROM Done__e", false, "62.0");
    assert_eq!(attempt(&|tx| query(tx).map(|_| String::new())).unwrap_err(), not_supported);
    assert_eq!(
        attempt(&|tx| tx.retrieve("Done__e", &id, None, "62.0").map(|_| String::new())).unwrap_err(),
        "NOT_FOUND"
    );
}

#[test]
fn subscribers_are_woken() {
    let org = open(None);
    let mut watch = org.bus().watch();
    assert!(!watch.has_changed().unwrap());
    publish(&org, "Done__e", "a");
    assert!(watch.has_changed().unwrap());
    let newest = *watch.borrow_and_update();
    assert_eq!(Ok(newest), org.bus().start(Start::Latest));
}
