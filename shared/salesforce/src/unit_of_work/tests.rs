use std::collections::BTreeSet;

use proptest::prelude::*;
use serde_json::json;

use super::{UnitOfWork, UnitOfWorkProblem};
use crate::{Graph, GraphRequest};

fn graph(id: &str, nodes: usize) -> Graph {
    let mut graph = Graph::new(id);
    for _ in 0..nodes {
        graph.create("Quote", &json!({})).unwrap();
    }
    graph
}

fn pack(graphs: impl IntoIterator<Item = Graph>) -> Result<Vec<GraphRequest>, super::UnitOfWorkError> {
    let mut unit = UnitOfWork::new();
    graphs.into_iter().for_each(|graph| unit.push(graph));
    unit.into_requests("62.0")
}

fn ids(requests: &[GraphRequest]) -> Vec<Vec<&str>> {
    requests.iter().map(|request| request.graph_ids().collect()).collect()
}

#[test]
fn a_graph_goes_into_the_first_call_with_room() {
    let requests = pack([graph("a", 300), graph("b", 400), graph("c", 200), graph("d", 99), graph("e", 2)]).unwrap();
    assert_eq!(ids(&requests), [vec!["a", "c"], vec!["b", "d"], vec!["e"]]);
    assert!(pack([]).unwrap().is_empty());
    let many = pack((0..76).map(|n| graph(&format!("g{n}"), 1))).unwrap();
    assert_eq!(many.iter().map(|request| request.graphs().len()).collect::<Vec<_>>(), [75, 1]);
}

#[test]
fn kinds_of_nodes_are_counted_over_the_call() {
    let kinds = |id: &str, from: usize, to: usize| {
        let mut graph = Graph::new(id);
        for n in from..to {
            graph.create(&format!("Object{n}__c"), &json!({})).unwrap();
        }
        graph
    };
    let requests = pack([kinds("a", 0, 10), kinds("b", 10, 16), kinds("c", 8, 15), kinds("d", 0, 15)]).unwrap();
    assert_eq!(ids(&requests), [vec!["a", "c", "d"], vec!["b"]]);
    let error = pack([kinds("a", 0, 16)]).unwrap_err();
    assert_eq!(error.problem, UnitOfWorkProblem::TooManyKinds { kinds: 16 });
}

#[test]
fn graphs_that_cannot_be_sent_are_named() {
    let mut deep = Graph::new("deep");
    let mut last = deep.create("Account", &json!({})).unwrap();
    for _ in 1..15 {
        last = deep.create("Account", &json!({"ParentId": last})).unwrap();
    }
    assert_eq!(pack([deep.clone()]).unwrap().len(), 1);
    deep.create("Account", &json!({"ParentId": last})).unwrap();

    for (graphs, name, problem) in [
        (vec![graph("ok", 1), deep], "deep", UnitOfWorkProblem::TooDeep { depth: 16 }),
        (vec![graph("big", 501)], "big", UnitOfWorkProblem::TooManyNodes { nodes: 501 }),
        (vec![graph("none", 0)], "none", UnitOfWorkProblem::Empty),
        (vec![graph("", 1)], "", UnitOfWorkProblem::BadId),
        (vec![graph("a.b", 1)], "a.b", UnitOfWorkProblem::BadId),
        (vec![graph("_a", 1)], "_a", UnitOfWorkProblem::BadId),
        (vec![graph(&"x".repeat(40), 1)], &"x".repeat(40), UnitOfWorkProblem::BadId),
        (vec![graph("a", 1), graph("a", 1)], "a", UnitOfWorkProblem::DuplicateId),
    ] {
        let error = pack(graphs).unwrap_err();
        assert_eq!((error.graph_id.as_str(), &error.problem), (name, &problem));
    }
    assert_eq!(pack([graph(&"x".repeat(39), 500)]).unwrap().len(), 1);
    let error = pack([graph("big", 501)]).unwrap_err();
    assert_eq!(error.to_string(), "graph `big` has 501 nodes, more than the 500 of one call");
}

/// Sizes and kinds of nodes of a graph.
fn shapes() -> impl Strategy<Value = Vec<(usize, BTreeSet<u8>)>> {
    let kinds = prop::collection::btree_set(0_u8..25, 1..=15);
    let nodes = prop_oneof![4 => 15_usize..30, 1 => 15_usize..=500];
    prop::collection::vec((nodes, kinds), 0..120)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]

    #[test]
    fn packing_loses_nothing_and_respects_the_limits(shapes in shapes()) {
        let graphs = shapes.iter().enumerate().map(|(index, (nodes, kinds))| {
            let mut graph = Graph::new(format!("g{index:03}"));
            for kind in kinds.iter().cycle().take(*nodes) {
                graph.create(&format!("Object{kind}__c"), &json!({})).unwrap();
            }
            graph
        });
        let requests = pack(graphs).unwrap();
        for request in &requests {
            prop_assert!(!request.graphs().is_empty() && request.graphs().len() <= 75);
            prop_assert!(request.nodes() <= 500);
            let kinds: BTreeSet<_> = request.graphs().iter().flat_map(Graph::kinds).collect();
            prop_assert!(kinds.len() <= 15);
            prop_assert!(request.graph_ids().is_sorted());
        }
        let mut packed: Vec<_> = requests.iter().flat_map(GraphRequest::graphs).map(|g| (g.id(), g.len())).collect();
        packed.sort_unstable();
        let names: Vec<_> = (0..shapes.len()).map(|index| format!("g{index:03}")).collect();
        let expected: Vec<_> = names.iter().map(String::as_str).zip(shapes.iter().map(|(nodes, _)| *nodes)).collect();
        prop_assert_eq!(packed, expected);
    }
}
