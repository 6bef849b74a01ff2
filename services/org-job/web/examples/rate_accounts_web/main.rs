//! The web process of docs/ADD-A-JOB.md: `org-job-web` with one operation more, `rateAccounts`. In your copy of the repository the
//! file beside this one goes to the place that the page names, and the operation into the lists of `routes` and `openapi`.

#[path = "../../src/routes/batches.rs"]
mod batches;
mod rate;
#[path = "../../../worker/examples/rate_accounts_worker/ratings.rs"]
pub mod ratings;
#[path = "../../src/routes/samples.rs"]
mod samples;

use ::web::WebConfig;
use ::web::jobs::Start;
use ::web::openapi::{Document, sfdc};
use actix_web::web::ServiceConfig;
use shared::jobs;
use std::net::TcpListener;
use std::process::ExitCode;
use tokio_util::sync::CancellationToken;
use utoipa::OpenApi;

#[derive(OpenApi)]
#[openapi(
    info(title = "GenerateQuoteJob", description = "Batch jobs, run by Heroku workers.", version = "1.0.0"),
    paths(rate::rate_accounts, batches::execute_batch, samples::data_create, samples::data_delete)
)]
struct Api;

/// As the library has them, where they are private.
mod routes {
    pub(crate) use crate::batches;
}

/// Operations whose session the workers use: in your copy, a name more in `KEEP_THE_SESSION`.
const KEEP_THE_SESSION: [&str; 4] = ["rateAccounts", "executeBatch", "datacreate", "datadelete"];

async fn run(config: WebConfig, listener: TcpListener, shutdown: CancellationToken) -> anyhow::Result<()> {
    let mut api = Api::openapi();
    sfdc::set_authorization(&mut api, &KEEP_THE_SESSION, "GenerateQuoteJobClientApp", "GenerateQuoteJobPermissions")?;
    let document = Document::new(&api)?;
    let routes = |service: &mut ServiceConfig| {
        service.service(batches::execute_batch).service(rate::rate_accounts);
        service.service(samples::data_create).service(samples::data_delete);
    };
    ::web::jobs::serve(Start::Eager, config, &document, listener, shutdown, routes).await
}

#[actix_web::main]
async fn main() -> ExitCode {
    ::web::main(org_job_web::config, |config| config, run).await
}
