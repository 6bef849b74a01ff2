//! `composite/graph`: graphs of subrequests. A graph is done as a whole or not at all, in a transaction of its own, so
//! that what one graph did stays when a later one fails.
//!
//! Nodes are done one after another, so a graph may name a record twice. Whether an org, which saves nodes of a kind
//! together, refuses that as it does in a collection, nobody has written down.

mod payload;

use serde::Serialize;

use self::payload::{Graph, Payload};
use super::answer::{self, Answer};
use super::call::Call;
use super::composite;
use super::references::Results;
use super::subrequest::Element;
use super::work::{Context, Series};
use crate::error::ApiError;

/// Graphs that may fail before the rest is not tried (REST API Developer Guide, "Composite Graph Limits").
const MAX_FAILURES: usize = 14;

const ROLLED_BACK: &str = "We rolled back the transaction since another operation in the same transaction failed.";
const NOT_TRIED: &str = "Processing was halted since the maximum number of graph failures in the request was reached.";

/// Runs all graphs, one after another. They are committed together: that is a fraction of the work, and whoever reads
/// meanwhile finds none of them instead of some.
pub(crate) fn run(cx: &Context<'_>, call: &Call, body: &[u8]) -> Result<Answer, ApiError> {
    let payload = Payload::read(call, body)?;
    payload.check(call.version)?;
    let mut first = Some(payload);
    let (graphs, outcomes) = cx.transactions_of_parts(|series| {
        // Graphs use up what they are made of.
        let Payload { mut graphs } = first.take().map_or_else(|| Payload::read(call, body), Ok)?;
        let mut failures = 0;
        let run = |graph: &mut Graph| {
            let outcome = if failures < MAX_FAILURES { run_graph(cx, series, call, graph) } else { not_tried(graph) };
            failures += usize::from(!outcome.is_successful);
            outcome
        };
        let outcomes: Vec<Outcome> = graphs.iter_mut().map(run).collect();
        Ok((graphs, outcomes))
    })?;
    let graphs = graphs.into_iter().zip(outcomes).map(|(graph, outcome)| outcome.told(graph)).collect();
    Answer::written_ok(&Response { graphs })
}

struct Outcome {
    answers: Vec<Answer>,
    is_successful: bool,
}

#[derive(Serialize)]
struct Response {
    graphs: Vec<GraphAnswer>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct GraphAnswer {
    graph_id: String,
    graph_response: GraphResponse,
    is_successful: bool,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct GraphResponse {
    composite_response: Vec<Element>,
}

impl Outcome {
    fn told(self, graph: Graph) -> GraphAnswer {
        let nodes = graph.composite_request.into_iter().zip(self.answers);
        let composite_response = nodes.map(|(node, answer)| Element::new(node, answer)).collect();
        GraphAnswer {
            graph_id: graph.graph_id,
            graph_response: GraphResponse { composite_response },
            is_successful: self.is_successful,
        }
    }
}

fn run_graph(cx: &Context<'_>, series: &mut Series<'_, '_>, call: &Call, graph: &mut Graph) -> Outcome {
    let mut results = Results::new();
    let mut answers = Vec::with_capacity(graph.composite_request.len());
    let done = series.transaction(|records| {
        for node in &mut graph.composite_request {
            let answer = node.run(cx, records, call.version, &mut results).unwrap_or_else(Answer::from);
            let failed = !answer.is_success();
            answers.push(answer);
            if failed {
                return Err(answer::halted(ROLLED_BACK));
            }
        }
        Ok(())
    });
    let is_successful = done.is_ok();
    composite::settle(done, &mut answers, graph.composite_request.len(), ROLLED_BACK);
    Outcome { answers, is_successful }
}

fn not_tried(graph: &Graph) -> Outcome {
    let halted = Answer::from(answer::halted(NOT_TRIED));
    Outcome { answers: vec![halted; graph.composite_request.len()], is_successful: false }
}
