//! The queues that are looked at, over one connection.

use crate::settings::Settings;
use anyhow::{Context, bail};
use futures_util::future::try_join_all;
use shared::jobs::operator::{JobFilter, JobPage, Operator, Overview, RowPage};
use shared::jobs::{JobId, JobView, Jobs, JobsConfig};

/// The jobs of one service.
pub(crate) struct Queue {
    pub(crate) name: String,
    pub(crate) operator: Operator,
}

/// All that are looked at.
pub(crate) struct Queues(pub(crate) Vec<Queue>);

impl Queues {
    pub(crate) async fn connect(settings: Settings) -> anyhow::Result<Self> {
        let server = settings.jobs.server();
        let (_, first) = settings.queues.first().context("no pattern")?;
        let config = JobsConfig { prefix: first.clone(), ..settings.jobs };
        let jobs =
            Jobs::connect(config).await.with_context(|| format!("Failed to connect to REDIS_URL at {server}"))?;
        let queue = |(name, prefix): (String, String)| {
            Ok::<_, anyhow::Error>(Queue { name, operator: jobs.beside(&prefix)?.operator() })
        };
        Ok(Self(settings.queues.into_iter().map(queue).collect::<Result<_, _>>()?))
    }

    /// The one queue that is meant; without one, the message says how to tell it.
    pub(crate) fn one(&self) -> anyhow::Result<&Queue> {
        match self.0.as_slice() {
            [one] => Ok(one),
            _ => bail!("of which pattern? Add --pattern, such as --pattern org-job"),
        }
    }

    /// Where a job is.
    pub(crate) async fn find(&self, id: &JobId) -> anyhow::Result<(&Queue, JobView)> {
        for queue in &self.0 {
            if let Some(job) = queue.operator.job(id).await? {
                return Ok((queue, job));
            }
        }
        let names: Vec<&str> = self.0.iter().map(|queue| queue.name.as_str()).collect();
        bail!("there is no job {} in {}, or it is no longer kept", id.hyphenated(), names.join(", "))
    }

    pub(crate) async fn overviews(&self) -> anyhow::Result<Vec<(&str, Overview)>> {
        try_join_all(self.0.iter().map(Queue::overview)).await
    }

    pub(crate) async fn rows(
        &self,
        filter: &JobFilter,
        limit: usize,
        after: Option<JobId>,
    ) -> anyhow::Result<Vec<(&str, RowPage)>> {
        try_join_all(self.0.iter().map(|queue| queue.rows(filter, limit, after))).await
    }

    pub(crate) async fn jobs(
        &self,
        filter: &JobFilter,
        limit: usize,
        after: Option<JobId>,
    ) -> anyhow::Result<Vec<(&str, JobPage)>> {
        try_join_all(self.0.iter().map(|queue| queue.jobs(filter, limit, after))).await
    }
}

impl Queue {
    async fn overview(&self) -> anyhow::Result<(&str, Overview)> {
        Ok((&self.name, self.operator.overview().await?))
    }

    async fn rows(&self, filter: &JobFilter, limit: usize, after: Option<JobId>) -> anyhow::Result<(&str, RowPage)> {
        Ok((&self.name, self.operator.rows(filter, limit, after).await?))
    }

    async fn jobs(&self, filter: &JobFilter, limit: usize, after: Option<JobId>) -> anyhow::Result<(&str, JobPage)> {
        Ok((&self.name, self.operator.jobs(filter, limit, after).await?))
    }
}
