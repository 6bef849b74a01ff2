//! Composite graphs: several writes that happen together or not at all.

use serde::{Serialize, Serializer};

use super::path::version_root;
use super::subrequest::{Subrequest, Written};
use super::{Error, Reference, SalesforceId};

/// Writes that Salesforce carries out in order, in one transaction: all of them or none.
///
/// The [`Reference`] that adding a node returns stands for the id of its record, so that a line item can point to the
/// quote created before it in the same graph.
#[derive(Debug, Clone)]
pub struct Graph {
    id: String,
    nodes: Vec<Subrequest>,
    /// Length of the longest chain of references that ends in each node, counted in nodes.
    depths: Vec<usize>,
}

impl Graph {
    /// An empty graph. The id tells graphs of a request apart; [`UnitOfWork`](super::UnitOfWork) checks it.
    #[must_use]
    pub fn new(id: impl Into<String>) -> Self {
        Self { id: id.into(), nodes: Vec::new(), depths: Vec::new() }
    }

    /// The id it was given.
    #[must_use]
    pub fn id(&self) -> &str {
        &self.id
    }

    /// Number of nodes.
    #[must_use]
    pub fn len(&self) -> usize {
        self.nodes.len()
    }

    /// Whether there is no node.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.nodes.is_empty()
    }

    /// Adds the creation of a record. The reference stands for its id in fields of later nodes.
    ///
    /// # Errors
    /// [`Error::InvalidRequest`] for a wrong name or fields that are no JSON object.
    pub fn create(&mut self, object: &str, fields: &impl Serialize) -> Result<Reference, Error> {
        let node = Subrequest::create(self.len(), object, fields)?;
        Ok(self.push(node))
    }

    /// Adds a change of a record.
    ///
    /// # Errors
    /// [`Error::InvalidRequest`] for a wrong name or fields that are no JSON object.
    pub fn update(&mut self, object: &str, id: &SalesforceId, fields: &impl Serialize) -> Result<Reference, Error> {
        let node = Subrequest::update(self.len(), object, id, fields)?;
        Ok(self.push(node))
    }

    /// Adds the update or creation of the record whose external id `field` is `value`.
    ///
    /// # Errors
    /// [`Error::InvalidRequest`] for a wrong name or value, or fields that are no JSON object.
    pub fn upsert(
        &mut self,
        object: &str,
        field: &str,
        value: &str,
        fields: &impl Serialize,
    ) -> Result<Reference, Error> {
        let node = Subrequest::upsert(self.len(), object, field, value, fields)?;
        Ok(self.push(node))
    }

    /// Adds the deletion of a record.
    ///
    /// # Errors
    /// [`Error::InvalidRequest`] for a wrong name.
    pub fn delete(&mut self, object: &str, id: &SalesforceId) -> Result<Reference, Error> {
        let node = Subrequest::delete(self.len(), object, id)?;
        Ok(self.push(node))
    }

    fn push(&mut self, node: Subrequest) -> Reference {
        let below = node.references().filter_map(|index| self.depths.get(index)).max().copied();
        self.depths.push(below.unwrap_or(0) + 1);
        let reference = node.reference;
        self.nodes.push(node);
        reference
    }

    pub(super) fn nodes(&self) -> &[Subrequest] {
        &self.nodes
    }

    /// Length of the longest chain of references, counted in nodes.
    pub(super) fn depth(&self) -> usize {
        self.depths.iter().max().copied().unwrap_or(0)
    }

    /// The distinct combinations of method and object.
    pub(super) fn kinds(&self) -> Vec<(&str, &str)> {
        let mut kinds = Vec::new();
        for node in &self.nodes {
            let kind = (node.method.as_str(), node.object.as_str());
            if !kinds.contains(&kind) {
                kinds.push(kind);
            }
        }
        kinds
    }
}

/// Graphs that fit one call; made by [`UnitOfWork::into_requests`](super::UnitOfWork::into_requests).
#[derive(Debug, Clone)]
pub struct GraphRequest {
    api_version: String,
    graphs: Vec<Graph>,
}

impl GraphRequest {
    pub(super) fn new(api_version: String, graphs: Vec<Graph>) -> Self {
        Self { api_version, graphs }
    }

    /// The graphs, in the order in which they are sent and answered.
    #[must_use]
    pub fn graphs(&self) -> &[Graph] {
        &self.graphs
    }

    /// The graphs, for those to be submitted again that were not tried.
    #[must_use]
    pub fn into_graphs(self) -> Vec<Graph> {
        self.graphs
    }

    /// Ids of the graphs.
    pub fn graph_ids(&self) -> impl Iterator<Item = &str> {
        self.graphs.iter().map(Graph::id)
    }

    /// Number of nodes of all graphs.
    #[must_use]
    pub fn nodes(&self) -> usize {
        self.graphs.iter().map(Graph::len).sum()
    }
}

impl Serialize for GraphRequest {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        #[derive(Serialize)]
        struct Body<'a> {
            graphs: Vec<WrittenGraph<'a>>,
        }
        #[derive(Serialize)]
        #[serde(rename_all = "camelCase")]
        struct WrittenGraph<'a> {
            graph_id: &'a str,
            composite_request: Vec<Written<'a>>,
        }
        let root = version_root(&self.api_version);
        let graphs = self.graphs.iter().map(|graph| WrittenGraph {
            graph_id: &graph.id,
            composite_request: graph.nodes.iter().map(|node| node.written(&root)).collect(),
        });
        Body { graphs: graphs.collect() }.serialize(serializer)
    }
}
