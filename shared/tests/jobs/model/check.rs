//! What must hold after each step.

use redis::AsyncCommands as _;
use shared::jobs::EventKind;

use super::state::{JobModel, Model, Place, TaskKey};
use crate::support::Bed;

pub(crate) async fn agree(bed: &Bed, model: &Model) {
    let mut leases = 0;
    for job in &model.jobs {
        view_agrees(bed, job).await;
        tasks_agree(bed, job).await;
        ends_once_per_run(bed, job).await;
        leases += job.leases().len();
    }
    rotation_is_whole(bed, model).await;
    let stats = bed.tasks.stats().await.unwrap();
    assert_eq!(stats.leased, leases as u64);
    let open = model.jobs.iter().filter(|job| !job.is_ended()).count();
    assert_eq!(stats.open_jobs, open as u64);
}

async fn view_agrees(bed: &Bed, job: &JobModel) {
    let view = bed.jobs.get(job.org, &job.id).await.unwrap().unwrap();
    assert_eq!(view.state, job.state(), "{job:?}");
    assert_eq!(view.run, job.run);
    assert_eq!(view.planned, *job.plan_place() == Place::Done);
    let (done, dead, dropped) = (Place::Done, Place::Dead, Place::Dropped);
    assert_eq!(
        (view.total_chunks, view.done_chunks, view.dead_chunks, view.dropped_chunks),
        (job.total(), job.chunks_in(&done), job.chunks_in(&dead), job.chunks_in(&dropped)),
        "{job:?}"
    );
    let succeeded = job.records_in(&done);
    let failed = job.records_in(&dead);
    assert_eq!((view.processed, view.succeeded, view.failed), (succeeded + failed, succeeded, failed), "{job:?}");
    assert_eq!(view.counters.get("quotes").copied().unwrap_or_default(), succeeded);
    assert_eq!(view.per_worker.values().sum::<u64>(), succeeded);
}

/// Redis has each task in the one place where the model has it, so none is lost and none is there twice.
async fn tasks_agree(bed: &Bed, job: &JobModel) {
    let mut redis = bed.redis.clone();
    let mut ready: Vec<String> = redis.lrange(bed.key("ready", job.id), 0, -1).await.unwrap();
    let mut delayed: Vec<String> = redis.zrange(bed.key("delayed", job.id), 0, -1).await.unwrap();
    let mut leases: Vec<String> = redis.zrange(bed.key("leases", job.id), 0, -1).await.unwrap();
    let mut dead: Vec<String> = redis.hkeys(bed.key("dead", job.id)).await.unwrap();
    let mut payloads: Vec<String> = redis.hkeys(bed.key("chunk", job.id)).await.unwrap();
    let in_place = |place: &Place| names(job, |at| at == place);
    let mut held: Vec<String> = job.leases().iter().map(|lease| lease.as_str().to_owned()).collect();
    for list in [&mut ready, &mut delayed, &mut leases, &mut dead, &mut payloads, &mut held] {
        list.sort();
    }
    assert_eq!(ready, in_place(&Place::Ready), "ready: {job:?}");
    assert_eq!(delayed, in_place(&Place::Delayed), "delayed: {job:?}");
    assert_eq!(leases, held, "leased: {job:?}");
    assert_eq!(dead, in_place(&Place::Dead), "dead: {job:?}");
    let mut waiting = names(job, |at| matches!(at, Place::Ready | Place::Leased(_) | Place::Delayed));
    waiting.retain(|name| name != "P" && name != "F");
    assert_eq!(payloads, waiting, "payloads: {job:?}");
}

fn names(job: &JobModel, of: impl Fn(&Place) -> bool) -> Vec<String> {
    let name = |key: &TaskKey| match key {
        TaskKey::Chunk(number) => number.to_string(),
        TaskKey::Plan => "P".to_owned(),
        TaskKey::Finish => "F".to_owned(),
    };
    let mut names: Vec<String> =
        job.tasks.iter().filter(|(_, task)| of(&task.place)).map(|(key, _)| name(key)).collect();
    names.sort();
    names
}

async fn ends_once_per_run(bed: &Bed, job: &JobModel) {
    let last = [EventKind::Completed, EventKind::Cancelled, EventKind::Failed];
    let events = bed.jobs.events(job.org, &job.id, "0", 10_000).await.unwrap().unwrap();
    let ends: Vec<u32> = events.iter().filter(|event| last.contains(&event.kind)).map(|event| event.job.run).collect();
    assert_eq!(ends.len(), job.ends, "{job:?}");
    assert!(ends.windows(2).all(|pair| pair[0] < pair[1]), "two ends of one run: {ends:?}");
}

/// A job that could be claimed from is in the rotation, and no job is there twice.
async fn rotation_is_whole(bed: &Bed, model: &Model) {
    let mut redis = bed.redis.clone();
    let active: Vec<String> = redis.lrange(format!("{}active", bed.prefix), 0, -1).await.unwrap();
    for job in &model.jobs {
        let times = active.iter().filter(|id| **id == job.id.to_string()).count();
        assert!(times <= 1, "twice: {job:?}");
        assert!(times == 1 || job.held || job.count(&Place::Ready) == 0, "missing: {job:?}");
    }
}
