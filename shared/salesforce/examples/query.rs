//! The first Opportunities of an org, read into a type of one's own, page by page as they come.

#[path = "common/session.rs"]
mod session;

use futures_util::TryStreamExt;
use serde::Deserialize;
use std::error::Error;

#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Opportunity {
    name: String,
    stage_name: String,
    account: Option<Account>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Account {
    name: String,
}

#[tokio::main]
#[expect(clippy::print_stdout, reason = "an example")]
async fn main() -> Result<(), Box<dyn Error>> {
    let client = session::client()?;

    let open = client.count("SELECT COUNT() FROM Opportunity WHERE IsClosed = FALSE").await?;
    println!("{open} open Opportunities");

    // The stream asks for the next page when the one before is used up, however many there are.
    let soql = "SELECT Name, StageName, Account.Name FROM Opportunity WHERE IsClosed = FALSE ORDER BY Name LIMIT 10";
    let mut rows = client.query::<Opportunity>(soql);
    while let Some(row) = rows.try_next().await? {
        let account = row.account.map_or_else(|| "no Account".to_owned(), |account| account.name);
        println!("{}: {} ({account})", row.name, row.stage_name);
    }
    Ok(())
}
