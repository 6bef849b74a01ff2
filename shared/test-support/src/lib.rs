//! Starts Redis, local-org and services as real processes on free ports, for tests and for `bin/demo`. What else several crates
//! test with stands here too: a [scripted](scripted) HTTP server, [log lines](Lines), a [lint](openapi_lint) of OpenAPI documents.
//!
//! Every guard ([`TestRedis`], [`LocalOrg`], [`Service`], [`Process`]) kills its process and waits for it when it is
//! dropped, also while a failed test unwinds; the end of a process's log is then printed with the failure. Two ends of
//! the test process skip destructors: `SIGKILL`, and a guard kept in a `static`. Linux could kill children then
//! (`PR_SET_PDEATHSIG`), but only through an unsafe `pre_exec`, which this workspace forbids. Ctrl-C in a terminal
//! reaches children directly, because they stay in the process group of the tests.
//!
//! This crate speaks the processes' wire formats with types of its own and must not use `shared` or `local-org`: a
//! mistake in both would cancel out.

mod binary;
mod browser;
mod captured;
mod collector;
mod context;
mod control;
mod document;
mod front;
mod http;
mod local_org;
mod log;
mod moving_addon;
pub mod openapi_lint;
mod poll;
mod port;
mod process;
mod receiver;
mod redis;
pub mod scripted;
mod service;
mod snippets;
mod start;
pub mod traces;
mod usage;

pub use binary::{binary, example, workspace_root};
pub use browser::{Browser, Page};
pub use captured::Lines;
pub use collector::{CollectedSpan, Collector, Manner};
pub use context::{client_context, client_context_json, encode_client_context};
pub use control::{
    App, AppOperation, Calls, Concurrent, Control, Costs, Counters, Delivery, Disconnect, Fault, FaultAction,
    FaultBody, FaultRule, Invocation, InvocationState, Invoke, Invoked, ManagedSubscription, Notification, Org,
    Publication, PublishedEvent, PublishedEvents, PubsubSettings, PubsubStream, QueryAnswer, Rows, User,
};
pub use document::committed_document;
pub use front::SilentFront;
pub use http::http_client;
pub use local_org::{LocalOrg, LocalOrgOptions};
pub use log::Log;
pub use moving_addon::MovingAddon;
pub use poll::{POLL_INTERVAL, eventually};
pub use port::free_port;
pub use process::{Process, ProcessOptions, Signal};
pub use receiver::{Received, Receiver, Reply};
pub use redis::{RedisDump, RedisOptions, TestRedis};
pub use service::{Service, ServiceSpec};
pub use snippets::{Quoted, code_blocks};
pub use start::{SECRET_KEY, Start};
pub use usage::{Memory, cpu_time};
