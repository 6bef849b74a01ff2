//! What an event is: its schema and its form in Avro and JSON, its replay id, and platform events. The events of changes
//! are made in `crate::cdc`; the log that both are published to is `crate::bus`.

pub(crate) mod avro;
mod event;
pub(crate) mod json;
pub(crate) mod platform;
mod replay_id;
pub(crate) mod schema;
mod settings;

pub(crate) use self::event::{Draft, Event};
pub(crate) use self::replay_id::ReplayId;
pub(crate) use self::schema::EventSchema;
pub(crate) use self::settings::Settings;
