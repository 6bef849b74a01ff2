//! What must hold after each step.

use std::collections::BTreeSet;

use jobs::{Claim, EventKind};
use redis::AsyncCommands as _;

use super::state::{JobModel, LIMITS, Model, Place, TaskKey};
use crate::support::Bed;

/// Takes over what is Redis's to choose.
pub(crate) async fn settle(bed: &Bed, model: &mut Model) {
    let mut redis = bed.redis.clone();
    let mut gone = BTreeSet::new();
    for job in &mut model.jobs {
        let again: BTreeSet<u64> = redis.hkeys(bed.key("again", job.id)).await.unwrap();
        let exists: bool = redis.exists(bed.key("job", job.id)).await.unwrap();
        if exists {
            job.choose_again(&again);
        } else {
            gone.insert(job.id);
        }
    }
    for org in super::ORGS {
        for letters in [false, true] {
            let ended = |job: &&JobModel| job.org == org && job.is_ended() && job.has_letters() == letters;
            let all = model.jobs.iter().filter(ended).count();
            let kept = model.jobs.iter().filter(ended).filter(|job| !gone.contains(&job.id)).count();
            assert_eq!(kept, all.min(LIMITS.ended as usize), "ended jobs of {org} that are kept");
        }
    }
    for job in model.jobs.iter().filter(|job| gone.contains(&job.id)) {
        assert!(job.is_ended(), "an open job is gone: {job:?}");
        let rest: Vec<String> = bed.keys().await.into_iter().filter(|key| key.contains(&job.id.to_string())).collect();
        assert_eq!(rest, [""; 0], "something is left of {job:?}");
    }
    model.jobs.retain(|job| !gone.contains(&job.id));
}

/// Within a claim orgs take turns, and so do the jobs of an org: nobody gets two more than another who could have had more.
pub(crate) fn turns(model: &Model, claim: &Claim) {
    let job = |id| model.jobs.iter().find(|job| job.id == id).unwrap();
    let claimed: Vec<&JobModel> = claim.tasks.iter().map(|task| job(task.lease.job())).collect();
    let of_org = |org: &str| claimed.iter().filter(|job| job.org == org).count();
    let of_job = |one: &JobModel| claimed.iter().filter(|job| job.id == one.id).count();
    for (one, other) in [(super::ORGS[0], super::ORGS[1]), (super::ORGS[1], super::ORGS[0])] {
        let waits = of_org(one) < model.available(one);
        assert!(!waits || of_org(other) <= of_org(one) + 1, "{other} is served before {one}: {claim:?}");
    }
    for one in model.jobs.iter().filter(|job| of_job(job) < job.startable()) {
        for other in model.jobs.iter().filter(|job| job.org == one.org) {
            // A job that got nothing because its org had no room left waits for its turn.
            let served = of_job(other) <= of_job(one) + 1;
            assert!(served, "{other:?} is served before {one:?}: {claim:?}");
        }
    }
}

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
    let (done, dead, again, dropped) = (Place::Done, Place::Dead, Place::Again, Place::Dropped);
    assert_eq!(
        (view.total_chunks, view.done_chunks, view.dead_chunks, view.dropped_chunks),
        (job.total(), job.chunks_in(&done), job.chunks_in(&dead) + job.chunks_in(&again), job.chunks_in(&dropped)),
        "{job:?}"
    );
    let succeeded = job.records_in(&done);
    let failed = job.records_in(&dead) + job.records_in(&again);
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

/// A job that could be claimed from is in the rotation of its org, and such an org in that of the orgs, unless it rests.
/// What is held is in none. The indexes of an org have what they stand for, and nothing else.
async fn rotation_is_whole(bed: &Bed, model: &Model) {
    let mut redis = bed.redis.clone();
    let mut turns: Vec<String> = redis.zrange(format!("{}orgs", bed.prefix), 0, -1).await.unwrap();
    turns.extend(redis.zrange::<_, Vec<String>>(format!("{}rests", bed.prefix), 0, -1).await.unwrap());
    for org in super::ORGS {
        let jobs = || model.jobs.iter().filter(move |job| job.org == org);
        let active: BTreeSet<String> = redis.zrange(bed.key("active", org), 0, -1).await.unwrap();
        for job in jobs() {
            let listed = active.contains(&job.id.to_string());
            assert!(listed || job.startable() == 0, "missing: {job:?}");
            assert!(!listed || !job.held, "held, but listed: {job:?}");
        }
        let waits = jobs().any(|job| job.startable() > 0);
        assert!(!waits || turns.iter().any(|turn| turn == org), "{org} gets no turn: {turns:?}");
        let members =
            async |name: &str| -> BTreeSet<String> { redis.clone().smembers(bed.key(name, org)).await.unwrap() };
        let ids = |of: &dyn Fn(&JobModel) -> bool| -> BTreeSet<String> {
            jobs().filter(|job| of(job)).map(|job| job.id.to_string()).collect()
        };
        assert_eq!(members("running").await, ids(&|job| !job.leases().is_empty()), "jobs with leases");
        assert_eq!(members("held").await, ids(&|job| job.held), "held jobs");
        assert_eq!(members("open").await, ids(&|job| !job.is_ended()), "open jobs");
    }
}
