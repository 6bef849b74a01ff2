//! What a graph request may hold (REST API Developer Guide, "Using Composite Graphs" and "Composite Graph Limits"). A
//! request that holds more is refused as a whole, before any of it is executed.

use std::collections::{HashMap, HashSet};

use serde::Deserialize;

use crate::error::ApiError;
use crate::http::answer::{invalid, json, limit_exceeded, read_owned};
use crate::http::call::Call;
use crate::http::references;
use crate::http::resource::{Method, Resource};
use crate::http::subrequest::{self, Subrequest};
use crate::version::Version;

const MAX_GRAPHS: usize = 75;
const MAX_NODES: usize = 500;
const MAX_DEPTH: usize = 15;
const MAX_DIFFERENT_NODES: usize = 15;
/// A graph id is shorter than this.
const GRAPH_ID_LENGTH: usize = 40;

/// The body of a request.
#[derive(Debug, Deserialize)]
pub(super) struct Payload {
    pub(super) graphs: Vec<Graph>,
}

/// One graph.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Graph {
    pub(super) graph_id: String,
    pub(super) composite_request: Vec<Subrequest>,
}

impl Payload {
    /// Reads the body of a request.
    pub(super) fn read(call: &Call, body: &[u8]) -> Result<Self, ApiError> {
        let text = std::str::from_utf8(body).ok().filter(|text| text.trim_start().starts_with('{'));
        if let Some(payload) = text.and_then(|text| serde_json::from_str(text).ok()) {
            return Ok(payload);
        }
        // What is wrong is told, and a member that is there twice taken, as in all other bodies.
        let call = call.clone().with_body(json(body)?);
        call.object_body()?;
        read_owned(call.body.unwrap_or_default())
    }

    /// Refuses a payload that is too big or has nodes that a graph cannot have.
    pub(super) fn check(&self, version: Version) -> Result<(), ApiError> {
        if self.graphs.len() > MAX_GRAPHS {
            return Err(limit_exceeded(format!("A payload has at most {MAX_GRAPHS} graphs.")));
        }
        let nodes: usize = self.graphs.iter().map(|graph| graph.composite_request.len()).sum();
        if nodes > MAX_NODES {
            return Err(limit_exceeded(format!("A payload has at most {MAX_NODES} nodes.")));
        }
        let mut ids = HashSet::new();
        let (mut different, mut seen) = (HashSet::new(), HashSet::new());
        for graph in &self.graphs {
            check_id(&graph.graph_id)?;
            if !ids.insert(&graph.graph_id) {
                return Err(invalid(format!("Duplicate graphId: {}", graph.graph_id)));
            }
            subrequest::check(&graph.composite_request, version)?;
            for node in &graph.composite_request {
                // The nodes of many graphs are to the same few URLs.
                if seen.insert((node.method.as_str(), node.url.as_str())) {
                    different.insert(node_kind(node)?);
                }
            }
            if graph.depth() > MAX_DEPTH {
                return Err(limit_exceeded(format!("A graph has a depth of at most {MAX_DEPTH}.")));
            }
        }
        if different.len() > MAX_DIFFERENT_NODES {
            return Err(limit_exceeded(format!("A payload has at most {MAX_DIFFERENT_NODES} different nodes.")));
        }
        Ok(())
    }
}

impl Graph {
    /// Nodes on the longest way from one that refers to no other to one that no other refers to.
    fn depth(&self) -> usize {
        let mut depths: HashMap<&str, usize> = HashMap::new();
        for node in &self.composite_request {
            let mut above = 0;
            let mut refer = |name: &str| above = above.max(depths.get(name).copied().unwrap_or_default());
            references::names(&node.url).for_each(&mut refer);
            if let Some(body) = &node.body {
                references::visit_names(body, &mut refer);
            }
            depths.insert(&node.reference_id, above + 1);
        }
        depths.into_values().max().unwrap_or_default()
    }
}

fn check_id(id: &str) -> Result<(), ApiError> {
    let valid = id.starts_with(|first: char| first.is_ascii_alphanumeric())
        && id.chars().count() < GRAPH_ID_LENGTH
        && !id.contains('.');
    if valid { Ok(()) } else { Err(invalid(format!("The graphId '{id}' is not valid."))) }
}

/// Nodes of the same kind count as one: same version, method and object.
fn node_kind(node: &Subrequest) -> Result<(Version, Method, String), ApiError> {
    let refused = || invalid(format!("{} {} is not supported in a graph.", node.method, node.url));
    let call = Call::parse(&node.method, &node.url).map_err(|_| refused())?;
    let object = match (call.resource, call.method) {
        (Resource::Sobject { object }, Method::Post)
        | (Resource::Record { object, .. }, Method::Get | Method::Patch | Method::Delete)
        | (Resource::ExternalId { object, .. }, _) => object,
        _ => return Err(refused()),
    };
    Ok((call.version, call.method, object.to_ascii_lowercase()))
}

#[cfg(test)]
mod tests;
