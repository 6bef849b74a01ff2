//! What is shown: nothing here changes anything.

use super::maker;
use super::refusal::Trouble;
use crate::csv_file;
use crate::pages::{
    ErrorsPage, Failure, Form, JOBS, JobPage, JobsPage, OVERVIEW, OverviewPage, QueueCard, Row, SITE, WORKERS,
    WorkersCard, WorkersPage, job_address,
};
use crate::queue::{PAGE_JOBS, Queue};
use crate::state::State;
use ::web::ApiError;
use ::web::login::Session;
use ::web::pages::{html, see_other};
use ::web::sse;
use actix_web::http::{StatusCode, header};
use actix_web::web::{Data, Path, Query};
use actix_web::{HttpResponse, ResponseError, get};
use chrono::{Duration, Utc};
use futures_util::future::try_join_all;
use serde::Deserialize;
use shared::jobs::operator::{JobFilter, JobRow, WhichJobs};
use shared::jobs::{JobId, JobView};

/// Errors on a page of a job's errors, and in a file.
const PAGE_ERRORS: u64 = 100;
const FILE_ERRORS: u64 = 10_000;

/// Which errors.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Offset {
    offset: String,
}

/// All queues at a glance.
#[get("/")]
pub(super) async fn show_overview(state: Data<State>, session: Session) -> HttpResponse {
    let frame = SITE.frame(&session, OVERVIEW);
    let card = async |queue: &Queue| -> Result<QueueCard, Trouble> {
        let seen = queue.overview().await?;
        Ok(QueueCard::new(&queue.name, &seen.0, &seen.1))
    };
    match try_join_all(state.queues.iter().map(card)).await {
        Ok(queues) => html(StatusCode::OK, &OverviewPage { frame, queues }),
        Err(trouble) => trouble.into_page(&frame),
    }
}

/// The workers of all queues.
#[get("/workers")]
pub(super) async fn show_workers(state: Data<State>, session: Session) -> HttpResponse {
    let frame = SITE.frame(&session, WORKERS);
    let card = async |queue: &Queue| -> Result<WorkersCard, Trouble> {
        Ok(WorkersCard::new(&queue.name, &queue.overview().await?.0))
    };
    match try_join_all(state.queues.iter().map(card)).await {
        Ok(queues) => html(StatusCode::OK, &WorkersPage { frame, queues }),
        Err(trouble) => trouble.into_page(&frame),
    }
}

/// Jobs that pass the filters: of one queue page by page, of all queues the newest of each. One that is looked for by its id,
/// or by a Quote that it made, has a page of its own.
#[get("/jobs")]
pub(super) async fn show_jobs(state: Data<State>, session: Session, query: Query<Form>) -> HttpResponse {
    let frame = SITE.frame(&session, JOBS);
    if !query.id.trim().is_empty() {
        return match address_of(&state, query.id.trim()).await {
            Ok(there) => see_other(&there),
            Err(trouble) => trouble.into_page(&frame),
        };
    }
    if !query.quote.trim().is_empty() {
        return match maker::address_of(&state, &query).await {
            Ok(there) => see_other(&there),
            Err(trouble) => trouble.into_page(&frame),
        };
    }
    match found(&state, &query).await {
        Ok((rows, next)) => {
            let queues = state.queues.iter().map(|queue| queue.name.clone()).collect();
            html(StatusCode::OK, &JobsPage { frame, form: query.into_inner(), queues, rows, next })
        }
        Err(trouble) => trouble.into_page(&frame),
    }
}

/// The page of a job, in whichever queue it is.
async fn address_of(state: &State, id: &str) -> Result<String, Trouble> {
    let id: JobId = id.parse().map_err(|error| Trouble::Input(format!("Job: {error}.")))?;
    for queue in state.queues.iter() {
        if queue.operator.job(&id).await?.is_some() {
            return Ok(job_address(&queue.name, &id));
        }
    }
    Err(Trouble::Unknown("No pattern that is shown has a job of this id, or it is no longer kept."))
}

async fn found(state: &State, form: &Form) -> Result<(Vec<Row>, Option<String>), Trouble> {
    let which: WhichJobs = form.which.parse().map_err(|expected| Trouble::Input(format!("State: {expected}.")))?;
    let text = |text: &str| Some(text.trim().to_owned()).filter(|text| !text.is_empty());
    let hours = match form.hours.trim() {
        "" => None,
        hours => {
            let hours = hours.parse().ok().filter(|hours| (1..=24 * 365).contains(hours));
            Some(hours.ok_or_else(|| Trouble::Input("Created: expected a number of hours.".to_owned()))?)
        }
    };
    let after = match form.after.as_str() {
        "" => None,
        after => Some(after.parse::<JobId>().map_err(|error| Trouble::Input(format!("After: {error}.")))?),
    };
    let filter = JobFilter {
        which,
        org: text(&form.org),
        kind: text(&form.kind),
        from: hours.map(|hours| Utc::now() - Duration::hours(hours)),
        to: None,
    };
    if !form.queue.is_empty() {
        let queue = queue(state, &form.queue)?;
        let page = queue.rows(form.asked(), &filter, after).await?;
        let rows = page.rows.iter().map(|job| Row::new(&queue.name, job)).collect();
        return Ok((rows, page.next.map(|next| form.next(&next.hyphenated()))));
    }
    let of = async |queue: &Queue| -> Result<Vec<(JobRow, String)>, Trouble> {
        let page = queue.rows(form.asked(), &filter, None).await?;
        Ok(page.rows.iter().map(|job| (job.clone(), queue.name.clone())).collect())
    };
    let mut all = try_join_all(state.queues.iter().map(of)).await?.concat();
    all.sort_by_key(|(job, _)| std::cmp::Reverse(job.id));
    all.truncate(PAGE_JOBS);
    Ok((all.iter().map(|(job, queue)| Row::new(queue, job)).collect(), None))
}

/// One event whenever something has changed.
#[get("/live")]
pub(super) async fn follow(state: Data<State>) -> HttpResponse {
    match state.live.follow() {
        Some(events) => sse::response(events, state.shutdown.clone()),
        None => {
            let wait = std::time::Duration::from_secs(10);
            ApiError::too_many_requests("Too many pages are followed.", wait).error_response()
        }
    }
}

/// A job.
#[get("/jobs/{queue}/{id}")]
pub(super) async fn show_job(state: Data<State>, session: Session, path: Path<(String, String)>) -> HttpResponse {
    let frame = SITE.frame(&session, JOBS);
    let seen = async {
        let (queue, id) = named(&state, &path)?;
        Ok::<_, Trouble>((queue, queue.look(&id).await?))
    };
    match seen.await {
        Ok((queue, look)) => match look.as_ref() {
            Some(look) => html(StatusCode::OK, &JobPage::new(frame, &queue.name, look, &state.orgs)),
            None => UNKNOWN.into_page(&frame),
        },
        Err(trouble) => trouble.into_page(&frame),
    }
}

/// The errors of a job, page by page.
#[get("/jobs/{queue}/{id}/errors")]
pub(super) async fn show_errors(
    state: Data<State>,
    session: Session,
    path: Path<(String, String)>,
    query: Query<Offset>,
) -> HttpResponse {
    let frame = SITE.frame(&session, JOBS);
    let page = async {
        let (queue, job) = known(&state, &path).await?;
        let offset = query.offset.parse::<u64>().unwrap_or(0);
        let page = queue.operator.errors(&job.id, offset, PAGE_ERRORS).await?;
        let page = page.ok_or(Trouble::Unknown("There is no such job."))?;
        let here = job_address(&queue.name, &job.id);
        let link = |offset: u64| format!("{here}/errors?offset={offset}");
        let shown = u64::try_from(page.errors.len()).unwrap_or(u64::MAX);
        let end = offset.saturating_add(shown);
        let range = if shown == 0 {
            "None here".to_owned()
        } else {
            let kept =
                if page.stored < page.total { format!(", of which {} are kept", page.stored) } else { String::new() };
            format!("{} to {end} of {}{kept}", offset.saturating_add(1), page.total)
        };
        Ok::<_, Trouble>(ErrorsPage {
            frame: frame.clone(),
            id: job.id.hyphenated(),
            range,
            previous: (offset > 0).then(|| link(offset.saturating_sub(PAGE_ERRORS))),
            next: (end < page.stored).then(|| link(end)),
            failures: page.errors.into_iter().map(|error| Failure::new(error, &job.org, &state.orgs)).collect(),
            here,
        })
    };
    match page.await {
        Ok(page) => html(StatusCode::OK, &page),
        Err(trouble) => trouble.into_page(&frame),
    }
}

/// The same as a file for spreadsheets.
#[get("/jobs/{queue}/{id}/errors.csv")]
pub(super) async fn download_errors(
    state: Data<State>,
    session: Session,
    path: Path<(String, String)>,
) -> HttpResponse {
    let file = async {
        let (queue, job) = known(&state, &path).await?;
        let page = queue.operator.errors(&job.id, 0, FILE_ERRORS).await?;
        let errors = page.map(|page| page.errors).unwrap_or_default();
        Ok::<_, Trouble>((csv_file::errors(&errors).map_err(Trouble::File)?, job.id))
    };
    match file.await {
        Ok((text, id)) => HttpResponse::Ok()
            .insert_header((header::CONTENT_TYPE, "text/csv; charset=utf-8"))
            .insert_header((
                header::CONTENT_DISPOSITION,
                format!("attachment; filename=\"errors-{}.csv\"", id.hyphenated()),
            ))
            .body(text),
        Err(trouble) => trouble.into_page(&SITE.frame(&session, JOBS)),
    }
}

/// The queue of this name.
pub(super) fn queue<'s>(state: &'s State, name: &str) -> Result<&'s Queue, Trouble> {
    state.queue(name).ok_or(Trouble::Unknown("There is no such queue. DASHBOARD_QUEUES has those that are shown."))
}

const UNKNOWN: Trouble = Trouble::Unknown("There is no such job, or it is no longer kept.");

/// The queue and the id that a path names.
fn named<'s>(state: &'s State, path: &(String, String)) -> Result<(&'s Queue, JobId), Trouble> {
    let (name, id) = path;
    Ok((queue(state, name)?, id.parse().map_err(|_| UNKNOWN)?))
}

/// The queue and the job that a path names.
pub(super) async fn known<'s>(state: &'s State, path: &(String, String)) -> Result<(&'s Queue, JobView), Trouble> {
    let (queue, id) = named(state, path)?;
    Ok((queue, queue.operator.job(&id).await?.ok_or(UNKNOWN)?))
}
