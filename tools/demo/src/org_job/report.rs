//! The result, for people.

use indicatif::{HumanBytes, HumanCount};

use super::outcome::Outcome;
use crate::stack::ORG;
use test_support::Memory;

/// The result in rows.
pub(crate) fn text(outcome: &Outcome) -> String {
    let tally = &outcome.tally;
    let seconds = outcome.time.as_secs_f64();
    let rate = if seconds > 0.0 { tally.opportunities as f64 / seconds } else { 0.0 };
    let operations: Vec<String> = outcome
        .counters
        .calls
        .by_operation
        .iter()
        .map(|(operation, count)| format!("{operation} {}", HumanCount(*count)))
        .collect();
    let workers: Vec<String> = outcome
        .workers
        .iter()
        .map(|(name, memory)| format!("{name} {}", bytes(*memory, |memory| memory.peak)))
        .collect();
    let (web_before, web_after) = outcome.web;
    let rows = [
        ("Opportunities", HumanCount(tally.opportunities).to_string()),
        ("Quotes", HumanCount(tally.quotes).to_string()),
        ("Quote line items", HumanCount(tally.quote_line_items).to_string()),
        ("skipped, failed", format!("{}, {}", HumanCount(tally.skipped), HumanCount(tally.failed))),
        ("time", format!("{seconds:.1} s, {rate:.0} Opportunities/s")),
        ("API calls", format!("{} ({})", HumanCount(outcome.counters.calls.total), operations.join(", "))),
        ("peak memory", workers.join(", ")),
        ("memory of web", format!("idle {}, peak {}", bytes(web_before, |m| m.resident), bytes(web_after, |m| m.peak))),
        ("org-job-web", format!("{0}/docs, {0}/health, {0}/metrics", outcome.web_url)),
        ("local-org", format!("{}/console/orgs/{ORG}", outcome.local_org_url)),
    ];
    let rows: Vec<String> = rows.iter().map(|(name, value)| format!("  {name:<17} {value}")).collect();
    format!("\nThe job {}; counted in local-org:\n{}\n", outcome.job.state.describe(), rows.join("\n"))
}

fn bytes(memory: Option<Memory>, pick: impl Fn(&Memory) -> u64) -> String {
    memory.as_ref().map_or_else(|| "unknown".to_owned(), |memory| HumanBytes(pick(memory)).to_string())
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use serde_json::json;
    use test_support::{Calls, Counters};

    use super::*;
    use crate::org_job::api::{JobState, JobView};
    use crate::org_job::tally::Tally;

    fn outcome() -> Outcome {
        let memory = |mebibytes: u64| Some(Memory { resident: mebibytes << 20, peak: (mebibytes + 5) << 20 });
        Outcome {
            job_id: "0193ab".to_owned(),
            job: JobView { state: JobState::Completed, ..JobView::default() },
            tally: Tally { opportunities: 5000, skipped: 1, quotes: 4999, quote_line_items: 9998, ..Tally::default() },
            problems: Vec::new(),
            time: Duration::from_micros(10_000_400),
            counters: Counters {
                calls: Calls { total: 123, by_operation: [("graph".to_owned(), 100), ("query".to_owned(), 23)].into() },
                ..Counters::default()
            },
            workers: vec![("worker-1".to_owned(), memory(15)), ("worker-2".to_owned(), None)],
            web: (memory(10), memory(11)),
            web_url: "http://127.0.0.1:8080".to_owned(),
            local_org_url: "http://127.0.0.1:8090".to_owned(),
        }
    }

    #[test]
    fn shows_what_was_counted() {
        let text = text(&outcome());
        for part in [
            "The job completed",
            "Opportunities     5,000",
            "Quotes            4,999",
            "skipped, failed   1, 0",
            "10.0 s, 500 Opportunities/s",
            "123 (graph 100, query 23)",
            "worker-1 20.00 MiB, worker-2 unknown",
            "idle 10.00 MiB, peak 16.00 MiB",
            "http://127.0.0.1:8080/docs",
            "http://127.0.0.1:8090/console/orgs/my-org",
        ] {
            assert!(text.contains(part), "{part} is missing in {text}");
        }
    }

    #[test]
    fn the_summary_has_exactly_the_documented_members() {
        let expected = json!({
            "jobId": "0193ab", "opportunities": 5000, "quotes": 4999, "quoteLineItems": 9998, "failed": 0, "skipped": 1,
            "seconds": 10.0, "apiCalls": 123, "workers": 2,
        });
        assert_eq!(serde_json::to_value(outcome().summary()).unwrap(), expected);
    }
}
