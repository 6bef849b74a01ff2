//! Submitting graphs, and what became of each.

use std::borrow::Cow;
use std::collections::HashMap;

use serde::Deserialize;
use serde_json::value::RawValue;

use super::error::{ApiError, kind_of};
use super::subrequest::Subrequest;
use super::transport::Request;
use super::{Cleaner, Client, Error, ErrorKind, Graph, GraphRequest, Operation, Reference, SalesforceId};

/// Error of a node that failed only because another one did, or was not tried at all.
const HALTED: &str = "PROCESSING_HALTED";

/// What became of one graph.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct GraphResult {
    /// Id of the graph.
    pub graph_id: String,
    /// What became of it.
    pub outcome: GraphOutcome,
}

/// What became of a graph: all of it, or nothing of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum GraphOutcome {
    /// Every node was carried out.
    Committed {
        /// Ids of the records, node by node; `None` where the answer tells none.
        ids: Vec<Option<SalesforceId>>,
    },
    /// Nothing was carried out.
    Failed {
        /// The nodes that failed by themselves, at least one.
        causes: Vec<NodeError>,
    },
    /// Nothing was carried out, and nothing is known to be wrong with the graph: Salesforce stopped before it, which it
    /// does after 14 graphs of a request failed. Submit it again, but not endlessly when it is alone.
    NotTried,
}

/// Why a node failed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NodeError {
    /// Position of the node in its graph, from 0.
    pub node: usize,
    /// HTTP status of the node.
    pub status: u16,
    /// At least one error.
    pub errors: Vec<ApiError>,
}

impl NodeError {
    /// What the failure asks of the caller.
    #[must_use]
    pub fn kind(&self) -> ErrorKind {
        kind_of(self.status, &self.errors)
    }
}

impl Client {
    /// Submits graphs in one call; the results are in the order of the request. Each graph is committed or not by
    /// itself.
    ///
    /// An error that [may have committed](Error::may_have_committed) leaves open which graphs were: ask the org before
    /// submitting them again. The call is never repeated by itself after such an error.
    ///
    /// # Errors
    /// Any [`Error`]; kind `Malformed` when the answer does not account for every graph.
    pub async fn submit_graphs(&self, request: &GraphRequest) -> Result<Vec<GraphResult>, Error> {
        let call = Request::post(Operation::Graph, "/composite/graph".to_owned(), request)?;
        self.send(call, |answer| read(request.graphs(), answer.borrowed()?, &answer.cleaner)).await
    }
}

/// The answer as it was read; its texts stay in the body.
#[derive(Deserialize)]
struct Answer<'a> {
    #[serde(borrow)]
    graphs: Vec<GraphAnswer<'a>>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct GraphAnswer<'a> {
    #[serde(borrow)]
    graph_id: Cow<'a, str>,
    #[serde(borrow)]
    graph_response: GraphResponse<'a>,
    is_successful: bool,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct GraphResponse<'a> {
    #[serde(borrow)]
    composite_response: Vec<NodeAnswer<'a>>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct NodeAnswer<'a> {
    #[serde(borrow)]
    reference_id: Cow<'a, str>,
    http_status_code: u16,
    #[serde(borrow)]
    body: Option<&'a RawValue>,
}

impl NodeAnswer<'_> {
    fn succeeded(&self) -> bool {
        (200..300).contains(&self.http_status_code)
    }
}

/// Matches answers to graphs by their ids. Every graph must be answered exactly once: guessing would report records as
/// written that are not.
fn read(graphs: &[Graph], answer: Answer<'_>, cleaner: &Cleaner) -> Result<Vec<GraphResult>, Error> {
    let count = answer.graphs.len();
    let answers: HashMap<&str, &GraphAnswer<'_>> =
        answer.graphs.iter().map(|graph| (&*graph.graph_id, graph)).collect();
    if count != graphs.len() || answers.len() != count {
        return Err(malformed(format!("it has {count} results for {} graphs", graphs.len())));
    }
    let result = |graph: &Graph| {
        let id = graph.id();
        let answer = answers.get(id).ok_or_else(|| malformed(format!("graph `{id}` is missing")))?;
        let outcome = outcome(graph, answer, cleaner).map_err(|reason| malformed(format!("graph `{id}`: {reason}")))?;
        Ok(GraphResult { graph_id: id.to_owned(), outcome })
    };
    graphs.iter().map(result).collect()
}

fn outcome(graph: &Graph, answer: &GraphAnswer<'_>, cleaner: &Cleaner) -> Result<GraphOutcome, String> {
    // By the position of the node; what answers none is left out.
    let mut nodes = vec![None; graph.len()];
    for node in &answer.graph_response.composite_response {
        if let Some(place) = Reference::index_of(&node.reference_id).and_then(|index| nodes.get_mut(index)) {
            *place = Some(node);
        }
    }
    let answered = |node: &Subrequest| nodes.get(node.reference.index()).copied().flatten();
    if answer.is_successful {
        let id = |node: &Subrequest| {
            let answer = answered(node).filter(|answer| answer.succeeded());
            committed_id(node, answer.ok_or_else(|| format!("it succeeded, but node {} did not", node.reference))?)
        };
        return Ok(GraphOutcome::Committed { ids: graph.nodes().iter().map(id).collect::<Result<_, _>>()? });
    }
    let failed = graph.nodes().iter().filter_map(|node| Some((node, answered(node)?)));
    let failed = failed.filter(|(_, answer)| !answer.succeeded());
    let failed = failed.map(|(node, answer)| node_error(node, answer, cleaner)).collect::<Result<Vec<_>, _>>()?;
    let all_failed = failed.len() == graph.len();
    let is_cause = |error: &NodeError| error.errors.iter().any(|error| error.error_code != HALTED);
    let causes: Vec<_> = failed.into_iter().filter(is_cause).collect();
    match (causes.is_empty(), all_failed) {
        (false, _) => Ok(GraphOutcome::Failed { causes }),
        (true, true) => Ok(GraphOutcome::NotTried),
        (true, false) => Err("it failed, but no node tells why".to_owned()),
    }
}

fn node_error(node: &Subrequest, answer: &NodeAnswer<'_>, cleaner: &Cleaner) -> Result<NodeError, String> {
    let errors = ApiError::of_part(answer.body, cleaner);
    let errors = errors.ok_or_else(|| format!("node {} failed without an error", node.reference))?;
    Ok(NodeError { node: node.reference.index(), status: answer.http_status_code, errors })
}

/// The id of a written record: from the request when it names one, else from the body, where a created record must
/// have one.
fn committed_id(node: &Subrequest, answer: &NodeAnswer<'_>) -> Result<Option<SalesforceId>, String> {
    #[derive(Deserialize)]
    struct Body {
        id: SalesforceId,
    }
    if node.id.is_some() {
        return Ok(node.id);
    }
    let body = answer.body.map(|body| serde_json::from_str::<Body>(body.get()));
    match body {
        Some(Ok(body)) => Ok(Some(body.id)),
        None if answer.http_status_code == 204 => Ok(None),
        _ => Err(format!("node {} succeeded without an id", node.reference)),
    }
}

fn malformed(reason: String) -> Error {
    Error::malformed(Operation::Graph, reason)
}

#[cfg(test)]
mod tests;
