//! The pages: HTML from templates (`templates/`), which escape whatever they show.

mod confirm;
mod course;
mod job;
mod jobs;
mod overview;
mod plot;
mod text;
mod workers;

pub(crate) use confirm::{Asked, ConfirmPage};
pub(crate) use job::{ErrorsPage, Failure, JobPage};
pub(crate) use jobs::{Form, JobsPage, Row};
pub(crate) use overview::{OverviewPage, QueueCard};
pub(crate) use text::{job_address, moment};
pub(crate) use workers::{WorkersCard, WorkersPage};

use web::pages::{Files, STYLE};
use web::site::Site;

/// Address of all queues at a glance.
pub(crate) const OVERVIEW: &str = "/";

/// Address of the jobs.
pub(crate) const JOBS: &str = "/jobs";

/// Address of the workers.
pub(crate) const WORKERS: &str = "/workers";

/// The pages.
pub(crate) static SITE: Site = Site {
    name: "AppLink Jobs",
    files: Files::new(&[
        ("style.css", "text/css; charset=utf-8", STYLE),
        ("dashboard.css", "text/css; charset=utf-8", include_str!("../static/dashboard.css")),
        ("live.js", "text/javascript; charset=utf-8", include_str!("../static/live.js")),
        ("icon.svg", "image/svg+xml", include_str!("../static/icon.svg")),
    ]),
    more_styles: &["dashboard.css"],
    links: &[(OVERVIEW, "Overview"), (JOBS, "Jobs"), (WORKERS, "Workers")],
};
