//! The local org as its clients see it: started in this process on a free port, called over HTTP.

#![expect(clippy::expect_used, reason = "a helper of tests fails by panicking")]

mod app;
mod applink;
mod batch;
mod bulk;
mod bulk_v1;
mod collections;
mod columns;
mod composite;
mod conditions;
mod console;
mod control;
mod costs;
mod deploys;
mod describe;
mod door;
mod event_project;
mod events;
mod external_services;
mod faults;
mod graph;
mod guard;
mod heroku;
mod heroku_publish;
mod https;
mod inside;
mod invoke_script;
mod logins;
mod oauth;
mod permissions;
mod process;
mod program;
mod pubsub;
mod query;
mod resources;
mod search;
mod sessions;
mod soap;
mod sobjects;
mod support;
mod tree;
mod upsert;
mod versions;
