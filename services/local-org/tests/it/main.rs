//! The local org as its clients see it: started in this process on a free port, called over HTTP.

#![expect(clippy::expect_used, reason = "a helper of tests fails by panicking")]

mod applink;
mod batch;
mod bulk;
mod collections;
mod composite;
mod control;
mod costs;
mod describe;
mod event_project;
mod events;
mod faults;
mod graph;
mod oauth;
mod permissions;
mod process;
mod query;
mod sessions;
mod sobjects;
mod support;
mod tree;
mod upsert;
mod versions;
