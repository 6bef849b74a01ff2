//! Somebody who can write to Redis changes what a job is to do. `session.rs` has what then becomes of its session.

use jobs::{
    ChunkReport, DeadLetter, JobId, JobState, Jobs, JobsError, JobsErrorKind, NewJob, SealKey, Task, TaskError,
    Unproven,
};
use redis::AsyncCommands as _;
use secrecy::SecretString;

use crate::support::{Bed, KIND, KIND2, ORG, all_well, new_job, page, until};
use crate::workers::{FlagKind, Running, TestKind, settings, start};

/// The ways to have a job do something else, or to hide that it was made to.
const CHANGES: [&str; 5] = ["user", "kind", "params", "no proof", "another job's proof"];

async fn change(bed: &Bed, how: &str, id: &JobId) {
    let mut redis = bed.redis.clone();
    let (job, params) = (bed.key("job", id), bed.key("params", id));
    let _: () = match how {
        "user" => redis.hset(job, "user", "005000000000002AAA").await.unwrap(),
        "kind" => redis.hset(job, "kind", KIND2).await.unwrap(),
        "params" => redis.set(params, r#"{"where":"Id != null"}"#).await.unwrap(),
        "no params" => redis.del(params).await.unwrap(),
        "no proof" => redis.hdel(job, "proof").await.unwrap(),
        _ => {
            // Of a kind that no worker of these tests runs.
            let other = NewJob { kind: KIND2, ..new_job("other") };
            let other = bed.jobs.create(other).await.unwrap().id;
            let proof: String = redis.hget(bed.key("job", other), "proof").await.unwrap();
            redis.hset(job, "proof", proof).await.unwrap()
        }
    };
}

fn token() -> Option<SecretString> {
    Some(SecretString::from("fresh"))
}

/// Neither with a session nor without.
async fn is_refused(bed: &Bed, how: &str, id: &JobId, state: JobState) {
    for session in [token(), None] {
        for answer in [bed.jobs.resume(ORG, id, session.clone()).await, bed.jobs.retry(ORG, id, session).await] {
            let error = answer.expect_err(how);
            assert!(matches!(error, JobsError::Unproven(Unproven::Job)), "{how}: {error:?}");
            assert_eq!(error.kind(), JobsErrorKind::Unproven);
        }
    }
    let mut redis = bed.redis.clone();
    assert_eq!(redis.exists::<_, u32>(bed.key("session", id)).await.unwrap(), 0, "{how}: a session was sealed");
    let now: String = redis.hget(bed.key("job", id), "state").await.unwrap();
    let expected = if state == JobState::Failed { "failed" } else { "needs_authorization" };
    assert_eq!(now, expected, "{how}");
}

#[tokio::test]
async fn a_held_job_that_was_changed_is_not_resumed() {
    for how in CHANGES {
        let bed = Bed::new().await;
        let id = bed.create().await;
        let plan = bed.claim_task(Task::Plan).await;
        bed.tasks.hold(&plan, "no session").await.unwrap();
        change(&bed, how, &id).await;
        is_refused(&bed, how, &id, JobState::NeedsAuthorization).await;
    }
    let bed = Bed::new().await;
    let id = bed.create().await;
    let plan = bed.claim_task(Task::Plan).await;
    bed.tasks.hold(&plan, "no session").await.unwrap();
    bed.jobs.resume(ORG, &id, token()).await.unwrap();
    assert!(bed.claim_with_job().await.1.session.is_some(), "one that was not changed is");
}

#[tokio::test]
async fn a_failed_job_that_was_changed_is_not_retried() {
    for how in CHANGES {
        let bed = Bed::new().await;
        let id = bed.create().await;
        let plan = bed.claim_task(Task::Plan).await;
        bed.tasks.fail(&plan, None, "poison").await.unwrap();
        bed.finish().await;
        change(&bed, how, &id).await;
        is_refused(&bed, how, &id, JobState::Failed).await;
    }
}

/// Whatever it is made to do, no code of a kind runs for it, and it comes to an end that says why.
#[tokio::test]
async fn no_work_of_a_job_that_was_changed_is_done() {
    for how in CHANGES.into_iter().chain(["no params"]) {
        let bed = Bed::new().await;
        let id = bed.jobs.create(NewJob { session: token(), ..new_job(ORG) }).await.unwrap().id;
        change(&bed, how, &id).await;
        let claim = bed.tasks.claim(&bed.worker, 1, &[KIND, KIND2]).await.unwrap();
        let (task, job) = (&claim.tasks[0], &claim.jobs[&id]);
        assert_eq!((task.unproven, job.session.is_none()), (Some(Unproven::Job), true), "{how}");
        bed.tasks.release(std::slice::from_ref(&task.lease), None).await.unwrap();
        if matches!(how, "kind" | "no params") {
            continue;
        }
        let kind = TestKind::new(vec![vec![1]]);
        let worker = start(&bed, settings("worker.1"), &kind).await;
        until("the job has ended", async || bed.view(&id).await.state == JobState::Failed).await;
        let view = bed.view(&id).await;
        assert!(view.reason.as_deref().is_some_and(|reason| reason.starts_with("unproven job")), "{how}: {view:?}");
        assert_eq!((kind.runs().len(), kind.finishes(), view.total_chunks), (0, 0, 0), "{how}");
        worker.stop().await;
    }
}

/// Changes the chunk of this number, or another part of the job.
async fn change_chunk(bed: &Bed, how: &str, id: &JobId) {
    let mut redis = bed.redis.clone();
    let key = bed.key("chunk", id);
    let chunk: String = redis.hget(&key, 1).await.unwrap();
    let changed = match how {
        "payload" => chunk.replace("records\nof", "records\nnot of"),
        "records" => chunk.replacen("20 ", "21 ", 1),
        "no proof" => chunk.rsplit_once(' ').unwrap().0.to_owned(),
        "nothing" => {
            let _: () = redis.hdel(&key, 1).await.unwrap();
            return;
        }
        _ => redis.hget(&key, 0).await.unwrap(),
    };
    assert_ne!(changed, chunk, "{how}");
    let _: () = redis.hset(&key, 1, changed).await.unwrap();
}

#[tokio::test]
async fn a_chunk_that_was_changed_is_not_run_and_a_retry_does_not_make_it_right() {
    for how in ["payload", "records", "no proof", "nothing", "another chunk"] {
        let bed = Bed::new().await;
        let id = bed.planned(&[10, 20]).await;
        change_chunk(&bed, how, &id).await;
        let kind = TestKind::new(vec![]);
        let worker = start(&bed, settings("worker.1"), &kind).await;
        for run in 1..=2 {
            until("the run has ended", async || {
                let view = bed.view(&id).await;
                (view.state, view.run) == (JobState::Completed, run)
            })
            .await;
            assert_eq!(kind.runs(), [(0, 1)], "{how}");
            let letters = bed.jobs.dead_letters(ORG, &id).await.unwrap().unwrap();
            let [DeadLetter { chunk: Some(1), reason, .. }] = letters.as_slice() else { panic!("{how}: {letters:?}") };
            assert!(reason.starts_with("unproven chunk"), "{how}: {reason}");
            bed.jobs.retry(ORG, &id, None).await.unwrap();
        }
        worker.stop().await;
    }
}

#[tokio::test]
async fn a_dead_letter_that_was_changed_is_not_run_again_and_others_are() {
    let bed = Bed::new().await;
    let id = bed.planned(&[10, 20]).await;
    for chunk in bed.claim(2).await {
        bed.tasks.fail(&chunk.lease, None, "poison").await.unwrap();
    }
    bed.finish().await;
    let letters = bed.jobs.dead_letters(ORG, &id).await.unwrap().unwrap();
    let payloads: Vec<_> = letters.iter().map(|letter| letter.payload.as_str()).collect();
    assert_eq!(payloads, ["10 records\nof a chunk", "20 records\nof a chunk"], "people see no proofs");
    let mut redis = bed.redis.clone();
    let letter: String = redis.hget(bed.key("dead", id), 1).await.unwrap();
    let changed = letter.replace("20 records", "99 records");
    assert_ne!(changed, letter);
    let _: () = redis.hset(bed.key("dead", id), 1, changed).await.unwrap();
    bed.jobs.retry(ORG, &id, token()).await.unwrap();
    let mut chunks = bed.claim(2).await;
    chunks.sort_by_key(|chunk| chunk.records);
    assert_eq!(chunks.iter().map(|chunk| chunk.unproven).collect::<Vec<_>>(), [None, Some(Unproven::Chunk)]);
    assert_eq!(chunks[0].payload, "10 records\nof a chunk");
}

#[tokio::test]
async fn the_chunks_of_every_page_are_proven_under_their_numbers() {
    let bed = Bed::new().await;
    bed.create().await;
    for (first, done) in [(1, false), (3, false), (5, true)] {
        // The plan queues behind the chunks of the page before.
        let plan = loop {
            let task = bed.claim(1).await.pop().expect("something to claim");
            assert_eq!(task.unproven, None);
            match task.lease.task() {
                Task::Plan => break task.lease,
                _ => {
                    assert_eq!(bed.tasks.ack(&task.lease, &ChunkReport::default()).await.unwrap(), jobs::Acked::Counted)
                }
            }
        };
        bed.push(&plan, &[first, first + 1], done).await;
    }
    let last = bed.claim(10).await;
    assert_eq!(
        last.iter().map(|chunk| (chunk.lease.task(), chunk.unproven)).collect::<Vec<_>>(),
        [(Task::Chunk(4), None), (Task::Chunk(5), None)]
    );
}

#[tokio::test]
async fn a_plan_does_not_go_on_at_a_cursor_that_was_changed() {
    for (field, value) in [("cursor", "007"), ("cursor_proof", ""), ("cursor", "")] {
        let bed = Bed::new().await;
        let id = bed.create().await;
        let plan = bed.claim_task(Task::Plan).await;
        bed.push(&plan, &[], false).await;
        let mut redis = bed.redis.clone();
        let _: () = redis.hset(bed.key("job", id), field, value).await.unwrap();
        assert_eq!(bed.claim(1).await[0].unproven, Some(Unproven::Cursor), "{field}");
    }
}

/// Two tasks that begin at the same time, of which neither knows what the other has found.
#[tokio::test]
async fn what_tasks_settle_is_the_first_ones_word_for_all() {
    let bed = Bed::new().await;
    let id = bed.planned(&[1, 1]).await;
    let claimed = bed.claim(2).await;
    for (task, value) in claimed.iter().zip(["one", "other"]) {
        assert_eq!(bed.tasks.settle(&task.lease, "org", value).await.unwrap(), "one");
    }
    let mut redis = bed.redis.clone();
    let text: String = redis.hget(bed.key("flags", id), "org").await.unwrap();
    let _: () = redis.hset(bed.key("flags", id), "org", text.replacen("one", "two", 1)).await.unwrap();
    let refused = bed.tasks.settle(&claimed[0].lease, "org", "one").await.unwrap_err();
    assert!(matches!(refused, JobsError::Unproven(_)), "{refused}");
    bed.expire(&claimed[1].lease).await;
    bed.claim(2).await;
    let lost = bed.tasks.settle(&claimed[1].lease, "more", "x").await.unwrap_err();
    assert!(matches!(lost, JobsError::LeaseLost), "{lost}");
}

#[tokio::test]
async fn what_a_kind_remembers_is_believed_only_as_it_was_written() {
    let bed = Bed::new().await;
    let id = bed.planned(&[1]).await;
    let chunk = bed.claim(1).await.remove(0);
    bed.tasks.remember(&chunk.lease, "written", "1").await.unwrap();
    let mut redis = bed.redis.clone();
    let text: String = redis.hget(bed.key("flags", id), "written").await.unwrap();
    let _: () = redis.hset(bed.key("flags", id), "written", text.replacen('1', "2", 1)).await.unwrap();
    bed.tasks.release(&[chunk.lease], None).await.unwrap();
    let kind = std::sync::Arc::new(FlagKind::default());
    let worker = Running::start(&bed, settings("worker.1"), kind.clone()).await;
    until("the job has ended", async || bed.view(&id).await.state.is_final()).await;
    let letters = bed.jobs.dead_letters(ORG, &id).await.unwrap().unwrap();
    assert!(letters[0].reason.starts_with("unproven note"), "{letters:?}");
    assert!(kind.seen.lock().unwrap().is_empty());
    let given_up = TaskError::from(JobsError::Unproven(Unproven::Note));
    assert!(matches!(given_up, TaskError::Fail { .. }), "{given_up:?}");
    worker.stop().await;
}

/// The key is changed while jobs wait: the old one stands behind the new one, and goes later.
#[tokio::test]
async fn a_job_made_before_the_key_was_changed_goes_on() {
    let bed = Bed::new().await;
    let id = bed.planned(&[1]).await;
    let (old, new) = ("5e".repeat(32), "6f".repeat(32));
    let claims = async |keys: &str| {
        let mut config = bed.config.clone();
        config.secret_key = SealKey::parse(keys).unwrap();
        let jobs = Jobs::connect(config).await.unwrap();
        let task = jobs.tasks().claim(&bed.worker, 1, &[KIND]).await.unwrap().tasks.remove(0);
        bed.tasks.release(std::slice::from_ref(&task.lease), None).await.unwrap();
        task.unproven
    };
    assert_eq!(claims(&format!("{new},{old}")).await, None);
    assert_eq!(claims(&new).await, Some(Unproven::Job));
    let chunk = bed.claim(1).await.remove(0);
    bed.tasks.ack(&chunk.lease, &all_well(1)).await.unwrap();
    bed.finish().await;
    assert_eq!(bed.view(&id).await.state, JobState::Completed);
}

/// 10,000 ids in a chunk: what its proof costs must not be seen beside what the chunk does.
#[tokio::test]
async fn a_big_chunk_is_proven_whole() {
    let bed = Bed::new().await;
    let id = bed.create().await;
    let plan = bed.claim_task(Task::Plan).await;
    let mut step = page(&[10_000], true);
    step.chunks[0].payload = "006000000000001AAA".repeat(10_000);
    bed.tasks.plan_push(&plan, &step).await.unwrap();
    let chunk = bed.claim(1).await.remove(0);
    assert_eq!((chunk.unproven, chunk.payload == step.chunks[0].payload), (None, true));
    bed.tasks.release(&[chunk.lease], None).await.unwrap();
    let mut redis = bed.redis.clone();
    let text: String = redis.hget(bed.key("chunk", id), 0).await.unwrap();
    let changed = text.replacen("006000000000001AAA00600", "006000000000001AAA00700", 1);
    assert_ne!(text, changed);
    let _: () = redis.hset(bed.key("chunk", id), 0, changed).await.unwrap();
    assert_eq!(bed.claim(1).await[0].unproven, Some(Unproven::Chunk));
}
