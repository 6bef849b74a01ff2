//! The process against Redis and local-org: what becomes of events, whatever ends meanwhile.

mod buffer;
mod crashes;
mod document;
mod first_position;
mod ledger;
mod moved;
mod outages;
mod pages;
mod senders;
mod start;
mod subscription;
mod support;
mod takeover;
mod webhook;
