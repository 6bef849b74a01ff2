//! A few rounds of the campaigns, as CI has time for.

use anyhow::{Result, ensure};
use campaign::{Report, kills, soak};

/// The report has no findings.
fn passed(report: &Report) -> Result<()> {
    ensure!(report.findings.is_empty(), "{}\n{}", report.lines.join("\n"), report.text());
    Ok(())
}

#[tokio::test]
async fn a_round_of_kills_of_each_pattern() -> Result<()> {
    passed(&kills::run(kills::Options::new(4, 1)).await?)
}

#[tokio::test]
async fn a_cycle_of_all_patterns_side_by_side() -> Result<()> {
    passed(&soak::run(soak::Options { minutes: 0.01 }).await?)
}
