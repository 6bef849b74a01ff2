//! What the handlers share.

use crate::config::Config;
use crate::live::Live;
use crate::names::{OrgUrls, QueueName};
use crate::queue::Queue;
use anyhow::Context;
use shared::jobs::Jobs;
use std::sync::Arc;
use tokio_util::sync::CancellationToken;

/// What the handlers share.
pub(crate) struct State {
    pub(crate) queues: Arc<[Queue]>,
    pub(crate) orgs: OrgUrls,
    pub(crate) live: Live,
    pub(crate) shutdown: CancellationToken,
}

impl State {
    pub(crate) fn new(config: Config, jobs: &Jobs, shutdown: CancellationToken) -> anyhow::Result<Self> {
        let queue = |name: QueueName| {
            let jobs = jobs.beside(&name.prefix).with_context(|| format!("DASHBOARD_QUEUES: {}", name.prefix))?;
            Ok(Queue::new(name.name, jobs.operator()))
        };
        let queues: Arc<[Queue]> = config.queues.into_iter().map(queue).collect::<anyhow::Result<_>>()?;
        Ok(Self { live: Live::new(Arc::clone(&queues)), queues, orgs: config.orgs, shutdown })
    }

    /// The queue of this name, if it is one that is shown.
    pub(crate) fn queue(&self, name: &str) -> Option<&Queue> {
        self.queues.iter().find(|queue| queue.name == name)
    }
}
