//! `GET /info` and the pages `GET /` and `GET /jobs/{id}`, for who has the token: counts and states, which show no record, and
//! a job with the records that failed. None shows a secret.

use crate::app::App;
use crate::info::{Info, info};
use crate::pages;
use crate::token::AuthorizedOrBasic;
use ::web::ApiError;
use ::web::jobs::{job_error, job_id, unknown_job};
use actix_web::http::StatusCode;
use actix_web::http::header::{HeaderValue, WWW_AUTHENTICATE};
use actix_web::web::{Data, Json, Path};
use actix_web::{HttpResponse, get};
use std::collections::BTreeSet;

/// Reasons of a job's chunks that were given up, and its errors, that its page shows.
const FEW: usize = 20;
const FEW_ERRORS: u64 = 50;

/// Tells who subscribes and how far it is, what waits, and which jobs there were.
#[utoipa::path(
    tag = "info",
    operation_id = "getInfo",
    responses((status = 200, description = "Counts and states.", body = Info), (status = 401, description = "The token is missing or wrong.")),
    security(("token" = []))
)]
#[get("/info")]
pub(crate) async fn get_info(_authorized: AuthorizedOrBasic, app: Data<App>) -> Result<Json<Info>, ApiError> {
    info(&app).await.map(Json)
}

/// The same as a page. A browser asks for the token as a password.
#[get("/")]
pub(crate) async fn page(authorized: Result<AuthorizedOrBasic, ApiError>, app: Data<App>) -> HttpResponse {
    let info = async {
        authorized?;
        info(&app).await
    };
    match info.await {
        Ok(info) => pages::home(&info),
        Err(error) => refused(&error),
    }
}

/// One job as a page.
#[get("/jobs/{id}")]
pub(crate) async fn job_page(
    authorized: Result<AuthorizedOrBasic, ApiError>,
    app: Data<App>,
    id: Path<String>,
) -> HttpResponse {
    let answer = async {
        authorized?;
        let id = job_id(&id)?;
        let job = app.jobs.get(&app.authorization, &id).await.map_err(job_error)?.ok_or_else(unknown_job)?;
        let letters = app.jobs.dead_letters(&app.authorization, &id).await.map_err(job_error)?.unwrap_or_default();
        let given_up: BTreeSet<_> = letters.into_iter().map(|letter| letter.reason).collect();
        let given_up: Vec<_> = given_up.into_iter().take(FEW).collect();
        let errors = app.jobs.errors(&app.authorization, &id, 0, FEW_ERRORS).await.map_err(job_error)?;
        let errors = errors.map(|found| found.errors).unwrap_or_default();
        let workers = app.jobs.workers().await.map_err(job_error)?;
        Ok::<_, ApiError>(pages::job(&job, &given_up, &errors, workers.are_alive()))
    };
    answer.await.unwrap_or_else(|error| refused(&error))
}

/// The page for an error. A browser that is told to asks for the token; the page is what it shows when it gets none.
fn refused(error: &ApiError) -> HttpResponse {
    let status = error.status();
    let (title, message) = match status {
        StatusCode::UNAUTHORIZED => (
            "The token is needed",
            "These pages are for whoever has the app's WEBHOOK_TOKEN. Reload the page and enter it as the password; the user \
             name does not matter.",
        ),
        StatusCode::NOT_FOUND | StatusCode::BAD_REQUEST => {
            ("No such job", "There is no job of this Id, or it was removed some time after its end.")
        }
        StatusCode::SERVICE_UNAVAILABLE => {
            ("Not available", "Redis, which keeps events and jobs, does not answer. Reload the page in a moment.")
        }
        _ => ("Internal error", "The log of the app tells more."),
    };
    if status.is_server_error() {
        tracing::warn!(%error, "a page cannot be shown");
    }
    let mut answer = pages::failure(status, title, message);
    if status == StatusCode::UNAUTHORIZED {
        let challenge = HeaderValue::from_static("Basic realm=\"WEBHOOK_TOKEN as password\", charset=\"UTF-8\"");
        answer.headers_mut().insert(WWW_AUTHENTICATE, challenge);
    }
    answer
}
