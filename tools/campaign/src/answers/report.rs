//! What happened, and how it is shown.

use std::collections::BTreeMap;
use std::fmt;

use crate::{Finding, Report};

/// What became of a cell.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Verdict {
    /// As if nothing had been.
    Done,
    /// It says that it did not succeed, or not wholly, and why; the org agrees.
    Refused(String),
    /// It has not come to an end.
    Hangs(String),
    /// What it says is not what the org has.
    Wrong(String),
}

impl fmt::Display for Verdict {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Done => f.write_str("done"),
            Self::Refused(why) => write!(f, "refused: {why}"),
            Self::Hangs(why) => write!(f, "HANGS: {why}"),
            Self::Wrong(why) => write!(f, "WRONG: {why}"),
        }
    }
}

/// One run with one fault.
#[derive(Debug, Clone)]
pub struct Cell {
    /// The call.
    pub call: &'static str,
    /// What it was answered.
    pub answer: String,
    /// What happened.
    pub verdict: Verdict,
}

/// All cells.
#[derive(Debug)]
pub struct Table {
    /// Gives the same order again.
    pub seed: u64,
    /// In the order in which they were run.
    pub cells: Vec<Cell>,
}

/// Cells of a call by what happened: the answers that led to it.
type Row<'r> = BTreeMap<String, Vec<&'r str>>;

impl Table {
    pub(super) fn new(seed: u64) -> Self {
        Self { seed, cells: Vec::new() }
    }

    /// Nothing hangs and nothing is wrong.
    #[must_use]
    pub fn is_good(&self) -> bool {
        self.bad().next().is_none()
    }

    /// The cells that hang or are wrong.
    pub fn bad(&self) -> impl Iterator<Item = &Cell> {
        self.cells.iter().filter(|cell| matches!(cell.verdict, Verdict::Hangs(_) | Verdict::Wrong(_)))
    }

    /// What the campaign found, with the table as text or as Markdown.
    #[must_use]
    pub(crate) fn report(&self, markdown: bool) -> Report {
        let mut report = Report::new("answers");
        report.done(if markdown { self.markdown() } else { self.text() });
        report.findings.extend(self.bad().map(|cell| Finding {
            text: format!("{}: {}: {}", cell.call, cell.answer, cell.verdict),
            replay: format!(
                "bin/campaign answers --seed {} --only '{}' --answer '{}'",
                self.seed, cell.call, cell.answer
            ),
        }));
        report
    }

    fn rows(&self) -> Vec<(&'static str, Row<'_>)> {
        let mut rows: Vec<(&'static str, Row<'_>)> = Vec::new();
        for cell in &self.cells {
            let place = rows.iter().position(|(call, _)| *call == cell.call).unwrap_or_else(|| {
                rows.push((cell.call, Row::new()));
                rows.len() - 1
            });
            if let Some((_, row)) = rows.get_mut(place) {
                row.entry(cell.verdict.to_string()).or_default().push(&cell.answer);
            }
        }
        rows.sort_by_key(|(call, _)| *call);
        rows
    }

    fn markdown(&self) -> String {
        let mut text = "| call | answers | what happened |\n|---|---|---|\n".to_owned();
        for (call, row) in self.rows() {
            for (verdict, answers) in row {
                let verdict = verdict.replace('|', "\\|");
                text.push_str(&format!("| {call} | {} | {verdict} |\n", which(&answers)));
            }
        }
        text.push_str(&format!("\n{}", self.summary()));
        text
    }

    fn text(&self) -> String {
        let mut text = String::new();
        for (call, row) in self.rows() {
            text.push_str(&format!("{call}\n"));
            for (verdict, answers) in row {
                text.push_str(&format!("    {verdict}: {}\n", which(&answers)));
            }
        }
        text.push_str(&format!("\n{}", self.summary()));
        text
    }

    fn summary(&self) -> String {
        let count = |is: fn(&Verdict) -> bool| self.cells.iter().filter(|cell| is(&cell.verdict)).count();
        format!(
            "{} cells: {} as if nothing had been, {} refused with a reason, {} hang, {} wrong. Seed {}.",
            self.cells.len(),
            count(|verdict| matches!(verdict, Verdict::Done)),
            count(|verdict| matches!(verdict, Verdict::Refused(_))),
            count(|verdict| matches!(verdict, Verdict::Hangs(_))),
            count(|verdict| matches!(verdict, Verdict::Wrong(_))),
            self.seed
        )
    }
}

/// The answers in words; a long list by its length.
fn which(answers: &[&str]) -> String {
    const MOST: usize = 12;
    let mut answers = answers.to_vec();
    answers.sort_unstable();
    if answers.len() > MOST { format!("{} answers", answers.len()) } else { answers.join(", ") }
}
