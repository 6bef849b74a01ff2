use futures_util::{StreamExt, TryStreamExt};
use rust_decimal::Decimal;
use serde::Deserialize;
use serde_json::{Value, json};

use super::{QueryPage, Subquery};
use crate::test_server::{TestServer, error, reply};
use crate::{ErrorKind, SalesforceId};

#[derive(Debug, PartialEq, Deserialize)]
struct Row {
    n: u32,
}

fn page(from: u32, to: u32, next: Option<&str>) -> String {
    let records: Vec<_> = (from..to).map(|n| json!({"attributes": {"type": "A", "url": "/x"}, "n": n})).collect();
    let mut page = json!({"totalSize": 5, "done": next.is_none(), "records": records});
    if let Some(next) = next {
        page["nextRecordsUrl"] = next.into();
    }
    page.to_string()
}

#[tokio::test]
async fn a_stream_follows_the_pages() {
    let next = ["/services/data/v62.0/query/01gAA-2", "/services/data/v62.0/query/01gAA-4"];
    let server = TestServer::script([
        reply(200, page(0, 2, Some(next[0]))),
        reply(200, page(2, 4, Some(next[1]))),
        reply(200, page(4, 5, None)),
    ])
    .await;
    let rows: Vec<Row> = server.client().query("SELECT n FROM A").try_collect().await.unwrap();
    assert_eq!(rows.iter().map(|row| row.n).collect::<Vec<_>>(), [0, 1, 2, 3, 4]);
    let calls = server.calls();
    assert_eq!(calls[0], "GET /services/data/v62.0/query?q=SELECT%20n%20FROM%20A");
    assert_eq!(calls[1..], next.map(|next| format!("GET {next}")));
}

#[tokio::test]
async fn pages_are_read_only_when_they_are_needed() {
    let next = "/services/data/v62.0/query/01gAA-2";
    let server = TestServer::script([reply(200, page(0, 2, Some(next)))]).await;
    let rows: Vec<_> = server.client().query::<Row>("SELECT n FROM A").take(2).collect().await;
    assert!(rows.iter().all(Result::is_ok));
    assert_eq!(server.calls().len(), 1);
}

#[tokio::test]
async fn a_stream_ends_after_an_error() {
    let next = "/services/data/v62.0/query/01gAA-2";
    let server = TestServer::script([reply(200, page(0, 2, Some(next))), error(400, "INVALID_QUERY_LOCATOR")]).await;
    let rows: Vec<_> = server.client().query::<Row>("SELECT n FROM A").collect().await;
    assert_eq!((rows.len(), rows.iter().filter(|row| row.is_err()).count()), (3, 1));
}

#[tokio::test]
async fn pages_that_lead_astray_are_refused() {
    for next in ["https://evil.example/services/data/v62.0/query/x", "//evil.example/services/data/", "/other", "x:y"] {
        let server = TestServer::script([reply(200, page(0, 2, Some(next)))]).await;
        let error = server.client().query::<Row>("X").try_collect::<Vec<_>>().await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Malformed, "{next}");
        assert_eq!(server.calls().len(), 1, "{next}");
    }
    let server = TestServer::script([reply(200, r#"{"totalSize":5,"done":false,"records":[]}"#)]).await;
    let error = server.client().query::<Row>("X").try_collect::<Vec<_>>().await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Malformed);

    let next = "/services/data/v62.0/query/01gAA-2";
    let server = TestServer::start(move |_| reply(200, page(0, 1, Some(next)))).await;
    let error = server.client().query::<Row>("X").try_collect::<Vec<_>>().await.unwrap_err();
    assert_eq!((error.kind(), server.calls().len()), (ErrorKind::Malformed, 2));
}

#[tokio::test]
async fn large_subqueries_are_completed() {
    let next = "/services/data/v62.0/query/01gBB-2";
    let server = TestServer::script([reply(200, page(2, 5, None))]).await;
    let first: Subquery<Row> = serde_json::from_str(&page(0, 2, Some(next))).unwrap();
    assert_eq!(server.client().subquery_records(first).await.unwrap().len(), 5);
    assert_eq!(server.calls(), [format!("GET {next}")]);

    let whole: Subquery<Row> = serde_json::from_str(&page(0, 2, None)).unwrap();
    assert_eq!(server.client().subquery_records(whole).await.unwrap().len(), 2);
    assert_eq!(server.calls().len(), 1);
}

#[derive(Debug, PartialEq, Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Opportunity {
    id: SalesforceId,
    #[serde(with = "crate::decimal::option")]
    amount: Option<Decimal>,
    is_private: bool,
    description: Option<String>,
    next_step: Option<String>,
    account: Option<Account>,
    #[serde(default)]
    opportunity_line_items: Subquery<Line>,
}

#[derive(Debug, PartialEq, Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Account {
    billing_country: Option<String>,
}

#[derive(Debug, PartialEq, Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Line {
    #[serde(with = "crate::decimal")]
    quantity: Decimal,
    #[serde(with = "crate::decimal")]
    unit_price: Decimal,
}

#[test]
fn nulls_zeros_and_falses_survive() {
    let text = r#"{"totalSize":2,"done":true,"records":[
        {"attributes":{"type":"Opportunity","url":"/x"},"Id":"006R0000003FPYxIAO","Amount":0.0,"IsPrivate":false,
         "Description":"","NextStep":null,"Account":{"attributes":{"type":"Account"},"BillingCountry":null},
         "OpportunityLineItems":{"totalSize":1,"done":true,"records":[
            {"attributes":{"type":"OpportunityLineItem"},"Quantity":0,"UnitPrice":100.10}]}},
        {"attributes":{"type":"Opportunity","url":"/x"},"Id":"006R0000003FPYxIAO","Amount":null,"IsPrivate":true,
         "Description":null,"NextStep":"x","Account":null,"OpportunityLineItems":null}]}"#;
    let page: QueryPage<Opportunity> = serde_json::from_str(text).unwrap();
    let [first, second] = page.records.as_slice() else { panic!() };
    assert_eq!((first.amount, first.is_private), (Some(Decimal::ZERO), false));
    assert_eq!((first.description.as_deref(), first.next_step.as_deref()), (Some(""), None));
    let line = &first.opportunity_line_items.records[0];
    assert_eq!((line.quantity, line.unit_price.to_string()), (Decimal::ZERO, "100.10".to_owned()));
    assert_eq!((second.amount, &second.account), (None, &None));
    assert_eq!(second.opportunity_line_items, Subquery::default());

    let values: QueryPage<Value> = serde_json::from_str(text).unwrap();
    let keys: Vec<_> = values.records[1].as_object().unwrap().keys().collect();
    assert_eq!(keys.len(), 8);
}
