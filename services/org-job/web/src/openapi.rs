//! The OpenAPI document that `heroku salesforce:publish` takes; committed as `api-docs.yaml`.

use crate::routes::{batches, samples};
use shared::web::jobs::{control, read};
use shared::web::openapi::{Document, DocumentError};
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

/// The document of this service.
///
/// # Errors
/// When the code says something that OpenAPI 3.0 cannot: a defect, which a test would show.
pub fn document() -> Result<Document, DocumentError> {
    Document::new(&Api::openapi())
}
