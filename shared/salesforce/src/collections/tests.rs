use rust_decimal::Decimal;
use serde::Serialize;
use serde_json::json;

use crate::test_server::{TestServer, reply};
use crate::{Error, ErrorKind, SalesforceId};

#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
struct Line {
    #[serde(with = "crate::decimal")]
    unit_price: Decimal,
}

fn ids(count: usize) -> Vec<SalesforceId> {
    (0..count).map(|n| format!("001{n:012}").parse().unwrap()).collect()
}

const TWO: &str = r#"[{"id":"001000000000001AAA","success":true,"errors":[]},
    {"success":false,"errors":[{"statusCode":"DUPLICATE_VALUE","message":"m","fields":["Key__c"]}]}]"#;

#[tokio::test]
async fn results_are_in_order_and_bodies_exact() {
    let server = TestServer::script([reply(200, TWO), reply(200, TWO), reply(200, TWO)]).await;
    let client = server.client();
    let line = || Line { unit_price: "90.10".parse().unwrap() };
    let created = client.create_many("QuoteLineItem", &[line(), line()], true).await.unwrap();
    assert_eq!(created[0].as_ref().unwrap().as_str(), "001000000000001AAA");
    let errors = created[1].as_ref().unwrap_err();
    assert_eq!(
        (errors[0].error_code.as_str(), errors[0].fields.as_slice()),
        ("DUPLICATE_VALUE", &["Key__c".into()][..])
    );

    let records: Vec<_> = ids(2).into_iter().map(|id| (id, line())).collect();
    assert_eq!(client.update_many("QuoteLineItem", &records, false).await.unwrap(), created);
    assert_eq!(client.delete_many(&ids(2), false).await.unwrap(), created);

    let seen = server.seen();
    let record = r#"{"attributes":{"type":"QuoteLineItem"},"UnitPrice":90.10}"#;
    assert_eq!(seen[0].body, format!(r#"{{"allOrNone":true,"records":[{record},{record}]}}"#));
    assert!(seen[1].body.contains(r#""attributes":{"type":"QuoteLineItem"},"id":"001000000000001AAA","UnitPrice""#));
    assert_eq!(
        server.calls(),
        [
            "POST /services/data/v62.0/composite/sobjects",
            "PATCH /services/data/v62.0/composite/sobjects",
            "DELETE /services/data/v62.0/composite/sobjects?ids=001000000000000AAA,001000000000001AAA&allOrNone=false",
        ]
    );
}

#[tokio::test]
async fn counts_are_checked() {
    let server = TestServer::script([reply(200, TWO)]).await;
    let client = server.client();
    assert!(client.create_many::<Line>("A", &[], false).await.unwrap().is_empty());
    assert!(client.delete_many(&[], false).await.unwrap().is_empty());
    let error = client.delete_many(&ids(201), false).await.unwrap_err();
    assert!(matches!(error, Error::InvalidRequest { .. }));
    assert!(client.create_many("A", &vec![json!({}); 201], false).await.is_err());
    assert!(server.calls().is_empty());

    let error = client.create_many("A", &vec![json!({}); 3], false).await.unwrap_err();
    assert_eq!((error.kind(), error.may_have_committed()), (ErrorKind::Malformed, true));
    let server = TestServer::script([reply(200, "[]")]).await;
    assert!(server.client().delete_many(&ids(200), true).await.is_err());
    assert_eq!(server.calls().len(), 1, "200 ids fit a URL");
}
