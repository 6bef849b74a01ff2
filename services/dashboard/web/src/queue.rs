//! The jobs of one service.

use shared::jobs::JobsError;
use shared::jobs::operator::{Operator, Overview};
use std::sync::Arc;
use std::time::{Duration, Instant};
use tokio::sync::Mutex;

/// How long an overview is shown to whoever asks: all readers together cost Redis one look in this time.
const FRESH: Duration = Duration::from_millis(900);

/// The jobs of one service.
pub(crate) struct Queue {
    pub(crate) name: String,
    pub(crate) operator: Operator,
    last: Mutex<Option<(Instant, Arc<Overview>)>>,
}

impl Queue {
    pub(crate) fn new(name: String, operator: Operator) -> Self {
        Self { name, operator, last: Mutex::default() }
    }

    /// Everything at a glance, at most a second old.
    pub(crate) async fn overview(&self) -> Result<Arc<Overview>, JobsError> {
        // Who comes meanwhile waits for the same answer.
        let mut last = self.last.lock().await;
        if let Some((at, overview)) = last.as_ref()
            && at.elapsed() < FRESH
        {
            return Ok(Arc::clone(overview));
        }
        let overview = Arc::new(self.operator.overview().await?);
        *last = Some((Instant::now(), Arc::clone(&overview)));
        Ok(overview)
    }

    /// Forgets the last overview: something was done that the next page shows.
    pub(crate) async fn look_again(&self) {
        *self.last.lock().await = None;
    }
}
