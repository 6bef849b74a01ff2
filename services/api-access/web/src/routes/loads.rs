//! `/bulk-demo`: where the loads stand, and the buttons beside them.

use super::refusal::Refusal;
use crate::connections::Connection;
use crate::loads::{Asked, Standing, cancellable, resettable};
use crate::pages::{ConfirmPage, FailuresPage, LOADS, LoadCard, LoadsPage, SITE, failures_link, grouped, html};
use crate::state::State;
use ::web::RequestId;
use ::web::login::Session;
use ::web::pages::see_other;
use ::web::site::Frame;
use actix_web::http::StatusCode;
use actix_web::web::{Data, Form, Query};
use actix_web::{HttpResponse, get, post};
use futures_util::future::try_join_all;
use serde::Deserialize;
use shared::contracts::api_access::MAX_COUNT;
use shared::jobs::Workers;
use shared::salesforce::SalesforceId;
use std::time::Duration;

/// Failures of each load on the page of all.
const FEW_FAILURES: u64 = 5;

/// How old the add-on's word may be of which org a connection is: where a load is shown, and where one begins.
const SHOWN: Duration = Duration::from_secs(30);
const BEGINNING: Duration = Duration::from_secs(5);

/// Failures on a page of one load.
const PAGE_FAILURES: u64 = 100;

/// Into which connection, and how many.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Start {
    connection: String,
    count: String,
}

/// Of which connection.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Of {
    connection: String,
}

/// Which failures.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Failures {
    connection: String,
    offset: String,
}

/// Shows where the load of each connection stands.
#[get("/bulk-demo")]
pub(crate) async fn status(state: Data<State>, session: Session) -> HttpResponse {
    let frame = SITE.frame(&session, LOADS);
    let loads = async {
        let workers = state.loads.workers().await?;
        try_join_all(state.connections.iter().map(|connection| card(&state, connection, workers))).await
    };
    match loads.await {
        Ok(loads) => html(StatusCode::OK, &LoadsPage { frame, loads }),
        Err(refusal) => refusal.into_page(&frame),
    }
}

/// Starts a load, unless the connection has one.
#[post("/bulk-demo")]
pub(crate) async fn start(state: Data<State>, session: Session, id: RequestId, form: Form<Start>) -> HttpResponse {
    let asked = async {
        let connection = known(&state, &form.connection)?;
        let count = form.count.trim().parse().ok().filter(|count| (1..=MAX_COUNT).contains(count));
        let expected = || format!("Accounts to load: expected a whole number from 1 to {}.", grouped(MAX_COUNT.into()));
        let count = count.ok_or_else(|| Refusal::Input(expected()))?;
        let org = current_org(&state, connection).await?;
        Ok(state.loads.start(connection, count, org, id.as_str()).await?)
    };
    answer(&session, &form.connection, asked.await)
}

/// Asks before a load is cancelled.
#[get("/bulk-demo/cancel")]
pub(crate) async fn ask_cancel(state: Data<State>, session: Session, query: Query<Of>) -> HttpResponse {
    let frame = SITE.frame(&session, LOADS);
    let page = async {
        let connection = known(&state, &query.connection)?;
        let standing = state.loads.standing(connection).await?;
        let job = cancellable(&standing).map_err(Refusal::NotNow)?;
        if job.state.is_final() {
            return Err(Refusal::NotNow("The load has ended."));
        }
        Ok::<_, Refusal>(ConfirmPage::cancel(frame.clone(), connection, job))
    };
    page.await.map_or_else(|refusal| refusal.into_page(&frame), |page| html(StatusCode::OK, &page))
}

/// Asks before what was loaded is deleted.
#[get("/bulk-demo/reset")]
pub(crate) async fn ask_reset(state: Data<State>, session: Session, query: Query<Of>) -> HttpResponse {
    let frame = SITE.frame(&session, LOADS);
    let page = async {
        let connection = known(&state, &query.connection)?;
        let standing = state.loads.standing(connection).await?;
        resettable(&standing).map_err(Refusal::NotNow)?;
        Ok::<_, Refusal>(ConfirmPage::reset(frame.clone(), connection, &standing))
    };
    page.await.map_or_else(|refusal| refusal.into_page(&frame), |page| html(StatusCode::OK, &page))
}

/// Cancels the load that runs.
#[post("/bulk-demo/cancel")]
pub(crate) async fn cancel(state: Data<State>, session: Session, form: Form<Of>) -> HttpResponse {
    let asked = async { Ok(state.loads.cancel(known(&state, &form.connection)?).await?) };
    answer(&session, &form.connection, asked.await)
}

/// Lets a job go on that waits, or was given up in part.
#[post("/bulk-demo/resume")]
pub(crate) async fn go_on(state: Data<State>, session: Session, form: Form<Of>) -> HttpResponse {
    let asked = async { Ok(state.loads.go_on(known(&state, &form.connection)?).await?) };
    answer(&session, &form.connection, asked.await)
}

/// Deletes what was loaded, after which a new load can be made.
#[post("/bulk-demo/reset")]
pub(crate) async fn reset(state: Data<State>, session: Session, id: RequestId, form: Form<Of>) -> HttpResponse {
    let asked = async {
        let connection = known(&state, &form.connection)?;
        let org = current_org(&state, connection).await?;
        Ok(state.loads.reset(connection, org, id.as_str()).await?)
    };
    answer(&session, &form.connection, asked.await)
}

/// Shows the failures of a connection's last job, page by page.
#[get("/bulk-demo/failures")]
pub(crate) async fn failures(state: Data<State>, session: Session, query: Query<Failures>) -> HttpResponse {
    let frame = SITE.frame(&session, LOADS);
    let page = async {
        let connection = known(&state, &query.connection)?;
        let offset = query.offset.parse().unwrap_or(0);
        failures_page(&state, connection, offset, frame.clone()).await
    };
    match page.await {
        Ok(page) => html(StatusCode::OK, &page),
        Err(refusal) => refusal.into_page(&frame),
    }
}

async fn failures_page(
    state: &State,
    connection: &Connection,
    offset: u64,
    frame: Frame,
) -> Result<FailuresPage, Refusal> {
    let page = match state.loads.standing(connection).await? {
        Standing::Loaded(job) | Standing::Resetting(job) => {
            state.loads.failures(connection, &job.id, offset, PAGE_FAILURES).await?
        }
        Standing::Empty(_) | Standing::Elsewhere(_) => None,
    };
    let page = page.ok_or(Refusal::NotNow("There is no load whose failures could be shown."))?;
    let shown = u64::try_from(page.errors.len()).unwrap_or(u64::MAX);
    let end = offset.saturating_add(shown);
    let to = |offset| failures_link(connection.as_str(), offset);
    let range = match shown {
        0 => format!("0 of {}", grouped(page.stored)),
        _ => format!("{}–{} of {}", grouped(offset + 1), grouped(end), grouped(page.stored)),
    };
    let not_kept = page.total.checked_sub(page.stored).filter(|count| *count > 0);
    Ok(FailuresPage {
        frame,
        connection: connection.to_string(),
        range,
        failures: page.errors,
        previous: (offset > 0).then(|| to(offset.saturating_sub(PAGE_FAILURES))),
        next: (end < page.stored && shown > 0).then(|| to(end)),
        not_kept: not_kept.map(grouped),
    })
}

async fn card(state: &State, connection: &Connection, workers: Workers) -> Result<LoadCard, Refusal> {
    let standing = state.loads.standing(connection).await?;
    let (mut reasons, mut few) = (Vec::new(), Vec::new());
    if let Standing::Loaded(job) | Standing::Resetting(job) = &standing {
        if job.dead_chunks > 0 || !job.planned {
            reasons = state.loads.given_up(connection, &job.id).await?;
        }
        if job.errors > 0 {
            let page = state.loads.failures(connection, &job.id, 0, FEW_FAILURES).await?;
            few = page.map(|page| page.errors).unwrap_or_default();
        }
    }
    let reachable = match standing {
        Standing::Empty(_) => state.directory.reachable(connection).await,
        // What has been started tells itself what it lacks.
        _ => Ok(()),
    };
    let standing = match standing.ended_in() {
        Some(_) => standing.seen_from(state.directory.current_org(connection, SHOWN).await.ok()),
        None => standing,
    };
    Ok(LoadCard::new(connection, &standing, reachable, workers, reasons, few))
}

/// The org of the connection now; `None` when that cannot be told for the moment, so that the job's first task tells it.
async fn current_org(state: &State, connection: &Connection) -> Result<Option<SalesforceId>, Refusal> {
    match state.directory.current_org(connection, BEGINNING).await {
        Ok(org) => Ok(Some(org)),
        Err(trouble) if trouble.passes => Ok(None),
        Err(trouble) => Err(Refusal::Unreachable(trouble)),
    }
}

fn known<'a>(state: &'a State, name: &str) -> Result<&'a Connection, Refusal> {
    state.connection(name).ok_or(Refusal::UnknownConnection)
}

/// Back to the status page, to the connection's part of it.
fn answer(session: &Session, connection: &str, asked: Result<Asked, Refusal>) -> HttpResponse {
    match asked {
        Ok(Asked::Started) => see_other(&format!("/bulk-demo#load-{connection}")),
        Ok(Asked::NotNow(reason)) => Refusal::NotNow(reason).into_page(&SITE.frame(session, LOADS)),
        Err(refusal) => refusal.into_page(&SITE.frame(session, LOADS)),
    }
}
