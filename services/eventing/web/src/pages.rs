//! The page: HTML from a template, which escapes whatever it shows.

use crate::routes::info::{Info, JobSummary};
use actix_web::http::header;
use actix_web::web::{self, ServiceConfig};
use actix_web::{HttpResponse, Responder};
use askama::Template;
use chrono::{DateTime, SecondsFormat, Utc};

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
    state: String,
    created: String,
}

impl HomePage<'_> {
    /// A time, or a dash.
    fn at(&self, time: &Option<DateTime<Utc>>) -> String {
        time.as_ref().map_or_else(|| "–".to_owned(), when)
    }
}

fn when(time: &DateTime<Utc>) -> String {
    time.to_rfc3339_opts(SecondsFormat::Secs, true)
}

/// The answer with the page.
pub(crate) fn home(info: &Info) -> HttpResponse {
    let row = |job| Row { job, state: format!("{:?}", job.state).to_lowercase(), created: when(&job.created_at) };
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
