//! The page: HTML from a template, which escapes whatever it shows.

use crate::info::{Info, JobSummary};
use actix_web::http::header;
use actix_web::web::{self, ServiceConfig};
use actix_web::{HttpResponse, Responder};
use askama::Template;
use chrono::{DateTime, Utc};
use shared::changes::QUOTE_CHANGES;
use shared::jobs::JobState;
use shared::samples::{CREATE_SAMPLES, DELETE_SAMPLES};

/// What the page may load: its style, and nothing else.
const POLICY: &str =
    "default-src 'none'; style-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'";
const STYLE: &str = include_str!("../static/style.css");

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
        time.as_ref().map_or_else(|| "–".to_owned(), when)
    }
}

fn when(time: &DateTime<Utc>) -> String {
    time.format("%Y-%m-%d %H:%M:%S").to_string()
}

/// What a kind of job does, in words.
fn what(kind: &str) -> &str {
    match kind {
        QUOTE_CHANGES => "Quotes",
        CREATE_SAMPLES => "sample data",
        DELETE_SAMPLES => "delete samples",
        other => other,
    }
}

fn state(state: JobState) -> &'static str {
    match state {
        JobState::Queued => "queued",
        JobState::Running => "running",
        JobState::NeedsAuthorization => "needs authorization",
        JobState::Cancelling => "cancelling",
        JobState::Finishing => "finishing",
        JobState::Completed => "completed",
        JobState::Cancelled => "cancelled",
        JobState::Failed => "failed",
    }
}

/// The answer with the page.
pub(crate) fn home<'a>(info: &'a Info) -> HttpResponse {
    let row = |job: &'a JobSummary| Row {
        job,
        what: what(&job.kind),
        state: state(job.state),
        created: when(&job.created_at),
    };
    let page = HomePage { info, jobs: info.recent_jobs.iter().map(row).collect() };
    match page.render() {
        Ok(text) => HttpResponse::Ok()
            .insert_header((header::CONTENT_TYPE, "text/html; charset=utf-8"))
            .insert_header((header::CONTENT_SECURITY_POLICY, POLICY))
            .body(text),
        Err(error) => {
            tracing::error!(%error, "the page could not be written");
            HttpResponse::InternalServerError().finish()
        }
    }
}

/// Adds the page's style.
pub(crate) fn assets(service: &mut ServiceConfig) {
    service.route("/assets/style.css", web::get().to(style));
}

async fn style() -> impl Responder {
    HttpResponse::Ok()
        .insert_header((header::CONTENT_TYPE, "text/css; charset=utf-8"))
        .insert_header((header::CACHE_CONTROL, "public, max-age=300"))
        .body(STYLE)
}
