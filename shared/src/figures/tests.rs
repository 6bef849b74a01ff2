use super::queue::{figures, labels, unreadable};
use super::{Exposition, METRICS, Metric, MetricKind, Teller, queue_name, table};
use crate::jobs::operator::{Oldest, OrgPause, OrgSilence, OrgStanding, Overview, Tasks, Totals, WorkerView};
use chrono::{DateTime, TimeDelta, Utc};
use std::collections::{BTreeMap, BTreeSet};

const TEXT: &str = r#"# HELP jobs_tasks_ended_total help
# TYPE jobs_tasks_ended_total counter
jobs_tasks_ended_total{kind="k",task="chunk",how="acked"} 3

# TYPE jobs_task_duration_seconds histogram
jobs_task_duration_seconds_bucket{kind="k",task="chunk",le="0.5"} 2
jobs_task_duration_seconds_bucket{kind="k",task="chunk",le="+Inf"} 3
jobs_task_duration_seconds_sum{kind="k",task="chunk"} 1.25
jobs_task_duration_seconds_count{kind="k",task="chunk"} 3
"#;

#[test]
fn names_are_those_that_prometheus_asks_for() {
    let names: BTreeSet<_> = METRICS.iter().map(|metric| metric.name).collect();
    assert_eq!(names.len(), METRICS.len(), "a name stands twice");
    for Metric { name, kind, labels, help, .. } in METRICS {
        assert_eq!(name.ends_with("_total"), *kind == MetricKind::Counter, "{name}");
        assert!(*kind != MetricKind::Histogram || name.ends_with("_seconds"), "{name}: a base unit");
        for unit in ["_ms", "_milliseconds", "_minutes", "_kb", "_mib", "_percent"] {
            assert!(!name.contains(unit), "{name} has a unit that is no base unit");
        }
        assert!(help.ends_with('.') && !help.contains(['\n', '|', '\\']), "{name}: {help}");
        assert!(labels.iter().all(|label| !["le", "worker_id", "job", "instance"].contains(label)), "{name}");
    }
    assert_eq!(
        Metric::of_series("jobs_task_duration_seconds_sum").map(|metric| metric.name),
        Some("jobs_task_duration_seconds")
    );
    assert_eq!(Metric::of_series("jobs_task_duration_seconds"), None, "a histogram has no series of its own name");
    assert_eq!(Metric::of_series("jobs_open_count"), None);
    assert!(table().contains("| `jobs_open` | gauge | `queue` | the queue | Jobs that have not ended. |\n"));
}

#[test]
fn what_was_read_is_written_again_with_more_labels() {
    let read = Exposition::of_this_process(TEXT);
    let again = Exposition::of_this_process(&read.to_string());
    assert_eq!(read, again);
    let labelled = read.labelled(&[("queue", "org-job"), ("worker", "a\"b\\c\nd")]).to_string();
    let line = r#"jobs_tasks_ended_total{kind="k",task="chunk",how="acked",queue="org-job",worker="a\"b\\c\nd"} 3"#;
    assert!(labelled.contains(line), "{labelled}");
    let line = r#"jobs_task_duration_seconds_bucket{kind="k",task="chunk",le="+Inf",queue="org-job""#;
    assert!(labelled.contains(line), "{labelled}");
    assert_eq!(labelled.matches("# TYPE jobs_task_duration_seconds histogram\n").count(), 1, "{labelled}");
    assert_eq!(Exposition::of_this_process(&labelled).to_string(), labelled);
}

#[test]
fn two_processes_stand_under_one_heading() {
    let mut both = Exposition::of_this_process(TEXT).labelled(&[("worker", "1")]);
    both.extend(Exposition::of_another_process(TEXT).labelled(&[("worker", "2")]));
    let text = both.to_string();
    assert_eq!(text.matches("# TYPE jobs_tasks_ended_total").count(), 1, "{text}");
    assert_eq!(text.matches("jobs_tasks_ended_total{").count(), 2, "{text}");
}

#[test]
fn of_another_process_only_what_a_process_tells_of_itself_is_taken() {
    let text = r#"
# TYPE jobs_open gauge
jobs_open{queue="org-job"} 999
# TYPE made_up_total counter
made_up_total 1
# TYPE jobs_tasks_reclaimed_total gauge
jobs_tasks_reclaimed_total{evil="x"} 1
jobs_tasks_reclaimed_total 2
jobs_tasks_reclaimed_total 2 junk
jobs_redis_errors_total{call="a} 1
jobs_redis_errors_total{call="a\nb"} 4
# TYPE salesforce_calls_total
 <script>
"#;
    let read = Exposition::of_another_process(text).to_string();
    let lines: Vec<&str> = read.lines().filter(|line| !line.starts_with("# HELP")).collect();
    let expected = [
        "# TYPE jobs_redis_errors_total counter",
        r#"jobs_redis_errors_total{call="a\nb"} 4"#,
        "# TYPE jobs_tasks_reclaimed_total counter",
        "jobs_tasks_reclaimed_total 2",
    ];
    assert_eq!(lines, expected);
    let long = "jobs_tasks_reclaimed_total 2\n".repeat(100_000);
    assert_eq!(Exposition::of_another_process(&long), Exposition::default());
}

fn worker(id: &str, name: &str, at: DateTime<Utc>) -> WorkerView {
    WorkerView {
        id: id.to_owned(),
        name: name.to_owned(),
        pid: 7,
        started_at: at,
        seen_at: at,
        kinds: BTreeSet::new(),
        concurrency: 4,
        org_limit: 10,
        records_done: 0,
        records_per_second: 0.0,
        memory_bytes: None,
        running: 3,
        tasks: Vec::new(),
    }
}

fn org(name: &str, at: DateTime<Utc>) -> OrgStanding {
    let since = at - TimeDelta::seconds(90);
    OrgStanding {
        org: name.to_owned(),
        open_jobs: 1,
        tasks: Tasks { ready: 1, delayed: 0, leased: 0 },
        limit: 10,
        at_limit: true,
        paused: Some(OrgPause { since: Some(since), until: at, reason: "secret words".to_owned() }),
        silent: Some(OrgSilence { since, times: 1, reason: "secret words".to_owned() }),
    }
}

#[test]
fn a_queue_tells_all_that_the_table_says_of_queues_and_no_text_of_others() {
    let at = DateTime::from_timestamp(1_000_000, 0).unwrap();
    let overview = Overview {
        at,
        open_jobs: 30,
        looked_at: 30,
        kept_jobs: 40,
        states: BTreeMap::from([("running", 30)]),
        tasks: Tasks { ready: 5, delayed: 6, leased: 7 },
        jobs_with_dead_letters: 1,
        dead_letters: 2,
        oldest: Some(Oldest {
            job: "0190a0b0c0d07000800000000000000a".parse().unwrap(),
            org: "org-0".to_owned(),
            kind: "k".to_owned(),
            since: at - TimeDelta::seconds(61),
        }),
        orgs: (0..30).map(|number| org(&format!("org-{number}"), at)).collect(),
        workers: vec![worker("a~1", "a", at), worker("b~1", "b", at), worker("b~2", "b", at)],
        workers_silent_ms: Some(5),
        advice: None,
        history: Vec::new(),
        totals: Totals { jobs_created: 9, retried: 8, dead: 7, jobs_failed: 6, ..Totals::default() },
    };
    let told = figures("org-job", &overview);
    let names: BTreeSet<&str> = told.names().collect();
    let expected = METRICS.iter().filter(|metric| metric.teller == Teller::Queue).map(|metric| metric.name);
    assert_eq!(names, expected.collect());
    let text = told.to_string();
    for line in [
        r#"jobs_oldest_task_age_seconds{queue="org-job"} 61"#,
        r#"jobs_org_silent_seconds{queue="org-job",org="org-3"} 90"#,
        r#"jobs_ended_total{queue="org-job",state="failed"} 6"#,
        r#"jobs_worker_tasks{queue="org-job",worker="b~2"} 3"#,
        r#"jobs_orgs_silent{queue="org-job"} 30"#,
    ] {
        assert!(text.contains(line), "{line}: {text}");
    }
    assert_eq!(text.matches("jobs_org_paused_seconds{").count(), 25, "{text}");
    assert!(!text.contains("secret words"), "{text}");
    let open = told.without_orgs().to_string();
    assert!(!open.contains("org-3") && open.contains(r#"jobs_orgs_silent{queue="org-job"} 30"#), "{open}");
    assert_eq!(labels(&overview).collect::<Vec<_>>(), ["a", "b~1", "b~2"]);
    assert_eq!(unreadable("org-job").names().collect::<Vec<_>>(), ["jobs_queue_readable"]);
}

#[test]
fn a_queue_is_called_by_the_hash_tag_of_its_prefix() {
    for (prefix, name) in
        [("{org-job}:", "org-job"), ("eu:{org-job-eu}:", "org-job-eu"), ("plain:", "plain:"), ("{}:", "{}:")]
    {
        assert_eq!(queue_name(prefix), name);
    }
}
