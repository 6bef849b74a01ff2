use std::cell::RefCell;
use std::pin::pin;
use std::rc::Rc;

use futures_util::future::join_all;
use futures_util::poll;
use tokio::sync::Semaphore;

use super::*;

/// Answers each number with its double, when it may, and remembers what was asked together. Fails for 13.
struct Server {
    together: Together<u32, u32>,
    asked: RefCell<Vec<Vec<u32>>>,
    may: Semaphore,
}

impl Server {
    fn new(may: usize) -> Rc<Self> {
        let (together, asked) = (Together::default(), RefCell::default());
        Rc::new(Self { together, asked, may: Semaphore::new(may) })
    }

    async fn ask(&self, group: &str, question: u32) -> Result<Option<u32>, String> {
        let call = |questions: Vec<Arc<u32>>| async move {
            self.asked.borrow_mut().push(questions.iter().map(|question| **question).collect());
            // No call is answered at once.
            tokio::task::yield_now().await;
            self.may.acquire().await.unwrap().forget();
            if questions.iter().any(|question| **question == 13) {
                return Err("thirteen".to_owned());
            }
            Ok(questions.iter().map(|question| **question * 2).collect())
        };
        self.together.ask(group, question, call).await
    }

    fn asked(&self) -> Vec<Vec<u32>> {
        self.asked.borrow().clone()
    }

    fn is_idle(&self) -> bool {
        lock(&self.together.0).is_empty()
    }
}

const PLENTY: usize = 10_000;

#[tokio::test]
async fn who_comes_alone_asks_at_once() {
    let server = Server::new(PLENTY);
    for number in 0..3 {
        assert_eq!(server.ask("a", number).await, Ok(Some(number * 2)));
    }
    assert_eq!(server.asked(), [[0], [1], [2]]);
    assert!(server.is_idle());
}

#[tokio::test]
async fn those_who_come_meanwhile_go_together_and_each_has_its_own_answer() {
    let server = Server::new(PLENTY);
    let answers = join_all((100..300).map(|number| server.ask("a", number))).await;
    assert_eq!(answers, (100..300).map(|number| Ok(Some(number * 2))).collect::<Vec<_>>());
    let sizes: Vec<_> = server.asked().iter().map(Vec::len).collect();
    assert_eq!(sizes, [1, 64, 64, 64, 7], "one that is alone, then as many as may go at a time");
    assert_eq!(server.asked().concat(), (100..300).collect::<Vec<_>>(), "in the order in which they came");
    assert!(server.is_idle());
}

#[tokio::test]
async fn groups_do_not_wait_for_each_other() {
    let server = Server::new(0);
    let (mut one, mut other) = (pin!(server.ask("a", 1)), pin!(server.ask("b", 2)));
    assert!(poll!(&mut one).is_pending() && poll!(&mut other).is_pending());
    assert_eq!(server.asked(), [[1], [2]]);
    server.may.add_permits(2);
    assert_eq!((one.await, other.await), (Ok(Some(2)), Ok(Some(4))));
    assert!(server.is_idle());
}

#[tokio::test]
async fn what_is_wrong_with_one_is_not_wrong_with_those_who_went_along() {
    let server = Server::new(PLENTY);
    let answers = join_all([1, 2, 13, 4, 5].map(|number| server.ask("a", number))).await;
    let right = |number: u32| Ok(Some(number * 2));
    assert_eq!(answers, [right(1), right(2), Err("thirteen".to_owned()), right(4), right(5)]);
    // The second asked for all of them; then each asked again, alone.
    assert_eq!(server.asked()[..2], [vec![1], vec![2, 13, 4, 5]]);
    assert!(server.is_idle());
}

#[tokio::test]
async fn who_gives_up_while_asking_lets_the_others_go() {
    let server = Server::new(0);
    let mut first = Box::pin(server.ask("a", 1));
    let mut second = pin!(server.ask("a", 2));
    let mut third = pin!(server.ask("a", 3));
    assert!(poll!(&mut first).is_pending() && poll!(&mut second).is_pending() && poll!(&mut third).is_pending());
    drop(first);
    assert!(server.is_idle());
    server.may.add_permits(2);
    assert_eq!((second.await, third.await), (Ok(Some(4)), Ok(Some(6))));
    assert!(server.is_idle());
}

#[tokio::test]
async fn who_gives_up_waiting_is_not_asked_for() {
    let server = Server::new(0);
    let mut first = pin!(server.ask("a", 1));
    let mut second = Box::pin(server.ask("a", 2));
    let mut third = pin!(server.ask("a", 3));
    assert!(poll!(&mut first).is_pending() && poll!(&mut second).is_pending() && poll!(&mut third).is_pending());
    drop(second);
    server.may.add_permits(2);
    assert_eq!(first.await, Ok(Some(2)));
    assert_eq!(third.await, Ok(Some(6)));
    assert_eq!(server.asked(), [[1], [3]]);
    assert!(server.is_idle());
}

/// The turn comes to somebody who has gone by the time that it would be taken.
#[tokio::test]
async fn a_turn_that_nobody_takes_is_not_kept() {
    let server = Server::new(0);
    let mut first = pin!(server.ask("a", 1));
    let mut second = Box::pin(server.ask("a", 2));
    let mut third = pin!(server.ask("a", 3));
    assert!(poll!(&mut first).is_pending() && poll!(&mut second).is_pending() && poll!(&mut third).is_pending());
    server.may.add_permits(3);
    assert_eq!(first.await, Ok(Some(2)));
    drop(second);
    assert_eq!(third.await, Ok(Some(6)));
    assert!(server.is_idle());
}
