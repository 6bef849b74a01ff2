use serde_json::{Value, json};

use super::Payload;
use crate::version::Version;

fn check(graphs: Value) -> Result<(), String> {
    let payload: Payload = serde_json::from_value(json!({"graphs": graphs})).expect("a payload");
    payload.check(Version::parse("v62.0").expect("a version")).map_err(|error| error.message)
}

fn node(id: &str, method: &str, path: &str, body: Value) -> Value {
    json!({"referenceId": id, "method": method, "url": format!("/services/data/v62.0/{path}"), "body": body})
}

fn create(id: &str) -> Value {
    node(id, "POST", "sobjects/Account", json!({"Name": "a"}))
}

fn graph(id: &str, nodes: Vec<Value>) -> Value {
    json!({"graphId": id, "compositeRequest": nodes})
}

fn graphs(count: usize, nodes: usize) -> Value {
    let nodes = |_| (0..nodes).map(|node| create(&format!("r{node}"))).collect();
    (0..count).map(|number| graph(&format!("g{number}"), nodes(number))).collect()
}

#[test]
fn counts_graphs_and_nodes() {
    assert_eq!(check(graphs(75, 6)), Ok(()));
    assert!(check(graphs(76, 1)).expect_err("76 graphs").contains("75 graphs"));
    assert_eq!(check(graphs(1, 500)), Ok(()));
    assert_eq!(check(graphs(50, 10)), Ok(()));
    assert!(check(graphs(51, 10)).expect_err("510 nodes").contains("500 nodes"));
}

#[test]
fn measures_depth_by_references() {
    let chain = |length: usize| {
        let link = |number: usize| match number {
            0 => create("r0"),
            _ => node(
                &format!("r{number}"),
                "POST",
                "sobjects/Account",
                json!({"ParentId": format!("@{{r{}.id}}", number - 1)}),
            ),
        };
        json!([graph("g", (0..length).map(link).collect())])
    };
    assert_eq!(check(chain(15)), Ok(()));
    assert!(check(chain(16)).expect_err("too deep").contains("depth"));
    // References in URLs count too.
    let mut deep = chain(15);
    deep[0]["compositeRequest"].as_array_mut().expect("nodes").push(node(
        "last",
        "PATCH",
        "sobjects/Account/@{r14.id}",
        json!({"Name": "b"}),
    ));
    assert!(check(deep).expect_err("too deep").contains("depth"));
}

#[test]
fn counts_different_nodes_over_all_graphs() {
    let of = |count: usize| {
        let node = |number: usize| node("r", "POST", &format!("sobjects/Object{number}__c"), json!({}));
        (0..count).map(|number| graph(&format!("g{number}"), vec![node(number)])).collect::<Value>()
    };
    assert_eq!(check(of(15)), Ok(()));
    assert!(check(of(16)).expect_err("16").contains("different"));
    let same = json!([graph("g", vec![create("a"), node("b", "POST", "sobjects/ACCOUNT/", json!({}))])]);
    assert_eq!(check(same), Ok(()));
}

#[test]
fn allows_records_only() {
    for (method, path) in [
        ("GET", "query?q=SELECT+Id+FROM+Account"),
        ("GET", "sobjects/Account"),
        ("POST", "composite/sobjects"),
        ("PUT", "sobjects/Account/001"),
        ("post", "sobjects/Account"),
        ("GET", "limits"),
    ] {
        assert!(check(json!([graph("g", vec![node("r", method, path, Value::Null)])])).is_err(), "{method} {path}");
    }
    for (method, path) in [
        ("POST", "sobjects/Account/"),
        ("GET", "sobjects/Account/001"),
        ("DELETE", "sobjects/Account/@{a.id}"),
        ("PATCH", "sobjects/Account/Ext__c/1"),
        ("POST", "sobjects/Account/Ext__c/1"),
    ] {
        let result = check(json!([graph("g", vec![node("r", method, path, Value::Null)])]));
        assert_eq!(result, Ok(()), "{method} {path}");
    }
}

#[test]
fn checks_ids() {
    for id in ["", "-a", "a.b", &"a".repeat(40)] {
        assert!(check(json!([graph(id, vec![create("r")])])).is_err(), "{id}");
    }
    assert_eq!(check(json!([graph("1-order", vec![create("r")])])), Ok(()));
    assert!(check(json!([graph("g", vec![create("r")]), graph("g", vec![create("r")])])).is_err(), "twice");
    assert!(check(json!([graph("g", vec![create("r"), create("r")])])).is_err(), "reference id twice");
    assert!(check(json!([graph("g", vec![create("r-1")])])).is_err(), "characters");
}
