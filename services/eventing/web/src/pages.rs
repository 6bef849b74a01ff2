//! The pages: HTML from templates, which escape whatever they show.

use crate::info::{Info, JobSummary};
use ::web::pages::html_under;
use actix_web::http::{StatusCode, header};
use actix_web::web::{self, ServiceConfig};
use actix_web::{HttpResponse, Responder};
use askama::Template;
use chrono::{DateTime, Utc};
use shared::contracts::eventing::QuoteChanges;
use shared::contracts::samples::{CreateSamples, DeleteSamples};
use shared::jobs::{JobActKind, JobParams as _, JobState, JobView, RecordError};

/// What the pages may load: files of this app, and nothing inline.
const POLICY: &str = "default-src 'none'; style-src 'self'; script-src 'self'; img-src 'self'; connect-src 'self'; \
                      base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

const FILES: [(&str, &str, &str); 3] = [
    ("/assets/style.css", "text/css; charset=utf-8", include_str!("../static/style.css")),
    ("/assets/live.js", "text/javascript; charset=utf-8", include_str!("../static/live.js")),
    ("/assets/icon.svg", "image/svg+xml", include_str!("../static/icon.svg")),
];

#[derive(Template)]
#[template(path = "home.html")]
struct HomePage<'a> {
    info: &'a Info,
    jobs: Vec<Row<'a>>,
}

/// A job in the table.
struct Row<'a> {
    job: &'a JobSummary,
    what: &'a str,
    state: &'static str,
    created: String,
}

impl HomePage<'_> {
    /// A time, or a dash.
    fn at(&self, time: &Option<DateTime<Utc>>) -> String {
        or_dash(time.as_ref())
    }

    fn worker(&self) -> &'static str {
        if self.info.worker_runs { "At least one runs." } else { "None runs: no worker was heard of lately." }
    }

    /// Jobs wait for a worker, and there is none.
    fn waits(&self) -> bool {
        !self.info.worker_runs && self.info.recent_jobs.iter().any(|job| needs_worker(job.state))
    }
}

#[derive(Template)]
#[template(path = "job.html")]
struct JobPage<'a> {
    job: &'a JobView,
    what: &'a str,
    state: &'static str,
    /// It waits for a worker, and there is none.
    waits: bool,
    given_up: &'a [String],
    created: String,
    started: String,
    ended: String,
    acts: Vec<Act<'a>>,
    errors: &'a [RecordError],
    more_errors: Option<String>,
}

/// Something that somebody did to a job.
struct Act<'a> {
    what: &'static str,
    at: String,
    actor: &'a str,
}

impl JobPage<'_> {
    fn here(&self) -> String {
        format!("/jobs/{}", self.job.id.hyphenated())
    }
}

#[derive(Template)]
#[template(path = "failure.html")]
struct FailurePage<'a> {
    title: &'a str,
    message: &'a str,
}

fn when(time: &DateTime<Utc>) -> String {
    time.format("%Y-%m-%d %H:%M:%S").to_string()
}

fn or_dash(time: Option<&DateTime<Utc>>) -> String {
    time.map_or_else(|| "–".to_owned(), when)
}

/// What a kind of job does, in words.
fn what(kind: &str) -> &str {
    match kind {
        QuoteChanges::KIND => "Quotes",
        CreateSamples::KIND => "sample data",
        DeleteSamples::KIND => "delete samples",
        other => other,
    }
}

fn state(state: JobState) -> &'static str {
    match state {
        JobState::Queued => "waiting for a worker",
        JobState::Running => "running",
        JobState::NeedsAuthorization => "needs a new authorization",
        JobState::Cancelling => "cancelling",
        JobState::Finishing => "finishing",
        JobState::Completed => "completed",
        JobState::Cancelled => "cancelled",
        JobState::Failed => "failed",
    }
}

fn needs_worker(state: JobState) -> bool {
    !state.is_final() && state != JobState::NeedsAuthorization
}

/// The answer with the page of everything.
pub(crate) fn home<'a>(info: &'a Info) -> HttpResponse {
    let row = |job: &'a JobSummary| Row {
        job,
        what: what(&job.kind),
        state: state(job.state),
        created: when(&job.created_at),
    };
    html_under(POLICY, StatusCode::OK, &HomePage { info, jobs: info.recent_jobs.iter().map(row).collect() })
}

/// The answer with the page of one job: with the reasons of chunks that were `given_up`, and its first `errors`.
pub(crate) fn job(job: &JobView, given_up: &[String], errors: &[RecordError], worker_runs: bool) -> HttpResponse {
    let shown = u64::try_from(errors.len()).unwrap_or(u64::MAX);
    let acts = job.history.iter().map(|act| Act {
        what: match act.act {
            JobActKind::Cancelled => "Cancelled",
            JobActKind::Resumed => "Resumed",
            JobActKind::Retried => "Retried",
        },
        at: when(&act.at),
        actor: &act.actor,
    });
    let page = JobPage {
        job,
        what: what(&job.kind),
        state: state(job.state),
        waits: !worker_runs && needs_worker(job.state),
        given_up,
        created: when(&job.created_at),
        started: or_dash(job.started_at.as_ref()),
        ended: or_dash(job.finished_at.as_ref()),
        acts: acts.collect(),
        errors,
        more_errors: (job.errors > shown).then(|| {
            format!(
                "The first {shown} of {}. GET /api/jobs/{}/errors has up to a thousand.",
                job.errors,
                job.id.hyphenated()
            )
        }),
    };
    html_under(POLICY, StatusCode::OK, &page)
}

/// The answer with a page that says what went wrong.
pub(crate) fn failure(status: StatusCode, title: &str, message: &str) -> HttpResponse {
    html_under(POLICY, status, &FailurePage { title, message })
}

/// Adds the files that the pages load. They hold no data, so they need no token.
pub(crate) fn assets(service: &mut ServiceConfig) {
    for (path, content_type, text) in FILES {
        service.route(path, web::get().to(move || file(content_type, text)));
    }
}

async fn file(content_type: &'static str, text: &'static str) -> impl Responder {
    HttpResponse::Ok()
        .insert_header((header::CONTENT_TYPE, content_type))
        .insert_header((header::CACHE_CONTROL, "public, max-age=300"))
        .body(text)
}
