//! Composite graphs (REST API Developer Guide, "Composite Graph"): each graph is one transaction.

use super::client::Client;
use super::error::{ApiError, Error};
use super::id::SalesforceId;
use super::unit_of_work::GraphRequest;
use reqwest::Method;
use serde::{Deserialize, Serialize, Serializer};
use serde_json::value::{RawValue, to_raw_value};

const HALTED: &str = "PROCESSING_HALTED";

/// Records to be written together or not at all.
#[derive(Debug, Clone)]
pub struct Graph {
    id: String,
    pub(super) nodes: Vec<Node>,
}

/// One record of a graph.
#[derive(Debug, Clone)]
pub(super) struct Node {
    pub(super) method: &'static str,
    /// Path below `/sobjects/`.
    pub(super) path: String,
    /// Object that the node writes; with the method it makes the node's kind.
    pub(super) object: String,
    pub(super) body: Box<RawValue>,
}

/// The id that a record of the same graph will have; serialises as `@{r0.id}`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Reference(usize);

impl Serialize for Reference {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(&format_args!("@{{r{}.id}}", self.0))
    }
}

impl Graph {
    /// An empty graph. `id` begins with a letter or digit, has fewer than 40 characters and no full stop.
    pub fn new(id: impl Into<String>) -> Self {
        Self { id: id.into(), nodes: Vec::new() }
    }

    /// The name by which its result is found.
    pub fn id(&self) -> &str {
        &self.id
    }

    /// Number of records.
    pub fn len(&self) -> usize {
        self.nodes.len()
    }

    /// Whether it has no record.
    pub fn is_empty(&self) -> bool {
        self.nodes.is_empty()
    }

    /// Adds a record to create.
    ///
    /// # Errors
    /// When `fields` cannot be written as JSON.
    pub fn create(&mut self, object: &str, fields: &impl Serialize) -> Result<Reference, serde_json::Error> {
        self.push("POST", object.to_owned(), object, fields)
    }

    /// Adds a change of a record that exists.
    ///
    /// # Errors
    /// When `fields` cannot be written as JSON.
    pub fn update(
        &mut self,
        object: &str,
        id: &SalesforceId,
        fields: &impl Serialize,
    ) -> Result<Reference, serde_json::Error> {
        self.push("PATCH", format!("{object}/{id}"), object, fields)
    }

    fn push(
        &mut self,
        method: &'static str,
        path: String,
        object: &str,
        fields: &impl Serialize,
    ) -> Result<Reference, serde_json::Error> {
        let body = to_raw_value(fields)?;
        self.nodes.push(Node { method, path, object: object.to_owned(), body });
        Ok(Reference(self.nodes.len() - 1))
    }
}

/// What became of a graph.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct GraphResult {
    /// The graph.
    pub graph_id: String,
    /// Its end.
    pub outcome: GraphOutcome,
}

/// How a graph ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum GraphOutcome {
    /// All records are written.
    Committed {
        /// Id per node; none for updates.
        ids: Vec<Option<SalesforceId>>,
    },
    /// Nothing is written.
    Failed {
        /// The nodes at fault, without those that were only rolled back with them. Never empty.
        causes: Vec<NodeError>,
    },
    /// Salesforce did not try it, because 14 other graphs of the request had failed. Submit it again.
    NotTried,
}

/// Why a node failed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NodeError {
    /// Index of the node in its graph.
    pub node: usize,
    /// HTTP status of the node.
    pub status: u16,
    /// Its errors; never empty.
    pub errors: Vec<ApiError>,
}

#[derive(Deserialize)]
struct Answer {
    graphs: Vec<GraphAnswer>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct GraphAnswer {
    graph_id: String,
    is_successful: bool,
    graph_response: CompositeAnswer,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct CompositeAnswer {
    composite_response: Vec<NodeAnswer>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct NodeAnswer {
    body: Option<Box<RawValue>>,
    http_status_code: u16,
}

#[derive(Deserialize)]
struct Created {
    id: SalesforceId,
}

impl Client {
    /// Sends one request of graphs and tells what became of each. Never tried again by itself after an unknown outcome.
    ///
    /// # Errors
    /// Salesforce's for the request as a whole; then [`Error::may_have_committed`] tells whether to ask what exists.
    /// [`Error::Malformed`] when a graph is missing in the answer.
    pub async fn submit_graphs(&self, request: &GraphRequest) -> Result<Vec<GraphResult>, Error> {
        let path = format!("/services/data/v{}/composite/graph", self.api_version());
        let answer: Answer = self.json(Method::POST, &path, Some(request.body()?), false, "graph").await?;
        let results: Vec<_> = answer.graphs.into_iter().map(GraphAnswer::into_result).collect::<Result<_, _>>()?;
        let answered = |id: &str| results.iter().filter(|result| result.graph_id == id).count() == 1;
        match request.graph_ids().find(|id| !answered(id)) {
            Some(missing) => Err(Error::Malformed(format!("graph {missing:?} is not in the answer once"))),
            None => Ok(results),
        }
    }
}

impl GraphAnswer {
    fn into_result(self) -> Result<GraphResult, Error> {
        let nodes = self.graph_response.composite_response;
        let outcome = if self.is_successful {
            let ids = nodes
                .iter()
                .map(|node| match (&node.body, node.http_status_code) {
                    (Some(body), 200 | 201) => {
                        serde_json::from_str::<Created>(body.get()).ok().map(|created| created.id)
                    }
                    _ => None,
                })
                .collect();
            GraphOutcome::Committed { ids }
        } else {
            failure(&nodes, &self.graph_id)?
        };
        Ok(GraphResult { graph_id: self.graph_id, outcome })
    }
}

fn failure(nodes: &[NodeAnswer], graph_id: &str) -> Result<GraphOutcome, Error> {
    let mut causes = Vec::new();
    for (index, node) in nodes.iter().enumerate().filter(|(_, node)| node.http_status_code >= 400) {
        let errors =
            node.body.as_ref().map(|body| super::error::parse_errors(body.get().as_bytes())).unwrap_or_default();
        if errors.is_empty() {
            return Err(Error::Malformed(format!("node {index} of graph {graph_id:?} failed without an error")));
        }
        if errors.iter().any(|error| error.error_code != HALTED) {
            causes.push(NodeError { node: index, status: node.http_status_code, errors });
        }
    }
    Ok(if causes.is_empty() { GraphOutcome::NotTried } else { GraphOutcome::Failed { causes } })
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn result(answer: serde_json::Value) -> GraphResult {
        serde_json::from_str::<GraphAnswer>(&answer.to_string()).unwrap().into_result().unwrap()
    }

    fn halted() -> serde_json::Value {
        json!({"body": [{"errorCode": "PROCESSING_HALTED", "message": "rolled back"}], "httpStatusCode": 400, "referenceId": "r0"})
    }

    #[test]
    fn causes_without_the_rolled_back_siblings() {
        let lock = json!({"body": [{"errorCode": "UNABLE_TO_LOCK_ROW", "message": "m", "fields": []}], "httpStatusCode": 400, "referenceId": "r1"});
        let answer =
            json!({"graphId": "g", "isSuccessful": false, "graphResponse": {"compositeResponse": [halted(), lock]}});
        let GraphOutcome::Failed { causes } = result(answer).outcome else { panic!("not failed") };
        assert_eq!(
            (causes.len(), causes[0].node, causes[0].errors[0].error_code.as_str()),
            (1, 1, "UNABLE_TO_LOCK_ROW")
        );
    }

    #[test]
    fn halted_without_a_cause_was_not_tried() {
        let answer = json!({"graphId": "g", "isSuccessful": false, "graphResponse": {"compositeResponse": [halted(), halted()]}});
        assert_eq!(result(answer).outcome, GraphOutcome::NotTried);
    }

    #[test]
    fn ids_of_created_records() {
        let created = json!({"body": {"id": "0Q0R00000064wc7", "success": true, "errors": []}, "httpStatusCode": 201, "referenceId": "r0"});
        let updated = json!({"body": null, "httpHeaders": {}, "httpStatusCode": 204, "referenceId": "r1"});
        let answer =
            json!({"graphId": "g", "isSuccessful": true, "graphResponse": {"compositeResponse": [created, updated]}});
        let id = "0Q0R00000064wc7".parse().unwrap();
        assert_eq!(result(answer).outcome, GraphOutcome::Committed { ids: vec![Some(id), None] });
    }

    #[test]
    fn references_point_at_nodes() {
        let mut graph = Graph::new("g");
        let quote = graph.create("Quote", &json!({"Name": "Q"})).unwrap();
        graph.create("QuoteLineItem", &json!({"QuoteId": quote})).unwrap();
        assert_eq!(graph.nodes[1].body.get(), r#"{"QuoteId":"@{r0.id}"}"#);
    }
}
