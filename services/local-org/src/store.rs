//! The data of an org: SQLite underneath, Salesforce's rules for writing on top.
//!
//! A write runs through one pipeline for every object (`write`, `delete`): convert what the caller sent, apply defaults,
//! the object's own rules ([`rules`]), required fields, uniqueness, the SQL, and the effects on other records. Nothing
//! here knows HTTP.

mod access;
mod actor;
mod catalog;
mod changes;
mod checks;
mod convert;
mod copy;
mod custom_permissions;
mod ddl;
mod delete;
mod duplicates;
mod export;
mod held;
mod loaded;
mod lookup;
mod notes;
mod org;
mod outbox;
mod prefixes;
mod publish;
mod purge;
mod read;
mod repeated;
mod rules;
mod sequences;
mod sessions;
#[cfg(test)]
mod tests;
mod touched;
mod turn;
mod tx;
mod undelete;
mod undo;
mod write;

pub(crate) use self::access::{Access, Operation, is_protected, is_setup};
pub use self::actor::{Acting, Actor};
pub use self::org::{Org, OrgConfig, StoreError};
pub(crate) use self::repeated::{Refusals, repeated_updates};
pub use self::tx::{Tx, Upserted};
pub(crate) use crate::record::Record;
