//! Packs graphs into as few requests as Salesforce's limits allow.

use super::graph::Graph;
use serde::Serialize;
use serde_json::value::RawValue;
use std::collections::HashSet;

/// Graphs of a request (REST API Developer Guide, "Composite Graph Limits").
pub const MAX_GRAPHS: usize = 75;
/// Records of a request, and so of a graph.
pub const MAX_NODES: usize = 500;
/// Distinct pairs of method and object in a request.
pub const MAX_KINDS: usize = 15;

/// Graphs to be written, each for itself.
#[derive(Debug, Clone, Default)]
pub struct UnitOfWork {
    graphs: Vec<Graph>,
}

/// A graph that no request can hold.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("graph {graph_id:?} has {nodes} records of {kinds} kinds; a request holds 1 to {MAX_NODES} of {MAX_KINDS}")]
pub struct UnitOfWorkError {
    /// The graph.
    pub graph_id: String,
    /// Its records.
    pub nodes: usize,
    /// Its distinct pairs of method and object.
    pub kinds: usize,
}

/// Graphs that go in one request.
#[derive(Debug, Clone)]
pub struct GraphRequest {
    api_version: String,
    graphs: Vec<Graph>,
}

impl UnitOfWork {
    /// A unit without graphs.
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds a graph; its id must be unlike all others of the unit.
    pub fn add(&mut self, graph: Graph) {
        self.graphs.push(graph);
    }

    /// The requests, in the order in which the graphs were added.
    ///
    /// # Errors
    /// [`UnitOfWorkError`] for the first graph that is empty or over the limits alone.
    pub fn into_requests(self, api_version: &str) -> Result<Vec<GraphRequest>, UnitOfWorkError> {
        let mut requests: Vec<GraphRequest> = Vec::new();
        let mut nodes = 0;
        let mut kinds: HashSet<(&'static str, String)> = HashSet::new();
        for graph in self.graphs {
            let own: HashSet<_> = graph.nodes.iter().map(|node| (node.method, node.object.clone())).collect();
            if graph.is_empty() || graph.len() > MAX_NODES || own.len() > MAX_KINDS {
                let graph_id = graph.id().to_owned();
                return Err(UnitOfWorkError { graph_id, nodes: graph.len(), kinds: own.len() });
            }
            match requests.last_mut() {
                Some(open)
                    if open.graphs.len() < MAX_GRAPHS
                        && nodes + graph.len() <= MAX_NODES
                        && kinds.union(&own).count() <= MAX_KINDS =>
                {
                    nodes += graph.len();
                    kinds.extend(own);
                    open.graphs.push(graph);
                }
                _ => {
                    (nodes, kinds) = (graph.len(), own);
                    requests.push(GraphRequest { api_version: api_version.to_owned(), graphs: vec![graph] });
                }
            }
        }
        Ok(requests)
    }
}

impl GraphRequest {
    /// Ids of its graphs.
    pub fn graph_ids(&self) -> impl Iterator<Item = &str> {
        self.graphs.iter().map(Graph::id)
    }

    /// Records of all its graphs.
    pub fn node_count(&self) -> usize {
        self.graphs.iter().map(Graph::len).sum()
    }

    /// The request's JSON.
    pub(super) fn body(&self) -> Result<Vec<u8>, serde_json::Error> {
        #[derive(Serialize)]
        struct Body<'a> {
            graphs: Vec<OneGraph<'a>>,
        }
        #[derive(Serialize)]
        #[serde(rename_all = "camelCase")]
        struct OneGraph<'a> {
            graph_id: &'a str,
            composite_request: Vec<OneNode<'a>>,
        }
        #[derive(Serialize)]
        #[serde(rename_all = "camelCase")]
        struct OneNode<'a> {
            method: &'a str,
            url: String,
            reference_id: String,
            body: &'a RawValue,
        }
        let graphs = self
            .graphs
            .iter()
            .map(|graph| OneGraph {
                graph_id: graph.id(),
                composite_request: graph
                    .nodes
                    .iter()
                    .enumerate()
                    .map(|(index, node)| OneNode {
                        method: node.method,
                        url: format!("/services/data/v{}/sobjects/{}", self.api_version, node.path),
                        reference_id: format!("r{index}"),
                        body: &node.body,
                    })
                    .collect(),
            })
            .collect();
        serde_json::to_vec(&Body { graphs })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use serde_json::json;

    fn graph(id: usize, nodes: usize, objects: usize) -> Graph {
        let mut graph = Graph::new(format!("g{id}"));
        for node in 0..nodes {
            graph.create(&format!("Object{}", (id + node) % objects), &json!({})).unwrap();
        }
        graph
    }

    #[test]
    fn seventy_five_small_graphs_are_one_request() {
        let mut unit = UnitOfWork::new();
        (0..150).for_each(|id| unit.add(graph(id, 3, 2)));
        assert_eq!(unit.into_requests("62.0").unwrap().len(), 2);
    }

    #[test]
    fn a_graph_that_fits_nowhere_is_named() {
        for (nodes, objects) in [(501, 1), (0, 1), (16, 16)] {
            let mut unit = UnitOfWork::new();
            unit.add(graph(7, nodes, objects));
            assert_eq!(unit.into_requests("62.0").unwrap_err().graph_id, "g7");
        }
    }

    #[test]
    fn the_body_is_what_the_guide_shows() {
        let mut one = Graph::new("g");
        let quote = one.create("Quote", &json!({"Name": "Q"})).unwrap();
        one.create("QuoteLineItem", &json!({"QuoteId": quote})).unwrap();
        let mut unit = UnitOfWork::new();
        unit.add(one);
        let requests = unit.into_requests("62.0").unwrap();
        let body: serde_json::Value = serde_json::from_slice(&requests[0].body().unwrap()).unwrap();
        assert_eq!(
            body,
            json!({"graphs": [{"graphId": "g", "compositeRequest": [
                {"method": "POST", "url": "/services/data/v62.0/sobjects/Quote", "referenceId": "r0", "body": {"Name": "Q"}},
                {"method": "POST", "url": "/services/data/v62.0/sobjects/QuoteLineItem", "referenceId": "r1",
                 "body": {"QuoteId": "@{r0.id}"}}]}]})
        );
    }

    proptest! {
        #[test]
        fn packing_loses_nothing_and_keeps_every_limit(sizes in prop::collection::vec((1_usize..=500, 1_usize..=15), 0..120)) {
            let mut unit = UnitOfWork::new();
            for (id, (nodes, objects)) in sizes.iter().enumerate() {
                unit.add(graph(id, *nodes, *objects));
            }
            let requests = unit.into_requests("62.0").unwrap();
            let ids: Vec<String> = requests.iter().flat_map(|r| r.graph_ids().map(str::to_owned)).collect();
            prop_assert_eq!(ids, (0..sizes.len()).map(|id| format!("g{id}")).collect::<Vec<_>>());
            for request in &requests {
                let kinds: HashSet<_> = request.graphs.iter().flat_map(|g| g.nodes.iter().map(|n| (n.method, &n.object))).collect();
                prop_assert!(request.graphs.len() <= MAX_GRAPHS && request.node_count() <= MAX_NODES && kinds.len() <= MAX_KINDS);
            }
        }
    }
}
