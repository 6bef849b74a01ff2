//! Questions that come while one of their group is under way go together, as the next one. Where a call costs more than what
//! it asks for, many at once then cost little more than one, and nobody waits for company: who comes alone asks at once.

use std::collections::{HashMap, VecDeque};
use std::iter;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use tokio::sync::oneshot;

#[cfg(test)]
mod tests;

/// Most questions of a call, lest Redis do nothing else meanwhile: some 10 µs each.
const MOST: usize = 64;

/// Whose call is under way, and who waits for its end. Clones are the same.
pub(super) struct Together<Q, A>(Arc<Mutex<Groups<Q, A>>>);

/// Groups with a call under way, and who waits in each.
type Groups<Q, A> = HashMap<String, VecDeque<Waiting<Q, A>>>;

struct Waiting<Q, A> {
    question: Arc<Q>,
    told: oneshot::Sender<Told<Q, A>>,
}

/// Who asks next, and those that go along.
type Next<Q, A> = (Waiting<Q, A>, Vec<Waiting<Q, A>>);

enum Told<Q, A> {
    /// Somebody else has asked.
    Answer(A),
    /// It is this one's turn to ask, for these others too.
    Lead(Turn<Q, A>, Vec<Waiting<Q, A>>),
}

/// The right to ask for a group. When it ends well, the next one has it. When it does not, as when the call fails or whoever
/// makes it gives up, all who wait are let go, and ask for themselves: what is wrong with one must not be wrong with all.
struct Turn<Q, A> {
    groups: Arc<Mutex<Groups<Q, A>>>,
    group: String,
    ended_well: bool,
}

impl<Q, A> Together<Q, A> {
    /// Asks `question` of a group with `call`, together with others of the group that wait by then. The call answers all
    /// questions that it is given, in their order; `None` when it has answered too few. Where it fails for several, each asks
    /// again, alone: asking twice must do no harm.
    pub(super) async fn ask<F, E>(
        &self,
        group: &str,
        question: Q,
        call: impl Fn(Vec<Arc<Q>>) -> F,
    ) -> Result<Option<A>, E>
    where
        F: Future<Output = Result<Vec<A>, E>>,
    {
        let question = Arc::new(question);
        let (turn, others) = match self.join(group, &question) {
            Ok(turn) => (Some(turn), Vec::new()),
            Err(told) => match told.await {
                Ok(Told::Answer(answer)) => return Ok(Some(answer)),
                Ok(Told::Lead(turn, others)) => (Some(turn), others),
                Err(_) => (None, Vec::new()),
            },
        };
        // Whoever has gone needs no answer.
        let others: Vec<_> = others.into_iter().filter(|other| !other.told.is_closed()).collect();
        if !others.is_empty() {
            let along = others.iter().map(|other| Arc::clone(&other.question));
            if let Ok(answers) = call(iter::once(Arc::clone(&question)).chain(along).collect()).await {
                return Ok(tell(answers, others, turn));
            }
            drop((turn, others));
            return Ok(call(vec![question]).await?.into_iter().next());
        }
        Ok(tell(call(vec![question]).await?, others, turn))
    }

    /// The turn, when no call of the group is under way; else where to hear of it.
    fn join(&self, group: &str, question: &Arc<Q>) -> Result<Turn<Q, A>, oneshot::Receiver<Told<Q, A>>> {
        let mut groups = lock(&self.0);
        if let Some(waiting) = groups.get_mut(group) {
            let (told, hears) = oneshot::channel();
            waiting.push_back(Waiting { question: Arc::clone(question), told });
            return Err(hears);
        }
        groups.insert(group.to_owned(), VecDeque::new());
        Ok(Turn { groups: Arc::clone(&self.0), group: group.to_owned(), ended_well: false })
    }
}

/// Hands each of the others its answer and the turn on. The first answer is the caller's own.
fn tell<Q, A>(answers: Vec<A>, others: Vec<Waiting<Q, A>>, turn: Option<Turn<Q, A>>) -> Option<A> {
    let mut answers = answers.into_iter();
    let own = answers.next();
    for (other, answer) in others.into_iter().zip(answers) {
        // It may have gone meanwhile.
        let _ = other.told.send(Told::Answer(answer));
    }
    if let Some(mut turn) = turn {
        turn.ended_well = true;
    }
    own
}

impl<Q, A> Turn<Q, A> {
    /// Who is next, with those that go along; `None` when nobody waits, and the group has no call under way any more.
    fn next(&self) -> Option<Next<Q, A>> {
        let mut groups = lock(&self.groups);
        if self.ended_well
            && let Some(waiting) = groups.get_mut(&self.group)
        {
            waiting.retain(|one| !one.told.is_closed());
            if let Some(next) = waiting.pop_front() {
                let along = waiting.len().min(MOST - 1);
                return Some((next, waiting.drain(..along).collect()));
            }
        }
        let left = groups.remove(&self.group);
        // Whoever is let go may come back at once.
        drop(groups);
        drop(left);
        None
    }
}

impl<Q, A> Drop for Turn<Q, A> {
    fn drop(&mut self) {
        let Some((next, others)) = self.next() else { return };
        let turn = Self { groups: Arc::clone(&self.groups), group: std::mem::take(&mut self.group), ended_well: false };
        // Who has gone just now drops the turn, and so lets the others go.
        let _ = next.told.send(Told::Lead(turn, others));
    }
}

impl<Q, A> Default for Together<Q, A> {
    fn default() -> Self {
        Self(Arc::default())
    }
}

fn lock<Q, A>(groups: &Mutex<Groups<Q, A>>) -> MutexGuard<'_, Groups<Q, A>> {
    groups.lock().unwrap_or_else(PoisonError::into_inner)
}
