//! Tables of jobs, which operators look at again and again.

use std::time::Duration;

use jobs::operator::{JobFilter, Letters, WhichJobs};
use jobs::{JobId, JobState, Silence, Task};

use crate::operator::{OTHER, ada};
use crate::support::{Bed, ORG};

#[tokio::test]
async fn a_table_tells_the_same_as_all_about_each_job() {
    let bed = Bed::new().await;
    let operator = bed.jobs.operator();
    bed.buried(2).await;
    let again = bed.planned(&[3]).await;
    let lease = bed.claim_task(Task::Chunk(0)).await;
    bed.tasks.fail(&lease, Some(Duration::from_secs(90)), "the org said <b>no</b>").await.unwrap();
    bed.create_for(OTHER).await;
    operator.pause_org(OTHER, Duration::from_secs(600), "upgrade", None, &ada()).await.unwrap();
    let silent = bed.create_for("silent").await;
    let claimed = bed.claim(1).await.pop().unwrap();
    assert_eq!(claimed.lease.job(), silent);
    bed.tasks.silent(&claimed.lease, &Silence::default(), None, "no answer").await.unwrap();
    let filter = JobFilter::default();
    let jobs = operator.jobs(&filter, 10, None).await.unwrap().jobs;
    let rows = operator.rows(&filter, 10, None).await.unwrap();
    assert_eq!((rows.rows.len(), rows.next), (4, None));
    for (row, job) in rows.rows.iter().zip(&jobs) {
        assert_eq!((row.id, &row.org, &row.kind, row.state), (job.id, &job.org, &job.kind, job.state));
        assert_eq!((row.created_at, &row.reason, &row.last_error), (job.created_at, &job.reason, &job.last_error));
        let numbers = (row.processed, row.planned_records, row.failed, row.dead_chunks, row.attempts);
        assert_eq!(numbers, (job.processed, job.planned_records, job.failed, job.dead_chunks, job.attempts));
        // A pause is told by what is left of it, in ms of a moment.
        for (one, other) in [(row.next_try_at, job.next_try_at), (row.paused_until, job.paused_until)] {
            assert_eq!(one.is_some(), other.is_some(), "{row:?} {job:?}");
            let apart = one.zip(other).map_or(0, |(one, other)| (one - other).num_milliseconds().abs());
            assert!(apart < 30_000, "{row:?} {job:?}");
        }
    }
    let of = |id: &JobId| rows.rows.iter().find(|row| row.id == *id).unwrap();
    assert_eq!((of(&again).last_error.as_deref(), of(&again).attempts), (Some("the org said <b>no</b>"), Some(1)));
    assert_eq!(of(&silent).last_error.as_deref(), Some("no answer"));
    let page = operator.rows(&filter, 3, None).await.unwrap();
    let next = operator.rows(&filter, 3, page.next).await.unwrap();
    assert_eq!((page.rows.len(), next.rows.len()), (3, 1));
}

#[tokio::test]
async fn a_job_that_failed_is_found_at_once_behind_any_number_of_others() {
    let bed = Bed::with(|config| {
        config.jobs_per_minute = 100_000;
        config.max_open_jobs = 1_000;
    })
    .await;
    let operator = bed.jobs.operator();
    let failed = bed.free().await;
    let plan = bed.claim_task(Task::Plan).await;
    bed.tasks.fail(&plan, None, "bad query").await.unwrap();
    bed.finish().await;
    for _ in 0..320 {
        bed.create().await;
    }
    let which = |state, org: &str| JobFilter {
        which: WhichJobs::In(state),
        org: Some(org.to_owned()).filter(|org| !org.is_empty()),
        ..JobFilter::default()
    };
    for org in ["", ORG] {
        let found = operator.rows(&which(JobState::Failed, org), 10, None).await.unwrap();
        assert_eq!(found.rows.iter().map(|row| row.id).collect::<Vec<_>>(), [failed], "{org:?}");
        assert_eq!(found.next, None, "one look was enough");
        assert_eq!(operator.rows(&which(JobState::Failed, OTHER), 10, None).await.unwrap().rows, []);
    }
    // Of more open jobs than are sorted, the list of all is looked at.
    let open = operator.rows(&which(JobState::Queued, ""), 10, None).await.unwrap();
    assert_eq!(open.rows.len(), 10);
    // It is put back, and ends well.
    operator.retry(&failed, Letters::All, &ada()).await.unwrap();
    assert_eq!(operator.rows(&which(JobState::Failed, ""), 10, None).await.unwrap().rows, []);
    assert_eq!(operator.rows(&which(JobState::Cancelled, ""), 10, None).await.unwrap().rows, []);
}
