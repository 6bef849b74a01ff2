use serde_json::{Value, json};

use super::GraphOutcome;
use crate::test_server::{TestServer, error, reply};
use crate::{Error, ErrorKind, Graph, GraphRequest, GraphResult, UnitOfWork};

const QUOTE: &str = "0Q0000000000001CAA";
const OPPORTUNITY: &str = "006R0000003FPYxIAO";

/// A quote, its line, and a change of the opportunity.
fn graph(id: &str) -> Graph {
    let mut graph = Graph::new(id);
    let quote = graph.create("Quote", &json!({"Name": id})).unwrap();
    graph.create("QuoteLineItem", &json!({"QuoteId": quote})).unwrap();
    graph.update("Opportunity", &OPPORTUNITY.parse().unwrap(), &json!({"SyncedQuoteId": quote})).unwrap();
    graph
}

fn request(ids: &[&str]) -> GraphRequest {
    let mut unit = UnitOfWork::new();
    ids.iter().for_each(|id| unit.push(graph(id)));
    unit.into_requests("62.0").unwrap().pop().unwrap()
}

fn node(index: usize, status: u16, body: Value) -> Value {
    json!({"body": body, "httpHeaders": {}, "httpStatusCode": status, "referenceId": format!("ref{index}")})
}

fn created(index: usize) -> Value {
    node(index, 201, json!({"id": QUOTE, "success": true, "errors": []}))
}

fn halted(index: usize) -> Value {
    node(index, 400, json!([{"errorCode": "PROCESSING_HALTED", "message": "We rolled back the transaction"}]))
}

fn failed(index: usize, code: &str) -> Value {
    node(index, 400, json!([{"errorCode": code, "message": "m", "fields": ["Status"]}]))
}

fn answer(id: &str, successful: bool, nodes: &[Value]) -> Value {
    json!({"graphId": id, "graphResponse": {"compositeResponse": nodes}, "isSuccessful": successful})
}

fn committed(id: &str) -> Value {
    answer(id, true, &[created(0), created(1), node(2, 204, Value::Null)])
}

async fn submit(ids: &[&str], graphs: &[Value]) -> Result<Vec<GraphResult>, Error> {
    let server = TestServer::script([reply(200, json!({"graphs": graphs}).to_string())]).await;
    server.client().submit_graphs(&request(ids)).await
}

#[tokio::test]
async fn each_graph_gets_its_own_result() {
    let graphs = [
        answer("c", false, &[halted(0), halted(1), halted(2)]),
        answer("b", false, &[halted(0), failed(1, "INVALID_FIELD"), halted(2)]),
        committed("a"),
    ];
    let results = submit(&["a", "b", "c"], &graphs).await.unwrap();
    assert_eq!(results.iter().map(|result| result.graph_id.as_str()).collect::<Vec<_>>(), ["a", "b", "c"]);
    let quote = Some(QUOTE.parse().unwrap());
    let ids = vec![quote, quote, Some(OPPORTUNITY.parse().unwrap())];
    assert_eq!(results[0].outcome, GraphOutcome::Committed { ids });
    let GraphOutcome::Failed { causes } = &results[1].outcome else { panic!("{results:?}") };
    assert_eq!((causes.len(), causes[0].node, causes[0].status), (1, 1, 400));
    assert_eq!((causes[0].errors[0].error_code.as_str(), causes[0].kind()), ("INVALID_FIELD", ErrorKind::Invalid));
    assert_eq!(causes[0].errors[0].fields, ["Status"]);
    assert_eq!(results[2].outcome, GraphOutcome::NotTried);
}

#[tokio::test]
async fn a_failure_without_a_description_is_not_salesforces_word() {
    for status in [400, 404, 500] {
        for body in [Value::Null, json!([]), json!({}), json!("<html>")] {
            let nodes = [halted(0), node(1, status, body), failed(2, "UNABLE_TO_LOCK_ROW")];
            let error = submit(&["a"], &[answer("a", false, &nodes)]).await.unwrap_err();
            assert_eq!((error.kind(), error.may_have_committed()), (ErrorKind::Malformed, true), "{error}");
        }
    }
}

#[tokio::test]
async fn answers_that_do_not_add_up_are_malformed() {
    let swapped = answer("a", true, &[created(0), created(7), node(2, 204, Value::Null)]);
    let without_id = answer("a", true, &[node(0, 201, json!({})), created(1), node(2, 204, Value::Null)]);
    for graphs in [
        vec![],
        vec![committed("x")],
        vec![committed("a"), committed("a")],
        vec![committed("a"), committed("b")],
        vec![answer("a", true, &[created(0)])],
        vec![answer("a", true, &[created(0), failed(1, "X"), created(2)])],
        vec![answer("a", false, &[created(0), created(1), created(2)])],
        vec![answer("a", false, &[halted(0)])],
        vec![answer("a", false, &[])],
        vec![swapped],
        vec![without_id],
    ] {
        let error = submit(&["a"], &graphs).await.unwrap_err();
        assert_eq!((error.kind(), error.may_have_committed()), (ErrorKind::Malformed, true), "{graphs:?}");
    }
}

#[tokio::test]
async fn one_call_with_the_documented_body() {
    let server = TestServer::script([error(503, "SERVER_UNAVAILABLE")]).await;
    let result = server.client().submit_graphs(&request(&["a"])).await;
    assert!(result.unwrap_err().may_have_committed());
    assert_eq!(server.calls(), ["POST /services/data/v62.0/composite/graph"]);
    let body: Value = serde_json::from_str(&server.seen()[0].body).unwrap();
    assert_eq!(
        body,
        json!({"graphs": [{"graphId": "a", "compositeRequest": [
            {"method": "POST", "url": "/services/data/v62.0/sobjects/Quote", "referenceId": "ref0",
             "body": {"Name": "a"}},
            {"method": "POST", "url": "/services/data/v62.0/sobjects/QuoteLineItem", "referenceId": "ref1",
             "body": {"QuoteId": "@{ref0.id}"}},
            {"method": "PATCH", "url": format!("/services/data/v62.0/sobjects/Opportunity/{OPPORTUNITY}"),
             "referenceId": "ref2", "body": {"SyncedQuoteId": "@{ref0.id}"}},
        ]}]})
    );
}
