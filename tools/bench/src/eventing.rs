//! eventing: change events from local-org until they are jobs in Redis. No worker runs, so jobs stay as they were made.

use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail, ensure};
use reqwest::Client;
use serde_json::{Value, json};
use test_support::{LocalOrg, Memory, Org, Service, ServiceSpec, TestRedis, User, cpu_time, free_port, http_client};

use crate::report::{Cell, Output, Report};
use crate::stack::redis_info;

const ORG: &str = "my-org";
const SECRET: &str = "00112233445566778899aabbccddeeff00112233445566778899aabbccddeeff";
const TOKEN: &str = "0123456789abcdef0123456789abcdef";
const POLL: Duration = Duration::from_millis(5);
/// No row of a sensible size takes longer.
const PATIENCE: Duration = Duration::from_secs(30 * 60);
/// Records of a call to sObject Collections (REST API Developer Guide): one transaction.
const TRANSACTION: u32 = 200;
/// Sample records that are edited in turn.
const RECORDS: u32 = 2_000;

/// Options of `bin/bench eventing`.
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// Change events that wait when the subscriber starts, one row of the first table each
    #[arg(long, value_delimiter = ',', default_value = "10000,100000")]
    events: Vec<u32>,
    /// Edits of one Opportunity each, one after the other, for the second table; 0 for none
    #[arg(long, default_value_t = 20)]
    edits: u32,
}

/// Measures each row on new processes.
pub(crate) async fn run(args: &Args, out: &mut Output) -> Result<()> {
    ensure!(args.events.iter().all(|events| *events > 0), "--events: each must be at least 1");
    let about = format!(
        "Change events that waited in local-org, {TRANSACTION} a transaction, until each transaction was a job; all were counted."
    );
    let columns = [
        ("events", "events"),
        ("jobs", "jobs"),
        ("seconds", "seconds"),
        ("eventsPerSecond", "events/s"),
        ("webMicrosecondsPerEvent", "CPU us/event"),
        ("webPeakMib", "peak MiB of eventing-web"),
        ("redisMib", "MiB of Redis"),
    ];
    let mut report = Report::new("eventing", about, &columns);
    for &events in &args.events {
        report.row(catch_up(events).await.with_context(|| format!("the row of {events} events failed"))?);
    }
    out.add(&report);
    if args.edits > 0 {
        let waits = edits(args.edits).await.context("the single edits failed")?;
        let at = |share: f64| waits[((waits.len() - 1) as f64 * share).round() as usize].as_secs_f64();
        let about = "One edited Opportunity until its job is there; a transaction is quiet for 1 s before (EVENT_QUIET_MILLISECONDS).";
        let columns = [("edits", "edits"), ("p50Seconds", "p50 s"), ("maxSeconds", "max s")];
        let mut report = Report::new("edits", about, &columns);
        report.row(vec![waits.len().into(), Cell::number(at(0.5), 2), Cell::number(at(1.0), 2)]);
        out.add(&report);
    }
    Ok(())
}

/// Edits first, subscribes then: the speed is the subscriber's, not that of edits.
async fn catch_up(events: u32) -> Result<Vec<Cell>> {
    let stack = Stack::start().await?;
    let transactions = events.div_ceil(TRANSACTION);
    for number in 0..transactions {
        let left = events - number * TRANSACTION;
        stack.edit(number * TRANSACTION, left.min(TRANSACTION)).await?;
    }
    let started = Instant::now();
    let web = stack.web("earliest").await?;
    loop {
        let info = stack.info(&web).await?;
        let count = |name: &str| info[name].as_u64().unwrap_or_default();
        ensure!(count("ignored") == 0 && count("unreadable") == 0, "events were left out: {info}");
        if count("received") >= u64::from(events) && count("jobs") >= u64::from(transactions) {
            ensure!(count("received") == u64::from(events), "there are more events than edits: {info}");
            ensure!(count("jobs") == u64::from(transactions), "there are more jobs than transactions: {info}");
            ensure!(count("openTransactions") == 0, "a transaction waits: {info}");
            break;
        }
        if started.elapsed() > PATIENCE {
            bail!("the events take too long: {info}");
        }
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    let elapsed = started.elapsed().as_secs_f64();
    let cpu = cpu_time(web.pid()).context("eventing-web has ended")?;
    Ok(vec![
        events.into(),
        transactions.into(),
        Cell::number(elapsed, 1),
        Cell::number(f64::from(events) / elapsed, 0),
        Cell::number(cpu.as_secs_f64() * 1e6 / f64::from(events), 0),
        Cell::mib(Memory::of(web.pid()).context("memory needs Linux's /proc")?.peak),
        Cell::mib(redis_info(&stack.redis, "memory", "used_memory").await?),
    ])
}

/// Times from the answer to an edit until its job is there, the shortest first.
async fn edits(count: u32) -> Result<Vec<Duration>> {
    let stack = Stack::start().await?;
    let web = stack.web("latest").await?;
    // A subscription to the newest events has a position only once something has come.
    stack.until_jobs(&web, 1, Some(RECORDS)).await?;
    let mut waits = Vec::new();
    for number in 0..count {
        let jobs = stack.info(&web).await?["jobs"].as_u64().context("no number of jobs")?;
        stack.edit(number, 1).await?;
        let edited = Instant::now();
        stack.until_jobs(&web, jobs + 1, None).await?;
        waits.push(edited.elapsed());
    }
    waits.sort_unstable();
    Ok(waits)
}

struct Stack {
    org: LocalOrg,
    about: Org,
    user: User,
    http: Client,
    opportunities: Vec<String>,
    // Ends last.
    redis: TestRedis,
}

impl Stack {
    /// Redis and local-org with sample records and no events yet.
    async fn start() -> Result<Self> {
        let redis = TestRedis::start().await?;
        let org = LocalOrg::start().await?;
        org.seed(ORG, RECORDS, 1).await?;
        let found = org.query(ORG, "SELECT Id FROM Opportunity ORDER BY Id").await?.records;
        let ids = found.iter().map(|record| record["Id"].as_str().map(str::to_owned).context("a record has no Id"));
        let opportunities = ids.collect::<Result<_>>()?;
        org.forget_events(ORG).await?;
        let (about, user) = org.org(ORG).await?;
        Ok(Self { org, about, user, http: http_client()?, opportunities, redis })
    }

    async fn web(&self, start: &str) -> Result<Service> {
        ServiceSpec::new("eventing-web")?
            .env("PORT", free_port()?)
            .env("BIND_ADDRESS", "127.0.0.1")
            .env("REDIS_URL", self.redis.url())
            .env("JOB_SECRET_KEY", SECRET)
            .env("WEBHOOK_TOKEN", TOKEN)
            .env("EVENT_AUTHORIZATION", ORG)
            // No worker ends the jobs, and all are to be made.
            .env("MAX_OPEN_JOBS", 1_000_000)
            .envs(self.org.applink_env()?)
            .env("ALLOWED_ORG_HOSTS", "127.0.0.1:*")
            .env("PUBSUB_ENDPOINT", self.org.pubsub_url()?)
            .env("PUBSUB_START", start)
            .env("LOG_LEVEL", "warn,web::server=info")
            .ready("listening on http://")
            .start()
            .await
    }

    /// One transaction. Each record gets a value of its own: alike edits of a transaction are one event.
    async fn edit(&self, first: u32, count: u32) -> Result<()> {
        let url = format!("{}/services/data/v{}/composite/sobjects", self.about.instance_url, self.about.api_version);
        let records: Vec<Value> = (first..first + count)
            .map(|number| {
                let id = &self.opportunities[number as usize % self.opportunities.len()];
                json!({ "attributes": { "type": "Opportunity" }, "Id": id, "NextStep": format!("Step {number}") })
            })
            .collect();
        let request = self.http.patch(url).bearer_auth(&self.user.access_token);
        let answer = request.json(&json!({ "allOrNone": true, "records": records })).send().await?;
        let answer: Value = answer.error_for_status()?.json().await?;
        let good = answer.as_array().is_some_and(|all| all.iter().all(|one| one["success"] == true));
        ensure!(good, "an edit was refused: {answer}");
        Ok(())
    }

    async fn info(&self, web: &Service) -> Result<Value> {
        let answer = self.http.get(format!("{}/info", web.url()?)).bearer_auth(TOKEN).send().await?;
        Ok(answer.error_for_status()?.json().await?)
    }

    /// Waits for this many jobs; meanwhile edits the Opportunity of that number every second, if there is one.
    async fn until_jobs(&self, web: &Service, jobs: u64, edit: Option<u32>) -> Result<()> {
        let (started, mut edits) = (Instant::now(), 0);
        loop {
            let info = self.info(web).await?;
            if info["jobs"].as_u64() >= Some(jobs) && info["openTransactions"] == 0 {
                return Ok(());
            }
            ensure!(started.elapsed() < PATIENCE, "the job takes too long: {info}");
            if let Some(number) = edit.filter(|_| started.elapsed() >= Duration::from_secs(edits)) {
                self.edit(number + u32::try_from(edits)?, 1).await?;
                edits += 1;
            }
            tokio::time::sleep(POLL).await;
        }
    }
}
