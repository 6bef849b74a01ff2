//! The job that made a Quote. Jobs of org-job write their ids into `QuoteJobKey__c`; the key of others is a digest of what asked for
//! the Quote, which their parameters tell.

use super::refusal::Trouble;
use crate::pages::{Form, job_address};
use crate::state::State;
use chrono::{DateTime, Duration, Utc};
use shared::contracts::quote_keys::{KINDS, of_job};
use shared::jobs::JobId;
use shared::jobs::operator::JobFilter;
use shared::quotes::key::JobKey;

/// Jobs of each kind and pattern that are looked at, the newest before the Quote was made first, and how many at a time.
const SOUGHT: usize = 100;
const STEP: usize = 25;

/// The clocks of Redis and of an org differ by less.
const MARGIN: Duration = Duration::minutes(1);

const NOBODY: Trouble = Trouble::Unknown(
    "No job that is kept made this Quote. One that was asked for at once (generatequote) is of no job; of one that was made long ago, \
     or with very many others, the job or what it was asked for is gone.",
);

/// Its page, by the key of the Quote and, if that is known, when it was made.
pub(super) async fn address_of(state: &State, form: &Form) -> Result<String, Trouble> {
    let text = form.quote.trim();
    let key = text.split(':').next().unwrap_or_default();
    let key: JobKey = key.parse().map_err(|error| Trouble::Input(format!("Quote: {error}.")))?;
    let to = match form.made.trim() {
        "" => None,
        made => Some(time(made).ok_or_else(|| Trouble::Input("Made: expected a time.".to_owned()))? + MARGIN),
    };
    if let Ok(id) = key.to_string().parse::<JobId>() {
        for queue in state.queues.iter() {
            if queue.operator.job(&id).await?.is_some() {
                return Ok(job_address(&queue.name, &id));
            }
        }
    }
    for queue in state.queues.iter() {
        for kind in KINDS {
            let filter = JobFilter { kind: Some(kind.to_owned()), to, ..JobFilter::default() };
            let (mut after, mut seen) = (None, 0);
            while seen < SOUGHT {
                let page = queue.operator.jobs(&filter, STEP, after).await?;
                if let Some(job) = page.jobs.iter().find(|job| of_job(job).as_ref() == Some(&key)) {
                    return Ok(job_address(&queue.name, &job.id));
                }
                seen += STEP;
                after = page.next;
                if after.is_none() {
                    break;
                }
            }
        }
    }
    Err(NOBODY)
}

/// A time as Salesforce writes it.
fn time(text: &str) -> Option<DateTime<Utc>> {
    DateTime::parse_from_str(text, "%Y-%m-%dT%H:%M:%S%.f%z").ok().map(|time| time.to_utc())
}
