//! Where the figures of queues come from.

use super::exposition::Exposition;
use super::queue::{figures, labels, unreadable};
use crate::jobs::operator::Operator;
use crate::jobs::{JobsError, queue_name};
use futures_util::future::join_all;
use std::sync::Arc;
use std::time::{Duration, Instant};
use tokio::sync::Mutex;

/// How long what was read is told to whoever asks: so asking often costs Redis nothing.
const FRESH: Duration = Duration::from_secs(1);
/// Longest wait for Redis.
const PATIENCE: Duration = Duration::from_secs(3);

/// The figures of queues, and of the workers that live. Cheap to clone.
#[derive(Clone, Debug)]
pub struct Figures(Arc<Inner>);

#[derive(Debug)]
struct Inner {
    queues: Vec<(String, Operator)>,
    with_workers: bool,
    last: Mutex<Option<(Instant, Exposition)>>,
}

impl Figures {
    /// Of these queues, each with its name, and of what their workers have left of themselves.
    #[must_use]
    pub fn new(queues: Vec<(String, Operator)>) -> Self {
        Self(Arc::new(Inner { queues, with_workers: true, last: Mutex::default() }))
    }

    /// Of the queue whose keys begin with `operator`'s prefix, without its workers: for one of them.
    #[must_use]
    pub fn of_queue_alone(operator: Operator) -> Self {
        let queues = vec![(queue_name(operator.prefix()).to_owned(), operator)];
        Self(Arc::new(Inner { queues, with_workers: false, last: Mutex::default() }))
    }

    /// What they are now, or were a second ago. A queue that cannot be read is told as that.
    pub async fn now(&self) -> Exposition {
        let mut last = self.0.last.lock().await;
        if let Some((at, figures)) = last.as_ref()
            && at.elapsed() < FRESH
        {
            return figures.clone();
        }
        let mut all = Exposition::default();
        let read = self.0.queues.iter().map(|(name, operator)| self.read(name, operator));
        join_all(read).await.into_iter().for_each(|figures| all.extend(figures));
        *last = Some((Instant::now(), all.clone()));
        all
    }

    async fn read(&self, name: &str, operator: &Operator) -> Exposition {
        match tokio::time::timeout(PATIENCE, self.read_all(name, operator)).await {
            Ok(Ok(figures)) => return figures,
            Ok(Err(error)) => tracing::debug!(queue = name, error = ?error, "the queue's figures cannot be read"),
            Err(_) => tracing::debug!(queue = name, "the queue's figures cannot be read in time"),
        }
        unreadable(name)
    }

    async fn read_all(&self, name: &str, operator: &Operator) -> Result<Exposition, JobsError> {
        let overview = operator.overview().await?;
        let mut all = figures(name, &overview);
        if self.0.with_workers {
            let left = operator.left_figures(&overview.workers).await?;
            for (text, worker) in left.iter().zip(labels(&overview)) {
                let of_worker = text.as_deref().map(Exposition::of_another_process).unwrap_or_default();
                all.extend(of_worker.labelled(&[("queue", name), ("worker", worker)]));
            }
        }
        Ok(all)
    }
}
