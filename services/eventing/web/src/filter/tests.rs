use super::*;
use serde_json::json;
use shared::config::{ConfigError, Settings};

const ID: &str = "006000000000001AAA";

fn filter(vars: &[(&str, &str)]) -> Result<Filter, ConfigError> {
    let settings = Settings::from_map(vars.iter().copied())?;
    let mut reader = settings.reader();
    let filter = Filter::read(&mut reader);
    reader.finish()?;
    Ok(filter)
}

/// An event with changes to its header, and fields.
fn event(header: Value, fields: Value) -> ChangeEvent {
    let mut all = json!({
        "entityName": "Opportunity", "recordIds": [ID], "changeType": "UPDATE", "transactionKey": "0001-a",
        "commitTimestamp": 1_700_000_000_000_i64, "commitUser": "005000000000001AAA", "changedFields": ["Amount"],
    });
    for (name, value) in header.as_object().unwrap() {
        all[name] = value.clone();
    }
    ChangeEvent { header: serde_json::from_value(all).unwrap(), fields: fields.as_object().unwrap().clone() }
}

fn judge(vars: &[(&str, &str)], header: Value, fields: Value) -> Result<Verdict, InvalidChange> {
    filter(vars).unwrap().judge(&event(header, fields))
}

fn ignored(vars: &[(&str, &str)], header: Value, fields: Value) -> Option<Ignored> {
    match judge(vars, header, fields).unwrap() {
        Verdict::Ignore(why) => Some(why),
        Verdict::Take(_) => None,
    }
}

#[test]
fn takes_new_changed_and_restored_opportunities() {
    for kind in ["CREATE", "UPDATE", "UNDELETE", "GAP_CREATE", "GAP_UPDATE", "GAP_UNDELETE"] {
        let verdict = judge(&[], json!({ "changeType": kind }), json!({})).unwrap();
        let change = Change {
            transaction: "0001-a".parse().unwrap(),
            user: "005000000000001AAA".parse().ok(),
            committed: DateTime::from_timestamp_millis(1_700_000_000_000),
            changed: Changed::Records(vec![ID.parse().unwrap()]),
        };
        assert_eq!(verdict, Verdict::Take(change), "{kind}");
    }
    for kind in ["DELETE", "GAP_DELETE", "SNAPSHOT", "SOMETHING_NEW"] {
        assert_eq!(ignored(&[], json!({ "changeType": kind }), json!({})), Some(Ignored::ChangeType), "{kind}");
    }
    assert_eq!(ignored(&[], json!({ "entityName": "Account" }), json!({})), Some(Ignored::Entity));
}

#[test]
fn change_types_are_a_setting() {
    let only = [("EVENT_CHANGE_TYPES", "create, undelete")];
    assert_eq!(ignored(&only, json!({}), json!({})), Some(Ignored::ChangeType));
    assert_eq!(ignored(&only, json!({ "changeType": "GAP_UPDATE" }), json!({})), Some(Ignored::ChangeType));
    assert_eq!(ignored(&only, json!({ "changeType": "CREATE" }), json!({})), None);
}

#[test]
fn does_not_feed_itself() {
    let own = "com/salesforce/api/rest/62.0;client=heroku-applink-patterns-rust";
    assert_eq!(ignored(&[], json!({ "changeOrigin": own }), json!({})), Some(Ignored::OwnWrite));
    for other in
        ["", "com/salesforce/api/rest/62.0", "com/salesforce/api/rest/62.0;client=heroku-applink-patterns-rust2"]
    {
        assert_eq!(ignored(&[], json!({ "changeOrigin": other }), json!({})), None, "{other}");
    }
}

#[test]
fn an_update_must_have_changed_a_field_that_counts() {
    let vars = [("EVENT_FIELDS", "stagename, Billing__c")];
    let changed = |fields: Value| ignored(&vars, json!({ "changedFields": fields }), json!({}));
    assert_eq!(changed(json!(["Amount", "LastModifiedDate"])), Some(Ignored::Fields));
    assert_eq!(changed(json!(["StageNameOld", "Billing"])), Some(Ignored::Fields));
    for fields in [json!(["Amount", "StageName"]), json!(["Billing__c.City__c"]), json!([])] {
        assert_eq!(changed(fields.clone()), None, "{fields}");
    }
    let created = json!({ "changeType": "CREATE", "changedFields": [] });
    assert_eq!(ignored(&vars, created, json!({})), None);
    assert_eq!(ignored(&vars, json!({ "changeType": "GAP_UPDATE", "changedFields": [] }), json!({})), None);
    let part = [("EVENT_FIELDS", "Name.LastName")];
    assert_eq!(ignored(&part, json!({ "changedFields": ["Name"] }), json!({})), None);
    assert_eq!(ignored(&part, json!({ "changedFields": ["Name.FirstName"] }), json!({})), Some(Ignored::Fields));
}

#[test]
fn a_stage_that_is_told_must_count() {
    let vars = [("EVENT_STAGES", "Proposal/Quote, closed won")];
    let stage = |fields: Value| ignored(&vars, json!({}), fields);
    assert_eq!(stage(json!({ "StageName": "Prospecting" })), Some(Ignored::Stage));
    assert_eq!(stage(json!({ "StageName": { "string": "Prospecting" } })), Some(Ignored::Stage));
    for fields in [
        json!({ "StageName": "Closed Won" }),
        json!({ "StageName": { "string": "proposal/quote" } }),
        json!({ "StageName": null }),
        json!({}),
    ] {
        assert_eq!(stage(fields.clone()), None, "{fields}");
    }
}

#[test]
fn an_overflow_means_everything_since() {
    let header = json!({ "changeType": "GAP_OVERFLOW", "recordIds": ["000000000000000AAA"] });
    let Verdict::Take(change) = judge(&[("EVENT_CHANGE_TYPES", "CREATE")], header.clone(), json!({})).unwrap() else {
        panic!("ignored");
    };
    let committed = DateTime::from_timestamp_millis(1_700_000_000_000).unwrap();
    assert_eq!(change.committed, Some(committed));
    let Changed::Since(since) = change.changed else { panic!("{change:?}") };
    // What a transaction of the longest kind wrote first.
    assert!(since < committed - TimeDelta::minutes(10), "{since}");
    let mut timeless = header;
    timeless["commitTimestamp"] = json!(0);
    assert_eq!(judge(&[], timeless, json!({})).unwrap_err().field, "ChangeEventHeader.commitTimestamp");
}

#[test]
fn ids_are_those_of_opportunities() {
    for ids in [
        json!([]),
        json!(["x') OR (Name LIKE '%"]),
        json!([ID, "006000000000001AAB"]),
        json!(["001000000000001AAA"]),
        json!(["0060000000000\u{e9}"]),
    ] {
        let error = judge(&[], json!({ "recordIds": ids.clone() }), json!({})).unwrap_err();
        assert_eq!(error.field, "ChangeEventHeader.recordIds", "{ids}");
        assert!(!error.to_string().contains("LIKE"), "{error}");
    }
    assert_eq!(ignored(&[], json!({ "recordIds": ["006*"] }), json!({})), Some(Ignored::AllRecords));
    let error = judge(&[], json!({ "transactionKey": "a b" }), json!({})).unwrap_err();
    assert_eq!(error.field, "ChangeEventHeader.transactionKey");
    let Verdict::Take(change) = judge(&[], json!({ "commitUser": "nobody" }), json!({})).unwrap() else {
        panic!("ignored");
    };
    assert_eq!(change.user, None);
}

#[test]
fn wrong_settings_are_named() {
    for (name, value) in [
        ("EVENT_ENTITY", "1x"),
        ("EVENT_ENTITY", "Opportunity WHERE"),
        ("EVENT_CHANGE_TYPES", "DELETE"),
        ("EVENT_CHANGE_TYPES", "CREATE,,UPDATE"),
        ("EVENT_FIELDS", "Amount, Stage Name"),
    ] {
        let error = filter(&[(name, value)]).unwrap_err().to_string();
        assert!(error.contains(name), "{name}={value}: {error}");
    }
}
