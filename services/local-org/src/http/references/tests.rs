use serde_json::{Value, json};

use super::{Results, is_name, names, resolve, resolve_url, visit_names};
use crate::http::answer::{Body, Saved};
use crate::version::Version;

fn results() -> Results {
    Results::from([
        ("account".to_owned(), Body::Saved(Saved::new("001".to_owned()))),
        (
            "query".to_owned(),
            Body::Json(json!({"totalSize": 1, "records": [{"Id": "003", "Account": {"Name": "a b/c"}, "Fax": null}]})),
        ),
    ])
}

fn version(segment: &str) -> Version {
    Version::parse(segment).expect("a version")
}

fn resolved(mut value: Value) -> Result<Value, String> {
    resolve(&mut value, &results(), version("v62.0")).map(|()| value).map_err(|error| error.message)
}

#[test]
fn a_name_begins_with_a_letter_or_digit() {
    for name in ["a", "1", "ref_1", "A_b"] {
        assert!(is_name(name), "{name}");
    }
    for name in ["", "_a", "a-b", "a.b", "ä"] {
        assert!(!is_name(name), "{name}");
    }
}

#[test]
fn a_result_takes_the_place_of_a_reference() {
    let body = json!({"AccountId": "@{account.id}", "ok": "@{account.success}", "whole": "@{account}",
        "n": "@{query.totalSize}", "t": "size @{query.totalSize}!",
        "list": ["@{query.records[0].Id}"], "keep": 1});
    let whole = json!({"id": "001", "success": true, "errors": []});
    let expected =
        json!({"AccountId": "001", "ok": true, "whole": whole, "n": 1, "t": "size 1!", "list": ["003"], "keep": 1});
    assert_eq!(resolved(body), Ok(expected));
}

#[test]
fn what_is_no_reference_stays() {
    for text in ["a@b.c", "@{", "@ {x}", "}@{", "{}"] {
        assert_eq!(resolved(json!(text)), Ok(json!(text)));
    }
}

#[test]
fn a_path_to_nothing_is_an_error() {
    for path in ["account.Id", "nobody.id", "query.records[1].Id", "query.records[x]", "account-x.id", "accountid", ""]
    {
        let message = resolved(json!(format!("@{{{path}}}"))).expect_err(path);
        assert!(message.starts_with("Invalid reference specified. No value for "), "{message}");
    }
}

#[test]
fn a_null_may_be_referred_to_since_version_52() {
    let value = json!("@{query.records[0].Fax}");
    assert_eq!(resolved(value.clone()), Ok(Value::Null));
    assert!(resolve(&mut value.clone(), &results(), version("v51.0")).is_err());
}

#[test]
fn a_result_is_encoded_in_a_url() {
    let url = resolve_url("/x/@{account.id}/@{query.records[0].Account.Name}?q=1", &results(), version("v62.0"));
    assert_eq!(url.expect("a URL"), "/x/001/a%20b%2Fc?q=1");
}

#[test]
fn finds_names() {
    assert_eq!(names("/a/@{one.id}/@{two.records[0]}").collect::<Vec<_>>(), ["one", "two"]);
    let mut found = Vec::new();
    visit_names(&json!({"a": ["@{one.id}"], "b": {"c": "@{two}"}, "d": 1}), &mut |name| found.push(name.to_owned()));
    assert_eq!(found, ["one", "two"]);
}
