//! Times, sizes, states and addresses, for people.

use chrono::{DateTime, Utc};
use shared::jobs::operator::JobRow;
use shared::jobs::{JobId, JobState, JobView};
use url::form_urlencoded::Serializer;
use web::pages::grouped;

/// A moment, in UTC.
pub(crate) fn moment(time: &DateTime<Utc>) -> String {
    time.format("%Y-%m-%d %H:%M:%S").to_string()
}

/// A length of time in its two largest units: `2 h 5 min`.
pub(super) fn lasting(ms: u64) -> String {
    match ms / 1_000 {
        0 => format!("{ms} ms"),
        seconds @ 1..60 => format!("{seconds} s"),
        seconds @ 60..3_600 => format!("{} min {} s", seconds / 60, seconds % 60),
        seconds @ 3_600..86_400 => format!("{} h {} min", seconds / 3_600, seconds % 3_600 / 60),
        seconds => format!("{} d {} h", grouped(seconds / 86_400), seconds % 86_400 / 3_600),
    }
}

/// From one moment to another; nothing when the other is earlier.
pub(super) fn between(from: DateTime<Utc>, to: DateTime<Utc>) -> String {
    lasting(u64::try_from((to - from).num_milliseconds()).unwrap_or(0))
}

/// Bytes in MiB.
pub(super) fn mebibytes(bytes: u64) -> String {
    format!("{} MiB", grouped(bytes.div_ceil(1 << 20)))
}

/// A state in words, and the class of its pill.
pub(super) fn state(job: &JobView) -> (&'static str, &'static str) {
    let troubled = job.failed > 0 || job.dead_chunks > 0;
    pill(job.state, troubled, job.paused_until.is_some(), job.last_error.is_some())
}

/// The same of a job in a table.
pub(super) fn state_of_row(job: &JobRow) -> (&'static str, &'static str) {
    let troubled = job.failed > 0 || job.dead_chunks > 0;
    pill(job.state, troubled, job.paused_until.is_some(), job.last_error.is_some())
}

fn pill(state: JobState, troubled: bool, rests: bool, is_tried_again: bool) -> (&'static str, &'static str) {
    match state {
        JobState::Queued => ("Waiting", "quiet"),
        JobState::Running if rests => ("Resting", "warn"),
        JobState::Running if is_tried_again => ("Running, with trouble", "warn"),
        JobState::Running => ("Running", "busy"),
        JobState::Finishing => ("Finishing", "busy"),
        JobState::NeedsAuthorization => ("Needs authorization", "bad"),
        JobState::Cancelling => ("Cancelling", "busy"),
        JobState::Completed if troubled => ("Completed, with failures", "warn"),
        JobState::Completed => ("Completed", "good"),
        JobState::Cancelled => ("Cancelled", "quiet"),
        JobState::Failed => ("Failed", "bad"),
    }
}

/// The name of a state as it stands in a filter, in words.
pub(super) fn state_name(name: &str) -> &str {
    match name {
        "all" => "all jobs",
        "open" => "open",
        "ended" => "ended",
        "dead" => "with dead letters",
        "needsAuthorization" => "needs authorization",
        other => other,
    }
}

/// The page of a job.
pub(crate) fn job_address(queue: &str, id: &JobId) -> String {
    format!("/jobs/{queue}/{}", id.hyphenated())
}

/// An address with parameters; empty ones are left out.
pub(super) fn address(path: &str, parameters: &[(&str, &str)]) -> String {
    let mut query = Serializer::new(String::new());
    for (name, value) in parameters.iter().filter(|(_, value)| !value.is_empty()) {
        query.append_pair(name, value);
    }
    let query = query.finish();
    if query.is_empty() { path.to_owned() } else { format!("{path}?{query}") }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_and_sizes_are_written_for_people() {
        let written = [7, 59_000, 61_000, 3_600_000, 7_500_000, 90_000_000].map(lasting);
        assert_eq!(written, ["7 ms", "59 s", "1 min 1 s", "1 h 0 min", "2 h 5 min", "1 d 1 h"]);
        assert_eq!(mebibytes(21 * 1024 * 1024 + 1), "22 MiB");
        let (now, before) = (Utc::now(), Utc::now() - chrono::Duration::seconds(5));
        assert_eq!(between(now, before), "0 ms", "clocks a little apart");
    }

    #[test]
    fn addresses_hold_what_is_asked_for() {
        assert_eq!(address("/jobs", &[("org", ""), ("kind", "a b&c")]), "/jobs?kind=a+b%26c");
        assert_eq!(address("/jobs", &[]), "/jobs");
    }
}
