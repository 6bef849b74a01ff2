//! How transactions become jobs, over webs that come and go.

use crate::support::{
    ORG, PATIENCE, changes, ids, info, jobs, jobs_become, keys, opportunities, opportunity, send, spec,
};
use anyhow::{Result, ensure};
use shared::contracts::eventing::{Changed, QuoteChanges};
use shared::jobs::NewJob;
use shared::salesforce::SalesforceId;
use std::collections::BTreeSet;
use std::time::{Duration, Instant};
use test_support::{TestRedis, eventually};

#[tokio::test]
async fn two_webs_share_one_transaction() -> Result<()> {
    let redis = TestRedis::start().await?;
    let quiet = |name| Ok::<_, anyhow::Error>(spec(&redis, name)?.env("EVENT_QUIET_MILLISECONDS", 1_500));
    let (one, two) = (quiet("web.1")?.start().await?, quiet("web.2")?.start().await?);
    for number in 0..20 {
        let web = if number % 2 == 0 { &one } else { &two };
        assert!(send(web, "t-shared", &[opportunity(number), opportunity(0)]).await?.status().is_success());
    }
    let jobs = jobs(&redis).await?;
    let found = jobs_become(&jobs, 1).await?;
    assert_eq!(ids(&found[0]).len(), 20);
    assert!(ids(&found[0]).is_sorted());
    tokio::time::sleep(Duration::from_secs(2)).await;
    jobs_become(&jobs, 1).await?;
    Ok(())
}

#[tokio::test]
async fn a_redelivery_makes_no_job_and_a_late_record_makes_its_own() -> Result<()> {
    let redis = TestRedis::start().await?;
    let web = spec(&redis, "web.1")?.env("EVENT_QUIET_MILLISECONDS", 100).start().await?;
    let jobs = jobs(&redis).await?;
    let all = opportunities(0..30);
    send(&web, "t-again", &all).await?;
    jobs_become(&jobs, 1).await?;
    for _ in 0..3 {
        assert!(send(&web, "t-again", &all).await?.status().is_success());
    }
    send(&web, "t-again", &opportunities(28..31)).await?;
    let found = jobs_become(&jobs, 2).await?;
    assert_eq!(ids(&found[1]).len(), 1, "only the record that was new");
    // The same records in another transaction are another change.
    send(&web, "t-other", &all).await?;
    let found = jobs_become(&jobs, 3).await?;
    assert_eq!(ids(&found[2]).len(), 30);
    let left = keys(&redis).await?;
    let open: Vec<_> = left
        .iter()
        .filter(|key| ["changes:ids:", "changes:open:", "changes:flush"].iter().any(|part| key.contains(part)))
        .collect();
    assert!(open.iter().all(|key| key.ends_with(":flushes")), "what is done leaves nothing but its memory: {open:?}");
    Ok(())
}

#[tokio::test]
async fn a_transaction_that_does_not_end_becomes_jobs_all_the_same() -> Result<()> {
    let redis = TestRedis::start().await?;
    let web =
        spec(&redis, "web.1")?.env("EVENT_QUIET_MILLISECONDS", 1_500).env("EVENT_MAX_WAIT_SECONDS", 2).start().await?;
    let jobs = jobs(&redis).await?;
    let started = Instant::now();
    let mut sent = 0;
    while changes(&jobs).await?.is_empty() {
        ensure!(started.elapsed() < PATIENCE, "no job while records kept coming");
        send(&web, "t-endless", &[opportunity(sent)]).await?;
        sent += 1;
        tokio::time::sleep(Duration::from_millis(200)).await;
    }
    eprintln!("the first job came after {:?} and {sent} records", started.elapsed());
    eventually(PATIENCE, "all records", async || {
        let found: BTreeSet<String> = changes(&jobs).await?.iter().flat_map(ids).collect();
        ensure!(found.len() == usize::try_from(sent)?, "{} of {sent}", found.len());
        Ok(())
    })
    .await
}

#[tokio::test]
async fn a_huge_transaction_becomes_several_jobs() -> Result<()> {
    let redis = TestRedis::start().await?;
    let web = spec(&redis, "web.1")?.env("EVENT_QUIET_MILLISECONDS", 3_000).start().await?;
    for piece in 0..5 {
        let answer = send(&web, "t-huge", &opportunities(piece * 5_000..(piece + 1) * 5_000)).await?;
        assert!(answer.status().is_success(), "{}", answer.text().await?);
    }
    let jobs = jobs(&redis).await?;
    let found = eventually(PATIENCE, "25,000 records", async || {
        let found = changes(&jobs).await?;
        let records: usize = found.iter().map(|job| ids(job).len()).sum();
        ensure!(records == 25_000, "{records}");
        Ok(found)
    })
    .await?;
    assert_eq!(found.iter().flat_map(ids).collect::<BTreeSet<_>>().len(), 25_000);
    assert!(found.iter().all(|job| ids(job).len() <= 10_000));
    assert_eq!(info(&web).await?["jobs"], found.len());
    Ok(())
}

#[tokio::test]
async fn what_a_web_took_becomes_a_job_when_it_has_ended() -> Result<()> {
    let redis = TestRedis::start().await?;
    let spec = |name, quiet: u32| Ok::<_, anyhow::Error>(spec(&redis, name)?.env("EVENT_QUIET_MILLISECONDS", quiet));
    let jobs = jobs(&redis).await?;
    let mut receiver = spec("web.1", 1_000)?.start().await?;
    assert!(send(&receiver, "t-left", &opportunities(0..3)).await?.status().is_success());
    receiver.kill().await?;
    let _other = spec("web.2", 1_000)?.start().await?;
    assert_eq!(ids(&jobs_become(&jobs, 1).await?[0]).len(), 3);
    Ok(())
}

/// A process ends between claiming a transaction, creating its job and ending the flush.
#[tokio::test]
async fn a_web_that_ends_while_it_makes_jobs_makes_none_twice_and_leaves_none_out() -> Result<()> {
    let redis = TestRedis::start().await?;
    let quiet = |name| Ok::<_, anyhow::Error>(spec(&redis, name)?.env("EVENT_QUIET_MILLISECONDS", 300));
    // No worker ends any of the jobs.
    let mut one = quiet("web.1")?.env("MAX_OPEN_JOBS", 2_000).start().await?;
    let jobs = jobs(&redis).await?;
    let mut transactions = 0;
    for round in 0..6_u64 {
        for number in 0..200 {
            let answer = send(&one, &format!("t-{round}-{number}"), &opportunities(number..number + 2)).await?;
            ensure!(answer.status().is_success(), "{}", answer.status());
            transactions += 1;
        }
        tokio::time::sleep(Duration::from_millis(10 * round)).await;
        one.kill().await?;
        one.restart().await?;
    }
    let found = jobs_become(&jobs, transactions).await?;
    let keys: BTreeSet<_> = found.iter().map(|job| &job.transaction_key).collect();
    assert_eq!(keys.len(), transactions);
    assert!(found.iter().all(|job| ids(job).len() == 2));
    Ok(())
}

/// What a process leaves that ended between claiming a transaction and ending the flush; once before and once after it had
/// created the job.
#[tokio::test]
async fn a_flush_of_a_process_that_has_ended_is_taken_over() -> Result<()> {
    let redis = TestRedis::start().await?;
    let jobs = jobs(&redis).await?;
    let record: SalesforceId = opportunity(1).parse()?;
    for transaction in ["t-before", "t-after"] {
        let name = |key: &str| format!("{{eventing}}:changes:{key}:my-org:{transaction}");
        redis.command(&["HSET", &name("flush"), "number", "7", "process", "gone"]).await?;
        redis.command(&["SADD", &name("flush-ids"), record.as_str()]).await?;
        redis.command(&["ZADD", "{eventing}:changes:flushing", "1", &format!("my-org:{transaction}")]).await?;
    }
    let changed = Changed::Records(vec![record]);
    let params = QuoteChanges { transaction_key: "t-after".to_owned(), changed, user: None, org_id: None };
    let made = NewJob {
        idempotency_key: Some("t-after:7".to_owned()),
        request_id: "t-after".to_owned(),
        ..NewJob::of(&params, ORG, "change-events")?
    };
    jobs.create(made).await?;
    let _web = spec(&redis, "web.1")?.start().await?;
    eventually(PATIENCE, "the flushes to end", async || {
        let left: Vec<_> = keys(&redis).await?.into_iter().filter(|key| key.contains("changes:flush")).collect();
        ensure!(left.is_empty(), "{left:?}");
        Ok(())
    })
    .await?;
    let found = jobs_become(&jobs, 2).await?;
    assert_eq!(found.iter().map(|job| job.transaction_key.as_str()).collect::<Vec<_>>(), ["t-after", "t-before"]);
    Ok(())
}

/// Somebody who can write to Redis puts there what no web does: that goes out of the way of all others.
#[tokio::test]
async fn what_cannot_be_read_is_set_aside_and_other_transactions_become_jobs() -> Result<()> {
    let redis = TestRedis::start().await?;
    let name = |key: &str, transaction: &str| format!("{{eventing}}:changes:{key}:my-org:{transaction}");
    let record = opportunity(1);
    // More than a web takes at a time, of each kind.
    for number in 0..60 {
        let flushes: [(&str, &[&str], &str); 5] = [
            ("no-number", &["process", "gone"], &record),
            ("number", &["number", "many", "process", "gone"], &record),
            ("since", &["number", "7", "since", "x"], "*"),
            ("id", &["number", "7"], "006000000000001AAX"),
            ("committed", &["number", "7", "committed", "nan"], &record),
        ];
        for (what, fields, id) in flushes {
            let transaction = format!("t-{what}-{number}");
            redis.command(&[&["HSET", &name("flush", &transaction)], fields].concat()).await?;
            redis.command(&["SADD", &name("flush-ids", &transaction), id]).await?;
            redis.command(&["ZADD", "{eventing}:changes:flushing", "1", &format!("my-org:{transaction}")]).await?;
        }
    }
    // Keys of other types, of a flush and of a transaction that waits; and a number that counts for all.
    redis.command(&["SET", &name("flush", "t-type"), "x"]).await?;
    redis.command(&["ZADD", "{eventing}:changes:flushing", "1", "my-org:t-type"]).await?;
    redis.command(&["SET", &name("ids", "t-waits"), "x"]).await?;
    redis.command(&["SET", &name("open", "t-late"), "x"]).await?;
    redis.command(&["ZADD", "{eventing}:changes:due", "1", "my-org:t-waits"]).await?;
    redis.command(&["SET", "{eventing}:changes:flushes", "many"]).await?;
    redis.command(&["HSET", "{eventing}:changes:counts", "webhook", "x", "jobs", "x"]).await?;
    redis.command(&["SET", "{eventing}:changes:covered:my-org", "x"]).await?;

    let web = spec(&redis, "web.1")?.env("EVENT_QUIET_MILLISECONDS", 300).start().await?;
    for transaction in ["t-well", "t-late"] {
        let answer = send(&web, transaction, &opportunities(0..3)).await?;
        ensure!(answer.status().is_success(), "{}", answer.text().await?);
    }
    let jobs = jobs(&redis).await?;
    let found = jobs_become(&jobs, 2).await?;
    let keys_of: BTreeSet<_> = found.iter().map(|job| job.transaction_key.as_str()).collect();
    assert_eq!(keys_of, BTreeSet::from(["t-well", "t-late"]));
    eventually(PATIENCE, "nothing is tried again", async || {
        let found = keys(&redis).await?;
        let left: Vec<_> = found.iter().filter(|key| key.ends_with(":flushing") || key.ends_with(":due")).collect();
        ensure!(left.is_empty(), "{left:?}");
        Ok(())
    })
    .await?;
    let log = web.log().text();
    for transaction in ["t-no-number-0", "t-number-59", "t-since-7", "t-id-30", "t-committed-9", "t-type", "t-waits"] {
        let told = log.lines().filter(|line| line.contains(&format!("my-org:{transaction}"))).count();
        assert_eq!(told, 1, "{transaction}");
    }
    // What was set aside of a transaction does not keep from it what comes later, and people find it.
    assert!(keys(&redis).await?.contains(&name("aside-ids", "t-number-0")));
    send(&web, "t-number-0", &opportunities(5..6)).await?;
    jobs_become(&jobs, 3).await?;
    Ok(())
}
