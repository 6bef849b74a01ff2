//! What was measured: tables for people, JSON for programs.

use std::io::Write;

use serde_json::{Map, Value, json};

use crate::table;

/// A value of a table.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Cell {
    /// As it is.
    Text(String),
    /// With so many decimals in a table, and as it is in JSON.
    Number(f64, usize),
    /// Nothing was measured.
    Nothing,
}

/// One table.
#[derive(Debug)]
pub(crate) struct Report {
    name: &'static str,
    about: String,
    /// Name in JSON, and head of the column.
    columns: Vec<(&'static str, &'static str)>,
    rows: Vec<Vec<Cell>>,
    goals: Vec<&'static str>,
}

/// Where reports go: each is printed when it is there, or all at the end as JSON.
#[derive(Debug)]
pub(crate) struct Output {
    json: bool,
    reports: Vec<Value>,
}

impl Cell {
    /// A time or a ratio.
    pub(crate) fn number(value: f64, decimals: usize) -> Self {
        Self::Number(value, decimals)
    }

    /// Bytes as MiB.
    pub(crate) fn mib(bytes: u64) -> Self {
        Self::Number(bytes as f64 / (1024.0 * 1024.0), 0)
    }

    /// `value` where there is one.
    pub(crate) fn maybe(value: Option<f64>, decimals: usize) -> Self {
        value.map_or(Self::Nothing, |value| Self::Number(value, decimals))
    }

    fn text(&self) -> String {
        match self {
            Self::Text(text) => text.clone(),
            Self::Number(value, decimals) => format!("{value:.decimals$}"),
            Self::Nothing => String::new(),
        }
    }

    fn json(&self) -> Value {
        match self {
            Self::Text(text) => json!(text),
            Self::Number(value, 0) if value.fract() == 0.0 => json!(*value as i64),
            Self::Number(value, _) => json!(value),
            Self::Nothing => Value::Null,
        }
    }
}

impl From<u64> for Cell {
    fn from(value: u64) -> Self {
        Self::Number(value as f64, 0)
    }
}

impl From<u32> for Cell {
    fn from(value: u32) -> Self {
        Self::Number(f64::from(value), 0)
    }
}

impl From<usize> for Cell {
    fn from(value: usize) -> Self {
        Self::Number(value as f64, 0)
    }
}

impl From<&str> for Cell {
    fn from(value: &str) -> Self {
        Self::Text(value.to_owned())
    }
}

impl From<String> for Cell {
    fn from(value: String) -> Self {
        Self::Text(value)
    }
}

impl Report {
    /// A table without rows. `about` says what was done; `columns` are names in JSON with their heads.
    pub(crate) fn new(name: &'static str, about: impl Into<String>, columns: &[(&'static str, &'static str)]) -> Self {
        Self { name, about: about.into(), columns: columns.to_vec(), rows: Vec::new(), goals: Vec::new() }
    }

    /// What is aimed at. It is told, and nothing fails that does not reach it: machines differ.
    pub(crate) fn goal(mut self, goal: &'static str) -> Self {
        self.goals.push(goal);
        self
    }

    /// Adds a row, a cell for each column.
    pub(crate) fn row(&mut self, cells: Vec<Cell>) {
        self.rows.push(cells);
    }

    fn markdown(&self) -> String {
        let heads: Vec<&str> = self.columns.iter().map(|(_, head)| *head).collect();
        let rows: Vec<Vec<String>> = self.rows.iter().map(|row| row.iter().map(Cell::text).collect()).collect();
        let goals: String = self.goals.iter().map(|goal| format!("Goal: {goal}\n")).collect();
        format!("{}\n{}\n{goals}", self.about, table::render(&heads, &rows))
    }

    fn json(&self) -> Value {
        let rows = self.rows.iter().map(|row| {
            let cells = self.columns.iter().zip(row).map(|((name, _), cell)| ((*name).to_owned(), cell.json()));
            Value::Object(cells.collect::<Map<_, _>>())
        });
        json!({ "name": self.name, "about": self.about, "goals": self.goals, "rows": rows.collect::<Vec<_>>() })
    }
}

impl Output {
    /// Of tables, or of JSON.
    pub(crate) fn new(json: bool) -> Self {
        Self { json, reports: Vec::new() }
    }

    /// Takes a report; one without rows says nothing.
    pub(crate) fn add(&mut self, report: &Report) {
        if report.rows.is_empty() {
            return;
        }
        if self.json {
            self.reports.push(report.json());
        } else {
            say(&report.markdown());
        }
    }

    /// Prints what is still to be printed.
    pub(crate) fn end(self) {
        if self.json {
            say(&format!("{:#}", Value::Array(self.reports)));
        }
    }
}

fn say(text: &str) {
    // A reader that has gone is no error.
    let _ = writeln!(std::io::stdout(), "{text}");
}

#[cfg(test)]
mod tests {
    use super::*;

    fn report() -> Report {
        let columns = [("quotes", "Quotes"), ("seconds", "s"), ("peer", "sample s")];
        let mut report = Report::new("latency", "Jobs.", &columns).goal("1 s");
        report.row(vec![10_u64.into(), Cell::number(0.255, 2), Cell::Nothing]);
        report
    }

    #[test]
    fn a_table_has_what_it_is_about_and_its_goals() {
        let lines =
            ["Jobs.", "| Quotes |    s | sample s |", "| -----: | ---: | -------: |", "|     10 | 0.26 |          |"];
        assert_eq!(report().markdown(), format!("{}\nGoal: 1 s\n", lines.join("\n")));
    }

    #[test]
    fn json_has_exact_numbers_under_their_names() {
        let expected = json!({
            "name": "latency", "about": "Jobs.", "goals": ["1 s"],
            "rows": [{ "quotes": 10, "seconds": 0.255, "peer": null }],
        });
        assert_eq!(report().json(), expected);
    }
}
