//! What operators see and do: the one room that reads Redis for a dashboard and a command line, over all orgs.
//!
//! [`Jobs`] shows an org its own jobs. An [`Operator`] runs the queue: it sees the jobs of all orgs, the workers, and what
//! the last hour was like, and it cancels, retries, pauses. Who may be one is the caller's to check.
//!
//! What it costs Redis follows what is shown, and not how many jobs there are: see [`Operator::overview`].
//!
//! # What it does not do
//! A job runs in the name of whoever made it, with their session, which is deleted when the job ends. An operator has no
//! session, so a job that was made with one is neither resumed nor retried here ([`Refusal::NeedsOwner`]); and none without
//! the key that proves the job to be as it was made ([`Refusal::NeedsKey`]).

mod actions;
mod actor;
mod advice;
mod course;
mod handle;
mod history;
mod jobs;
mod look;
mod orgs;
mod overview;
mod pauses;
mod refusal;
pub(crate) mod workers;

pub use actions::Letters;
pub use actor::{Actor, InvalidActor};
pub use advice::Advice;
pub use course::CoursePoint;
pub use handle::Operator;
pub use history::{Minute, Operation, OperationKind, Totals};
pub use jobs::{JobFilter, JobPage, JobRow, RowPage, WhichJobs};
pub use look::JobLook;
pub use orgs::{OrgPause, OrgSilence, OrgStanding, Tasks};
pub use overview::{Oldest, Overview};
pub use pauses::Stopped;
pub use refusal::Refusal;
pub use workers::{WorkerTask, WorkerView};
