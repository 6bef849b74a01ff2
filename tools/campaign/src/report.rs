//! What a campaign found.

use serde_json::{Value, json};

use crate::output::say;

/// The result of a campaign.
#[derive(Debug, Clone, Default)]
pub struct Report {
    /// Name of the campaign.
    pub campaign: String,
    /// What was done, line by line, for people.
    pub lines: Vec<String>,
    /// What is wrong; none: the campaign has passed.
    pub findings: Vec<Finding>,
}

/// Something that is wrong.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Finding {
    /// What was wrong.
    pub text: String,
    /// The command that shows it again.
    pub replay: String,
}

impl Report {
    /// An empty one.
    pub fn new(campaign: &str) -> Self {
        Self { campaign: campaign.to_owned(), ..Self::default() }
    }

    /// Says what was done, at once, and keeps it.
    pub(crate) fn done(&mut self, line: String) {
        say(&line);
        self.lines.push(line);
    }

    /// The verdict, for people.
    pub fn text(&self) -> String {
        let found = |one: &Finding| format!("FOUND  {}\n       again: {}\n", one.text, one.replay);
        let text: String = self.findings.iter().map(found).collect();
        let verdict = match self.findings.len() {
            0 => "nothing found".to_owned(),
            1 => "1 finding".to_owned(),
            many => format!("{many} findings"),
        };
        format!("{text}Campaign {}: {verdict}", self.campaign)
    }

    /// For programs.
    pub fn json(&self) -> Value {
        let findings: Vec<_> =
            self.findings.iter().map(|one| json!({ "text": one.text, "replay": one.replay })).collect();
        json!({ "campaign": self.campaign, "lines": self.lines, "findings": findings })
    }
}
