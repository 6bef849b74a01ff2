//! What operators do: cancel, resume, retry, pause; each recorded with who it was, refused where it makes no sense, and done once
//! when it is asked for twice.

use std::time::Duration;

use jobs::operator::{Letters, OperationKind, Refusal};
use jobs::{JobActKind, JobId, JobState, JobView, JobsConfig, NewJob, SealKey, Task};
use redis::AsyncCommands as _;
use secrecy::SecretString;

use crate::operator::{OTHER, ada, free_job};
use crate::support::{Bed, ORG, new_job};

#[tokio::test]
async fn what_an_operator_does_is_recorded_with_the_name() {
    let bed = Bed::new().await;
    let operator = bed.jobs.operator();
    let running = bed.planned(&[1]).await;
    assert_eq!(operator.cancel(&running, &ada()).await.unwrap().state, JobState::Finishing);
    let history = bed.view(&running).await.history;
    assert_eq!((history[0].act, history[0].actor.as_str()), (JobActKind::Cancelled, "operator.ada"));
    let refused = operator.cancel(&running, &ada()).await.unwrap_err();
    assert!(matches!(&refused, Refusal::NotNow(why) if why.contains("cancelled already")), "{refused}");
    bed.finish().await;
    assert!(operator.retry(&running, Letters::All, &ada()).await.unwrap_err().to_string().contains("cancelled job"));
    assert!(operator.resume(&running, &ada()).await.unwrap_err().to_string().contains("does not wait"));
    assert_eq!(bed.view(&running).await.history.len(), 1, "what is refused leaves no trace");
    let unknown: JobId = "0190a0b0c0d07000800000000000000a".parse().unwrap();
    assert!(matches!(operator.cancel(&unknown, &ada()).await, Err(Refusal::NoSuchJob)));
}

#[tokio::test]
async fn one_dead_letter_is_put_back_and_the_others_stay() {
    let bed = Bed::new().await;
    let operator = bed.jobs.operator();
    let id = bed.buried(3).await;
    assert_eq!(operator.overview().await.unwrap().dead_letters, 3);
    let missing = operator.retry(&id, Letters::Of(Task::Chunk(7)), &ada()).await.unwrap_err();
    assert!(missing.to_string().contains("no such dead letter"), "{missing}");
    let retried = operator.retry(&id, Letters::Of(Task::Chunk(1)), &ada()).await.unwrap();
    assert_eq!((retried.state, retried.dead_chunks, retried.run), (JobState::Queued, 2, 2));
    let chunk = bed.claim(10).await;
    assert_eq!(chunk.iter().map(|chunk| chunk.lease.task()).collect::<Vec<_>>(), [Task::Chunk(1)]);
    bed.ack(&chunk[0]).await;
    bed.finish().await;
    let letters = operator.dead_letters(&id).await.unwrap().unwrap();
    assert_eq!(letters.iter().map(|letter| letter.chunk).collect::<Vec<_>>(), [Some(0), Some(2)]);
    let view = bed.view(&id).await;
    assert_eq!((view.state, view.succeeded, view.failed), (JobState::Completed, 2, 4));
    assert_eq!(view.history[0].act, JobActKind::Retried);

    let seen = operator.overview().await.unwrap();
    assert_eq!((seen.jobs_with_dead_letters, seen.dead_letters), (1, 2));
    operator.retry(&id, Letters::All, &ada()).await.unwrap();
    for chunk in bed.claim(10).await {
        bed.ack(&chunk).await;
    }
    bed.finish().await;
    assert_eq!(bed.view(&id).await.succeeded, 6);
    let seen = operator.overview().await.unwrap();
    assert_eq!((seen.jobs_with_dead_letters, seen.dead_letters), (0, 0));
}

#[tokio::test]
async fn a_plan_that_was_given_up_keeps_its_reason_while_only_a_chunk_is_put_back() {
    let bed = Bed::new().await;
    let id = bed.free().await;
    let plan = bed.claim_task(Task::Plan).await;
    bed.push(&plan, &[1], false).await;
    let chunk = bed.claim_task(Task::Chunk(0)).await;
    bed.tasks.fail(&chunk, None, "bad chunk").await.unwrap();
    let plan = bed.claim_task(Task::Plan).await;
    bed.tasks.fail(&plan, None, "bad query").await.unwrap();
    bed.finish().await;
    assert_eq!(
        (bed.view(&id).await.state, bed.view(&id).await.reason.as_deref()),
        (JobState::Failed, Some("bad query"))
    );
    let operator = bed.jobs.operator();
    operator.retry(&id, Letters::Of(Task::Chunk(0)), &ada()).await.unwrap();
    let chunk = bed.claim(1).await.pop().unwrap();
    bed.ack(&chunk).await;
    bed.finish().await;
    let view = bed.view(&id).await;
    assert_eq!((view.state, view.reason.as_deref(), view.succeeded), (JobState::Failed, Some("bad query"), 1));
    let retried = operator.retry(&id, Letters::Of(Task::Plan), &ada()).await.unwrap();
    assert_eq!((retried.state, retried.reason), (JobState::Queued, None));
    bed.claim_task(Task::Plan).await;
}

#[tokio::test]
async fn a_job_of_a_users_session_is_the_users_to_retry() {
    let bed = Bed::new().await;
    let session = Some(SecretString::from("a session"));
    for job in [NewJob { session, ..free_job(ORG) }, new_job(ORG)] {
        let id = bed.jobs.create(job).await.unwrap().id;
        let plan = bed.claim_task(Task::Plan).await;
        bed.tasks.fail(&plan, None, "bad query").await.unwrap();
        bed.finish().await;
        let refused = bed.jobs.operator().retry(&id, Letters::All, &ada()).await.unwrap_err();
        assert!(matches!(refused, Refusal::NeedsOwner { .. }), "{refused}");
        assert_eq!(bed.view(&id).await.state, JobState::Failed);
    }
}

#[tokio::test]
async fn without_the_key_an_operator_looks_and_cancels_and_lets_nothing_run_again() {
    let bed = Bed::new().await;
    let (buried, open) = (bed.buried(1).await, bed.create().await);
    let config = JobsConfig { secret_key: SealKey::none(), ..bed.config.clone() };
    let operator = jobs::Jobs::connect(config).await.unwrap().operator();
    assert_eq!(operator.overview().await.unwrap().open_jobs, 1);
    let refused = operator.retry(&buried, Letters::All, &ada()).await.unwrap_err();
    assert!(refused.to_string().contains("JOB_SECRET_KEY"), "{refused}");
    operator.cancel(&open, &ada()).await.unwrap();
    // A job that was changed in Redis does not go on, with the key neither.
    let mut redis = bed.redis.clone();
    let _: () = redis.set(bed.key("params", buried), r#"{"where":"all of it"}"#).await.unwrap();
    let refused = bed.jobs.operator().retry(&buried, Letters::All, &ada()).await.unwrap_err();
    assert!(matches!(refused, Refusal::Jobs(jobs::JobsError::Unproven(_))), "{refused}");
}

#[tokio::test]
async fn an_org_rests_until_an_operator_lets_it_go_on() {
    let bed = Bed::new().await;
    let operator = bed.jobs.operator();
    let id = bed.create().await;
    operator.pause_org(ORG, Duration::from_secs(600), " maintenance\n until noon ", None, &ada()).await.unwrap();
    assert_eq!(bed.claim(1).await.len(), 0);
    let view = bed.view(&id).await;
    assert_eq!(view.reason.as_deref(), Some("paused by operator.ada: maintenance until noon"));
    assert!(view.paused_until.is_some() && view.next_try_at == view.paused_until);
    // Seen also when it has no open job.
    operator.pause_org(OTHER, Duration::from_secs(600), "", None, &ada()).await.unwrap();
    let seen = operator.overview().await.unwrap();
    assert!(seen.orgs.iter().all(|org| org.paused.is_some()) && seen.orgs.len() == 2, "{:?}", seen.orgs);
    operator.resume_org(ORG, &ada()).await.unwrap();
    assert_eq!(bed.claim(1).await.len(), 1);
    assert!(operator.resume_org(ORG, &ada()).await.unwrap_err().to_string().contains("not paused"));
    let (done, refused): (Vec<_>, Vec<_>) =
        operator.operations().await.unwrap().into_iter().partition(|act| act.refused.is_none());
    assert_eq!(refused.len(), 1, "{refused:?}");
    let acts: Vec<_> = done.into_iter().map(|act| (act.act, act.org)).collect();
    let (paused, resumed) = (OperationKind::Paused, OperationKind::Resumed);
    assert_eq!(acts, [(resumed, ORG.to_owned()), (paused, OTHER.to_owned()), (paused, ORG.to_owned())]);
    for (org, seconds) in [("a b", 60), (ORG, 0), (ORG, 8 * 24 * 60 * 60)] {
        let refused = operator.pause_org(org, Duration::from_secs(seconds), "", None, &ada()).await;
        assert!(matches!(refused, Err(Refusal::NotNow(_))), "{org} {seconds}");
    }
}

fn refused<T>(answer: Result<T, Refusal>) -> String {
    match answer {
        Err(Refusal::NotNow(why)) => why,
        Err(other) => panic!("{other}"),
        Ok(_) => panic!("done a second time"),
    }
}

fn assert_once(job: &JobView, act: JobActKind) {
    assert_eq!(job.history.iter().map(|done| done.act).collect::<Vec<_>>(), [act], "{job:?}");
}

/// The answer to an act was lost, so it is asked for again: it is so already, and is not done twice.
#[tokio::test]
async fn an_act_that_is_repeated_after_a_lost_answer_is_told_that_it_is_so_already() {
    let bed = Bed::new().await;
    let operator = bed.jobs.operator();

    // What runs is ending, then the last step, then all of it.
    let id = bed.planned(&[1]).await;
    let chunk = bed.claim(1).await.pop().unwrap();
    operator.cancel(&id, &ada()).await.unwrap();
    let told =
        |why: String| assert!(why.starts_with("the job is cancelled already (operator.ada cancelled it at"), "{why}");
    assert_eq!(bed.view(&id).await.state, JobState::Cancelling);
    told(refused(operator.cancel(&id, &ada()).await));
    bed.ack(&chunk).await;
    assert_eq!(bed.view(&id).await.state, JobState::Finishing);
    told(refused(operator.cancel(&id, &ada()).await));
    bed.finish().await;
    told(refused(operator.cancel(&id, &ada()).await));
    assert_once(&bed.view(&id).await, JobActKind::Cancelled);

    let id = bed.free().await;
    let plan = bed.claim_task(Task::Plan).await;
    bed.tasks.hold(&plan, "the authorization is gone").await.unwrap();
    operator.resume(&id, &ada()).await.unwrap();
    let why = refused(operator.resume(&id, &ada()).await);
    assert!(why.starts_with("the job was let go on already (operator.ada let it go on at"), "{why}");
    assert_once(&bed.view(&id).await, JobActKind::Resumed);
    let plan = bed.claim_task(Task::Plan).await;
    bed.push(&plan, &[], true).await;
    bed.finish().await;

    for letters in [Letters::All, Letters::Of(Task::Chunk(1))] {
        let id = bed.buried(2).await;
        operator.retry(&id, letters, &ada()).await.unwrap();
        let why = refused(operator.retry(&id, letters, &ada()).await);
        assert!(why.starts_with("the dead letters are put back already") && why.contains("operator.ada"), "{why}");
        let view = bed.view(&id).await;
        assert_once(&view, JobActKind::Retried);
        assert_eq!(view.run, 2);
        for chunk in bed.claim(10).await {
            bed.ack(&chunk).await;
        }
        bed.finish().await;
        // Of another letter it is not so.
        let why = refused(operator.retry(&id, Letters::Of(Task::Chunk(7)), &ada()).await);
        assert!(why.starts_with("the job has no such dead letter"), "{why}");
        assert_eq!(bed.view(&id).await.run, 2);
    }

    let hour = Duration::from_secs(60 * 60);
    operator.pause_org(ORG, hour, "upgrade", None, &ada()).await.unwrap();
    let until = operator.stopped(ORG).await.unwrap().unwrap().until;
    let why = refused(operator.pause_org(ORG, hour, "upgrade", None, &ada()).await);
    assert!(why.contains("is paused already until") && why.ends_with("paused by operator.ada: upgrade"), "{why}");
    assert_eq!(operator.stopped(ORG).await.unwrap().unwrap().until, until, "not for longer");
    operator.resume_org(ORG, &ada()).await.unwrap();
    let why = refused(operator.resume_org(ORG, &ada()).await);
    assert!(why.contains("it goes on already (operator.ada resumed it at"), "{why}");
    let done = operator.operations().await.unwrap().into_iter().filter(|act| act.refused.is_none());
    let done: Vec<_> = done.filter(|act| act.org == ORG && act.job.is_none()).map(|act| act.act).collect();
    assert_eq!(done, [OperationKind::Resumed, OperationKind::Paused]);
}
