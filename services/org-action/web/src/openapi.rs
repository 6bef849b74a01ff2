//! The OpenAPI document that `heroku salesforce:publish` takes; committed as `api-docs.yaml`.

use crate::routes::{asynchronous, synchronous};
use ::web::jobs::{control, read};
use ::web::openapi::{Document, DocumentError, add_callback, sfdc};
use shared::contracts::org_action::{QuoteError, QuoteResult};
use utoipa::OpenApi;
use utoipa::openapi::content::ContentBuilder;
use utoipa::openapi::path::{Operation, OperationBuilder};
use utoipa::openapi::request_body::RequestBodyBuilder;
use utoipa::openapi::response::ResponseBuilder;
use utoipa::openapi::{Ref, Required};

#[derive(OpenApi)]
#[openapi(
    info(
        title = "GenerateQuote",
        description = "Quotes for single Opportunities, priced on Heroku.",
        version = "1.0.0",
        license(name = "Apache-2.0")
    ),
    paths(synchronous::generate_quote, asynchronous::generate_quote_async, read::get_job, control::cancel_job),
    components(schemas(QuoteResult, QuoteError))
)]
struct Api;

/// The agent topic of the action `generateQuote`.
const TOPIC: sfdc::AgentTopic<'static> = sfdc::AgentTopic {
    name: "quote_generation",
    classification_description: "Questions and requests about making a Quote from an Opportunity, such as a price with \
                                 the discounts of the customer's region.",
    scope: "Your job is to create Quotes for Opportunities and to tell the user which Quote was created, or why none was.",
    instructions: &[
        "If the user does not say which Opportunity to quote, ask for it before you create a Quote.",
        "Create one Quote for each request. If the action fails, tell the user the reason and do not try again by yourself.",
        "If the Opportunity has no products, tell the user to add products to it first.",
    ],
};

/// The document of this service.
///
/// # Errors
/// [`DocumentError`].
pub fn document() -> Result<Document, DocumentError> {
    let mut api = Api::openapi();
    add_callback(&mut api, "generateQuoteAsync", "quoteGenerated", callback())?;
    sfdc::set_agent_topic(&mut api, &TOPIC);
    sfdc::set_agent_input(&mut api, "QuoteGenerationRequest")?;
    sfdc::set_agent_output(&mut api, "QuoteGenerationResponse")?;
    Document::new(&api)
}

/// What the worker posts to `callbackUrl`.
fn callback() -> Operation {
    let result = ContentBuilder::new().schema(Some(Ref::from_schema_name("QuoteResult"))).build();
    let body = RequestBodyBuilder::new().content("application/json", result).required(Some(Required::True)).build();
    OperationBuilder::new()
        .operation_id(Some("quoteGeneratedCallback"))
        .description(Some("The Quote is written, or the job has ended without one."))
        .request_body(Some(body))
        .response("200", ResponseBuilder::new().description("Received."))
        .build()
}
