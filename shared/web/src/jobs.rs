//! A web process that starts jobs: serving it, its errors, and the operations on a job that every such service has.
//!
//! | route | operation |
//! |---|---|
//! | `GET /api/jobs` | [`read::list_jobs`] |
//! | `GET /api/jobs/{id}` | [`read::get_job`] |
//! | `GET /api/jobs/{id}/errors` | [`read::get_job_errors`] |
//! | `GET /api/jobs/{id}/deadletters` | [`read::get_job_dead_letters`] |
//! | `GET /api/jobs/{id}/events` | server-sent events |
//! | `POST /api/jobs/{id}/cancel` | [`control::cancel_job`] |
//! | `POST /api/jobs/{id}/resume` | [`control::resume_job`] |
//! | `POST /api/jobs/{id}/retry` | [`control::retry_job`] |
//!
//! A job is its maker's, and of whoever may manage the jobs of others ([`JobAccess`]); for all other users it does not
//! exist. What is done to a job is recorded in its history with who did it.
//!
//! What an operation does is the same whoever owns the jobs ([`JobOwner`]): here the users of an org ([`UserJobs`]), in eventing
//! the authorization in whose name they run. [`accept`] starts one.
//!
//! A service names those that Salesforce may call in the `paths` of its OpenAPI document.

mod access;
mod config;
pub mod control;
pub mod described;
mod error;
mod events;
mod owner;
pub mod read;
mod routes;
mod serve;
mod streams;
mod user_jobs;

pub use access::{JobAccess, JobAccessSettings};
pub use config::WebConfig;
pub use error::{idempotency_key, job_error, job_id, unknown_job};
pub use owner::{JobOwner, accept, cancel, create, dead_letters, errors, resume, retry, view};
pub use routes::configure;
pub use serve::{Start, serve};
pub use user_jobs::UserJobs;
