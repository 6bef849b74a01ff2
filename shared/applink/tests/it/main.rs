//! The crate's example against local-org, as a process.

use anyhow::{Result, ensure};
use std::path::Path;
use std::process::Command;
use test_support::{LocalOrg, Quoted, client_context, example};

const ORG: &str = "my-org";

#[tokio::test(flavor = "multi_thread")]
async fn the_example_asks_the_org_in_the_callers_name() -> Result<()> {
    let local = LocalOrg::start().await?;
    let (org, user) = local.org(ORG).await?;
    let mut command = Command::new(example("caller")?);
    command.env("X_CLIENT_CONTEXT", client_context(&org, &user)).env("ALLOWED_ORG_HOSTS", local.host()?);
    let output = tokio::task::spawn_blocking(move || command.output()).await??;
    let printed = String::from_utf8(output.stdout)?;
    ensure!(output.status.success(), "{}: {}", output.status, String::from_utf8_lossy(&output.stderr));
    let accounts = local.count(ORG, "SELECT COUNT() FROM Account").await?;
    assert_eq!(printed, format!("{} of {} sees {accounts} Accounts\n", user.username, org.id));
    Ok(())
}

#[test]
fn the_readme_shows_code_that_is_compiled() -> Result<()> {
    let crate_dir = Path::new(env!("CARGO_MANIFEST_DIR"));
    let readme = std::fs::read_to_string(crate_dir.join("README.md"))?;
    Quoted::default().from(crate_dir.join("examples/caller.rs"))?.check(&readme)?;
    Ok(())
}
