//! What the orgs remember of the Pub/Sub API: open streams and the orders that faults give them ([`open`]), faults that wait
//! for their moment ([`faults`]), what was delivered of the daily allocation, settings, and managed subscriptions
//! ([`managed`]). The calls themselves are `crate::pubsub`'s.

mod allocation;
mod faults;
mod handle;
mod managed;
mod open;
mod settings;
mod state;

pub(crate) use self::faults::{Disconnect, Refuse};
pub(crate) use self::handle::Handle;
pub(crate) use self::managed::{Active, Definition, KEY_PREFIX, Metadata, RunState};
pub(crate) use self::open::{Ending, Order, Stream};
pub(crate) use self::settings::Settings;
pub(crate) use self::state::State;
