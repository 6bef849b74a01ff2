//! The jobs of one service.

use crate::fresh::Fresh;
use shared::jobs::operator::{JobFilter, JobLook, Operation, Operator, Overview, RowPage};
use shared::jobs::{JobId, JobsError};
use std::sync::Arc;

/// Jobs of a page.
pub(crate) const PAGE_JOBS: usize = 50;
/// Errors on a job's page.
const FEW_ERRORS: u64 = 10;
/// Dead letters on a job's page.
const FEW_LETTERS: u32 = 50;

/// The jobs of one service. All that is shown of them is at most a second old.
pub(crate) struct Queue {
    pub(crate) name: String,
    pub(crate) operator: Operator,
    overviews: Fresh<(), (Overview, Vec<Operation>)>,
    tables: Fresh<String, RowPage>,
    jobs: Fresh<JobId, Option<JobLook>>,
}

impl Queue {
    pub(crate) fn new(name: String, operator: Operator) -> Self {
        Self { name, operator, overviews: Fresh::default(), tables: Fresh::default(), jobs: Fresh::default() }
    }

    /// Everything at a glance, and what operators did.
    pub(crate) async fn overview(&self) -> Result<Arc<(Overview, Vec<Operation>)>, JobsError> {
        let look = async || Ok((self.operator.overview().await?, self.operator.operations().await?));
        self.overviews.get((), look).await
    }

    /// A page of jobs; `asked` tells it from others.
    pub(crate) async fn rows(
        &self,
        asked: String,
        filter: &JobFilter,
        after: Option<JobId>,
    ) -> Result<Arc<RowPage>, JobsError> {
        self.tables.get(asked, async || self.operator.rows(filter, PAGE_JOBS, after).await).await
    }

    /// A job with what its page shows; `None` when there is no such job.
    pub(crate) async fn look(&self, id: &JobId) -> Result<Arc<Option<JobLook>>, JobsError> {
        self.jobs.get(*id, async || self.operator.look(id, FEW_ERRORS, FEW_LETTERS).await).await
    }

    /// Forgets what was seen of jobs, but not the overview, in which a change was found.
    pub(crate) fn look_anew_at_jobs(&self) {
        self.tables.forget();
        self.jobs.forget();
    }

    /// Forgets what was seen: something was done that the next page shows.
    pub(crate) fn look_again(&self) {
        self.overviews.forget();
        self.look_anew_at_jobs();
    }
}
