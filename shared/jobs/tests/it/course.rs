//! How the chunks of a job stood over time, for operators' plots.

use std::time::Duration;

use jobs::operator::{CoursePoint, Letters};
use jobs::{Failed, JobId, Task};
use redis::AsyncCommands as _;

use crate::operator::ada;
use crate::support::Bed;

/// The most bytes that are kept, and one entry more.
const MOST_BYTES: usize = 4_096 + 128;

impl Bed {
    /// As if the job had been made so many seconds ago.
    async fn age(&self, id: &JobId, seconds: i64) {
        let made = chrono::Utc::now().timestamp_millis() - seconds * 1_000;
        let _: () = self.redis.clone().hset(self.key("job", id), "created_at", made).await.unwrap();
    }

    async fn course(&self, id: &JobId) -> Vec<CoursePoint> {
        let operator = self.jobs.operator();
        let job = operator.job(id).await.unwrap().unwrap();
        operator.course(&job).await.unwrap()
    }
}

fn parts(point: &CoursePoint) -> [u64; 5] {
    [point.waiting(), point.running, point.done, point.dead, point.retried]
}

#[tokio::test]
async fn a_course_tells_what_waited_ran_was_retried_and_was_given_up() {
    let bed = Bed::with(|config| config.max_attempts = 2).await;
    let id = bed.free().await;
    bed.age(&id, 10).await;
    let lease = bed.claim_task(Task::Plan).await;
    bed.push(&lease, &[1, 1, 1, 1], true).await;
    let mut claimed = bed.claim(3).await;
    bed.ack(&claimed.remove(0)).await;
    // Each is noted, whenever it happens.
    let (again, lost) = (&claimed[0].lease, &claimed[1].lease);
    assert_eq!(bed.tasks.fail(again, Some(Duration::from_secs(60)), "busy").await.unwrap(), Failed::Retried);
    bed.expire(lost).await;
    bed.pass_delays(&id).await;
    let claimed = bed.claim(3).await;
    let failed = claimed.iter().find(|task| task.lease.task() == again.task()).unwrap();
    assert_eq!(bed.tasks.fail(&failed.lease, Some(Duration::from_secs(1)), "busy").await.unwrap(), Failed::Dead);
    let course = bed.course(&id).await;
    let all: Vec<_> = course.iter().map(parts).collect();
    for expected in [[2, 1, 1, 0, 1], [3, 0, 1, 0, 2]] {
        assert!(all.contains(&expected), "{expected:?} is not in {all:?}");
    }
    assert_eq!(all.last(), Some(&[0, 2, 1, 1, 2]), "the present");
    for point in &course {
        assert_eq!(parts(point)[..4].iter().sum::<u64>() + point.dropped, point.total, "{point:?}");
    }
    assert!(course.is_sorted_by_key(|point| point.at), "{course:?}");
}

#[tokio::test]
async fn one_who_runs_chunks_one_by_one_is_not_seen_to_rest() {
    let bed = Bed::new().await;
    let id = bed.planned(&[1; 5]).await;
    for _ in 0..5 {
        let chunk = bed.claim(1).await.pop().unwrap();
        bed.age(&id, 10).await;
        bed.ack(&chunk).await;
    }
    let course = bed.course(&id).await;
    // Behind these are the moment of the last step and the present.
    let sampled = &course[..5];
    assert_eq!(sampled.iter().filter(|point| point.running == 1).count(), 5, "{sampled:?}");
    assert_eq!(sampled.iter().map(|point| point.done).collect::<Vec<_>>(), [0, 1, 2, 3, 4], "{sampled:?}");
}

#[tokio::test]
async fn a_job_that_is_over_at_once_leaves_no_course() {
    let bed = Bed::new().await;
    let id = bed.create().await;
    // However slow this machine is.
    bed.age(&id, -600).await;
    let lease = bed.claim_task(Task::Plan).await;
    bed.push(&lease, &[1], true).await;
    let chunk = bed.claim(1).await.pop().unwrap();
    bed.ack(&chunk).await;
    bed.finish().await;
    assert!(!bed.keys().await.iter().any(|key| key.contains("}:course:")));
    assert_eq!(bed.course(&id).await, []);
}

#[tokio::test]
async fn however_much_happens_a_course_is_small_and_has_an_end() {
    let bed = Bed::new().await;
    let id = bed.free().await;
    bed.age(&id, 3_600).await;
    let lease = bed.claim_task(Task::Plan).await;
    bed.push(&lease, &[1; 10], true).await;
    let mut redis = bed.redis.clone();
    let course = bed.key("course", id);
    let mut longest = 0;
    for _ in 0..400 {
        let chunk = bed.claim(1).await.pop().unwrap();
        bed.tasks.release(&[chunk.lease], None).await.unwrap();
        longest = longest.max(redis.strlen::<_, usize>(&course).await.unwrap());
    }
    assert!((1_000..=MOST_BYTES).contains(&longest), "{longest}");
    let open: i64 = redis.pttl(&course).await.unwrap();
    assert!(open > 0, "also when a process of the version before ends the job: {open}");
    for _ in 0..10 {
        let chunk = bed.claim(1).await.pop().unwrap();
        bed.tasks.fail(&chunk.lease, None, "no").await.unwrap();
    }
    bed.finish().await;
    let (job, kept): (i64, i64) = (redis.pttl(bed.key("job", id)).await.unwrap(), redis.pttl(&course).await.unwrap());
    assert!(kept > 0 && kept <= job + 1_000 && kept < open, "{job} {kept} {open}");

    // A run that comes later is drawn on its own.
    bed.jobs.operator().retry(&id, Letters::All, &ada()).await.unwrap();
    let points = bed.course(&id).await;
    let (first, now) = (points.first().unwrap(), points.last().unwrap());
    assert_eq!((first.total, first.waiting(), first.done), (10, 10, 0), "{points:?}");
    assert!((now.at - first.at).num_seconds() < 60, "{points:?}");
}

#[tokio::test]
async fn what_others_wrote_in_its_place_keeps_no_chunk_from_its_end() {
    let bed = Bed::new().await;
    let id = bed.planned(&[1, 1]).await;
    bed.age(&id, 60).await;
    let mut redis = bed.redis.clone();
    let _: () = redis.del(bed.key("course", id)).await.unwrap();
    let _: () = redis.rpush(bed.key("course", id), "no text").await.unwrap();
    for field in ["course_at", "course_from", "retried"] {
        let _: () = redis.hset(bed.key("job", id), field, "none").await.unwrap();
    }
    let chunk = bed.claim(1).await.pop().unwrap();
    bed.ack(&chunk).await;
    assert_eq!(bed.view(&id).await.done_chunks, 1);
    let chunk = bed.claim(1).await.pop().unwrap();
    bed.ack(&chunk).await;
    bed.finish().await;
    bed.course(&id).await;
}
