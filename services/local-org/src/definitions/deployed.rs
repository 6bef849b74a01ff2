//! What was deployed, as far as records show it.

/// Something that was deployed and is kept.
#[derive(Debug, Clone)]
pub(crate) struct Deployed {
    /// Its type in the Metadata API, which is its object: one of [`DEPLOYED`].
    pub(crate) type_name: &'static str,
    /// Id, 18 characters.
    pub(crate) id: String,
    /// Full name.
    pub(crate) name: String,
    /// `apiVersion` of its metadata.
    pub(crate) api_version: Option<f64>,
    /// Source text, of what has one.
    pub(crate) body: Option<String>,
    /// When it was deployed first and last, as the Metadata API writes it.
    pub(crate) created: String,
    pub(crate) modified: String,
}

/// Types whose components are records of the object of that name.
pub(crate) const DEPLOYED: [&str; 7] = [
    "ApexClass",
    "ApexTrigger",
    "ApexPage",
    "ApexComponent",
    "LightningComponentBundle",
    "ValidationRule",
    "WorkflowRule",
];
