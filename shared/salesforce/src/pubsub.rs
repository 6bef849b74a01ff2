//! Client of the Pub/Sub API: change events and platform events over gRPC, as Avro.
//!
//! [`PubSub::subscribe`] gives a [`Subscription`]: events in the order of their topic, never more than a hundred in the
//! caller's hands, across lost connections, expired tokens and silent servers. What an event means, where a replay id
//! is kept and when an event is safe is the caller's business (see [`ReplayStore`]).
//!
//! Decisions are pure and stand apart from the network: how many events to ask for (`credit`), what to do after a
//! failure (`recovery`), how a payload becomes JSON and back (`schema`, `encode`), which fields a bitmap names
//! (`bitmap`).

mod bitmap;
mod change;
mod client;
mod credit;
mod delivery;
mod driver;
mod encode;
mod endpoint;
mod error;
mod event;
mod failure;
mod publish;
mod recovery;
mod refusal;
mod replay;
mod schema;
mod schema_cache;
mod settings;
mod subscription;
mod topics;
mod wire;

#[cfg(test)]
mod tests;

pub use change::{ChangeEvent, ChangeEventHeader, ChangeType};
pub use client::{PubSub, Topic};
pub use delivery::{Delivery, Finish, Received};
pub use encode::EncodeError;
pub use endpoint::check_endpoint;
pub use error::PubSubError;
pub use event::{Content, Event};
pub use publish::{EventRefused, Published};
pub use refusal::{Call, Refusal};
pub use replay::{InvalidReplayId, ReplayId, ReplayStart, ReplayStore, StoreError};
pub use schema::{DecodeError, EventSchema};
pub use settings::{Backoff, DEFAULT_ENDPOINT, PubSubConfig, SubscribeSettings};
pub use subscription::{Committer, Subscription};
pub use wire::ManagedName;

/// Most events that Salesforce lets a subscription ask for at a time.
pub const MAX_REQUESTED: u32 = 100;
