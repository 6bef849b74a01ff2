//! Redis with jobs, and the program.

use anyhow::{Context, Result, ensure};
use serde_json::{Value, json};
use shared::jobs::{Claimed, JobId, Jobs, JobsConfig, NewChunk, NewJob, PlanStep, SealKey, WorkerId};
use std::process::{Command, Output};
use test_support::{TestRedis, binary};

/// 32 bytes for tests only.
pub(crate) const SECRET: &str = "00112233445566778899aabbccddeeff00112233445566778899aabbccddeeff";
pub(crate) const ORG: &str = "00D000000000001AAA";
const KIND: &str = "test";

pub(crate) struct Bed {
    pub(crate) redis: TestRedis,
    pub(crate) jobs: Jobs,
    worker: WorkerId,
}

impl Bed {
    pub(crate) async fn new() -> Result<Self> {
        let redis = TestRedis::start().await?;
        let mut config = JobsConfig::new(redis.url().into(), SealKey::parse(SECRET)?);
        config.prefix = "{org-job}:".to_owned();
        Ok(Self { jobs: Jobs::connect(config).await?, redis, worker: WorkerId::new("worker.1") })
    }

    pub(crate) async fn create(&self, user: &str) -> Result<JobId> {
        let job = NewJob {
            kind: KIND,
            version: 1,
            org: ORG.to_owned(),
            user: user.to_owned(),
            params: json!({"where": "Amount > 0"}),
            session: None,
            idempotency_key: None,
            request_id: "request-1".to_owned(),
        };
        Ok(self.jobs.create(job).await?.id)
    }

    pub(crate) async fn claim(&self) -> Result<Claimed> {
        let claim = self.jobs.tasks().claim(&self.worker, 1, &[KIND]).await?;
        claim.tasks.into_iter().next().context("something to claim")
    }

    /// An ended job whose only chunk is a dead letter for this reason.
    pub(crate) async fn buried(&self, user: &str, reason: &str) -> Result<JobId> {
        let id = self.create(user).await?;
        let tasks = self.jobs.tasks();
        let chunks = vec![NewChunk { payload: "ids".to_owned(), records: 3 }];
        tasks.plan_push(&self.claim().await?.lease, &PlanStep { chunks, cursor: String::new(), done: true }).await?;
        tasks.fail(&self.claim().await?.lease, None, reason).await?;
        ensure!(tasks.finish(&self.claim().await?.lease).await?, "the last step");
        Ok(id)
    }

    /// The program with these arguments; nothing of this process's environment reaches it.
    pub(crate) fn command(&self, arguments: &[&str]) -> Result<Command> {
        let mut command = Command::new(binary("jobs")?);
        command.args(arguments).env_clear().env("REDIS_URL", self.redis.url()).env("USER", "ada");
        Ok(command)
    }

    /// What it does with these arguments and the key.
    pub(crate) fn run(&self, arguments: &[&str]) -> Result<Output> {
        Ok(self.command(arguments)?.env("JOB_SECRET_KEY", SECRET).output()?)
    }

    /// What it writes when it succeeds.
    pub(crate) fn text(&self, arguments: &[&str]) -> Result<String> {
        let output = self.run(arguments)?;
        ensure!(output.status.success(), "{arguments:?}: {output:?}");
        Ok(String::from_utf8(output.stdout)?)
    }

    /// The same as JSON.
    pub(crate) fn json(&self, arguments: &[&str]) -> Result<Value> {
        let text = self.text(&[arguments, &["--json"]].concat())?;
        serde_json::from_str(&text).with_context(|| text)
    }

    /// What it says when it does not.
    pub(crate) fn refusal(&self, arguments: &[&str]) -> Result<String> {
        let output = self.run(arguments)?;
        ensure!(output.status.code() == Some(1) && output.stdout.is_empty(), "{arguments:?}: {output:?}");
        Ok(String::from_utf8(output.stderr)?)
    }
}
