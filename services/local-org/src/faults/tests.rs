use serde_json::json;

use super::{Action, Faults, Probe, Rule};

fn rule(value: serde_json::Value) -> Rule {
    serde_json::from_value(value).expect("a rule")
}

const GRAPH: Probe<'_> = Probe {
    org: Some("my-org"),
    method: "POST",
    path: "/services/data/v62.0/composite/graph",
    body: b"{\"graphs\":[]}",
};

#[test]
fn reads_every_action() {
    for action in [
        json!({"kind": "status", "status": 503, "errorCode": "SERVER_UNAVAILABLE", "message": "busy", "retryAfter": null}),
        json!({"kind": "answer", "executed": false, "body": {"kind": "empty"}}),
        json!({"kind": "answer", "executed": true, "status": 200, "body": {"kind": "own"}}),
        json!({"kind": "answer", "executed": false, "status": 502, "body": {"kind": "html"}}),
        json!({"kind": "answer", "executed": true, "body": {"kind": "truncated"}}),
        json!({"kind": "answer", "executed": true, "body": {"kind": "json", "value": [1]}}),
        json!({"kind": "trickle", "ms": 5}),
        json!({"kind": "dropBefore"}),
        json!({"kind": "dropAfter"}),
        json!({"kind": "dropDuring"}),
        json!({"kind": "delayBefore", "ms": 5}),
        json!({"kind": "delayAfter", "ms": 5}),
        json!({"kind": "recordError", "object": "Quote", "errorCode": "UNABLE_TO_LOCK_ROW", "message": "m", "fields": []}),
    ] {
        let rule = rule(json!({"action": action}));
        assert_eq!(serde_json::to_value(&rule.action).expect("json"), action);
    }
}

#[test]
fn refuses_a_rule_with_a_misspelt_member() {
    assert!(serde_json::from_value::<Rule>(json!({"pathContain": "x", "action": {"kind": "dropBefore"}})).is_err());
}

#[test]
fn refuses_what_cannot_be_carried_out() {
    let refused = |action| rule(json!({"action": action})).check().map_err(|error| error.message);
    let own = json!({"kind": "answer", "status": 200, "body": {"kind": "own"}});
    assert_eq!(
        refused(own),
        Err("action.executed: a request that is not executed has no answer of its own".to_owned())
    );
    for status in [0, 199, 600, 1_000] {
        let expected = Err(format!("action.status: {status} is not the status of an answer: 200 to 599"));
        assert_eq!(refused(json!({"kind": "answer", "status": status, "body": {"kind": "empty"}})), expected);
        assert_eq!(refused(json!({"kind": "status", "status": status, "errorCode": "X"})), expected);
    }
    assert_eq!(refused(json!({"kind": "answer", "status": 200, "body": {"kind": "html"}})), Ok(()));
}

#[test]
fn matches_on_all_that_is_given() {
    let faults = Faults::default();
    faults.add(rule(json!({"org": "other", "action": {"kind": "dropBefore"}})));
    faults.add(rule(json!({"method": "GET", "action": {"kind": "dropBefore"}})));
    faults.add(rule(json!({"pathContains": "/query", "action": {"kind": "dropBefore"}})));
    faults.add(rule(json!({"bodyContains": "Quote", "action": {"kind": "dropBefore"}})));
    assert_eq!(faults.take(&GRAPH), None);
    faults.add(rule(json!({"org": "my-org", "method": "POST", "pathContains": "/composite/graph",
        "bodyContains": "graphs", "action": {"kind": "dropAfter"}})));
    assert_eq!(faults.take(&GRAPH), Some(Action::DropAfter));
}

#[test]
fn the_path_is_also_matched_decoded() {
    let faults = Faults::default();
    faults.add(rule(json!({"pathContains": "FROM Account", "action": {"kind": "dropBefore"}})));
    let probe = Probe { path: "/services/data/v62.0/query?q=SELECT%20Id%20FROM%20Account", ..GRAPH };
    assert_eq!(faults.take(&probe), Some(Action::DropBefore));
}

#[test]
fn the_first_live_rule_decides() {
    let faults = Faults::default();
    let first = faults.add(rule(json!({"skip": 1, "times": 2, "action": {"kind": "dropBefore"}})));
    let second = faults.add(rule(json!({"action": {"kind": "dropAfter"}})));
    let taken: Vec<_> = (0..4).map(|_| faults.take(&GRAPH)).collect();
    // The rule that lets the first request pass decides about it all the same.
    assert_eq!(taken, [None, Some(Action::DropBefore), Some(Action::DropBefore), Some(Action::DropAfter)]);
    assert_eq!(faults.list().iter().map(|rule| (rule.id, rule.hits)).collect::<Vec<_>>(), [(first, 2), (second, 1)]);
    assert!(faults.remove(second));
    assert!(!faults.remove(second));
    assert_eq!(faults.take(&GRAPH), None);
}

#[test]
fn a_rule_dies_with_time() {
    let faults = Faults::default();
    faults.add(rule(json!({"forMs": 0, "action": {"kind": "dropBefore"}})));
    assert_eq!(faults.take(&GRAPH), None);
}
