//! Two operators who want the same at the same moment.

use std::time::Duration;

use jobs::operator::{Actor, Letters, OperationKind, Refusal};
use jobs::{JobActKind, JobState, Task};
use redis::AsyncCommands as _;

use crate::operator::ada;
use crate::server::RedisServer;
use crate::support::{Bed, ORG};

const ROUNDS: usize = 20;
const HOUR: Duration = Duration::from_secs(3_600);

fn grace() -> Actor {
    "grace".parse().unwrap()
}

/// Who won, and what the other one was told.
fn one_of<T: std::fmt::Debug>(ada: Result<T, Refusal>, grace: Result<T, Refusal>) -> (&'static str, String) {
    match (ada, grace) {
        (Ok(_), Err(Refusal::NotNow(why))) => ("operator.ada", why),
        (Err(Refusal::NotNow(why)), Ok(_)) => ("operator.grace", why),
        other => panic!("one of them: {other:?}"),
    }
}

#[tokio::test]
async fn of_two_who_cancel_a_job_one_does_and_the_other_is_told_who_did() {
    let bed = Bed::new().await;
    let operator = bed.jobs.operator();
    let (ada, grace) = (ada(), grace());
    for _ in 0..ROUNDS {
        let id = bed.planned(&[1, 1]).await;
        let running = bed.claim(1).await.pop().unwrap();
        let (one, two) = tokio::join!(operator.cancel(&id, &ada), operator.cancel(&id, &grace));
        let (winner, told) = one_of(one, two);
        assert!(told.contains(&format!("{winner} cancelled it at")), "{told}");
        let job = bed.view(&id).await;
        let history: Vec<_> = job.history.iter().map(|act| (act.act, act.actor.as_str())).collect();
        assert_eq!(history, [(JobActKind::Cancelled, winner)]);
        assert_eq!((job.state, job.dropped_chunks), (JobState::Cancelling, 1));
        bed.ack(&running).await;
        bed.finish_of(&id).await;
    }
    let log = operator.operations().await.unwrap();
    assert_eq!(log.len(), ROUNDS, "each that came to nothing is in the log, too");
    assert!(log.iter().all(|entry| entry.act == OperationKind::Cancelled && entry.refused.is_some()), "{log:?}");
    assert!(log.iter().all(|entry| entry.org == ORG && entry.job.is_some()), "{log:?}");
    let seconds: i64 = bed.redis.clone().ttl(format!("{}refused", bed.prefix)).await.unwrap();
    assert!(seconds > 0, "{seconds}");
}

#[tokio::test]
async fn of_two_who_put_dead_letters_back_one_does_and_nothing_runs_twice() {
    let bed = Bed::new().await;
    let operator = bed.jobs.operator();
    let (ada, grace) = (ada(), grace());
    for letters in [Letters::All, Letters::Of(Task::Chunk(1))].repeat(ROUNDS / 2) {
        let id = bed.buried(2).await;
        let (one, two) = tokio::join!(operator.retry(&id, letters, &ada), operator.retry(&id, letters, &grace));
        let (winner, told) = one_of(one, two);
        assert!(told.contains(&format!("{winner} put dead letters back at")), "{told}");
        let job = bed.view(&id).await;
        let history: Vec<_> = job.history.iter().map(|act| (act.act, act.actor.as_str())).collect();
        assert_eq!((job.run, history), (2, vec![(JobActKind::Retried, winner)]));
        let again = bed.claim(10).await;
        assert_eq!(again.len(), if letters == Letters::All { 2 } else { 1 });
        for chunk in &again {
            bed.ack(chunk).await;
        }
        bed.finish_of(&id).await;
    }
}

#[tokio::test]
async fn of_two_who_pause_an_org_one_does_and_the_other_may_know_of_it() {
    let bed = Bed::new().await;
    let operator = bed.jobs.operator();
    let (ada, grace) = (ada(), grace());
    let day = 24 * HOUR;
    for _ in 0..ROUNDS {
        let (one, two) = tokio::join!(
            operator.pause_org(ORG, HOUR, "upgrade", None, &ada),
            operator.pause_org(ORG, day, "audit", None, &grace)
        );
        let (winner, told) = one_of(one, two);
        assert!(told.contains("is paused already until") && told.contains(&format!("paused by {winner}: ")), "{told}");
        // Who has seen it may give another one in its place, once.
        let seen = operator.stopped(ORG).await.unwrap().unwrap();
        assert!(seen.reason.starts_with(&format!("paused by {winner}")), "{seen:?}");
        let instead = Some(seen.until);
        let (one, two) = tokio::join!(
            operator.pause_org(ORG, 2 * HOUR, "longer", instead, &ada),
            operator.pause_org(ORG, 3 * HOUR, "longer", instead, &grace)
        );
        one_of(one, two);
        let (one, two) = tokio::join!(operator.resume_org(ORG, &ada), operator.resume_org(ORG, &grace));
        let (winner, told) = one_of(one, two);
        assert!(told.contains("is not paused") && told.contains(&format!("{winner} resumed it at")), "{told}");
        assert_eq!(operator.stopped(ORG).await.unwrap(), None);
    }
    let log = operator.operations().await.unwrap();
    let (refused, done): (Vec<_>, Vec<_>) = log.iter().partition(|entry| entry.refused.is_some());
    assert_eq!((done.len(), refused.len()), (3 * ROUNDS, 3 * ROUNDS));
    let sentence = refused[0].sentence();
    assert!(sentence.contains(" wanted to resume ") && sentence.contains("nothing was done: "), "{sentence}");
}

#[tokio::test]
async fn a_call_whose_answer_was_lost_is_the_same_act_when_it_is_repeated() {
    // Shows each call with its arguments.
    let server = RedisServer::start(&["--save", "", "--slowlog-log-slower-than", "0", "--slowlog-max-len", "1000"]);
    let bed = Bed::on(&server, |_| {}).await;
    let operator = bed.jobs.operator();
    let (buried, open) = (bed.buried(1).await, bed.planned(&[1]).await);
    operator.cancel(&open, &ada()).await.unwrap();
    operator.retry(&buried, Letters::All, &ada()).await.unwrap();
    let mut redis = bed.redis.clone();
    for (id, run) in [(open, 1), (buried, 2)] {
        let mut call = called(&mut redis, &id.to_string()).await;
        let mut again = async |call: &[Vec<u8>]| -> i64 {
            let mut command = redis::cmd("EVALSHA");
            for argument in call.iter().skip(1) {
                command.arg(argument);
            }
            command.query_async(&mut redis).await.unwrap()
        };
        assert_eq!(again(&call).await, 1, "it is done");
        let once = call.iter_mut().find(|argument| argument.len() == 32 && **argument != id.to_string().into_bytes());
        once.unwrap()[0] = b'x';
        assert_eq!(again(&call).await, 0, "another call comes too late");
        let job = bed.view(&id).await;
        assert_eq!((job.history.len(), job.run), (1, run));
    }
}

/// The last call of a script in which ada acts on this job.
async fn called(redis: &mut redis::aio::MultiplexedConnection, id: &str) -> Vec<Vec<u8>> {
    type Entry = (i64, i64, i64, Vec<Vec<u8>>, Vec<u8>, Vec<u8>);
    let entries: Vec<Entry> = redis::cmd("SLOWLOG").arg("GET").arg(-1).query_async(redis).await.unwrap();
    let has = |call: &[Vec<u8>], text: &str| call.iter().any(|argument| argument == text.as_bytes());
    let found = entries
        .into_iter()
        .map(|entry| entry.3)
        .find(|call| call[0].eq_ignore_ascii_case(b"evalsha") && has(call, id) && has(call, "operator.ada"));
    found.expect("the call")
}

#[tokio::test]
async fn of_very_many_dead_letters_a_look_has_some_and_their_number() {
    let bed = Bed::with(|config| config.max_outstanding_chunks = 1_000).await;
    let operator = bed.jobs.operator();
    for (chunks, first) in [(30, Some(0)), (510, None)] {
        let id = bed.buried(chunks).await;
        let look = operator.look(&id, 10, 20).await.unwrap().unwrap();
        assert_eq!((look.letters_in_all, look.letters.len()), (u64::try_from(chunks).unwrap(), 20));
        let numbers: Vec<_> = look.letters.iter().map(|letter| letter.chunk.unwrap()).collect();
        assert!(numbers.is_sorted() && first.is_none_or(|first| numbers == (first..first + 20).collect::<Vec<_>>()));
        assert_eq!((look.not_ours, look.errors.len()), (None, 0));
    }
}
