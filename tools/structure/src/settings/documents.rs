//! What docs/configuration.md, `.env.example`, app.json, docker-compose.yml and `bin/start` say of settings.

use std::collections::BTreeSet;
use std::path::Path;

use anyhow::{Context, ensure};

use super::setting::{Settings, is_name, plain};

/// Where all settings are told.
const TABLE: &str = "docs/configuration.md";

/// Variables that the platform sets, so that no document lists them.
const SET_BY_HEROKU: [&str; 1] = ["DYNO"];

/// The documents, as names with what stands beside them.
#[derive(Debug, Default)]
pub struct Documents {
    /// Rows of the table of docs/configuration.md: name and default.
    table: Vec<(String, String)>,
    /// Lines of `.env.example`: name and value.
    env_example: Vec<(String, String)>,
    /// What app.json asks for.
    app: BTreeSet<String>,
    /// What docker-compose.yml sets for processes.
    compose: BTreeSet<String>,
    /// What it takes from the environment (`${NAME}`).
    compose_takes: BTreeSet<String>,
    /// What `bin/start` reads.
    script: BTreeSet<String>,
    /// Options of local-org that come from the environment too.
    local_org: BTreeSet<String>,
}

impl Documents {
    /// Reads them in the top folder of the workspace.
    ///
    /// # Errors
    /// When one is missing, or docs/configuration.md has no table of settings.
    pub fn read(top: &Path) -> anyhow::Result<Self> {
        let text =
            |name: &str| std::fs::read_to_string(top.join(name)).with_context(|| format!("failed to read {name}"));
        let app: serde_json::Value = serde_json::from_str(&text("app.json")?).context("app.json is not JSON")?;
        let compose = text("docker-compose.yml")?;
        let documents = Self {
            table: table(&text(TABLE)?),
            env_example: variables(&text(".env.example")?),
            app: app["env"].as_object().into_iter().flat_map(|env| env.keys().cloned()).collect(),
            compose: keys(&compose),
            compose_takes: taken(&compose),
            script: taken(&text("bin/start")?),
            local_org: options(&top.join("services/local-org/src"))?,
        };
        ensure!(!documents.table.is_empty(), "{TABLE} has no table that begins with | variable |");
        Ok(documents)
    }

    /// What is missing, superfluous or has another default, a line each.
    #[must_use]
    pub fn problems(&self, settings: &Settings) -> Vec<String> {
        let mut problems = Vec::new();
        let places = [(TABLE, &self.table), (".env.example", &self.env_example)];
        for (place, rows) in places {
            let mut seen = BTreeSet::new();
            problems.extend(
                rows.iter()
                    .filter(|(name, _)| !seen.insert(name))
                    .map(|(name, _)| format!("{place}: {name} stands twice")),
            );
            let to_tell = settings.iter().filter(|(name, _)| !SET_BY_HEROKU.contains(&name.as_str()));
            problems.extend(
                to_tell
                    .filter(|(name, _)| !seen.contains(name))
                    .map(|(name, setting)| format!("{place}: {name} is missing, which {} reads", setting.file)),
            );
        }
        let is_read = |name: &String| settings.contains_key(name) || self.script.contains(name);
        let names = |rows: &[(String, String)]| rows.iter().map(|(name, _)| name.clone()).collect::<BTreeSet<_>>();
        let documented = names(&self.env_example);
        let known = |name: &String| is_read(name) || self.compose_takes.contains(name) || self.local_org.contains(name);
        problems.extend(complaints(&format!("{TABLE}: nothing reads"), &names(&self.table), is_read));
        problems.extend(complaints(".env.example: nothing reads", &documented, known));
        problems.extend(complaints("app.json: nothing reads", &self.app, is_read));
        problems.extend(complaints("docker-compose.yml: nothing reads", &self.compose, is_read));
        problems.extend(complaints(
            "docker-compose.yml takes what .env.example does not name:",
            &self.compose_takes,
            |name| documented.contains(name),
        ));
        for (name, setting) in settings {
            problems.extend(self.wrong_defaults(name, &setting.defaults));
        }
        problems
    }

    fn wrong_defaults(&self, name: &str, defaults: &BTreeSet<String>) -> Vec<String> {
        let mut problems = Vec::new();
        for (_, cell) in self.table.iter().filter(|(other, _)| other == name) {
            let words: Vec<&str> = cell.split_whitespace().map(|word| word.trim_end_matches([',', ';'])).collect();
            let missing = defaults.iter().filter(|default| !words.contains(&default.as_str()));
            problems.extend(
                missing.map(|default| format!("{TABLE}: {name} is {cell:?} by default, in the code {default}")),
            );
        }
        let of_one_kind = |kind: fn(&str) -> bool| !defaults.is_empty() && defaults.iter().all(|default| kind(default));
        // Of other kinds, .env.example has examples.
        let comparable = of_one_kind(is_number) || of_one_kind(is_switch);
        for (_, value) in self.env_example.iter().filter(|(other, _)| comparable && other == name) {
            if !defaults.contains(value) {
                let defaults: Vec<&str> = defaults.iter().map(String::as_str).collect();
                problems.push(format!(".env.example: {name} is {value:?}, in the code {}", defaults.join(" or ")));
            }
        }
        problems
    }
}

fn complaints(words: &str, names: &BTreeSet<String>, good: impl Fn(&String) -> bool) -> Vec<String> {
    names.iter().filter(|name| !good(name)).map(|name| format!("{words} {name}")).collect()
}

fn is_number(text: &str) -> bool {
    text.parse::<u64>().is_ok()
}

fn is_switch(text: &str) -> bool {
    matches!(text, "true" | "false")
}

/// The rows of the table that begins with `| variable |`. A row of several names has one default for all, or one for each.
fn table(text: &str) -> Vec<(String, String)> {
    let lines = text.lines().skip_while(|line| !line.starts_with("| variable |")).skip(2);
    let mut rows = Vec::new();
    for line in lines.take_while(|line| line.starts_with('|')) {
        let cells: Vec<&str> = line.trim_matches('|').split('|').collect();
        let (Some(names), Some(default)) = (cells.first(), cells.get(2)) else { continue };
        let names: Vec<String> = names.split(',').map(plain).collect();
        let defaults: Vec<String> = default.split(", ").map(plain).collect();
        for (place, name) in names.iter().enumerate() {
            let own = if defaults.len() == names.len() { defaults[place].clone() } else { plain(default) };
            rows.push((name.clone(), own));
        }
    }
    rows
}

/// Lines of the form `NAME=value`, commented out or not.
fn variables(text: &str) -> Vec<(String, String)> {
    let assignments = text.lines().filter_map(|line| line.trim_start_matches('#').split_once('='));
    assignments.filter(|(name, _)| is_name(name)).map(|(name, value)| (name.to_owned(), value.to_owned())).collect()
}

/// Keys of a YAML file that look like variables.
fn keys(text: &str) -> BTreeSet<String> {
    let keys = text.lines().filter_map(|line| line.trim_start().split_once(':'));
    keys.filter(|(name, _)| is_name(name)).map(|(name, _)| name.to_owned()).collect()
}

/// The names in `${NAME…}`.
fn taken(text: &str) -> BTreeSet<String> {
    let starts = text.split("${").skip(1);
    let end = |rest: &str| rest.find(|c: char| !(c.is_ascii_alphanumeric() || c == '_')).unwrap_or(rest.len());
    starts.filter_map(|rest| rest.get(..end(rest))).filter(|name| is_name(name)).map(str::to_owned).collect()
}

/// The names in `env = "NAME"` of command line options.
fn options(folder: &Path) -> anyhow::Result<BTreeSet<String>> {
    let mut names = BTreeSet::new();
    let mut folders = vec![folder.to_owned()];
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(&folder).with_context(|| format!("failed to list {}", folder.display()))? {
            let path = entry?.path();
            if path.is_dir() {
                folders.push(path);
            } else if path.extension().is_some_and(|ending| ending == "rs") {
                let text = std::fs::read_to_string(&path)?;
                let names_in = text.split("env = \"").skip(1).filter_map(|rest| rest.split('"').next());
                names.extend(names_in.filter(|name| is_name(name)).map(str::to_owned));
            }
        }
    }
    Ok(names)
}

/// For tests: the documents of these texts.
#[cfg(test)]
impl Documents {
    pub(super) fn of(rows: &str, env_example: &str, app: &[&str], compose: &str) -> Self {
        Self {
            table: table(rows),
            env_example: variables(env_example),
            app: app.iter().map(|&name| name.to_owned()).collect(),
            compose: keys(compose),
            compose_takes: taken(compose),
            ..Self::default()
        }
    }
}
