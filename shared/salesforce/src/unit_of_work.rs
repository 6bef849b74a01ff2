//! Packs graphs into as few calls as the limits of composite graphs allow.

use std::collections::HashSet;

use thiserror::Error;

use super::{Graph, GraphRequest};

/// Most nodes of a graph, and of all graphs of one call ("Composite Graph Limits", REST API Developer Guide).
pub const MAX_NODES: usize = 500;

/// Most graphs of one call (the same page).
pub const MAX_GRAPHS: usize = 75;

// From the same page.
const MAX_KINDS: usize = 15;
const MAX_DEPTH: usize = 15;
const MAX_ID_CHARS: usize = 39;

/// Graphs to be written; they are independent of each other.
#[derive(Debug, Clone, Default)]
pub struct UnitOfWork {
    graphs: Vec<Graph>,
}

/// A graph cannot be sent.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[error("graph `{graph_id}` {problem}")]
pub struct UnitOfWorkError {
    /// The graph.
    pub graph_id: String,
    /// What is wrong with it.
    pub problem: UnitOfWorkProblem,
}

/// Why a graph cannot be sent.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum UnitOfWorkProblem {
    /// It has no node.
    #[error("is empty")]
    Empty,
    /// It has more nodes than a call may carry, so that it cannot be written as a whole.
    #[error("has {nodes} nodes, more than the {MAX_NODES} of one call")]
    TooManyNodes {
        /// Its nodes.
        nodes: usize,
    },
    /// It has more distinct combinations of method and object than a graph may have.
    #[error("has {kinds} kinds of nodes, more than {MAX_KINDS}")]
    TooManyKinds {
        /// Its kinds of nodes.
        kinds: usize,
    },
    /// Its longest chain of references is too long.
    #[error("is {depth} levels deep, more than {MAX_DEPTH}")]
    TooDeep {
        /// Length of the chain, in nodes.
        depth: usize,
    },
    /// Its id is not 1 to 39 characters, beginning with a letter or digit, without dots.
    #[error("has an id that Salesforce does not accept")]
    BadId,
    /// Another graph has the same id.
    #[error("has the id of another graph")]
    DuplicateId,
}

impl UnitOfWork {
    /// An empty unit of work.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds a graph.
    pub fn push(&mut self, graph: Graph) {
        self.graphs.push(graph);
    }

    /// Number of graphs.
    #[must_use]
    pub fn len(&self) -> usize {
        self.graphs.len()
    }

    /// Whether there is no graph.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.graphs.is_empty()
    }

    /// Packs the graphs into calls: each goes into the first call that has room for it. Within a call they keep their
    /// order. No call exceeds 75 graphs, 500 nodes and 15 kinds of nodes; an empty unit needs no call.
    ///
    /// # Errors
    /// [`UnitOfWorkError`] naming the first graph that no call can carry; then nothing is packed.
    pub fn into_requests(self, api_version: &str) -> Result<Vec<GraphRequest>, UnitOfWorkError> {
        self.check()?;
        let mut bins: Vec<Bin> = Vec::new();
        for graph in self.graphs {
            match bins.iter_mut().find(|bin| bin.has_room(&graph)) {
                Some(bin) => bin.put(graph),
                None => {
                    let mut bin = Bin::default();
                    bin.put(graph);
                    bins.push(bin);
                }
            }
        }
        Ok(bins.into_iter().map(|bin| GraphRequest::new(api_version.to_owned(), bin.graphs)).collect())
    }

    fn check(&self) -> Result<(), UnitOfWorkError> {
        let mut ids = HashSet::new();
        for graph in &self.graphs {
            let problem = if ids.insert(graph.id()) { problem(graph) } else { Some(UnitOfWorkProblem::DuplicateId) };
            if let Some(problem) = problem {
                return Err(UnitOfWorkError { graph_id: graph.id().to_owned(), problem });
            }
        }
        Ok(())
    }
}

fn problem(graph: &Graph) -> Option<UnitOfWorkProblem> {
    let (id, nodes, kinds, depth) = (graph.id(), graph.len(), graph.kinds().len(), graph.depth());
    let id_ok = id.starts_with(|c: char| c.is_ascii_alphanumeric())
        && id.chars().count() <= MAX_ID_CHARS
        && !id.contains('.')
        && !id.contains(char::is_control);
    if !id_ok {
        Some(UnitOfWorkProblem::BadId)
    } else if nodes == 0 {
        Some(UnitOfWorkProblem::Empty)
    } else if nodes > MAX_NODES {
        Some(UnitOfWorkProblem::TooManyNodes { nodes })
    } else if kinds > MAX_KINDS {
        Some(UnitOfWorkProblem::TooManyKinds { kinds })
    } else if depth > MAX_DEPTH {
        Some(UnitOfWorkProblem::TooDeep { depth })
    } else {
        None
    }
}

/// A call being filled.
#[derive(Default)]
struct Bin {
    graphs: Vec<Graph>,
    nodes: usize,
    /// A few: at most [`MAX_KINDS`].
    kinds: Vec<(String, String)>,
}

impl Bin {
    fn has_room(&self, graph: &Graph) -> bool {
        self.graphs.len() < MAX_GRAPHS
            && self.nodes + graph.len() <= MAX_NODES
            && self.kinds.len() + self.new_kinds(graph).count() <= MAX_KINDS
    }

    /// Kinds of nodes that the call has not.
    fn new_kinds<'a>(&'a self, graph: &'a Graph) -> impl Iterator<Item = (&'a str, &'a str)> {
        let has =
            |kind: &(&str, &str)| self.kinds.iter().any(|(method, object)| (method.as_str(), object.as_str()) == *kind);
        graph.kinds().into_iter().filter(move |kind| !has(kind))
    }

    fn put(&mut self, graph: Graph) {
        self.nodes += graph.len();
        let new: Vec<_> =
            self.new_kinds(&graph).map(|(method, object)| (method.to_owned(), object.to_owned())).collect();
        self.kinds.extend(new);
        self.graphs.push(graph);
    }
}

#[cfg(test)]
mod tests;
