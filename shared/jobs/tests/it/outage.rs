//! Redis in trouble: killed, full, a replica, forgetful, unreachable.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use jobs::{Acked, JobId, JobState, Jobs, JobsError, JobsErrorKind, RedisCa, Trip, WorkerSettings};
use secrecy::SecretString;

use crate::server::RedisServer;
use crate::support::{Bed, ORG, all_well, new_job, until};
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
async fn a_lease_is_not_given_twice_by_a_redis_that_has_forgotten_it() {
    let mut server = RedisServer::start(&["--appendonly", "no", "--save", ""]);
    let bed = Bed::on(&server, |_| {}).await;
    let id = bed.planned(&[5]).await;
    let mut redis = bed.redis.clone();
    let _: () = redis::cmd("SAVE").query_async(&mut redis).await.unwrap();
    let before = bed.claim(1).await.remove(0);
    server.kill();
    server.restart();
    // A claim is not repeated when the connection turns out to be broken.
    bed.jobs.ping().await.unwrap();
    let after = bed.claim(1).await.remove(0);
    assert_eq!(
        (before.lease.task(), before.delivery),
        (after.lease.task(), after.delivery),
        "claimed anew, as if never"
    );
    assert_ne!(before.lease, after.lease);
    let trips = bed.tasks.extend(&[before.lease.clone(), after.lease.clone()]).await.unwrap();
    assert_eq!(trips, [(before.lease.clone(), Trip::Lost)]);
    assert_eq!(bed.tasks.ack(&before.lease, &all_well(5)).await.unwrap(), Acked::Lost);
    assert_eq!(bed.view(&id).await.processed, 0);
    bed.ack(&after).await;
    assert_eq!(bed.view(&id).await.processed, 5);
}

/// The run that Redis has forgotten is told so with the next claim, and neither another one of its task nor the last step
/// goes on beside it.
#[tokio::test]
async fn a_worker_runs_no_task_beside_one_that_redis_has_forgotten() {
    let mut server = RedisServer::start(&["--appendonly", "no", "--save", ""]);
    // Leases that a heartbeat, each quarter of a lease, tells nothing of in time.
    let bed = Bed::on(&server, |_| {}).await;
    let id = bed.planned(&[5]).await;
    let mut redis = bed.redis.clone();
    let _: () = redis::cmd("SAVE").query_async(&mut redis).await.unwrap();
    let (now, most) = (Arc::new(AtomicUsize::new(0)), Arc::new(AtomicUsize::new(0)));
    let (told, began) = (Arc::new(AtomicUsize::new(0)), Arc::new(AtomicUsize::new(0)));
    let counts = (Arc::clone(&now), Arc::clone(&most), Arc::clone(&told), Arc::clone(&began));
    let kind = TestKind::with(vec![], move |run| {
        let (now, most, told, began) = counts.clone();
        Box::pin(async move {
            most.fetch_max(now.fetch_add(1, Ordering::SeqCst) + 1, Ordering::SeqCst);
            if began.fetch_add(1, Ordering::SeqCst) == 0 {
                run.cancelled.cancelled().await;
                told.fetch_add(1, Ordering::SeqCst);
                // It takes a while to stop.
                tokio::time::sleep(Duration::from_millis(300)).await;
            }
            now.fetch_sub(1, Ordering::SeqCst);
            run.all_well()
        })
    });
    let worker = start(&bed, settings("worker.1"), &kind).await;
    until("the chunk runs", async || began.load(Ordering::SeqCst) == 1).await;
    server.kill();
    server.restart();
    until("the job is completed", async || {
        bed.jobs.get(ORG, &id).await.is_ok_and(|view| view.is_some_and(|view| view.state == JobState::Completed))
    })
    .await;
    assert_eq!((told.load(Ordering::SeqCst), began.load(Ordering::SeqCst)), (1, 2));
    assert_eq!(most.load(Ordering::SeqCst), 1, "one at a time");
    assert_eq!(bed.view(&id).await.processed, 5);
    worker.stop().await;
}

/// A script is called by its digest, and loaded when Redis does not know it. It may be forgotten between the two.
#[tokio::test]
async fn scripts_run_though_somebody_has_redis_forget_them_all_the_time() {
    let server = RedisServer::start(&NO_PERSISTENCE);
    let bed = Bed::on(&server, |_| {}).await;
    let mut redis = bed.redis.clone();
    let flusher = tokio::spawn(async move {
        loop {
            for _ in 0..4 {
                let _: () = redis::cmd("SCRIPT").arg("FLUSH").query_async(&mut redis).await.unwrap();
            }
            tokio::time::sleep(Duration::from_millis(1)).await;
        }
    });
    for _ in 0..3_000 {
        bed.tasks.stats().await.unwrap();
    }
    flusher.abort();
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
    let plan = bed.claim_task(jobs::Task::Plan).await;
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
    let key = jobs::SealKey::parse(&"5e".repeat(32)).unwrap();
    let url = |password: &str| SecretString::from(format!("redis://:{password}@127.0.0.1:{}", server.port()));
    let wrong = jobs::JobsConfig::new(url("hunter2"), key.clone());
    let error = Jobs::connect(wrong).await.unwrap_err();
    assert_eq!(error.kind(), JobsErrorKind::Bug);
    assert!(!format!("{error:?} {error}").contains("hunter2"), "{error:?}");
    Jobs::connect(jobs::JobsConfig::new(url("right"), key)).await.unwrap();
}

/// A Redis with TLS on another port, whose certificate for `localhost` is of an authority of its own; the port, and the
/// certificate of the authority.
async fn with_tls(server: &RedisServer, dir: &std::path::Path) -> (u16, String) {
    let mut authority = rcgen::CertificateParams::new(Vec::new()).unwrap();
    authority.is_ca = rcgen::IsCa::Ca(rcgen::BasicConstraints::Unconstrained);
    let key = rcgen::KeyPair::generate().unwrap();
    let ca = authority.self_signed(&key).unwrap().pem();
    let issuer = rcgen::Issuer::new(authority, key);
    let leaf_key = rcgen::KeyPair::generate().unwrap();
    let leaf =
        rcgen::CertificateParams::new(vec!["localhost".to_owned()]).unwrap().signed_by(&leaf_key, &issuer).unwrap();
    let path = |name: &str| dir.join(name).to_str().unwrap().to_owned();
    std::fs::write(path("cert.pem"), leaf.pem()).unwrap();
    std::fs::write(path("key.pem"), leaf_key.serialize_pem()).unwrap();
    let mut redis = redis::Client::open(server.url()).unwrap().get_multiplexed_async_connection().await.unwrap();
    let port = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
    let _: () = redis::cmd("CONFIG")
        .arg("SET")
        .arg(&["tls-cert-file", &path("cert.pem"), "tls-key-file", &path("key.pem"), "tls-auth-clients", "no"])
        .arg(&["tls-port", &port.to_string()])
        .query_async(&mut redis)
        .await
        .unwrap();
    (port, ca)
}

fn tls_config(url: String) -> jobs::JobsConfig {
    jobs::JobsConfig::new(SecretString::from(url), jobs::SealKey::parse(&"5e".repeat(32)).unwrap())
}

#[tokio::test]
async fn a_self_signed_certificate_is_accepted_only_when_asked_for() {
    let (dir, server) = (tempfile::tempdir().unwrap(), RedisServer::start(&NO_PERSISTENCE));
    let (port, _) = with_tls(&server, dir.path()).await;
    let mut config = tls_config(format!("rediss://localhost:{port}"));
    assert!(Jobs::connect(config.clone()).await.is_err());
    config.insecure_tls = true;
    Jobs::connect(config).await.unwrap();
}

#[tokio::test]
async fn with_an_authority_of_its_own_no_other_servers_certificate_is_accepted() {
    let (dir, server) = (tempfile::tempdir().unwrap(), RedisServer::start(&NO_PERSISTENCE));
    let (port, ca) = with_tls(&server, dir.path()).await;
    let other = rcgen::generate_simple_self_signed(vec!["localhost".to_owned()]).unwrap().cert.pem();
    let [ca, other] = [ca, other].map(|pem| Some(RedisCa::read(&pem).unwrap()));
    let config = |host: &str, ca: &Option<RedisCa>, insecure_tls: bool| {
        let url = format!("rediss://{host}:{port}");
        jobs::JobsConfig { redis_ca: ca.clone(), insecure_tls, ..tls_config(url) }
    };
    Jobs::connect(config("localhost", &ca, false)).await.unwrap();
    Jobs::connect(config("127.0.0.1", &ca, true)).await.unwrap();
    let mut insecure_url = config("localhost", &other, false);
    insecure_url.redis_url = SecretString::from(format!("rediss://localhost:{port}/#insecure"));
    for (what, refused) in [
        ("another authority", config("localhost", &other, false)),
        ("another authority, for any name", config("localhost", &other, true)),
        ("another authority, for any name in the URL", insecure_url),
        ("another name", config("127.0.0.1", &ca, false)),
    ] {
        assert!(Jobs::connect(refused).await.is_err(), "{what}");
    }
    let plain = jobs::JobsConfig { redis_ca: ca, ..tls_config(server.url()) };
    let error = Jobs::connect_lazily(plain).unwrap_err();
    assert!(error.to_string().contains("REDIS_CA"), "{error}");
}
