use jobs::{Jobs, JobsConfig, NewJob, SealKey, Task};
use redis::AsyncCommands as _;
use secrecy::{ExposeSecret as _, SecretString};

use crate::support::{Bed, ORG, new_job};

const TOKEN: &str = "00D000000000001!AQ.topsecret";

/// Everything Redis stores under the bed's prefix.
async fn dump(bed: &Bed) -> Vec<u8> {
    let mut redis = bed.redis.clone();
    let keys: Vec<String> = redis.keys(format!("{}*", bed.prefix.replace(['{', '}'], "?"))).await.unwrap();
    assert!(keys.len() > 5, "{keys:?}");
    let mut all = Vec::new();
    for key in keys {
        all.extend_from_slice(key.as_bytes());
        all.extend(redis::cmd("DUMP").arg(key).query_async::<Vec<u8>>(&mut redis).await.unwrap());
    }
    all
}

fn contains(all: &[u8], text: &str) -> bool {
    all.windows(text.len()).any(|window| window == text.as_bytes())
}

#[tokio::test]
async fn the_session_is_sealed_expires_and_is_deleted_at_the_end() {
    let bed = Bed::new().await;
    let job = NewJob { session: Some(SecretString::from(TOKEN)), ..new_job(ORG) };
    let id = bed.jobs.create(job).await.unwrap().id;
    let mut redis = bed.redis.clone();
    let ttl: i64 = redis.pttl(bed.key("session", id)).await.unwrap();
    assert!(ttl > 23 * 3600 * 1000, "{ttl}");
    let (plan, claimed) = bed.claim_with_job().await;
    assert_eq!(claimed.session.as_ref().unwrap().expose_secret(), TOKEN);
    assert!(!format!("{claimed:?}").contains("topsecret"));
    bed.push(&plan.lease, &[1], true).await;
    let all = dump(&bed).await;
    assert!(contains(&all, "Amount > 0"), "the dump can be searched");
    assert!(!contains(&all, "topsecret"));
    bed.ack(&bed.claim(1).await[0]).await;
    bed.finish().await;
    assert_eq!(redis.exists::<_, u32>(bed.key("session", id)).await.unwrap(), 0);
}

#[tokio::test]
async fn a_session_sealed_with_another_key_is_no_session() {
    let bed = Bed::new().await;
    let job = NewJob { session: Some(SecretString::from(TOKEN)), ..new_job(ORG) };
    bed.jobs.create(job).await.unwrap();
    let mut config = bed.config.clone();
    config.secret_key = SealKey::parse(&"00".repeat(32)).unwrap();
    let jobs = Jobs::connect(config).await.unwrap();
    let claim = jobs.tasks().claim(&bed.worker, 1, &[crate::support::KIND]).await.unwrap();
    assert_eq!(claim.tasks[0].lease.task(), Task::Plan);
    assert!(claim.jobs.values().all(|job| job.session.is_none()));
}

/// Whoever can write to Redis can change what a job says, but gets no token for it.
#[tokio::test]
async fn a_session_does_not_open_for_a_job_that_was_changed() {
    for (field, value) in [
        ("params", r#"{"where":"Id != null"}"#),
        ("kind", crate::support::KIND2),
        ("org", "00D000000000002AAA"),
        ("user", "005000000000002AAA"),
    ] {
        let bed = Bed::new().await;
        let job = NewJob { session: Some(SecretString::from(TOKEN)), ..new_job(ORG) };
        let id = bed.jobs.create(job).await.unwrap().id;
        let mut redis = bed.redis.clone();
        let _: () = match field {
            "params" => redis.set(bed.key("params", id), value).await.unwrap(),
            _ => redis.hset(bed.key("job", id), field, value).await.unwrap(),
        };
        let kinds = [crate::support::KIND, crate::support::KIND2];
        let claim = bed.tasks.claim(&bed.worker, 1, &kinds).await.unwrap();
        assert_eq!(claim.tasks.len(), 1, "{field}");
        assert!(claim.jobs[&id].session.is_none(), "{field}");
    }
}

#[tokio::test]
async fn no_debug_text_shows_a_secret() {
    let key = SealKey::parse(&"5e".repeat(32)).unwrap();
    let mut config = JobsConfig::new(SecretString::from("redis://:hunter2@127.0.0.1:1"), key);
    let text = format!("{config:?}");
    assert!(!text.contains("hunter2") && !text.contains("5e5e"), "{text}");
    let jobs = Jobs::connect_lazily(config.clone()).unwrap();
    assert!(!format!("{jobs:?}").contains("hunter2"));
    config.redis_url = SecretString::from("http://:hunter2@127.0.0.1:1");
    let error = Jobs::connect_lazily(config).unwrap_err();
    assert!(!format!("{error:?} {error}").contains("hunter2"));
}
