//! Delivers events of a topic to one subscriber, as fast as they are taken and no faster than they are asked for.
//!
//! `Subscribe` and `ManagedSubscribe` differ in their messages only ([`Protocol`]). A response is made when the
//! connection takes one, so a slow subscriber costs no memory: events wait in the org's log.

use std::sync::Arc;
use std::time::Duration;

use pubsub_proto::{ConsumerEvent, ProducerEvent};
use tokio::sync::{mpsc, watch};
use tokio::time::{Instant, sleep, sleep_until, timeout};
use tonic::{Status, Streaming};

use super::call::{self, Call};
use super::credit::Credit;
use super::failure::Failure;
use crate::bus::{Bus, Topic};
use crate::events::{Event, ReplayId};
use crate::streams::{Ending, Order, Settings, Stream};

/// Bytes of the events of a response at most, unless one alone has more. Clients take messages of 4 MB by default.
const MAX_BYTES: usize = 3_000_000;

/// How long a response has to leave before a fault resets its connection.
const BEFORE_RESET: Duration = Duration::from_millis(50);

/// The messages of a method that delivers events.
pub(super) trait Protocol: Send {
    /// What clients send.
    type Request: Send + 'static;
    /// What they get.
    type Response: Send + 'static;

    /// Takes a request other than the first, and tells how many events it asks for.
    fn more(&mut self, request: Self::Request, position: ReplayId)
    -> impl Future<Output = Result<u32, Failure>> + Send;

    /// Whether the stream may go on.
    fn check(&self) -> Result<(), Failure>;

    /// Whether there is something to respond besides events.
    fn has_answer(&self) -> bool;

    /// A response.
    fn response(&mut self, batch: Batch) -> Self::Response;
}

/// What a response has in both methods.
#[derive(Debug)]
pub(super) struct Batch {
    pub(super) events: Vec<ConsumerEvent>,
    pub(super) latest_replay_id: Vec<u8>,
    pub(super) rpc_id: String,
    pub(super) pending_num_requested: i32,
}

/// A subscriber's stream, once its first request has said what it wants.
pub(super) struct Delivery<P> {
    pub(super) call: Call,
    pub(super) stream: Stream,
    pub(super) protocol: P,
    pub(super) topic: Arc<Topic>,
    pub(super) position: ReplayId,
    pub(super) credit: Credit,
}

/// How a delivery ends.
enum End {
    /// With status OK, or because the client is gone.
    Closed,
    /// With an error.
    Failed(Failure),
    /// With a reset of the connection.
    Reset,
}

impl From<Failure> for End {
    fn from(failure: Failure) -> Self {
        Self::Failed(failure)
    }
}

/// Where the responses of a stream go.
pub(super) type Responses<T> = mpsc::Sender<Result<T, Status>>;

/// What a delivery is woken by.
struct Signals {
    published: watch::Receiver<ReplayId>,
    orders: watch::Receiver<Order>,
    settings: watch::Receiver<Settings>,
}

impl<P: Protocol> Delivery<P> {
    /// Delivers until the client is gone, an error occurs or a fault says so.
    pub(super) async fn run(mut self, mut requests: Streaming<P::Request>, responses: Responses<P::Response>) {
        self.tell();
        match self.deliver(&mut requests, &responses).await {
            End::Closed => {}
            End::Failed(failure) => {
                // A client that is gone needs no error.
                let _ = responses.send(Err(self.call.status(&failure))).await;
            }
            End::Reset => self.stream.reset(),
        }
    }

    async fn deliver(&mut self, requests: &mut Streaming<P::Request>, responses: &Responses<P::Response>) -> End {
        let mut signals = Signals {
            published: self.bus().watch(),
            orders: self.stream.orders(),
            settings: self.call.org.pubsub.settings.subscribe(),
        };
        signals.published.borrow_and_update();
        // Whether the log may have events behind the position.
        let mut more = true;
        let mut open = true;
        let mut last = Instant::now();
        loop {
            let order = *signals.orders.borrow_and_update();
            if let Order::End(ending) = order {
                return self.ended(ending, responses).await;
            }
            let works = order == Order::Work;
            let settings = *signals.settings.borrow_and_update();
            let waits = self.credit.pending() > 0;
            let deadline = last + if waits { settings.keepalive() } else { settings.fetch_timeout() };
            let due = Instant::now() >= deadline;
            if works && due && !waits {
                return End::Closed;
            }
            let answers = self.protocol.has_answer();
            // A client that ended its side still gets what is there of what it asked for.
            let unfinished = answers || (works && waits && more);
            if !open && !unfinished {
                return End::Closed;
            }
            let ready = works && (answers || waits && (more || due));
            tokio::select! {
                request = requests.message(), if open => match request {
                    Ok(Some(request)) => {
                        if let Err(failure) = self.take(request).await {
                            return failure.into();
                        }
                        if !waits && self.credit.pending() > 0 {
                            last = Instant::now();
                        }
                    }
                    Ok(None) => open = false,
                    Err(_) => return End::Closed,
                },
                permit = responses.reserve(), if ready => {
                    let Ok(permit) = permit else { return End::Closed };
                    let (events, complete) = match self.protocol.check().and_then(|()| self.next()) {
                        Ok(next) => next,
                        Err(failure) => return failure.into(),
                    };
                    more = !complete;
                    if events.is_empty() && !due && !self.protocol.has_answer() {
                        continue;
                    }
                    permit.send(Ok(self.respond(&events)));
                    last = Instant::now();
                }
                changed = signals.published.changed(), if !more => match changed {
                    Ok(()) => more = true,
                    Err(_) => return End::Closed,
                },
                _ = signals.orders.changed() => {}
                _ = signals.settings.changed() => {}
                () = sleep_until(deadline), if works && !due => {}
                () = responses.closed() => return End::Closed,
            }
        }
    }

    async fn take(&mut self, request: P::Request) -> Result<(), Failure> {
        let requested = self.protocol.more(request, self.position).await?;
        self.credit.add(requested)?;
        self.tell();
        Ok(())
    }

    /// The next events, and whether there are no more for now. The position moves behind them.
    fn next(&mut self) -> Result<(Vec<Arc<Event>>, bool), Failure> {
        if self.credit.pending() == 0 {
            return Ok((Vec::new(), false));
        }
        let state = &self.call.org.pubsub;
        let limit = state.allowance(&self.topic.name, self.credit.pending()).ok_or_else(Failure::delivery_limit)?;
        let page = self.bus().after(&self.topic, self.position, limit)?;
        let mut events = page.events;
        let full = events.len() == limit;
        let mut bytes = 0;
        let fitting = events.iter().take_while(|event| {
            let first = bytes == 0;
            bytes += event.draft.payload.len();
            first || bytes <= MAX_BYTES
        });
        let fitting = fitting.count();
        let cut = fitting < events.len();
        events.truncate(fitting);
        self.position = match events.last() {
            Some(last) if cut => last.replay_id,
            _ => page.position,
        };
        Ok((events, !cut && !full))
    }

    fn respond(&mut self, events: &[Arc<Event>]) -> P::Response {
        let count = u32::try_from(events.len()).unwrap_or(u32::MAX);
        self.credit.spend(count);
        let response = self.protocol.response(Batch {
            events: events.iter().map(|event| consumer_event(event)).collect(),
            latest_replay_id: self.position.to_bytes(),
            rpc_id: self.call.rpc_id.clone(),
            pending_num_requested: i32::try_from(self.credit.pending()).unwrap_or(i32::MAX),
        });
        let (pending, position) = (self.credit.pending(), self.position);
        self.stream.tell(|progress| {
            progress.pending = pending;
            progress.position = Some(position);
            progress.events += u64::from(count);
            progress.responses += 1;
        });
        if count > 0 {
            self.call.org.pubsub.delivered(&self.stream, &self.topic.name, u64::from(count));
        }
        response
    }

    async fn ended(&self, ending: Ending, responses: &Responses<P::Response>) -> End {
        match ending {
            Ending::Reset => {
                // A reset discards what is still on its way. The last response leaves first, if the client takes it.
                let _ = timeout(BEFORE_RESET, responses.reserve()).await;
                sleep(BEFORE_RESET).await;
                End::Reset
            }
            Ending::Unavailable | Ending::Unauthenticated => End::Failed(call::ended(ending)),
        }
    }

    fn tell(&self) {
        let (pending, position, topic) = (self.credit.pending(), self.position, self.topic.name.to_string());
        self.stream.tell(|progress| {
            progress.topic = Some(topic);
            progress.pending = pending;
            progress.position = Some(position);
        });
    }

    fn bus(&self) -> &Arc<Bus> {
        self.call.org.store.bus()
    }
}

fn consumer_event(event: &Event) -> ConsumerEvent {
    let draft = &event.draft;
    ConsumerEvent {
        event: Some(ProducerEvent {
            id: draft.id.clone(),
            schema_id: draft.schema.id().to_owned(),
            payload: draft.payload.clone(),
            headers: Vec::new(),
        }),
        replay_id: event.replay_id.to_bytes(),
    }
}
