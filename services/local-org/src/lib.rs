//! A local Salesforce org with an AppLink add-on, for development, demos and tests.
//!
//! [`run`] serves several orgs on one port, and with TLS on a second one: their REST API, the add-on API ([`applink`]) with
//! what the Heroku CLI asks before it ([`heroku`]),
//! a control API under `/local/` that sets costs and faults, reads counters and writes test data, and a console under
//! `/console` to look at. The Pub/Sub API has ports of its own, with the same certificate where they have TLS. Orgs are
//! told apart by the access token. The crate knows none of the services that talk to it and does not use their client,
//! so that a mistake on one side is not made good by the same mistake on the other.
//!
//! What an org is and remembers stands in [`host`] and the rooms below it (`store`, `bus`, `streams`, `apps`, `bulk`,
//! `flows`, `deploys`), which know no HTTP, no gRPC and no pages. The faces that it shows (`http`, `soap`, `pubsub`,
//! `external_services`, `applink`, `heroku`, `control`, `console`) read and change that state; [`server`] alone knows all of them.
//! `tools/structure` holds the crate to that.

mod applink;
mod apps;
mod bulk;
mod bus;
pub mod cdc;
pub mod certificate;
pub mod cli;
mod config;
mod console;
mod control;
pub mod costs;
pub mod counters;
mod definitions;
mod deploys;
pub mod error;
mod events;
mod external_services;
pub mod faults;
mod flows;
mod guard;
mod heroku;
mod host;
mod http;
pub mod id;
pub mod metadata;
mod notifications;
mod pubsub;
mod record;
pub mod schema;
pub mod seed;
mod server;
pub mod settings;
mod soap;
pub mod soql;
pub mod store;
mod streams;
mod version;
mod xml;

pub use self::config::{Addon, AppOnHeroku, Config, Listeners};
pub use self::server::{Asked, Inside, Replied, run};
