//! Pattern 1: a user logs in, looks at the Accounts of all connected orgs, and has a worker load some into one of them.

use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail, ensure};
use indicatif::HumanCount;
use serde::Serialize;
use serde_json::{Value, json};
use test_support::{Browser, LocalOrg, Page, eventually};

use crate::console::Console;
use crate::environment::Environment;
use crate::scene::Scene;
use crate::shown::{Shown, seconds};
use crate::stack::Stack;

/// The connections, each an org of local-org.
const CONNECTIONS: [&str; 3] = ["my-org", "my-org-sales-a", LOADED];
/// Who logs in.
const USERNAME: &str = "admin";
/// The connection that gets the load.
const LOADED: &str = "empty-org";
/// Accounts of the load.
const COUNT: u64 = 1_000;
/// Status of an answer that leads the browser to another page.
const SEE_OTHER: u16 = 303;
/// Longest wait for the load, through the takeover of a dead worker's chunks.
const LOAD_LIMIT: Duration = Duration::from_secs(180);
/// What the page says of a load that has ended.
const ENDS: [&str; 4] = ["Loaded", "Loaded, with failures", "Failed", "Cancelled"];

const LOADS: &str = "/bulk-demo";

/// A connection, after the load.
#[derive(Debug, PartialEq, Eq, Serialize)]
struct Connection {
    name: &'static str,
    /// Accounts in local-org.
    accounts: u64,
    /// What the page says in place of its Accounts.
    error: Option<String>,
}

/// What came out.
struct Outcome {
    connections: Vec<Connection>,
    /// Accounts in local-org that carry the key of a load.
    loaded: u64,
    /// What the page says of the load.
    label: String,
    /// From the start of the load to its end.
    time: Duration,
}

/// How the pattern is shown.
pub(crate) const SCENE: Scene = Scene {
    environment,
    seed: |_| None,
    play: |_, console, stack| Box::pin(play(console, stack)),
    watch: |console, stack| Box::pin(stack.watch(console)),
};

fn environment(local_org: &LocalOrg, password: &str) -> Result<Environment> {
    let web = vec![
        ("CONNECTION_NAMES", CONNECTIONS.join(",")),
        ("APP_USERNAME", USERNAME.to_owned()),
        ("APP_PASSWORD", password.to_owned()),
    ];
    Ok(Environment { all: local_org.applink_env()?.into(), web, hosts: local_org.host()? })
}

/// Logs in, looks, loads and counts.
async fn play(console: &Console, stack: &Stack) -> Result<Shown> {
    let browser = Browser::new(stack.web_url()?)?;
    let page = browser.log_in(USERNAME, stack.password()).await?;
    ensure!(page.status == SEE_OTHER, "the login was answered {}", page.status);
    console.say(&format!("\n{USERNAME} has logged in and sees the Accounts of all connections at once:"));
    let page = browser.open("/").await?;
    for name in CONNECTIONS {
        console.say(&format!("  {name:<17} {}", seen(&page, name)?));
    }
    console.say(&format!("\nA load of {} Accounts into {LOADED}:", HumanCount(COUNT)));
    let (label, time) = load(console, &browser).await?;
    let outcome = count(stack.local_org(), &browser, label, time).await?;
    Ok(Shown {
        text: outcome.text(),
        summary: outcome.summary(),
        problems: outcome.problems(),
        afterwards: afterwards(&stack.web_url()?, stack.password(), &stack.local_org().url()?),
    })
}

/// What the page shows of a connection: the first rows, or what is wrong.
fn seen(page: &Page, name: &str) -> Result<String> {
    let card = page.card(name)?;
    if let Some(error) = trouble(&card) {
        return Ok(error);
    }
    let total = card.between("<p class=\"total\">", "</p>").first().map_or("", |total| total.trim()).to_owned();
    let rows = card.rows();
    Ok(if rows.is_empty() {
        total
    } else {
        format!("{total}: {}, …", rows.iter().take(3).copied().collect::<Vec<_>>().join(", "))
    })
}

/// What a connection's card says when it has no Accounts to show.
fn trouble(card: &Page) -> Option<String> {
    let advice = card.text.contains("Not available");
    advice.then(|| card.between("<strong>", "</strong>").first().map_or("not available", |what| what.trim()).to_owned())
}

/// Starts the load and follows its card to the end: what it says then, and how long that took.
async fn load(console: &Console, browser: &Browser) -> Result<(String, Duration)> {
    let started = Instant::now();
    let fields = [("connection", LOADED), ("count", &COUNT.to_string())];
    let page = browser.submit(LOADS, LOADS, &fields).await?;
    ensure!(page.status == SEE_OTHER, "the load was answered {}: {}", page.status, page.text);
    let mut told = String::new();
    let label = eventually(LOAD_LIMIT, "the load has ended", async || {
        let card = browser.open(LOADS).await?.card(&format!("load-{LOADED}"))?;
        let label = field(&card, "label").context("the card has no label")?;
        let figures = field(&card, "figures").unwrap_or_default();
        let now = format!("  {label:<17} {figures}");
        if now != told {
            console.say(&now);
            told = now;
        }
        if ENDS.contains(&label.as_str()) { Ok(label) } else { bail!("{label}") }
    })
    .await?;
    Ok((label, started.elapsed()))
}

/// A text of a load's card.
fn field(card: &Page, name: &str) -> Option<String> {
    let tagged = format!("data-field=\"{name}\">");
    card.between(&tagged, "</p>").first().map(|text| text.trim().to_owned())
}

async fn count(org: &LocalOrg, browser: &Browser, label: String, time: Duration) -> Result<Outcome> {
    let page = browser.open("/").await?;
    let mut connections = Vec::new();
    for name in CONNECTIONS {
        let accounts = org.count(name, "SELECT COUNT() FROM Account").await?;
        connections.push(Connection { name, accounts, error: trouble(&page.card(name)?) });
    }
    let loaded = org.count(LOADED, "SELECT COUNT() FROM Account WHERE LoadKey__c LIKE 'api-access-load:%'").await?;
    Ok(Outcome { connections, loaded, label, time })
}

impl Outcome {
    fn failed(&self) -> u64 {
        COUNT.saturating_sub(self.loaded)
    }

    fn summary(&self) -> Value {
        json!({
            "connections": self.connections,
            "loaded": self.loaded,
            "failed": self.failed(),
            "seconds": seconds(self.time),
        })
    }

    fn text(&self) -> String {
        let accounts = self.connections.iter().map(|one| (one.name, format!("{} Accounts", HumanCount(one.accounts))));
        let rest = [
            ("loaded, failed", format!("{}, {}", HumanCount(self.loaded), HumanCount(self.failed()))),
            ("time", format!("{:.1} s for the load", self.time.as_secs_f64())),
        ];
        let rows: Vec<String> = accounts.chain(rest).map(|(name, value)| format!("  {name:<17} {value}")).collect();
        format!("\nCounted in local-org:\n{}\n", rows.join("\n"))
    }

    /// Everything that is not as it should be, as sentences.
    fn problems(&self) -> Vec<String> {
        let mut problems = Vec::new();
        if self.loaded != COUNT {
            problems.push(format!("{} of {COUNT} Accounts were loaded", self.loaded));
        }
        if self.label != "Loaded" {
            problems.push(format!("the page says of the load: {}", self.label));
        }
        for Connection { name, error, .. } in &self.connections {
            problems.extend(error.as_ref().map(|error| format!("{name} is not shown: {error}")));
        }
        problems
    }
}

fn afterwards(url: &str, password: &str, org_url: &str) -> String {
    format!(
        "Everything stays up until Ctrl-C. Log in at {url} as {USERNAME} with the password {password}; {url}{LOADS} has the \n\
         load and its reset, {org_url}/console/orgs/{LOADED} the org that was loaded.\n"
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    fn outcome() -> Outcome {
        let connection = |name, accounts| Connection { name, accounts, error: None };
        Outcome {
            connections: vec![connection("my-org", 8), connection("my-org-sales-a", 8), connection(LOADED, COUNT)],
            loaded: COUNT,
            label: "Loaded".to_owned(),
            time: Duration::from_micros(1_250_400),
        }
    }

    #[test]
    fn the_summary_has_exactly_the_documented_members() {
        let expected = json!({
            "connections": [
                { "name": "my-org", "accounts": 8, "error": null },
                { "name": "my-org-sales-a", "accounts": 8, "error": null },
                { "name": "empty-org", "accounts": 1000, "error": null },
            ],
            "loaded": 1000, "failed": 0, "seconds": 1.25,
        });
        assert_eq!(outcome().summary(), expected);
        assert_eq!(outcome().problems(), Vec::<String>::new());
    }

    #[test]
    fn what_is_wrong_is_said() {
        let mut wrong = outcome();
        wrong.loaded = 999;
        wrong.label = "Loaded, with failures".to_owned();
        wrong.connections[1].error = Some("The org did not answer".to_owned());
        let problems = wrong.problems().join("\n");
        for part in ["999 of 1000", "with failures", "my-org-sales-a is not shown: The org did not answer"] {
            assert!(problems.contains(part), "{part} is missing in {problems}");
        }
        assert_eq!(wrong.summary()["failed"], 1);
    }
}
