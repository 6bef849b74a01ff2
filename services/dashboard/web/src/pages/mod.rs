//! The pages: HTML from templates (`templates/`), which escape whatever they show.

mod confirm;
mod frame;
mod job;
mod jobs;
mod overview;
mod plot;
mod text;
mod workers;

pub(crate) use confirm::{Asked, ConfirmPage};
pub(crate) use frame::{FILES, Frame, Pages, Section, failure};
pub(crate) use job::{ErrorsPage, Failure, JobPage, JobParts};
pub(crate) use jobs::{Form, JobsPage, Row};
pub(crate) use overview::{OverviewPage, QueueCard};
pub(crate) use text::job_address;
pub(crate) use workers::{WorkersCard, WorkersPage};
