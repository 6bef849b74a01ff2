//! The caller of a request, as an extractor: a handler that takes a [`Caller`] cannot run without one.

use std::future::{Ready, ready};
use std::ops::Deref;

use actix_web::dev::Payload;
use actix_web::http::StatusCode;
use actix_web::http::header::HeaderName;
use actix_web::web::Data;
use actix_web::{FromRequest, HttpRequest};
use tracing::{Span, field};

use super::error::ApiError;
use shared::applink::{ClientContext, ClientContextError};
use shared::salesforce::AllowedHosts;

/// The header that Salesforce sends through AppLink's service mesh.
const HEADER: HeaderName = HeaderName::from_static("x-client-context");

/// The org and user on whose behalf the request came.
///
/// Reads `x-client-context`; the application must hold `Data<AllowedHosts>`. It answers
/// - 401 `invalid_client_context` when the header is missing or wrong, with the field that is wrong;
/// - 400 `host_not_allowed` when `orgDomainUrl` leads to a host that may not be given a token.
///
/// Health and documentation routes do not take it, so they stay open.
#[derive(Debug, Clone)]
pub struct Caller(pub ClientContext);

impl Caller {
    /// Id of the calling user.
    #[must_use]
    pub fn user_id(&self) -> &str {
        self.session.user_id.as_str()
    }

    /// The client context by value.
    pub fn into_inner(self) -> ClientContext {
        self.0
    }

    fn read(request: &HttpRequest) -> Result<Self, ApiError> {
        let hosts = request
            .app_data::<Data<AllowedHosts>>()
            .ok_or_else(|| ApiError::internal(anyhow::anyhow!("the application holds no Data<AllowedHosts>")))?;
        let mut values = request.headers().get_all(HEADER);
        let value = values.next().ok_or_else(|| refused("The header x-client-context is missing."))?;
        // Whoever adds one in front of the mesh's would choose who is calling.
        if values.next().is_some() {
            return Err(refused("The header x-client-context is there more than once."));
        }
        // Many bytes at a time, where `to_str` looks at each of some hundred.
        let text = std::str::from_utf8(value.as_bytes()).ok().filter(|text| text.is_ascii());
        let text = text.ok_or_else(|| refused("The header x-client-context is not ASCII."))?;
        let context = ClientContext::parse(text, hosts).map_err(from_error)?;
        Span::current().record("org_id", field::display(context.org_id()));
        Ok(Self(context))
    }
}

impl Deref for Caller {
    type Target = ClientContext;

    fn deref(&self) -> &ClientContext {
        &self.0
    }
}

impl FromRequest for Caller {
    type Error = ApiError;
    type Future = Ready<Result<Self, ApiError>>;

    fn from_request(request: &HttpRequest, _: &mut Payload) -> Self::Future {
        ready(Self::read(request))
    }
}

fn refused(message: impl Into<std::borrow::Cow<'static, str>>) -> ApiError {
    ApiError::unauthorized(message).with_code("invalid_client_context")
}

/// No variant of the error shows what the header contained, except the host that is not allowed.
fn from_error(error: ClientContextError) -> ApiError {
    let message = format!("{error}.");
    let refusal = match error {
        ClientContextError::Invalid { field: "orgDomainUrl", .. } => {
            let message = format!("{message} Hosts beside Salesforce's are those in ALLOWED_ORG_HOSTS.");
            ApiError::new(StatusCode::BAD_REQUEST, "host_not_allowed", message)
        }
        _ => refused(message),
    };
    match error.field() {
        Some(field) => refusal.with_field(field),
        None => refusal,
    }
}
