//! Jobs of all queues, with filters.

use super::text::{address, between, job_address, moment, state_name, state_of_row};
use askama::Template;
use chrono::Utc;
use serde::Deserialize;
use shared::jobs::operator::{JobRow, WhichJobs};
use web::pages::grouped;
use web::site::Frame;

/// What is looked for, as the form has it.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default)]
pub(crate) struct Form {
    pub(crate) queue: String,
    pub(crate) which: String,
    pub(crate) org: String,
    pub(crate) kind: String,
    /// A job by its id: the page of that job is what is looked for.
    pub(crate) id: String,
    /// `QuoteJobKey__c` of a Quote: the page of the job that made it is what is looked for.
    pub(crate) quote: String,
    /// When that Quote was made.
    pub(crate) made: String,
    /// Hours since the creation at most.
    pub(crate) hours: String,
    /// Where the page begins.
    pub(crate) after: String,
}

/// Jobs, the newest first.
#[derive(Template)]
#[template(path = "jobs.html")]
pub(crate) struct JobsPage {
    pub(crate) frame: Frame,
    pub(crate) form: Form,
    /// Names of the queues.
    pub(crate) queues: Vec<String>,
    pub(crate) rows: Vec<Row>,
    pub(crate) next: Option<String>,
}

impl JobsPage {
    /// Choices of the field of states: name, words, whether it is chosen.
    fn states(&self) -> Vec<(&'static str, &'static str, bool)> {
        let chosen = if self.form.which.is_empty() { "all" } else { self.form.which.as_str() };
        WhichJobs::NAMES.into_iter().map(|name| (name, state_name(name), name == chosen)).collect()
    }

    /// Choices of the field of times: hours, words, whether it is chosen.
    fn times(&self) -> [(&'static str, &'static str, bool); 4] {
        [("", "ever", ""), ("1", "the last hour", "1"), ("24", "the last day", "24"), ("168", "the last week", "168")]
            .map(|(hours, words, value)| (hours, words, self.form.hours == value))
    }
}

impl Form {
    /// What is asked for, in one text.
    pub(crate) fn asked(&self) -> String {
        self.next(&self.after)
    }

    /// The page that goes on after a job.
    pub(crate) fn next(&self, after: &str) -> String {
        let Self { queue, which, org, kind, hours, .. } = self;
        let fields = [("queue", queue), ("which", which), ("org", org), ("kind", kind), ("hours", hours)];
        let mut parameters: Vec<(&str, &str)> = fields.map(|(name, value)| (name, value.as_str())).to_vec();
        parameters.push(("after", after));
        address("/jobs", &parameters)
    }
}

/// A job in the table.
pub(crate) struct Row {
    link: String,
    id: String,
    queue: String,
    org: String,
    kind: String,
    state: (&'static str, &'static str),
    created: String,
    age: String,
    records: String,
    trouble: Option<String>,
}

impl Row {
    pub(crate) fn new(queue: &str, job: &JobRow) -> Self {
        let failed = if job.failed > 0 { format!(", {} failed", grouped(job.failed)) } else { String::new() };
        Self {
            link: job_address(queue, &job.id),
            id: job.id.hyphenated(),
            queue: queue.to_owned(),
            org: job.org.clone(),
            kind: job.kind.clone(),
            state: state_of_row(job),
            created: moment(&job.created_at),
            age: between(job.created_at, Utc::now()),
            records: format!("{} of {}{failed}", grouped(job.processed), grouped(job.planned_records)),
            trouble: job.trouble().or_else(|| job.reason.clone()),
        }
    }
}
