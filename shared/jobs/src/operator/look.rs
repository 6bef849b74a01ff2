//! All that an operator looks at of one job.

use super::course::CoursePoint;
use super::handle::Operator;
use crate::connection::Repeat;
use crate::error::JobsError;
use crate::scripts::SCRIPTS;
use crate::types::{DeadLetter, JobId, JobView, RecordError};
use crate::view;

/// All that an operator looks at of one job.
#[derive(Clone, Debug)]
pub struct JobLook {
    /// The job.
    pub job: JobView,
    /// The first of its record errors.
    pub errors: Vec<RecordError>,
    /// The first of its dead letters by their number, the plan's before the others; of more than 500, some.
    pub letters: Vec<DeadLetter>,
    /// How many dead letters it has.
    pub letters_in_all: u64,
    /// See [`Operator::course`].
    pub course: Vec<CoursePoint>,
    /// Why an operator cannot let it go on; `None` when one can.
    pub not_ours: Option<String>,
}

impl Operator {
    /// A job with so many of its errors and dead letters at most; `None` when there is no such job. What it costs Redis does
    /// not depend on how many chunks, errors and dead letters the job has.
    ///
    /// # Errors
    /// When Redis cannot be asked.
    pub async fn look(&self, id: &JobId, errors: u64, letters: u32) -> Result<Option<JobLook>, JobsError> {
        let Some(job) = self.job(id).await? else { return Ok(None) };
        let errors = if job.errors == 0 { Vec::new() } else { self.jobs.stored_errors(&job, 0, errors).await?.errors };
        let (letters_in_all, letters) = self.some_letters(id, letters).await?;
        let course = self.course(&job).await?;
        let not_ours = self.why_not_go_on(&job).await?;
        Ok(Some(JobLook { job, errors, letters, letters_in_all, course, not_ours }))
    }

    /// How many dead letters a job has, and some of them.
    async fn some_letters(&self, id: &JobId, most: u32) -> Result<(u64, Vec<DeadLetter>), JobsError> {
        let mut script = self.jobs.script(&SCRIPTS.letters);
        script.arg(id.to_string()).arg(most);
        let found: Vec<redis::Value> = self.jobs.connection().invoke(&script, Repeat::Safe).await?;
        let corrupt = || JobsError::Corrupt(format!("dead letters of {id}"));
        let (total, texts) = found.split_first().ok_or_else(corrupt)?;
        let total = redis::from_redis_value_ref(total).map_err(|_| corrupt())?;
        let mut letters = Vec::with_capacity(texts.len() / 2);
        for pair in texts.chunks_exact(2) {
            let [task, json] = pair else { return Err(corrupt()) };
            let text = |value| redis::from_redis_value_ref::<String>(value).map_err(|_| corrupt());
            letters.push(view::dead_letter(&text(task)?, &text(json)?)?);
        }
        Ok((total, letters))
    }
}
