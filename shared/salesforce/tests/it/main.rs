//! The crate's examples against local-org, as processes.

#![cfg(feature = "pubsub")]

use anyhow::{Context, Result, ensure};
use std::path::Path;
use std::process::Command;
use test_support::{LocalOrg, Quoted, example};

const ORG: &str = "my-org";

/// Runs an example with the variables that the README sets, and gives what it printed.
async fn run(org: &LocalOrg, name: &str, arguments: &[&str]) -> Result<String> {
    let (of, user) = org.org(ORG).await?;
    let mut command = Command::new(example(name)?);
    command
        .args(arguments)
        .env("INSTANCE_URL", of.instance_url)
        .env("ACCESS_TOKEN", user.access_token)
        .env("ORG_ID", of.id)
        .env("USER_ID", user.id)
        .env("PUBSUB_ENDPOINT", org.pubsub_url()?);
    let output = tokio::task::spawn_blocking(move || command.output()).await??;
    let (printed, errors) = (String::from_utf8(output.stdout)?, String::from_utf8_lossy(&output.stderr));
    ensure!(output.status.success(), "{name} {}: {printed}{errors}", output.status);
    Ok(printed)
}

#[tokio::test(flavor = "multi_thread")]
async fn query_prints_opportunities() -> Result<()> {
    let org = LocalOrg::start().await?;
    org.seed(ORG, 12, 1).await?;
    let printed = run(&org, "query", &[]).await?;
    assert!(printed.starts_with("12 open Opportunities\n"), "{printed}");
    assert_eq!(printed.lines().filter(|line| line.starts_with("Sample Opportunity")).count(), 10, "{printed}");
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn composite_graph_writes_pairs_in_one_call() -> Result<()> {
    let org = LocalOrg::start().await?;
    org.reset_counters(ORG).await?;
    let printed = run(&org, "composite_graph", &[]).await?;
    assert_eq!(printed, "pair-1: 2 records\npair-2: 2 records\npair-3: 2 records\n");
    assert_eq!(org.counters(ORG).await?.calls.total, 1);
    let pairs = "SELECT COUNT() FROM Opportunity WHERE Name LIKE 'Example %' AND Account.Name LIKE 'Example Account %'";
    assert_eq!(org.count(ORG, pairs).await?, 3);
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn bulk_load_writes_every_row() -> Result<()> {
    let org = LocalOrg::start().await?;
    let printed = run(&org, "bulk_load", &[]).await?;
    assert_eq!(printed.lines().last(), Some("1000 rows: 1000 written, 0 failed"), "{printed}");
    assert_eq!(org.count(ORG, "SELECT COUNT() FROM Account WHERE Name LIKE 'Loaded %'").await?, 1_000);
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn subscribe_prints_changes() -> Result<()> {
    let org = LocalOrg::start().await?;
    run(&org, "composite_graph", &[]).await?;
    let printed = run(&org, "subscribe", &["3"]).await?;
    let found = org.query(ORG, "SELECT Id FROM Opportunity WHERE Name LIKE 'Example %' ORDER BY Id").await?;
    let ids = found.records.iter().map(|record| record["Id"].as_str().context("no Id"));
    let expected = ids.map(|id| Ok(format!("Create of Opportunity: {}\n", id?))).collect::<Result<String>>()?;
    assert_eq!(printed, expected);
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_missing_variable_is_named() -> Result<()> {
    for name in ["query", "composite_graph", "bulk_load", "subscribe"] {
        let output = Command::new(example(name)?).env_remove("INSTANCE_URL").output()?;
        let errors = String::from_utf8_lossy(&output.stderr);
        assert!(!output.status.success() && errors.contains("INSTANCE_URL"), "{name}: {errors}");
    }
    Ok(())
}

#[test]
fn the_readme_shows_code_that_is_compiled() -> Result<()> {
    let crate_dir = Path::new(env!("CARGO_MANIFEST_DIR"));
    let readme = std::fs::read_to_string(crate_dir.join("README.md"))?;
    let mut quoted = Quoted::default();
    for name in ["common/session", "query", "composite_graph", "bulk_load", "subscribe"] {
        quoted = quoted.from(crate_dir.join(format!("examples/{name}.rs")))?;
    }
    assert!(quoted.check(&readme)? >= 4);
    Ok(())
}
