use jobs::{EventKind, JobState, JobsError, JobsErrorKind, NewJob};
use redis::AsyncCommands as _;
use serde_json::{Value, json};

use crate::support::{Bed, KIND, ORG, USER, new_job};

#[tokio::test]
async fn a_new_job_waits_and_is_seen_by_its_org_only() {
    let bed = Bed::new().await;
    let id = bed.create().await;
    let view = bed.view(&id).await;
    assert_eq!((view.id, view.state, view.kind.as_str(), view.org.as_str()), (id, JobState::Queued, KIND, ORG));
    assert_eq!(view.params, json!({"where": "Amount > 0"}));
    assert_eq!((view.planned, view.total_chunks, view.run, view.started_at), (false, 0, 1, None));
    assert_eq!(bed.event_kinds(&id).await, [EventKind::Queued]);
    let other = "00D000000000002AAA";
    assert!(bed.jobs.get(other, &id).await.unwrap().is_none());
    assert!(bed.jobs.cancel(other, &id).await.unwrap().is_none());
    assert!(bed.jobs.errors(other, &id, 0, 10).await.unwrap().is_none());
    assert!(bed.jobs.events(other, &id, "0", 10).await.unwrap().is_none());
    assert!(bed.jobs.list(other, 10, None).await.unwrap().is_empty());
    assert_eq!(bed.view(&id).await.state, JobState::Queued);
}

#[tokio::test]
async fn the_same_key_of_the_same_org_is_the_same_job() {
    let bed = Bed::new().await;
    let keyed = |org: &str, key: &str| NewJob { idempotency_key: Some(key.to_owned()), ..new_job(org) };
    let first = bed.jobs.create(keyed(ORG, "k")).await.unwrap();
    let again = bed.jobs.create(keyed(ORG, "k")).await.unwrap();
    let other_key = bed.jobs.create(keyed(ORG, "l")).await.unwrap();
    let other_org = bed.jobs.create(keyed("other", "k")).await.unwrap();
    assert!(!first.existing && again.existing && !other_key.existing && !other_org.existing);
    assert_eq!(first.id, again.id);
    assert_eq!(bed.jobs.list(ORG, 10, None).await.unwrap().len(), 2);
    let mut redis = bed.redis.clone();
    let ttl: i64 = redis.pttl(format!("{}idem:{ORG}:{USER}:{KIND}:k", bed.prefix)).await.unwrap();
    assert!(ttl > 0);
}

#[tokio::test]
async fn a_key_is_its_users_and_its_kinds_and_stands_for_one_set_of_parameters() {
    let bed = Bed::new().await;
    let keyed = || NewJob { idempotency_key: Some("k".to_owned()), ..new_job(ORG) };
    let first = bed.jobs.create(keyed()).await.unwrap();
    let other_user = NewJob { user: "005000000000002AAA".to_owned(), ..keyed() };
    let other_kind = NewJob { kind: crate::support::KIND2, ..keyed() };
    for other in [other_user, other_kind] {
        let other = bed.jobs.create(other).await.unwrap();
        assert!(!other.existing && other.id != first.id);
    }
    let reused = bed.jobs.create(NewJob { params: json!({"where": "Amount > 1"}), ..keyed() }).await.unwrap_err();
    assert!(matches!(reused, JobsError::KeyReused), "{reused:?}");
    assert_eq!(reused.kind(), JobsErrorKind::Reused);
    assert_eq!(bed.jobs.list(ORG, 10, None).await.unwrap().len(), 3, "nothing was recorded");
    let again = NewJob { session: Some("another".to_owned().into()), ..keyed() };
    assert_eq!(bed.jobs.create(again).await.unwrap().id, first.id);
}

#[tokio::test]
async fn lists_newest_first() {
    let bed = Bed::new().await;
    let mut ids = Vec::new();
    for _ in 0..5 {
        ids.push(bed.create().await);
    }
    ids.reverse();
    let jobs = bed.jobs.list(ORG, 2, None).await.unwrap();
    assert_eq!(jobs.iter().map(|job| job.id).collect::<Vec<_>>(), ids[..2]);
}

#[tokio::test]
async fn a_listing_goes_on_where_it_ended_and_skips_expired_jobs() {
    let bed = Bed::new().await;
    let mut ids = Vec::new();
    for _ in 0..5 {
        ids.push(bed.create().await);
    }
    ids.reverse();
    let mut redis = bed.redis.clone();
    let _: () = redis.del(bed.key("job", ids[3])).await.unwrap();
    let rest = bed.jobs.list(ORG, 10, Some(&ids[1])).await.unwrap();
    assert_eq!(rest.iter().map(|job| job.id).collect::<Vec<_>>(), [ids[2], ids[4]]);
    assert!(bed.jobs.list(ORG, 10, Some(&ids[4])).await.unwrap().is_empty());
}

#[tokio::test]
async fn refuses_what_cannot_be_part_of_a_key() {
    let bed = Bed::new().await;
    let long = "k".repeat(256);
    let refused = [
        new_job(""),
        new_job("a b"),
        new_job("a:b"),
        new_job("a|b"),
        new_job(&"a".repeat(65)),
        NewJob { idempotency_key: Some(String::new()), ..new_job(ORG) },
        NewJob { idempotency_key: Some(long), ..new_job(ORG) },
        NewJob { user: String::new(), ..new_job(ORG) },
        NewJob { user: "a:b".to_owned(), ..new_job(ORG) },
        NewJob { user: "a".repeat(65), ..new_job(ORG) },
    ];
    for job in refused {
        let error = bed.jobs.create(job).await.unwrap_err();
        assert_eq!(error.kind(), JobsErrorKind::Invalid, "{error}");
    }
    let id = bed.create().await;
    let error = bed.jobs.events(ORG, &id, "yesterday", 10).await.unwrap_err();
    assert!(matches!(error, JobsError::Invalid(_)));
}

#[tokio::test]
async fn events_go_on_after_the_last_one_seen() {
    let bed = Bed::new().await;
    let id = bed.planned(&[1]).await;
    let events = bed.jobs.events(ORG, &id, "0", 2).await.unwrap().unwrap();
    let kinds: Vec<_> = events.iter().map(|event| event.kind).collect();
    assert_eq!(kinds, [EventKind::Queued, EventKind::Started]);
    let rest = bed.jobs.events(ORG, &id, &events[1].id, 10).await.unwrap().unwrap();
    assert_eq!(rest.len(), 1);
    assert_eq!((rest[0].kind, rest[0].job.total_chunks, rest[0].job.planned), (EventKind::Progress, 1, true));
}

#[tokio::test]
async fn a_waiting_job_takes_little_memory() {
    let bed = Bed::new().await;
    let id = bed.create().await;
    let mut redis = bed.redis.clone();
    let mut bytes = 0;
    for key in bed.keys().await.into_iter().filter(|key| key.contains(&id.to_string())) {
        bytes += redis::cmd("MEMORY").arg("USAGE").arg(key).query_async::<u64>(&mut redis).await.unwrap();
    }
    assert!(bytes < 2_000, "{bytes} bytes");
}

#[tokio::test]
async fn long_parameters_do_not_outlive_a_job_that_cannot_be_retried() {
    let bed = Bed::new().await;
    let long = json!({ "ids": vec!["006000000000001AAA"; 10_000] });
    let bytes = long.to_string().len();
    let ends = async |long: &Value, dead: bool| {
        let id = bed.jobs.create(NewJob { params: long.clone(), ..new_job(ORG) }).await.unwrap().id;
        let plan = bed.claim_task(jobs::Task::Plan).await;
        bed.push(&plan, &[1], true).await;
        let (chunk, job) = bed.claim_with_job().await;
        assert_eq!(job.params, *long);
        if dead {
            bed.tasks.fail(&chunk.lease, None, "poison").await.unwrap();
        } else {
            bed.ack(&chunk).await;
        }
        bed.finish().await;
        id
    };
    let clean = ends(&long, false).await;
    assert_eq!(bed.view(&clean).await.params, json!({ "omittedBytes": bytes }));
    let usage = async |id| {
        let mut redis = bed.redis.clone();
        let key = bed.key("params", id);
        redis::cmd("MEMORY").arg("USAGE").arg(key).query_async::<Option<u64>>(&mut redis).await.unwrap()
    };
    assert_eq!(usage(clean).await, None);
    let short = json!({ "where": "Amount > 0" });
    let short_one = ends(&short, false).await;
    assert_eq!(bed.view(&short_one).await.params, short);
    let poisoned = ends(&long, true).await;
    assert_eq!(bed.view(&poisoned).await.params, long, "a retry needs them");
    bed.jobs.retry(ORG, &poisoned, None).await.unwrap();
    assert_eq!(bed.claim_with_job().await.1.params, long);
}

#[tokio::test]
async fn a_job_begins_with_nothing_of_one_before() {
    let bed = Bed::new().await;
    let first = bed.planned(&[1, 1]).await;
    bed.claim(1).await;
    let second = bed.create().await;
    let fields = async |id| -> std::collections::BTreeMap<String, String> {
        bed.redis.clone().hgetall(bed.key("job", id)).await.unwrap()
    };
    let (begun, new) = (fields(first).await, fields(second).await);
    for count in ["epoch", "total", "done", "dead", "dropped", "planned_records", "processed", "failed", "errors"] {
        assert_eq!(new.get(count).map(String::as_str), Some("0"), "{count}");
    }
    assert_eq!((new["state"].as_str(), new["plan"].as_str(), new["run"].as_str()), ("queued", "open", "1"));
    assert_ne!((&begun["epoch"], &begun["total"], &begun["proof"]), (&new["epoch"], &new["total"], &new["proof"]));
    assert!(!new.contains_key("started_at") && new.contains_key("waits_since"), "{new:?}");
    // Without what all begin with, as after another version or a flush, a job is made all the same.
    let blanks: Vec<_> = bed.keys().await.into_iter().filter(|key| key.contains("blank:")).collect();
    assert_eq!(blanks.len(), 1, "{blanks:?}");
    let _: () = bed.redis.clone().del(blanks).await.unwrap();
    let third = fields(bed.create().await).await;
    let alike = |fields: &std::collections::BTreeMap<String, String>| {
        let own = ["created_at", "waits_since", "proof"];
        fields
            .iter()
            .filter(|(name, _)| !own.contains(&name.as_str()))
            .map(|(_, value)| value.clone())
            .collect::<Vec<_>>()
    };
    assert_eq!(alike(&third), alike(&new));
}

#[tokio::test]
async fn a_connection_that_is_handed_over_is_made_anew_by_whoever_uses_it() {
    // A server of its own: connections are the server's.
    let server = crate::server::RedisServer::start(&["--save", ""]);
    let bed = Bed::on(&server, |_| {}).await;
    let ids = async || -> Vec<String> {
        let list: String = redis::cmd("CLIENT").arg("LIST").query_async(&mut bed.redis.clone()).await.unwrap();
        let id = |line: &str| line.split(' ').find_map(|field| field.strip_prefix("id=")).map(str::to_owned);
        list.lines().filter_map(id).collect()
    };
    let before = ids().await;
    bed.jobs.hand_over().unwrap();
    let jobs = bed.jobs.clone();
    let user = std::thread::spawn(move || {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        runtime.block_on(jobs.create(new_job(ORG))).unwrap().id
    });
    let id = user.join().unwrap();
    // The runtime that served the connection has gone, and with it the connection: the next command makes another one.
    assert_eq!(bed.view(&id).await.state, JobState::Queued);
    crate::support::until("the old connections are closed", async || ids().await.len() == before.len()).await;
    assert!(ids().await.iter().any(|id| !before.contains(id)), "the connection is another one");
}
