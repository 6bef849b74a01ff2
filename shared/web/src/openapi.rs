//! The OpenAPI document of a service, as Salesforce takes it.
//!
//! utoipa 6 reads the document from the code but writes OpenAPI 3.1 only; External Services takes 3.0 (Salesforce Help,
//! "External Services Schema Definition"). So the document is taken down to 3.0.3 here; tests lint it for what Salesforce
//! rejects (`test_support::openapi_lint`). What the `x-sfdc` extensions mean: Heroku Dev Center, "OpenAPI Specification for Heroku AppLink".

mod callback;
mod downgrade;
mod downgrade_schema;
mod page;
mod refusals;
pub mod sfdc;
mod walk;

#[cfg(test)]
mod tests;

use serde_json::Value;

pub use callback::{CALLBACK_URL, UnknownOperation, add_callback};
pub(crate) use page::{FILES as PAGE_FILES, POLICY as PAGE_POLICY};
pub use walk::DowngradeError;

/// Why a document cannot be written: a defect, which a test would show.
#[derive(Debug, thiserror::Error)]
pub enum DocumentError {
    /// utoipa's document is not JSON, or ours is not YAML.
    #[error("the document cannot be serialized")]
    Json(#[from] serde_json::Error),
    /// As above, for YAML.
    #[error("the document cannot be written as YAML")]
    Yaml(#[from] yaml_serde::Error),
    /// OpenAPI 3.0 has no words for something in it.
    #[error("the document does not fit OpenAPI 3.0")]
    Downgrade(#[from] DowngradeError),
    /// An operation has another name than a service says.
    #[error(transparent)]
    Operation(#[from] UnknownOperation),
    /// A schema has another name than a service says.
    #[error(transparent)]
    Schema(#[from] sfdc::UnknownSchema),
}

/// An OpenAPI 3.0.3 document with a stable order of keys: the same code gives the same text.
#[derive(Debug, Clone, PartialEq)]
pub struct Document {
    value: Value,
    yaml: String,
}

impl Document {
    /// Takes `api` down to 3.0.3. Every operation gets the refusals that all operations have: 400, 401, 503 and, where they can
    /// come, 404, 413 and 415.
    ///
    /// # Errors
    /// [`DocumentError`]: a schema that 3.0 cannot say, such as two types at once.
    pub fn new(api: &utoipa::openapi::OpenApi) -> Result<Self, DocumentError> {
        let mut value = serde_json::to_value(api)?;
        refusals::add(&mut value)?;
        let value = downgrade::downgrade(value)?;
        let yaml = yaml_serde::to_string(&value)?;
        Ok(Self { value, yaml })
    }

    /// The document as JSON.
    pub fn value(&self) -> &Value {
        &self.value
    }

    /// The document as YAML: what is committed as `api-docs.yaml` and published with `heroku salesforce:publish`.
    pub fn yaml(&self) -> &str {
        &self.yaml
    }

    /// A page that shows the operations.
    pub fn page(&self) -> String {
        page::render(&self.value)
    }
}
