//! The resources below `jobs/`: which path and method mean what. Names of results are taken in any case, because clients
//! write them in two.

use crate::bulk::results::Part;
use crate::error::ApiError;
use crate::http::resource::Method;

/// A resource below `/services/data/vXX.X/jobs/`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Resource {
    /// `ingest`, `query`
    Jobs { query: bool },
    /// `ingest/<id>`, `query/<id>`
    Job { query: bool, id: String },
    /// `ingest/<id>/batches`
    Batches { id: String },
    /// `ingest/<id>/successfulResults` and the two others
    Results { id: String, part: Part },
    /// `query/<id>/results`
    QueryResults { id: String },
    /// `query/<id>/resultPages`
    ResultPages { id: String },
}

impl Resource {
    /// The resource of a path.
    pub(super) fn parse(path: &str) -> Option<Self> {
        let segments: Vec<&str> = path.trim_end_matches('/').split('/').collect();
        let kind = |name: &str| match name {
            "ingest" => Some(false),
            "query" => Some(true),
            _ => None,
        };
        match *segments {
            [name] => Some(Self::Jobs { query: kind(name)? }),
            [name, id] => Some(Self::Job { query: kind(name)?, id: id.to_owned() }),
            ["ingest", id, what] => Self::of_ingest(id, what),
            ["query", id, what] => Self::of_query(id, what),
            _ => None,
        }
    }

    fn of_ingest(id: &str, what: &str) -> Option<Self> {
        let id = id.to_owned();
        let part = match what.to_ascii_lowercase().as_str() {
            "batches" => return Some(Self::Batches { id }),
            "successfulresults" => Part::Successful,
            "failedresults" => Part::Failed,
            "unprocessedrecords" => Part::Unprocessed,
            _ => return None,
        };
        Some(Self::Results { id, part })
    }

    fn of_query(id: &str, what: &str) -> Option<Self> {
        let id = id.to_owned();
        match what.to_ascii_lowercase().as_str() {
            "results" => Some(Self::QueryResults { id }),
            "resultpages" => Some(Self::ResultPages { id }),
            _ => None,
        }
    }

    /// The methods that the resource has.
    pub(super) fn methods(&self) -> &'static [Method] {
        match self {
            Self::Jobs { .. } => &[Method::Get, Method::Post],
            Self::Job { .. } => &[Method::Delete, Method::Get, Method::Patch],
            Self::Batches { .. } => &[Method::Put],
            Self::Results { .. } | Self::QueryResults { .. } | Self::ResultPages { .. } => &[Method::Get],
        }
    }

    /// 405 for another one.
    pub(super) fn refused(&self, method: &str) -> ApiError {
        let allowed: Vec<String> = self.methods().iter().map(ToString::to_string).collect();
        let message = format!("HTTP Method '{method}' not allowed. Allowed are {}", allowed.join(","));
        ApiError::new(405, "METHOD_NOT_ALLOWED", message)
    }

    /// The operation as which a call is counted.
    pub(super) fn operation(&self, method: Method) -> &'static str {
        match (self, method) {
            (Self::Jobs { query: false }, Method::Post) => "ingestCreate",
            (Self::Jobs { query: false }, _) => "ingestList",
            (Self::Jobs { query: true }, Method::Post) => "bulkQueryCreate",
            (Self::Jobs { query: true }, _) => "bulkQueryList",
            (Self::Job { query: false, .. }, Method::Patch) => "ingestChange",
            (Self::Job { query: false, .. }, Method::Delete) => "ingestDelete",
            (Self::Job { query: false, .. }, _) => "ingestInfo",
            (Self::Job { query: true, .. }, Method::Patch) => "bulkQueryChange",
            (Self::Job { query: true, .. }, Method::Delete) => "bulkQueryDelete",
            (Self::Job { query: true, .. }, _) => "bulkQueryInfo",
            (Self::Batches { .. }, _) => "ingestUpload",
            (Self::Results { .. }, _) => "ingestResults",
            (Self::QueryResults { .. } | Self::ResultPages { .. }, _) => "bulkQueryResults",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{Part, Resource};

    #[test]
    fn tells_resources_apart() {
        let id = || "750LO0000000001AAA".to_owned();
        assert_eq!(Resource::parse("ingest/"), Some(Resource::Jobs { query: false }));
        assert_eq!(Resource::parse("query/750LO0000000001AAA"), Some(Resource::Job { query: true, id: id() }));
        for path in ["unprocessedrecords", "unprocessedRecords"] {
            let found = Resource::parse(&format!("ingest/{}/{path}/", id()));
            assert_eq!(found, Some(Resource::Results { id: id(), part: Part::Unprocessed }), "{path}");
        }
        for path in ["", "other", "query/x/batches", "ingest/x/results", "ingest/x/batches/more"] {
            assert_eq!(Resource::parse(path), None, "{path}");
        }
    }
}
