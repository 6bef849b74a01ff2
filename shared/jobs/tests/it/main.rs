//! The job engine against real Redis servers. One binary, because each links everything.

#![expect(clippy::unwrap_used, clippy::expect_used, reason = "a test fails by panicking")]

mod at_once;
mod beside;
mod cancel;
mod chunks;
mod course;
mod create;
mod hold;
mod limits;
mod look;
mod model;
mod operator;
mod operator_acts;
mod outage;
mod own_job;
mod owners;
mod plan;
mod proof;
mod retry;
mod server;
mod service_script;
mod session;
mod silent;
mod support;
mod tables;
mod together;
mod unreadable;
mod upgrade;
mod versions;
mod watch;
mod worker;
mod workers;
