//! The web process of docs/ADD-A-JOB.md: `org-job-web` with one operation more, `rateAccounts`. In your copy of the repository the
//! file beside this one goes to the place that the page names, and the operation into the lists of `routes` and `openapi`.

mod rate;
#[path = "../../../worker/examples/rate_accounts_worker/ratings.rs"]
pub mod ratings;
#[path = "../../src/routes/mod.rs"]
mod routes;

use ::web::jobs::Start;
use ::web::openapi::{Document, sfdc};
use shared::config::Settings;
use shared::jobs;
use utoipa::OpenApi;

#[derive(OpenApi)]
#[openapi(
    info(title = "GenerateQuoteJob", description = "Batch jobs, run by Heroku workers.", version = "1.0.0"),
    paths(
        rate::rate_accounts,
        routes::batches::execute_batch,
        routes::samples::data_create,
        routes::samples::data_delete
    )
)]
struct Api;

/// Operations whose session the workers use: in your copy, a name more in `KEEP_THE_SESSION`.
const KEEP_THE_SESSION: [&str; 4] = ["rateAccounts", "executeBatch", "datacreate", "datadelete"];

#[actix_web::main]
async fn main() -> anyhow::Result<()> {
    let config = org_job_web::config(&Settings::from_process_env()?)?;
    shared::telemetry::init(&config.telemetry)?;
    shared::salesforce::install_tls_provider();
    let shutdown = shared::process::signal_token()?;
    let listener = config.bind.listener()?;
    let mut api = Api::openapi();
    sfdc::set_authorization(&mut api, &KEEP_THE_SESSION, "GenerateQuoteJobClientApp", "GenerateQuoteJobPermissions")?;
    let document = Document::new(&api)?;
    let routes = |service: &mut actix_web::web::ServiceConfig| {
        routes::configure(service);
        service.service(rate::rate_accounts);
    };
    ::web::jobs::serve(Start::Eager, config, &document, listener, shutdown, routes).await
}
