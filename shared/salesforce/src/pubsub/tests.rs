//! The client against a small server of its own, over real connections that can be cut.

mod calls;
mod fake;
mod flow;
mod managed;
mod proxy;
mod publish;
mod reconnect;
mod refusals;
mod tls;
mod traces;

use std::future::Future;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use futures_util::future::BoxFuture;
use tokio_util::sync::CancellationToken;

use self::fake::{Fake, TOPIC};
use super::*;
use crate::test_server::session;
use crate::{AllowedHosts, Error, RetryPolicy, Session, SessionSource};

/// No test takes so long unless something is stuck, however busy the machine.
const PATIENCE: Duration = Duration::from_secs(60);

async fn soon<T>(what: &str, future: impl Future<Output = T>) -> T {
    tokio::time::timeout(PATIENCE, future).await.unwrap_or_else(|_| panic!("{what} takes too long"))
}

/// Waits until `check` is true.
async fn eventually(what: &str, mut check: impl FnMut() -> bool) {
    soon(what, async {
        while !check() {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    })
    .await;
}

/// Hands out `token-0`, and the next number after each renewal.
#[derive(Default)]
struct Tokens {
    renewals: AtomicUsize,
}

impl Tokens {
    fn renewals(&self) -> usize {
        self.renewals.load(Ordering::SeqCst)
    }

    fn now(&self) -> Session {
        session("http://127.0.0.1:8090/", &format!("token-{}", self.renewals()))
    }
}

impl SessionSource for Tokens {
    fn session(&self) -> BoxFuture<'_, Result<Session, Error>> {
        Box::pin(async { Ok(self.now()) })
    }

    fn refresh<'a>(&'a self, _stale: &'a Session) -> BoxFuture<'a, Result<Session, Error>> {
        Box::pin(async {
            self.renewals.fetch_add(1, Ordering::SeqCst);
            Ok(self.now())
        })
    }
}

/// A place in memory, which can be out of order.
#[derive(Default)]
struct Place {
    stored: Mutex<Option<ReplayId>>,
    failures: AtomicUsize,
}

impl Place {
    fn at(id: ReplayId) -> Arc<Self> {
        Arc::new(Self { stored: Mutex::new(Some(id)), failures: AtomicUsize::new(0) })
    }

    fn store(&self, id: &ReplayId) {
        *self.stored.lock().unwrap() = Some(id.clone());
    }
}

impl ReplayStore for Place {
    fn load<'a>(&'a self, topic: &'a str) -> BoxFuture<'a, Result<Option<ReplayId>, StoreError>> {
        Box::pin(async move {
            assert_eq!(topic, TOPIC);
            let left = |failures: usize| failures.checked_sub(1);
            if self.failures.fetch_update(Ordering::SeqCst, Ordering::SeqCst, left).is_ok() {
                return Err("the store is down".into());
            }
            Ok(self.stored.lock().unwrap().clone())
        })
    }
}

/// Waits hardly at all between tries.
fn config(url: &str) -> PubSubConfig {
    let millis = Duration::from_millis;
    PubSubConfig {
        backoff: Backoff { base: millis(5), max: millis(50), unavailable: millis(5), busy: millis(20) },
        retry: RetryPolicy { base_delay: millis(1), ..RetryPolicy::default() },
        watchdog: PATIENCE,
        ..PubSubConfig::new(url.parse().unwrap())
    }
}

fn local() -> AllowedHosts {
    AllowedHosts::with_extra(&["127.0.0.1:*".to_owned(), "localhost:*".to_owned()]).unwrap()
}

fn pubsub_of(config: PubSubConfig, tokens: &Arc<Tokens>) -> PubSub {
    PubSub::connect(config, &local(), Arc::<Tokens>::clone(tokens) as Arc<dyn SessionSource>).unwrap()
}

fn pubsub(fake: &Fake) -> PubSub {
    pubsub_of(config(&fake.url()), &Arc::default())
}

/// From the start of the topic.
fn from_start() -> SubscribeSettings {
    SubscribeSettings { start: ReplayStart::Earliest, ..SubscribeSettings::default() }
}

fn subscribe(pubsub: &PubSub, settings: SubscribeSettings, place: &Arc<Place>) -> Subscription {
    let place = Arc::<Place>::clone(place);
    pubsub.subscribe(TOPIC, settings, place, &CancellationToken::new())
}

/// The next thing that is not a sign of life.
async fn next(subscription: &mut Subscription) -> Option<Result<Delivery, PubSubError>> {
    loop {
        match soon("a delivery", subscription.next()).await {
            Some(Ok(Delivery::Idle(_))) => {}
            other => return other,
        }
    }
}

async fn event(subscription: &mut Subscription) -> Received {
    match next(subscription).await {
        Some(Ok(Delivery::Event(received))) => received,
        other => panic!("expected an event, not {other:?}"),
    }
}

/// The number that the fake server wrote into an event.
fn number(event: &Event) -> u64 {
    match &event.content {
        Ok(Content::Platform(fields)) => fields["Number__c"].as_u64().unwrap(),
        other => panic!("expected a platform event, not {other:?}"),
    }
}

/// Takes `count` events, stores and finishes each.
async fn take(subscription: &mut Subscription, fake: &Fake, place: &Place, count: usize) -> Vec<u64> {
    let mut numbers = Vec::new();
    for _ in 0..count {
        let received = event(subscription).await;
        numbers.push(number(&received.event));
        place.store(&received.event.replay_id);
        fake.finishing(1);
        received.finish();
    }
    numbers
}
