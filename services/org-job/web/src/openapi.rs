//! The OpenAPI document that `heroku salesforce:publish` takes; committed as `api-docs.yaml`.

use crate::routes::{batches, samples};
use ::web::jobs::{control, read};
use ::web::openapi::{Document, DocumentError, sfdc};
use utoipa::OpenApi;

// `callbackUrl` is not declared as a callback: External Services would then offer executeBatch to Apex in its asynchronous
// form only, and not to Flow.
#[derive(OpenApi)]
#[openapi(
    info(
        title = "GenerateQuoteJob",
        description = "Batch jobs over Opportunities, run by Heroku workers.",
        version = "1.0.0",
        license(name = "Apache-2.0")
    ),
    paths(
        batches::execute_batch,
        samples::data_create,
        samples::data_delete,
        read::list_jobs,
        read::get_job,
        read::get_job_errors,
        read::get_job_dead_letters,
        control::cancel_job,
        control::resume_job,
        control::retry_job
    )
)]
struct Api;

/// The external client app by which Salesforce calls the service.
const CLIENT_APP: &str = "GenerateQuoteJobClientApp";

/// The permission set that is activated for the sessions of jobs.
const PERMISSION_SET: &str = "GenerateQuoteJobPermissions";

/// The operations that keep the caller's session, in which the workers then write. All others need no more than the caller
/// has.
const KEEP_THE_SESSION: [&str; 5] = ["executeBatch", "datacreate", "datadelete", "resumeJob", "retryJob"];

/// The document of this service.
///
/// # Errors
/// [`DocumentError`].
pub fn document() -> Result<Document, DocumentError> {
    let mut api = Api::openapi();
    sfdc::set_authorization(&mut api, &KEEP_THE_SESSION, CLIENT_APP, PERMISSION_SET)?;
    Document::new(&api)
}
