//! Campaign `inputs`: Schemathesis sends each web process whatever its OpenAPI document allows and what it forbids, with a
//! caller who is known and with forged ones. No answer may be a server error, and each must be one that the document names,
//! in the form that it says.
//!
//! No worker runs: a document may well ask for a million Opportunities.

mod callers;

use std::path::{Path, PathBuf};
use std::process::Stdio;

use anyhow::{Context, Result, bail, ensure};
use serde_json::Value;
use test_support::workspace_root;
use tokio::process::Command;

use self::callers::Caller;
use crate::report::{Finding, Report};
use crate::stack::{Ground, History, Pattern, Settings, Team};

/// What is checked of each answer.
const CHECKS: &str = "not_a_server_error,status_code_conformance,content_type_conformance,response_schema_conformance";
/// Services with a document.
const PATTERNS: [Pattern; 3] = [Pattern::OrgJob, Pattern::OrgAction, Pattern::Eventing];

/// Options of `bin/campaign inputs`.
#[derive(Debug, Clone, clap::Args)]
pub struct Options {
    /// Most requests of each operation, caller and phase
    #[arg(long, default_value_t = 100)]
    pub examples: u32,
    /// Seed of Schemathesis
    #[arg(long, default_value_t = 1)]
    pub seed: u64,
    /// Only the caller who is known and nobody, without those who forge
    #[arg(long)]
    pub quick: bool,
    /// Schemathesis 4; bin/campaign installs it
    #[arg(long, env = "SCHEMATHESIS")]
    pub schemathesis: PathBuf,
}

/// Runs all documents with all callers.
///
/// # Errors
/// When Schemathesis or a service does not run. What is wrong with answers is in the report.
pub async fn run(options: Options) -> Result<Report> {
    let mut report = Report::new("inputs");
    let folder = workspace_root()?.join(".local/campaign").join(format!("inputs-{}", std::process::id()));
    std::fs::create_dir_all(&folder).with_context(|| format!("cannot make {}", folder.display()))?;
    let ground = Ground::start(&folder, History::Kept).await?;
    let mut teams = Vec::new();
    for pattern in PATTERNS {
        let settings = Settings { pattern, webs: 1, workers: 0, web: Vec::new(), worker: Vec::new() };
        let team = ground.team(&settings).await?;
        let callers = callers::of(pattern, &ground).await?;
        for caller in callers.iter().take(if options.quick { 2 } else { callers.len() }) {
            let (line, found) = one(&options, &folder, pattern, &team, caller, &ground)
                .await
                .with_context(|| format!("{} with {}", pattern.name(), caller.name))?;
            report.done(line);
            report.findings.extend(found);
        }
        teams.push(team);
    }
    let replay = replay(&options);
    let leaks = ground.leaks(&teams.iter().collect::<Vec<_>>()).await?;
    report.findings.extend(leaks.into_iter().map(|text| Finding { text, replay: replay.clone() }));
    match report.findings.is_empty() {
        true => std::fs::remove_dir_all(&folder).with_context(|| format!("cannot remove {}", folder.display()))?,
        false => report.done(format!("reports and logs: {}", folder.display())),
    }
    Ok(report)
}

fn replay(options: &Options) -> String {
    format!("bin/campaign inputs --examples {} --seed {}", options.examples, options.seed)
}

/// One document with one caller: a line for people, and what is wrong.
async fn one(
    options: &Options,
    folder: &Path,
    pattern: Pattern,
    team: &Team,
    caller: &Caller,
    ground: &Ground,
) -> Result<(String, Vec<Finding>)> {
    let document = workspace_root()?.join("services").join(pattern.name()).join("web/api-docs.yaml");
    let url = team.urls()?.into_iter().next().context("there is no web process")?;
    let name = format!("{}-{}", pattern.name(), caller.name);
    let (json, har) = (folder.join(format!("{name}.json")), folder.join(format!("{name}.har")));
    let mut command = Command::new(&options.schemathesis);
    command.arg("run").arg(&document).args(["--url", &url, "--checks", CHECKS, "--continue-on-failure"]);
    command.args(["--seed", &options.seed.to_string(), "--max-examples", &options.examples.to_string()]);
    command.args(["--phases", "examples,coverage,fuzzing", "--suppress-health-check", "all", "--warnings", "off"]);
    command.args(["--report", "json,har", "--no-color"]);
    command.arg("--report-json-path").arg(&json).arg("--report-har-path").arg(&har);
    for header in &caller.headers {
        command.args(["--header", header]);
    }
    // A proxy of the developer's is not asked for this machine.
    command.env("NO_PROXY", "127.0.0.1").env("no_proxy", "127.0.0.1").current_dir(folder);
    command.stdin(Stdio::null()).kill_on_drop(true);
    let output = command.output().await.context("cannot run Schemathesis")?;
    let words = String::from_utf8_lossy(&output.stdout).into_owned();
    std::fs::write(folder.join(format!("{name}.txt")), &words)?;
    ensure!(json.exists(), "Schemathesis wrote no report: {words}{}", String::from_utf8_lossy(&output.stderr));
    let verdict: Value = serde_json::from_slice(&std::fs::read(&json)?).context("the report is not JSON")?;
    let mut found = failures(&verdict)?;
    found.extend(ground.secrets.in_text("an answer", &answers(&har)?));
    let line = format!(
        "{name:<28} {:>6} requests to {} operations, {} findings",
        verdict["test_cases"]["generated"],
        verdict["operations"]["tested"],
        found.len()
    );
    let finding = |text| Finding { text: format!("{name}: {text}"), replay: replay(options) };
    Ok((line, found.into_iter().map(finding).collect()))
}

/// The findings of a report of Schemathesis.
fn failures(verdict: &Value) -> Result<Vec<String>> {
    let (failures, errors) = (verdict["failures"].as_array(), verdict["errors"].as_array());
    let (Some(failures), Some(errors)) = (failures, errors) else { bail!("a report of another form: {verdict}") };
    let mut found = Vec::new();
    for failure in failures {
        found.push(format!("{} ({} times): {}", failure["title"], failure["count"], failure["operations"]));
    }
    found.extend(errors.iter().map(|error| format!("Schemathesis: {error}")));
    let tested = verdict["operations"]["tested"].as_u64().unwrap_or_default();
    if tested == 0 {
        found.push("no operation was tested".to_owned());
    }
    Ok(found)
}

/// The bodies of all answers in a HAR file.
fn answers(har: &Path) -> Result<String> {
    let har: Value = serde_json::from_slice(&std::fs::read(har).context("no HAR file")?).context("no HAR file")?;
    let entries = har["log"]["entries"].as_array().context("a HAR file of another form")?;
    let bodies = entries.iter().filter_map(|entry| entry["response"]["content"]["text"].as_str());
    Ok(bodies.collect::<Vec<_>>().join("\n"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn failures_errors_and_nothing_tested_are_findings() {
        let good = json!({ "failures": [], "errors": [], "operations": { "tested": 3 } });
        assert!(failures(&good).unwrap().is_empty());
        let bad = json!({
            "failures": [{ "title": "Undocumented HTTP status code", "count": 2, "operations": ["GET /api/jobs"] }],
            "errors": [{ "title": "Network Error", "count": 1 }],
            "operations": { "tested": 0 },
        });
        assert_eq!(failures(&bad).unwrap().len(), 3);
        assert!(failures(&json!({})).is_err());
    }
}
