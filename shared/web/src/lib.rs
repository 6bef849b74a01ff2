//! What every web process does the same way: errors, request ids, health, the OpenAPI document, starting and stopping.
//!
//! A service writes its routes and gives them to [`app`]; [`server::serve`] runs the app until the stop token is cancelled.
//! This crate knows no service.

mod app;
mod body_deadline;
mod conditions;
mod connection;
mod error;
mod extract;
mod framework_errors;
mod observe;
mod places;
mod probes;
mod process;
mod request_id;
mod trace;
mod waiting_calls;

mod callback;
pub mod client_context;
pub mod health;
pub mod https;
pub mod jobs;
pub mod login;
pub mod openapi;
pub mod pages;
pub mod samples;
pub mod server;
mod server_settings;
pub mod site;
pub mod sse;
pub mod token;
pub mod upstream;

#[cfg(test)]
mod tests;

pub use app::app;
pub use callback::callback_url;
pub use conditions::Conditions;
pub use error::{ApiError, ErrorAnswer, ErrorDetails};
pub use extract::{DEFAULT_BODY_LIMIT, body_limit};
pub use jobs::WebConfig;
pub use places::PlaceLimits;
pub use process::main;
pub use request_id::RequestId;
pub use waiting_calls::{WaitingCall, WaitingCalls};
