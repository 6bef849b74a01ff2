//! Redis in trouble: killed, full, a replica, forgetful, unreachable.

use std::process::Command;
use std::time::Duration;

use secrecy::SecretString;
use shared::jobs::{JobId, JobState, Jobs, JobsError, JobsErrorKind, WorkerSettings};

use crate::server::RedisServer;
use crate::support::{Bed, ORG, new_job, until};
use crate::workers::{TestKind, settings, start};

const NO_PERSISTENCE: [&str; 4] = ["--save", "", "--appendonly", "no"];

/// Enough work that a run is under way when something breaks: 120 chunks of 2 records, some ms each.
fn long_run() -> std::sync::Arc<TestKind> {
    TestKind::with(vec![vec![2; 40]; 3], |run| {
        Box::pin(async move {
            tokio::time::sleep(Duration::from_millis(20)).await;
            run.all_well()
        })
    })
}

async fn progress(bed: &Bed, id: &JobId, done: u64) {
    until(&format!("{done} chunks are done"), async || {
        bed.jobs.get(ORG, id).await.is_ok_and(|view| view.is_some_and(|view| view.done_chunks >= done))
    })
    .await;
}

async fn ends_with_exact_counts(bed: &Bed, id: &JobId) {
    until("the job is completed", async || {
        bed.jobs.get(ORG, id).await.is_ok_and(|view| view.is_some_and(|view| view.state == JobState::Completed))
    })
    .await;
    let view = bed.view(id).await;
    assert_eq!((view.total_chunks, view.done_chunks, view.dead_chunks), (120, 120, 0));
    assert_eq!((view.processed, view.succeeded, view.counters["quotes"]), (240, 240, 240));
    assert_eq!(bed.final_events(id).await, 1);
}

#[tokio::test]
async fn a_killed_redis_comes_back_and_nothing_is_lost_or_counted_twice() {
    let mut server = RedisServer::start(&["--save", "", "--appendonly", "yes", "--appendfsync", "always"]);
    let bed = Bed::on(&server, |config| config.lease = Duration::from_secs(3)).await;
    let kind = long_run();
    let workers = [start(&bed, settings("worker.1"), &kind).await, start(&bed, settings("worker.2"), &kind).await];
    let id = bed.create().await;
    for done in [20, 70] {
        progress(&bed, &id, done).await;
        server.kill();
        server.restart();
    }
    ends_with_exact_counts(&bed, &id).await;
    for worker in workers {
        worker.stop().await;
    }
}

#[tokio::test]
async fn broken_connections_and_a_flushed_script_cache_are_survived() {
    let server = RedisServer::start(&NO_PERSISTENCE);
    let bed = Bed::on(&server, |config| config.lease = Duration::from_secs(3)).await;
    let kind = long_run();
    let worker = start(&bed, settings("worker.1"), &kind).await;
    let id = bed.create().await;
    let mut redis = bed.redis.clone();
    for done in [10, 30, 50, 70] {
        progress(&bed, &id, done).await;
        let _: () = redis::cmd("SCRIPT").arg("FLUSH").query_async(&mut redis).await.unwrap();
        for kind in ["normal", "pubsub"] {
            let kill = redis::cmd("CLIENT").arg("KILL").arg("TYPE").arg(kind).arg("SKIPME").arg("yes").to_owned();
            let _: u64 = kill.query_async(&mut redis).await.unwrap();
        }
    }
    ends_with_exact_counts(&bed, &id).await;
    worker.stop().await;
}

#[tokio::test]
async fn a_full_redis_takes_no_job_and_goes_on_with_what_it_has() {
    let server = RedisServer::start(&NO_PERSISTENCE);
    let bed = Bed::on(&server, |_| {}).await;
    let planned = bed.planned(&[1; 20]).await;
    let mut redis = bed.redis.clone();
    let mut limit = async |bytes: &str| {
        let set = redis::cmd("CONFIG").arg("SET").arg("maxmemory").arg(bytes).to_owned();
        let _: () = set.query_async(&mut redis).await.unwrap();
    };
    limit("100kb").await;
    let error = bed.jobs.create(new_job(ORG)).await.unwrap_err();
    assert!(matches!(error, JobsError::OutOfMemory(_)), "{error:?}");
    assert_eq!(error.kind(), JobsErrorKind::Unavailable);
    assert_eq!(bed.jobs.list(ORG, 10, None).await.unwrap().len(), 1, "nothing is left of it");
    let kind = TestKind::new(vec![]);
    let worker = start(&bed, settings("worker.1"), &kind).await;
    until("the job is completed", async || bed.view(&planned).await.state == JobState::Completed).await;
    limit("0").await;
    bed.create().await;
    worker.stop().await;
}

#[tokio::test]
async fn planning_waits_while_redis_is_full() {
    let server = RedisServer::start(&NO_PERSISTENCE);
    let bed = Bed::on(&server, |config| config.max_attempts = 1).await;
    let id = bed.create().await;
    let plan = bed.claim_task(shared::jobs::Task::Plan).await;
    let mut redis = bed.redis.clone();
    let _: () = redis::cmd("CONFIG").arg("SET").arg("maxmemory").arg("100kb").query_async(&mut redis).await.unwrap();
    let error = bed.tasks.plan_push(&plan, &crate::support::page(&[1], true)).await.unwrap_err();
    assert!(matches!(error, JobsError::OutOfMemory(_)), "{error:?}");
    assert!(bed.tasks.extend(std::slice::from_ref(&plan)).await.unwrap().is_empty(), "the lease is still held");
    bed.tasks.release(std::slice::from_ref(&plan), Some(Duration::from_secs(60))).await.unwrap();
    let _: () = redis::cmd("CONFIG").arg("SET").arg("maxmemory").arg("0").query_async(&mut redis).await.unwrap();
    bed.pass_delays(&id).await;
    let plan = bed.claim(1).await.remove(0);
    assert_eq!(plan.attempts, 0);
}

#[tokio::test]
async fn a_replica_is_recognised_and_its_promotion_too() {
    let server = RedisServer::start(&NO_PERSISTENCE);
    let bed = Bed::on(&server, |_| {}).await;
    let mut redis = bed.redis.clone();
    let mut replica_of = async |host: &str, port: &str| {
        let _: () = redis::cmd("REPLICAOF").arg(host).arg(port).query_async(&mut redis).await.unwrap();
    };
    replica_of("127.0.0.1", "1").await;
    let error = bed.jobs.create(new_job(ORG)).await.unwrap_err();
    assert_eq!(error.kind(), JobsErrorKind::Unavailable, "{error:?}");
    let kind = TestKind::new(vec![vec![1]]);
    let worker = start(&bed, settings("worker.1"), &kind).await;
    replica_of("NO", "ONE").await;
    let id = bed.create().await;
    until("the job is completed", async || bed.view(&id).await.state == JobState::Completed).await;
    worker.stop().await;
}

#[tokio::test]
async fn without_redis_calls_fail_soon_and_say_that_it_is_not_there() {
    let mut server = RedisServer::start(&NO_PERSISTENCE);
    let bed = Bed::on(&server, |_| {}).await;
    server.kill();
    let calls = async {
        let error = bed.jobs.create(new_job(ORG)).await.unwrap_err();
        assert_eq!(error.kind(), JobsErrorKind::Unavailable, "{error:?}");
        assert_eq!(bed.jobs.ping().await.unwrap_err().kind(), JobsErrorKind::Unavailable);
        assert_eq!(Jobs::connect(bed.config.clone()).await.unwrap_err().kind(), JobsErrorKind::Unavailable);
    };
    tokio::time::timeout(Duration::from_secs(40), calls).await.unwrap();
    server.restart();
    bed.create().await;
}

#[tokio::test]
async fn a_server_without_free_connections_is_waited_for() {
    let server = RedisServer::start(&NO_PERSISTENCE);
    let bed = Bed::on(&server, |_| {}).await;
    let mut redis = bed.redis.clone();
    let mut max_clients = async |most: u32| {
        let _: () = redis::cmd("CONFIG").arg("SET").arg("maxclients").arg(most).query_async(&mut redis).await.unwrap();
    };
    max_clients(2).await;
    let late = Jobs::connect_lazily(bed.config.clone()).unwrap();
    let error = late.ping().await.unwrap_err();
    assert_eq!(error.kind(), JobsErrorKind::Unavailable, "{error:?}");
    max_clients(100).await;
    late.ping().await.unwrap();
}

#[tokio::test]
async fn a_worker_waits_for_redis_and_still_stops_on_demand() {
    let mut server = RedisServer::start(&NO_PERSISTENCE);
    let bed = Bed::on(&server, |_| {}).await;
    let kind = TestKind::new(vec![vec![1]]);
    let drain = WorkerSettings { drain: Duration::from_secs(2), ..settings("worker.1") };
    let worker = start(&bed, drain, &kind).await;
    server.kill();
    tokio::time::timeout(Duration::from_secs(30), worker.stop()).await.unwrap();
}

#[tokio::test]
async fn a_wrong_password_is_not_waited_out_and_not_shown() {
    let server = RedisServer::start(&["--save", "", "--requirepass", "right"]);
    let key = shared::jobs::SealKey::parse(&"5e".repeat(32)).unwrap();
    let url = |password: &str| SecretString::from(format!("redis://:{password}@127.0.0.1:{}", server.port()));
    let wrong = shared::jobs::JobsConfig::new(url("hunter2"), key.clone());
    let error = Jobs::connect(wrong).await.unwrap_err();
    assert_eq!(error.kind(), JobsErrorKind::Bug);
    assert!(!format!("{error:?} {error}").contains("hunter2"), "{error:?}");
    Jobs::connect(shared::jobs::JobsConfig::new(url("right"), key)).await.unwrap();
}

#[tokio::test]
async fn a_self_signed_certificate_is_accepted_only_when_asked_for() {
    let dir = tempfile::tempdir().unwrap();
    let path = |name: &str| dir.path().join(name).to_str().unwrap().to_owned();
    let made = Command::new("openssl")
        .args(["req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", "-subj", "/CN=localhost"])
        .args(["-keyout", &path("key.pem"), "-out", &path("cert.pem")])
        .output()
        .unwrap();
    assert!(made.status.success());
    let plain = RedisServer::start(&NO_PERSISTENCE);
    let mut redis = redis::Client::open(plain.url()).unwrap().get_multiplexed_async_connection().await.unwrap();
    let tls_port = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
    let _: () = redis::cmd("CONFIG")
        .arg("SET")
        .arg(&["tls-cert-file", &path("cert.pem"), "tls-key-file", &path("key.pem"), "tls-auth-clients", "no"])
        .arg(&["tls-port", &tls_port.to_string()])
        .query_async(&mut redis)
        .await
        .unwrap();
    let key = shared::jobs::SealKey::parse(&"5e".repeat(32)).unwrap();
    let mut config = shared::jobs::JobsConfig::new(SecretString::from(format!("rediss://localhost:{tls_port}")), key);
    assert!(Jobs::connect(config.clone()).await.is_err());
    config.insecure_tls = true;
    Jobs::connect(config).await.unwrap();
}
