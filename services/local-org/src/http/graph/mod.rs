//! `composite/graph`: graphs of subrequests. A graph is done as a whole or not at all, in a transaction of its own, so
//! that what one graph did stays when a later one fails.
//!
//! Nodes are done one after another, so a graph may name a record twice. Whether an org, which saves nodes of a kind
//! together, refuses that as it does in a collection, nobody has written down.

mod payload;

use serde_json::{Value, json};

use self::payload::{Graph, Payload};
use super::answer::{self, Answer};
use super::call::Call;
use super::composite;
use super::references::Results;
use super::subrequest;
use super::work::Context;
use crate::error::ApiError;

/// Graphs that may fail before the rest is not tried (REST API Developer Guide, "Composite Graph Limits").
const MAX_FAILURES: usize = 14;

const ROLLED_BACK: &str = "We rolled back the transaction since another operation in the same transaction failed.";
const NOT_TRIED: &str = "Processing was halted since the maximum number of graph failures in the request was reached.";

/// Runs all graphs, one after another.
pub(crate) fn run(cx: &Context<'_>, call: &Call) -> Result<Answer, ApiError> {
    call.object_body()?;
    let payload: Payload = answer::read(call.body.as_ref().unwrap_or_default())?;
    payload.check(call.version)?;
    let mut failures = 0;
    let mut graphs = Vec::with_capacity(payload.graphs.len());
    for graph in &payload.graphs {
        let outcome = if failures < MAX_FAILURES { run_graph(cx, call, graph) } else { not_tried(graph) };
        failures += usize::from(!outcome.is_successful);
        graphs.push(outcome.into_json(graph));
    }
    Ok(Answer::ok(json!({"graphs": graphs})))
}

struct Outcome {
    answers: Vec<Answer>,
    is_successful: bool,
}

impl Outcome {
    fn into_json(self, graph: &Graph) -> Value {
        let nodes = graph.composite_request.iter().zip(self.answers);
        let nodes: Vec<_> = nodes.map(|(node, answer)| subrequest::element(&node.reference_id, answer)).collect();
        json!({
            "graphId": graph.graph_id,
            "graphResponse": {"compositeResponse": nodes},
            "isSuccessful": self.is_successful,
        })
    }
}

fn run_graph(cx: &Context<'_>, call: &Call, graph: &Graph) -> Outcome {
    let mut results = Results::new();
    let mut answers = Vec::with_capacity(graph.composite_request.len());
    let done = cx.transaction(|records| {
        for node in &graph.composite_request {
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
