//! The resources below `/services/async/{version}/`.

use super::failure::Failure;
use crate::http::resource::Method;

/// A resource.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Resource {
    /// `job`
    Jobs,
    /// `job/<id>`
    Job { id: String },
    /// `job/<id>/batch`
    Batches { job: String },
    /// `job/<id>/batch/<id>`
    Batch { job: String, id: String },
    /// `job/<id>/batch/<id>/request`
    Request { job: String, batch: String },
    /// `job/<id>/batch/<id>/result`
    Result { job: String, batch: String },
    /// `job/<id>/batch/<id>/result/<id>`
    QueryResult { job: String, batch: String, id: String },
}

impl Resource {
    /// The resource of a path.
    ///
    /// # Errors
    /// `InvalidOperation`, `InvalidUrl`.
    pub(super) fn parse(path: &str) -> Result<Self, Failure> {
        let own = |text: &str| text.to_owned();
        let segments: Vec<&str> = path.trim_end_matches('/').split('/').collect();
        Ok(match *segments {
            ["job"] => Self::Jobs,
            ["job", id] => Self::Job { id: own(id) },
            ["job", job, "batch"] => Self::Batches { job: own(job) },
            ["job", job, "batch", id] => Self::Batch { job: own(job), id: own(id) },
            ["job", job, "batch", batch, "request"] => Self::Request { job: own(job), batch: own(batch) },
            ["job", job, "batch", batch, "result"] => Self::Result { job: own(job), batch: own(batch) },
            ["job", job, "batch", batch, "result", id] => {
                Self::QueryResult { job: own(job), batch: own(batch), id: own(id) }
            }
            ["job", ..] => return Err(Failure::new("InvalidUrl", format!("Invalid URL: {path}"))),
            [other, ..] => return Err(Failure::new("InvalidOperation", format!("Invalid operation: {other}"))),
            [] => return Err(Failure::new("InvalidUrl", "Invalid URL")),
        })
    }

    /// The methods that the resource has.
    pub(super) fn methods(&self) -> &'static [Method] {
        match self {
            Self::Jobs => &[Method::Post],
            Self::Job { .. } | Self::Batches { .. } => &[Method::Get, Method::Post],
            Self::Batch { .. } | Self::Request { .. } | Self::Result { .. } | Self::QueryResult { .. } => {
                &[Method::Get]
            }
        }
    }

    /// The operation as which a call is counted.
    pub(super) fn operation(&self, method: Method) -> &'static str {
        match (self, method) {
            (Self::Jobs, _) => "bulkV1Create",
            (Self::Job { .. }, Method::Post) => "bulkV1Change",
            (Self::Job { .. }, _) => "bulkV1Info",
            (Self::Batches { .. }, Method::Post) => "bulkV1Batch",
            (Self::Batches { .. } | Self::Batch { .. }, _) => "bulkV1BatchInfo",
            (Self::Request { .. } | Self::Result { .. } | Self::QueryResult { .. }, _) => "bulkV1Results",
        }
    }
}
