use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};
use serde_json::json;

use super::Upserted;
use crate::test_server::{Reply, TestServer, error, reply};
use crate::{Error, ErrorKind, SalesforceId};

fn id() -> SalesforceId {
    "001000000000001AAA".parse().unwrap()
}

#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
struct Fields {
    name: &'static str,
    #[serde(with = "crate::decimal")]
    amount: Decimal,
}

#[tokio::test]
async fn each_call_has_its_method_path_and_body() {
    let saved = |created: bool| format!(r#"{{"id":"001000000000001","success":true,"errors":[],"created":{created}}}"#);
    let server = TestServer::script([
        reply(201, saved(true)),
        reply(200, r#"{"attributes":{"type":"Account"},"Name":"x"}"#),
        reply(204, ""),
        reply(200, saved(false)),
        reply(204, ""),
    ])
    .await;
    let client = server.client();
    let fields = Fields { name: "x", amount: "180.00".parse().unwrap() };
    assert_eq!(client.create("Account", &fields).await.unwrap(), id());
    #[derive(Deserialize)]
    struct Named {
        #[serde(rename = "Name")]
        name: String,
    }
    let named: Named = client.retrieve("Account", &id(), &["Name", "Owner.Name"]).await.unwrap();
    assert_eq!(named.name, "x");
    client.update("Account", &id(), &json!({"Name": null})).await.unwrap();
    let upserted = client.upsert("Account", "Key__c", "a/b ?%ü", &fields).await.unwrap();
    assert_eq!(upserted, Upserted { id: id(), created: false });
    client.delete("Account", &id()).await.unwrap();
    assert_eq!(
        server.calls(),
        [
            "POST /services/data/v62.0/sobjects/Account",
            "GET /services/data/v62.0/sobjects/Account/001000000000001AAA?fields=Name,Owner.Name",
            "PATCH /services/data/v62.0/sobjects/Account/001000000000001AAA",
            "PATCH /services/data/v62.0/sobjects/Account/Key__c/a%2Fb%20%3F%25%C3%BC",
            "DELETE /services/data/v62.0/sobjects/Account/001000000000001AAA",
        ]
    );
    let seen = server.seen();
    assert_eq!(seen[0].body, r#"{"Name":"x","Amount":180.00}"#);
    assert_eq!(seen[0].headers["content-type"], "application/json");
    assert_eq!(seen[2].body, r#"{"Name":null}"#);
}

#[tokio::test]
async fn names_and_values_that_would_address_something_else_are_refused() {
    let server = TestServer::script([]).await;
    let client = server.client();
    for object in ["", "..", "A/B", "A?x", "1A", "A B", "Ä"] {
        let error = client.create(object, &json!({})).await.unwrap_err();
        assert!(matches!(error, Error::InvalidRequest { .. }), "{object}");
    }
    for value in ["", ".", ".."] {
        let error = client.upsert("A", "Key__c", value, &json!({})).await.unwrap_err();
        assert!(matches!(error, Error::InvalidRequest { .. }), "{value}");
    }
    assert!(client.retrieve::<()>("A", &id(), &["a,b"]).await.is_err());
    assert!(server.calls().is_empty());
}

#[tokio::test]
async fn answers_without_an_id_are_not_taken_for_success() {
    for (body, kind) in [
        ("{}", ErrorKind::Malformed),
        ("", ErrorKind::Malformed),
        (r#"{"id":null,"success":true,"errors":[]}"#, ErrorKind::Malformed),
        (
            r#"{"id":null,"success":false,"errors":[{"statusCode":"DUPLICATE_VALUE","message":"m"}]}"#,
            ErrorKind::Invalid,
        ),
    ] {
        let server = TestServer::script([reply(201, body)]).await;
        assert_eq!(server.client().create("A", &json!({})).await.unwrap_err().kind(), kind, "{body}");
    }
}

#[tokio::test]
async fn a_published_event_has_errors_though_it_succeeded() {
    let body = r#"{"id":"e01xx0000000001AAA","success":true,
        "errors":[{"statusCode":"OPERATION_ENQUEUED","message":"uuid","fields":[]}]}"#;
    let server = TestServer::script([reply(201, body)]).await;
    assert!(server.client().create("Done__e", &json!({})).await.is_ok());
}

#[tokio::test]
async fn a_delete_is_not_sent_again_after_an_unknown_outcome() {
    let server = TestServer::script([Reply::Drop]).await;
    let error = server.client().delete("A", &id()).await.unwrap_err();
    assert!(error.may_have_committed());
    assert_eq!(server.calls().len(), 1);
}

#[tokio::test]
async fn deleted_records_are_not_found() {
    let server = TestServer::script([error(404, "ENTITY_IS_DELETED")]).await;
    assert_eq!(server.client().delete("A", &id()).await.unwrap_err().kind(), ErrorKind::NotFound);
}

#[tokio::test]
async fn a_record_is_deleted_by_its_external_id() {
    let server = TestServer::script([reply(204, ""), error(404, "NOT_FOUND")]).await;
    let client = server.client();
    client.delete_by_external_id("Quote", "Key__c", "a/b:1").await.unwrap();
    let gone = client.delete_by_external_id("Quote", "Key__c", "gone").await.unwrap_err();
    assert_eq!(gone.kind(), ErrorKind::NotFound);
    let calls = server.seen();
    assert_eq!((calls[0].method.as_str(), calls[1].method.as_str()), ("DELETE", "DELETE"));
    assert!(calls[0].target.ends_with("/sobjects/Quote/Key__c/a%2Fb%3A1"), "{:?}", calls[0].target);
}
