use super::*;

const JOB: &str = "0190a0b0c0d07000800000000000000a";
const OTHER: &str = "0190a0b0c0d07000800000000000000b";

fn beat(concurrency: usize, org_limit: u32) -> String {
    format!(
        r#"{{"name":"worker.1","pid":7,"startedMs":1000,"kinds":["k"],"concurrency":{concurrency},"orgLimit":{org_limit},
            "done":5,"rate":1.5,"memory":null,"running":1,"tasks":[{{"job":"{JOB}","task":"3","org":"a","ms":200}}]}}"#
    )
}

fn texts(texts: &[&str]) -> Vec<String> {
    texts.iter().map(ToString::to_string).collect()
}

/// An org without pause or silence, and its tasks.
fn org(name: &str, ready: u64, leased: u64) -> RawOrg {
    (name.to_owned(), 0, String::new(), 0, 0, 0, String::new(), 1, ready, 0, leased, leased)
}

fn overview(orgs: Vec<RawOrg>, beats: Vec<RawWorker>) -> Overview {
    let states = texts(&["running", "1", "queued", "2", "needs_authorization", "1"]);
    let oldest = texts(&[OTHER, "b", "k", "70000"]);
    let minute = texts(&["29000000", "processed", "8", "of_a_later_version", "1", "jobs_failed", "2"]);
    let totals = texts(&["processed", "80", "dead", "3", "of_a_later_version", "1"]);
    read((100_000, 9, 4, states, orgs, oldest, 2, 3, beats, vec![minute], 40, (1_000, totals)), 10).unwrap()
}

#[test]
fn it_reads_what_the_script_answers() {
    let paused =
        ("b".to_owned(), 5_000, "API limit".to_owned(), 90_000, 60_000, 4, "no answer".to_owned(), 2, 2, 1, 0, 0);
    let seen = overview(vec![paused, org("a", 5, 3)], vec![("worker.1~1".to_owned(), 99_000, beat(2, 3))]);
    assert_eq!(seen.states, BTreeMap::from([("running", 1), ("queued", 2), ("needsAuthorization", 1)]));
    assert_eq!(seen.tasks, Tasks { ready: 7, delayed: 1, leased: 3 });
    assert_eq!(seen.oldest.as_ref().unwrap().since.timestamp_millis(), 70_000);
    assert_eq!((seen.orgs[0].org.as_str(), seen.orgs[0].at_limit, &seen.orgs[0].paused), ("a", true, &None));
    let pause = seen.orgs[1].paused.as_ref().unwrap();
    assert_eq!((pause.reason.as_str(), pause.until.timestamp_millis()), ("API limit", 105_000));
    assert_eq!(pause.since.map(|since| since.timestamp_millis()), Some(90_000));
    let silence = seen.orgs[1].silent.as_ref().unwrap();
    assert_eq!((silence.times, silence.reason.as_str()), (4, "no answer"));
    // A second has passed since the worker told it.
    assert_eq!((seen.workers[0].tasks[0].for_ms, seen.workers[0].memory_bytes), (1_200, None));
    assert_eq!((seen.history[0].processed, seen.history[0].jobs_failed), (8, 2));
    assert_eq!(seen.totals, Totals { processed: 80, dead: 3, ..Totals::default() });
    assert!(overview(vec![], vec![]).has_worker(Duration::from_secs(20)));
    assert!(!overview(vec![], vec![]).has_worker(Duration::from_millis(500)));
}

#[test]
fn the_advice_follows_what_may_run() {
    let orgs = || vec![org("a", 50, 3), org("b", 1, 0)];
    let workers = || vec![("w~1".to_owned(), 99_000, beat(4, 10)), ("w~2".to_owned(), 99_000, beat(4, 10))];
    let advice = overview(orgs(), workers()).advice.unwrap();
    assert_eq!((advice.startable, advice.busy_workers, advice.most_workers), (11, 3, 5));
    assert_eq!(
        advice.sentence(),
        "3 workers would be busy now; more than 5 gain nothing, because ORG_CONCURRENCY is 10."
    );
    // What is paused keeps nobody busy.
    let mut paused = org("a", 50, 3);
    paused.1 = 5_000;
    let advice = overview(vec![paused, org("b", 1, 0)], workers()).advice.unwrap();
    assert_eq!((advice.startable, advice.busy_workers, advice.most_workers), (1, 1, 3));
    let idle = overview(vec![], workers()).advice.unwrap();
    assert_eq!(idle.sentence(), "No worker would be busy now: nothing waits that may start.");
    assert_eq!(overview(orgs(), vec![]).advice, None, "without a worker nobody knows");
}
