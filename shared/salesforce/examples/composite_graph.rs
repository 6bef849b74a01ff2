//! Three Accounts with an Opportunity each: every pair in a transaction of its own, all in one call.

#[path = "common/session.rs"]
mod session;

use salesforce::{Graph, GraphOutcome, UnitOfWork};
use serde_json::json;
use std::error::Error;

#[tokio::main]
#[expect(clippy::print_stdout, reason = "an example")]
async fn main() -> Result<(), Box<dyn Error>> {
    let client = session::client()?;

    let mut work = UnitOfWork::new();
    for number in 1..=3 {
        let mut graph = Graph::new(format!("pair-{number}"));
        let account = graph.create("Account", &json!({ "Name": format!("Example Account {number}") }))?;
        // The id does not exist yet; an expression stands for it.
        let opportunity = json!({
            "Name": format!("Example Opportunity {number}"),
            "AccountId": account.id_expression(),
            "StageName": "Prospecting",
            "CloseDate": "2030-12-31",
        });
        graph.create("Opportunity", &opportunity)?;
        work.push(graph);
    }

    // As few calls as the limits allow: here it is one.
    for request in work.into_requests(&session::session()?.api_version)? {
        for result in client.submit_graphs(&request).await? {
            match result.outcome {
                GraphOutcome::Committed { ids } => println!("{}: {} records", result.graph_id, ids.len()),
                GraphOutcome::Failed { causes } => println!("{}: nothing, because {causes:?}", result.graph_id),
                GraphOutcome::NotTried => println!("{}: nothing; submit it again", result.graph_id),
            }
        }
    }
    Ok(())
}
