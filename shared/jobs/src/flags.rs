//! Facts that tasks of a job remember; see [`TaskContext::remember`](super::TaskContext::remember).

use std::collections::BTreeMap;

use super::connection::Repeat;
use super::error::JobsError;
use super::lease::Lease;
use super::proof::Proofs;
use super::scripts::SCRIPTS;
use super::tasks::Tasks;
use super::types::JobId;

impl Tasks {
    /// See [`TaskContext::remember`](super::TaskContext::remember).
    ///
    /// # Errors
    /// As there.
    pub async fn remember(&self, lease: &Lease, name: &str, value: &str) -> Result<(), JobsError> {
        self.set_flag(lease, name, value, false).await
    }

    /// See [`TaskContext::settle`](super::TaskContext::settle).
    ///
    /// # Errors
    /// As there.
    pub async fn settle(&self, lease: &Lease, name: &str, value: &str) -> Result<String, JobsError> {
        self.set_flag(lease, name, value, true).await?;
        // Nobody takes a fact away but with its job.
        self.flag(&lease.job(), name).await?.ok_or(JobsError::LeaseLost)
    }

    async fn set_flag(&self, lease: &Lease, name: &str, value: &str, keep: bool) -> Result<(), JobsError> {
        let mut script = self.jobs.script(&SCRIPTS.set_flag);
        script.arg(lease.as_str()).arg(name).arg(Proofs::of(self.jobs.config(), &lease.job()).note(name, value)?);
        script.arg(u8::from(keep));
        let held: bool = self.jobs.connection().invoke(&script, Repeat::Safe).await?;
        if held { Ok(()) } else { Err(JobsError::LeaseLost) }
    }

    pub(super) async fn flag(&self, id: &JobId, name: &str) -> Result<Option<String>, JobsError> {
        let command = redis::cmd("HGET").arg(self.jobs.key("flags", id)).arg(name).to_owned();
        let text: Option<String> = self.jobs.connection().query(&command, Repeat::Safe).await?;
        text.map(|text| Proofs::of(self.jobs.config(), id).read_note(name, &text)).transpose()
    }

    pub(super) async fn flags(&self, id: &JobId) -> Result<BTreeMap<String, String>, JobsError> {
        let command = redis::cmd("HGETALL").arg(self.jobs.key("flags", id)).to_owned();
        let texts: BTreeMap<String, String> = self.jobs.connection().query(&command, Repeat::Safe).await?;
        let proofs = Proofs::of(self.jobs.config(), id);
        let read = |(name, text): (String, String)| {
            let value = proofs.read_note(&name, &text)?;
            Ok((name, value))
        };
        texts.into_iter().map(read).collect()
    }
}
