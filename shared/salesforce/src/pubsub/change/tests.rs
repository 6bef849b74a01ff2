use serde_json::json;

use super::*;

fn header(change_type: &str, origin: &str) -> ChangeEventHeader {
    serde_json::from_value(json!({
        "entityName": "Opportunity", "recordIds": ["006000000000001AAA"], "changeType": change_type,
        "changeOrigin": origin, "transactionKey": "0002343d-9d90-e395-ed20-cf416ba652ad", "sequenceNumber": 2,
        "commitTimestamp": 1_700_000_000_000_i64, "commitNumber": 10_585_193_272_713_i64, "commitUser": "005000000000001AAA",
        "unknown": 1,
    }))
    .unwrap()
}

#[test]
fn kinds_of_changes() {
    for name in [
        "CREATE",
        "UPDATE",
        "DELETE",
        "UNDELETE",
        "GAP_CREATE",
        "GAP_UPDATE",
        "GAP_DELETE",
        "GAP_UNDELETE",
        "GAP_OVERFLOW",
        "SNAPSHOT",
        "RENAMED",
    ] {
        let header = header(name, "");
        assert_eq!(header.change_type.as_str(), name);
        assert_eq!(header.is_gap(), name.starts_with("GAP_"), "{name}");
        assert_eq!(header.is_overflow(), name == "GAP_OVERFLOW");
        assert_eq!(matches!(header.change_type, ChangeType::Other(_)), name == "RENAMED");
        assert_eq!(serde_json::to_value(&header).unwrap()["changeType"], name);
    }
}

#[test]
fn names_the_client_that_made_the_change() {
    for (origin, client) in [
        ("com/salesforce/api/rest/62.0;client=my-client", Some("my-client")),
        ("com/salesforce/api/rest/62.0; client=my-client ; x=y", Some("my-client ")),
        ("com/salesforce/api/rest/62.0;client=", None),
        ("com/salesforce/core/client=no", None),
        ("", None),
    ] {
        assert_eq!(header("UPDATE", origin).client().map(str::trim), client.map(str::trim), "{origin}");
    }
}
