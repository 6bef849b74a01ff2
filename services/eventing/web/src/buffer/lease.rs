//! The lease: one process subscribes at a time.

use super::Buffer;
use super::scripts::SCRIPTS;
use shared::jobs::JobsError;
use std::time::Duration;
use uuid::Uuid;

/// After so long without a sign of life another process subscribes.
pub(crate) const LEASE_TTL: Duration = Duration::from_secs(10);

/// A claim to subscribe. Its text is new for every claim, which is what fences its predecessor off.
#[derive(Debug, Clone)]
pub(crate) struct Lease {
    text: String,
}

impl Lease {
    /// A claim of the process that people know by this name.
    pub(crate) fn new(process: &str) -> Self {
        Self { text: format!("{process}|{}", Uuid::new_v4().simple()) }
    }

    /// As it stands in Redis.
    pub(super) fn as_str(&self) -> &str {
        &self.text
    }

    /// The name of the process in a lease.
    pub(super) fn process_of(text: &str) -> &str {
        text.rsplit_once('|').map_or(text, |(process, _)| process)
    }
}

impl Buffer {
    /// Takes or renews the lease; whether the process holds it now.
    pub(crate) async fn hold(&self, topic: &str, lease: &Lease) -> Result<bool, JobsError> {
        let arguments = [self.subscription(topic), lease.as_str().to_owned(), LEASE_TTL.as_millis().to_string()];
        self.jobs.run_script(&SCRIPTS.lease, &arguments).await
    }

    /// Gives the lease back, so that another process need not wait.
    pub(crate) async fn release(&self, topic: &str, lease: &Lease) -> Result<(), JobsError> {
        self.jobs.run_script(&SCRIPTS.release, &[self.subscription(topic), lease.as_str().to_owned()]).await
    }

    pub(super) fn subscription(&self, topic: &str) -> String {
        format!("{}:{topic}", self.authorization)
    }
}
