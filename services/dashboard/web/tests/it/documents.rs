//! The documents about metrics: the table, the dashboard of Grafana, the rules. bin/check-deploy runs promtool over the last two.

use anyhow::{Context, Result};
use serde_json::Value;
use shared::figures::{Metric, table};
use std::collections::BTreeSet;
use test_support::workspace_root;

/// How names of metrics begin.
const BEGINNINGS: [&str; 5] = ["jobs_", "salesforce_", "http_", "process_", "eventing_"];

fn document(name: &str) -> Result<String> {
    let path = workspace_root()?.join("docs").join(name);
    std::fs::read_to_string(&path).with_context(|| path.display().to_string())
}

/// Names in a text that look like those of series.
fn series(text: &str) -> BTreeSet<&str> {
    let words = text.split(|c: char| !c.is_ascii_alphanumeric() && c != '_');
    words.filter(|word| BEGINNINGS.iter().any(|begin| word.starts_with(begin))).collect()
}

fn unknown(text: &str) -> Vec<&str> {
    series(text).into_iter().filter(|name| Metric::of_series(name).is_none()).collect()
}

#[test]
fn the_table_is_that_of_the_code() -> Result<()> {
    let (text, table) = (document("metrics.md")?, table());
    assert!(text.contains(&table), "docs/metrics.md has not this table:\n{table}");
    assert_eq!(text.matches("\n|---|---|---|---|---|\n").count(), 1, "one table of metrics");
    Ok(())
}

#[test]
fn grafana_and_the_rules_use_only_metrics_that_are_there() -> Result<()> {
    for name in ["alerts.yml", "alerts.test.yml"] {
        assert_eq!(unknown(&document(name)?), [""; 0], "{name}");
    }
    let text = document("grafana.json")?;
    let dashboard: Value = serde_json::from_str(&text)?;
    let panels = dashboard["panels"].as_array().context("no panels")?;
    let mut ids = BTreeSet::new();
    let mut used = BTreeSet::new();
    for panel in panels {
        let title = panel["title"].as_str().filter(|title| !title.is_empty()).context("a panel without a title")?;
        assert!(ids.insert(panel["id"].as_u64().context("an id")?), "{title}: its id stands twice");
        let place = &panel["gridPos"];
        let (x, width) = (place["x"].as_u64().context("x")?, place["w"].as_u64().context("w")?);
        assert!(x + width <= 24 && place["h"].as_u64() >= Some(1) && place["y"].is_u64(), "{title}: {place}");
        if panel["type"] == "row" {
            continue;
        }
        assert_eq!(panel["datasource"]["uid"], "${datasource}", "{title}");
        for target in panel["targets"].as_array().context("no targets")? {
            let expr = target["expr"].as_str().context("no expression")?;
            assert!(!series(expr).is_empty() && unknown(expr).is_empty(), "{title}: {expr}");
            assert!(target["refId"].is_string() && target["legendFormat"].is_string(), "{title}: {target}");
            used.extend(series(expr));
        }
    }
    assert!(used.len() > 30, "{used:?}");
    assert_eq!(dashboard["schemaVersion"], 39);
    let variables = dashboard["templating"]["list"].as_array().context("no variables")?;
    let names: Vec<_> = variables.iter().filter_map(|variable| variable["name"].as_str()).collect();
    assert_eq!(names, ["datasource", "queue"]);
    Ok(())
}
