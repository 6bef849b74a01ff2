//! The OpenAPI document that `heroku salesforce:publish` takes; committed as `api-docs.yaml`.

use crate::routes::{batches, jobs};
use shared::quotes::batch::BatchResult;
use shared::web::openapi::{Document, DocumentError, UnknownOperation, add_callback};
use utoipa::openapi::content::ContentBuilder;
use utoipa::openapi::path::{Operation, OperationBuilder};
use utoipa::openapi::request_body::RequestBodyBuilder;
use utoipa::openapi::response::ResponseBuilder;
use utoipa::openapi::{Ref, Required};
use utoipa::{OpenApi, ToSchema};

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
        jobs::list_jobs,
        jobs::get_job,
        jobs::get_job_errors,
        jobs::get_job_dead_letters,
        jobs::cancel_job,
        jobs::resume_job,
        jobs::retry_job
    ),
    components(schemas(BatchResult))
)]
struct Api;

/// The document cannot be written: a defect of the code, which a test would show.
#[derive(Debug, thiserror::Error)]
pub enum ApiDocumentError {
    /// A callback hangs on an operation that is not there.
    #[error(transparent)]
    Callback(#[from] UnknownOperation),
    /// The code says something that OpenAPI 3.0 cannot.
    #[error(transparent)]
    Document(#[from] DocumentError),
}

/// The document of this service.
///
/// # Errors
/// [`ApiDocumentError`].
pub fn document() -> Result<Document, ApiDocumentError> {
    let mut api = Api::openapi();
    add_callback(&mut api, "executeBatch", "batchEnded", batch_ended())?;
    Ok(Document::new(&api)?)
}

fn batch_ended() -> Operation {
    let schema = Ref::from_schema_name(BatchResult::name());
    let body = RequestBodyBuilder::new()
        .content("application/json", ContentBuilder::new().schema(Some(schema)).build())
        .required(Some(Required::True))
        .build();
    OperationBuilder::new()
        .operation_id(Some("batchEndedCallback"))
        .summary(Some("The job has ended."))
        .request_body(Some(body))
        .response("200", ResponseBuilder::new().description("The result is taken.").build())
        .build()
}
