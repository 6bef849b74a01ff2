//! The OpenAPI document, committed as `api-docs.yaml`. Salesforce calls none of this, so it is not for publishing.

use crate::routes::{events, info, jobs, samples};
use ::web::openapi::{Document, DocumentError};
use utoipa::openapi::security::{HttpAuthScheme, HttpBuilder, SecurityScheme};
use utoipa::{Modify, OpenApi};

#[derive(OpenApi)]
#[openapi(
    info(
        title = "GenerateQuoteEvents",
        description = "Change events of Opportunities become jobs that make Quotes.",
        version = "1.0.0",
        license(name = "Apache-2.0")
    ),
    paths(
        events::generate_quotes,
        events::test_event,
        samples::data_create,
        samples::data_delete,
        info::get_info,
        jobs::get_job,
        jobs::get_job_errors,
        jobs::cancel_job,
        jobs::resume_job,
        jobs::retry_job
    ),
    modifiers(&TokenScheme)
)]
struct Api;

/// Declares how the token is sent.
struct TokenScheme;

impl Modify for TokenScheme {
    fn modify(&self, api: &mut utoipa::openapi::OpenApi) {
        let components = api.components.get_or_insert_default();
        let bearer = HttpBuilder::new().scheme(HttpAuthScheme::Bearer);
        let token = bearer.description(Some("The token that this app has in `WEBHOOK_TOKEN`."));
        components.add_security_scheme("token", SecurityScheme::Http(token.build()));
    }
}

/// The document of this service.
///
/// # Errors
/// When the code says something that OpenAPI 3.0 cannot: a defect, which a test would show.
pub fn document() -> Result<Document, DocumentError> {
    Document::new(&Api::openapi())
}
