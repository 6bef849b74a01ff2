//! The answer for people.

use crate::model::memory::{DYNOS, PLANS};
use crate::model::{Answer, Cost, Question, Way, constants::MIB};

/// Long-running calls that an org takes at a time, and the seconds from which a call is one ("API Request Limits").
const LONG_CALLS: (u64, u64) = (25, 20);
/// Batches a day ("Bulk API 2.0 Limits").
const BATCHES_A_DAY: u64 = 15_000;
/// Share of the day's calls from which other integrations are to be thought of.
const MUCH: f64 = 0.5;

/// Lines of text.
pub(crate) fn of(question: &Question, answer: &Answer) -> String {
    let mut lines = vec![asked(question), String::new()];
    lines.extend(table(question, answer));
    lines.push(String::new());
    lines.push(way(question, answer));
    lines.push(workers(question, answer));
    lines.push(processes(question, answer));
    lines.extend(warnings(question, answer));
    lines.join("\n")
}

fn asked(question: &Question) -> String {
    format!(
        "{} Opportunities with {} lines each, {} ms a call; {}, {} chunks in flight each, ORG_CONCURRENCY {}",
        grouped(question.opportunities),
        question.lines,
        question.call_ms,
        counted(question.workers, "worker"),
        question.product.worker_concurrency,
        question.product.org_concurrency,
    )
}

fn table(question: &Question, answer: &Answer) -> Vec<String> {
    let limit = grouped(question.org.daily_limit);
    let share = format!("of the {limit} a day");
    let row = |what: &str, of: &dyn Fn(&Cost) -> String| [what.to_owned(), of(&answer.graphs), of(&answer.bulk)];
    let mark = |way: Way, name: &str| if answer.way == way { format!("{name} *") } else { name.to_owned() };
    let rows = [
        [String::new(), mark(Way::Graphs, "graphs"), mark(Way::Bulk, "Bulk API")],
        row("time", &|cost| duration(cost.seconds)),
        row("API calls", &|cost| grouped(cost.api_calls)),
        row(&share, &|cost| percent(cost.share_of_daily_limit)),
        row("Bulk API batches", &|cost| grouped(cost.bulk_batches)),
        row("calls at a time", &|cost| cost.calls_at_a_time.to_string()),
        row("chunks", &|cost| grouped(cost.chunks)),
        row("a worker, at most", &|cost| mib(cost.worker_bytes)),
        row("Redis, at most", &|cost| mib(cost.redis_bytes)),
    ];
    let width = |column: usize| rows.iter().map(|row| row[column].len()).max().unwrap_or_default();
    let widths = [width(0), width(1), width(2)];
    rows.iter()
        .map(|row| {
            let [first, second, third] = widths;
            format!("{:first$}  {:>second$}  {:>third$}", row[0], row[1], row[2]).trim_end().to_owned()
        })
        .collect()
}

fn way(question: &Question, answer: &Answer) -> String {
    let threshold = grouped(question.product.bulk_threshold);
    match answer.way {
        Way::Bulk => format!("* through the Bulk API, as BULK_THRESHOLD ({threshold}) says"),
        Way::Graphs if question.product.bulk_threshold == 0 => "* by graphs, as BULK_THRESHOLD (0) says".to_owned(),
        Way::Graphs => format!("* by graphs, below BULK_THRESHOLD ({threshold})"),
    }
}

fn workers(question: &Question, answer: &Answer) -> String {
    let useful = answer.useful_workers;
    let product = question.product;
    let limit =
        format!("{} / {} (ORG_CONCURRENCY / WORKER_CONCURRENCY)", product.org_concurrency, product.worker_concurrency);
    if question.workers > useful {
        format!("workers: {} are enough for one org, {limit}; more need a higher ORG_CONCURRENCY", counted(useful, ""))
    } else if question.workers < useful {
        format!("workers: up to {useful} make it faster, {limit}")
    } else {
        format!("workers: {useful} use all that the org is given, {limit}")
    }
}

fn processes(question: &Question, answer: &Answer) -> String {
    let dyno = answer.dyno.map_or_else(
        || format!("no dyno is big enough for a worker ({} MB at most)", DYNOS[DYNOS.len() - 1].megabytes),
        |dyno| {
            let size =
                if question.workers == 1 && dyno.name == DYNOS[0].name { "basic or standard-1x" } else { dyno.name };
            format!("worker={} of {size} ({} MB), web=1", question.workers, dyno.megabytes)
        },
    );
    let connections = format!("{} connections while a version is deployed", answer.redis_connections);
    let redis = answer.redis_plan.map_or_else(
        || format!("Redis: larger than {} for {connections}", PLANS[PLANS.len() - 1].name),
        |plan| {
            format!(
                "heroku-redis:{} ({} MB, {} connections) takes it, with {connections}",
                plan.name, plan.megabytes, plan.connections
            )
        },
    );
    format!("dynos: {dyno}; {redis}")
}

fn warnings(question: &Question, answer: &Answer) -> Vec<String> {
    let chosen = match answer.way {
        Way::Graphs => &answer.graphs,
        Way::Bulk => &answer.bulk,
    };
    let mut found = Vec::new();
    if chosen.share_of_daily_limit > 1.0 {
        found.push("warning: more calls than the org has a day: the job rests when they are used up".to_owned());
    } else if chosen.share_of_daily_limit > MUCH {
        found.push("warning: more than half of the org's calls of a day".to_owned());
    }
    if chosen.bulk_batches > BATCHES_A_DAY {
        let batches = grouped(BATCHES_A_DAY);
        found.push(format!("warning: more batches than the {batches} that the Bulk API takes a day"));
    }
    if question.call_ms >= LONG_CALLS.1 * 1_000 && chosen.calls_at_a_time > LONG_CALLS.0 {
        found.push(format!("warning: an org takes {} calls of {} s and more at a time", LONG_CALLS.0, LONG_CALLS.1));
    }
    found
}

/// `1 worker`, `2 workers`; the number alone without a word.
fn counted(count: u64, what: &str) -> String {
    match (count, what) {
        (count, "") => count.to_string(),
        (1, what) => format!("1 {what}"),
        (count, what) => format!("{count} {what}s"),
    }
}

fn grouped(number: u64) -> String {
    let digits = number.to_string();
    let mut text = String::with_capacity(digits.len() + digits.len() / 3);
    for (place, digit) in digits.chars().enumerate() {
        if place > 0 && (digits.len() - place).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

/// With two figures that count.
fn duration(seconds: f64) -> String {
    const MINUTE: f64 = 60.0;
    const HOUR: f64 = 60.0 * MINUTE;
    match seconds {
        s if s < 10.0 => format!("{s:.1} s"),
        s if s < 2.0 * MINUTE => format!("{s:.0} s"),
        s if s < 2.0 * HOUR => format!("{:.0} min", s / MINUTE),
        s if s < 48.0 * HOUR => format!("{:.1} h", s / HOUR),
        s => format!("{:.1} days", s / HOUR / 24.0),
    }
}

fn percent(share: f64) -> String {
    match share * 100.0 {
        p if p < 10.0 => format!("{p:.1} %"),
        p => format!("{p:.0} %"),
    }
}

fn mib(bytes: u64) -> String {
    match bytes as f64 / MIB as f64 {
        m if m < 10.0 => format!("{m:.1} MiB"),
        m => format!("{m:.0} MiB"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_grouped() {
        for (number, text) in [(0, "0"), (999, "999"), (1_000, "1,000"), (1_234_567, "1,234,567")] {
            assert_eq!(grouped(number), text);
        }
    }

    #[test]
    fn times_are_told_in_the_unit_that_fits() {
        for (seconds, text) in [
            (0.0, "0.0 s"),
            (9.94, "9.9 s"),
            (10.0, "10 s"),
            (119.0, "119 s"),
            (120.0, "2 min"),
            (7_199.0, "120 min"),
            (7_200.0, "2.0 h"),
            (172_800.0, "2.0 days"),
        ] {
            assert_eq!(duration(seconds), text, "{seconds}");
        }
    }

    #[test]
    fn a_worker_is_one() {
        assert_eq!([counted(1, "worker"), counted(2, "worker"), counted(3, "")], ["1 worker", "2 workers", "3"]);
    }
}
