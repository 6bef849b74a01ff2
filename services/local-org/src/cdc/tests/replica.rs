//! Whoever applies all events to an empty store has what the org has, whatever was done to it.

use std::collections::HashMap;

use proptest::prelude::*;
use proptest::test_runner::Config;
use serde_json::{Map, Value, json};

use super::support::{Observed, map, opportunity};
use crate::error::ApiError;
use crate::store::Tx;

/// Something that is done to one of a few records.
#[derive(Debug, Clone)]
enum Act {
    Create,
    Rename(usize, String),
    Stage(usize, bool),
    Move(usize, Option<String>),
    Line(usize, u8),
    Delete(usize),
    Undelete(usize),
    /// Does these and undoes them.
    Undone(Vec<Act>),
}

fn act() -> impl Strategy<Value = Act> {
    let simple = prop_oneof![
        3 => Just(Act::Create),
        3 => (0..6usize, "[a-z]{1,3}").prop_map(|(at, name)| Act::Rename(at, name)),
        2 => (0..6usize, any::<bool>()).prop_map(|(at, won)| Act::Stage(at, won)),
        2 => (0..6usize, proptest::option::of("[a-z]{1,2}")).prop_map(|(at, city)| Act::Move(at, city)),
        2 => (0..6usize, 1..9u8).prop_map(|(at, quantity)| Act::Line(at, quantity)),
        1 => (0..6usize).prop_map(Act::Delete),
        1 => (0..6usize).prop_map(Act::Undelete),
    ];
    simple.prop_recursive(2, 8, 4, |inner| prop::collection::vec(inner, 1..4).prop_map(Act::Undone))
}

/// Opportunities and accounts by number.
#[derive(Default)]
struct Ids {
    opportunities: Vec<String>,
    accounts: Vec<String>,
}

/// Does an act; what the org refuses is not done.
fn perform(org: &Observed, tx: &mut Tx<'_>, ids: &mut Ids, act: &Act) {
    let pick = |list: &[String], at: usize| list.get(at % list.len().max(1)).cloned();
    let _refused: Result<(), ApiError> = tx.savepoint(|tx| {
        match act {
            Act::Create => {
                ids.opportunities.push(tx.create("Opportunity", &map(opportunity("new")))?);
                ids.accounts.push(tx.create("Account", &map(json!({"Name": "new", "BillingCity": "Rome"})))?);
            }
            Act::Undone(acts) => {
                let mut inner = Ids { opportunities: ids.opportunities.clone(), accounts: ids.accounts.clone() };
                acts.iter().for_each(|act| perform(org, tx, &mut inner, act));
                return Err(ApiError::not_found());
            }
            Act::Move(at, city) => {
                let Some(id) = pick(&ids.accounts, *at) else { return Ok(()) };
                tx.update("Account", &id, &map(json!({"BillingCity": city})))?;
            }
            Act::Rename(at, _) | Act::Stage(at, _) | Act::Line(at, _) | Act::Delete(at) | Act::Undelete(at) => {
                let Some(id) = pick(&ids.opportunities, *at) else { return Ok(()) };
                match act {
                    Act::Rename(_, name) => tx.update("Opportunity", &id, &map(json!({"Name": name})))?,
                    Act::Stage(_, won) => {
                        let stage = if *won { "Closed Won" } else { "Qualification" };
                        tx.update("Opportunity", &id, &map(json!({"StageName": stage})))?;
                    }
                    Act::Line(_, quantity) => {
                        tx.create("OpportunityLineItem", &map(org.line_fields(&id, (*quantity).into())))?;
                    }
                    Act::Delete(_) => tx.delete("Opportunity", &id)?,
                    _ => tx.undelete("Opportunity", &id)?,
                }
            }
        }
        Ok(())
    });
}

/// What a subscriber makes of the events.
fn replicate(org: &Observed, events: &[Value]) -> HashMap<String, Map<String, Value>> {
    let mut records: HashMap<String, Map<String, Value>> = HashMap::new();
    for event in events {
        let header = &event["ChangeEventHeader"];
        for id in header["recordIds"].as_array().unwrap() {
            let id = id.as_str().unwrap().to_owned();
            match header["changeType"].as_str().unwrap() {
                "CREATE" | "UNDELETE" => {
                    let mut fields = map(event.clone());
                    fields.remove("ChangeEventHeader");
                    assert!(records.insert(id, fields).is_none());
                }
                "DELETE" => drop(records.remove(&id).unwrap()),
                _ => {
                    let record = records.get_mut(&id).unwrap();
                    for name in org.changed(event) {
                        match name.split_once('.') {
                            None => drop(record.insert(name.clone(), event[&name].clone())),
                            Some((parent, part)) => {
                                let compound = record.get_mut(parent).unwrap();
                                compound[part] = event[parent][part].clone();
                            }
                        }
                    }
                }
            }
        }
    }
    records
}

/// A record of the org in the form of an event.
fn expected(org: &Observed, object: &str, id: &str) -> Option<Map<String, Value>> {
    let record = org.try_run(|tx| tx.retrieve(object, id, None, "62.0")).ok()?;
    let names = match object {
        "Opportunity" => vec!["Name", "StageName", "Amount", "Probability", "IsWon", "TotalOpportunityQuantity"],
        "OpportunityLineItem" => vec!["Quantity", "TotalPrice", "OpportunityId"],
        _ => vec!["Name"],
    };
    let mut fields: Map<String, Value> = names.iter().map(|name| ((*name).to_owned(), record[*name].clone())).collect();
    if object == "Account" {
        fields.insert("City".to_owned(), record["BillingCity"].clone());
    }
    Some(fields)
}

proptest! {
    #![proptest_config(Config { cases: 48, max_shrink_iters: 200, ..Config::default() })]

    #[test]
    fn a_replica_is_the_same(transactions in prop::collection::vec((prop::collection::vec(act(), 1..6), prop::bool::weighted(0.8)), 1..8)) {
        let org = Observed::new();
        let mut ids = Ids::default();
        for (acts, commits) in &transactions {
            let mut inner = Ids { opportunities: ids.opportunities.clone(), accounts: ids.accounts.clone() };
            let done = org.try_run(|tx| {
                acts.iter().for_each(|act| perform(&org, tx, &mut inner, act));
                if *commits { Ok(()) } else { Err(ApiError::not_found()) }
            });
            if done.is_ok() {
                ids = inner;
            }
        }
        let replica = replicate(&org, &org.events());
        let lines: Vec<String> = org.run(|tx| {
            let found = tx.query("SELECT Id FROM OpportunityLineItem", false, "62.0")?;
            Ok(found.records.iter().map(|record| record["Id"].as_str().unwrap().to_owned()).collect())
        });
        let seeded = 8;
        let mut live = 0;
        for (object, ids) in [("Opportunity", &ids.opportunities), ("Account", &ids.accounts), ("OpportunityLineItem", &lines)] {
            for id in ids {
                let Some(expected) = expected(&org, object, id) else {
                    prop_assert!(!replica.contains_key(id), "{} is deleted", id);
                    continue;
                };
                live += 1;
                let replicated = &replica[id];
                for (name, value) in &expected {
                    let found = if name == "City" { &replicated["BillingAddress"]["City"] } else { &replicated[name] };
                    prop_assert_eq!(found, value, "{} of {}", name, id);
                }
            }
        }
        prop_assert_eq!(replica.len(), live);
        prop_assert_eq!(org.run(|tx| tx.count("Account", "1")), ids.accounts.len() as u64 + seeded);
    }
}
