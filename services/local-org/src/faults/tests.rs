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
        json!({"kind": "dropBefore"}),
        json!({"kind": "dropAfter"}),
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
