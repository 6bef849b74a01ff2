//! The kinds of calls.

use std::fmt;

/// What a call does. Its name appears in errors, traces and metrics.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Operation {
    /// First page of a query.
    Query,
    /// A later page of a query.
    QueryMore,
    /// One record by id.
    Retrieve,
    /// Fields of an object.
    Describe,
    /// The org's limits.
    Limits,
    /// A new record.
    Create,
    /// Fields of one record.
    Update,
    /// A new or existing record by external id.
    Upsert,
    /// One record goes to the recycle bin.
    Delete,
    /// Up to 200 new records.
    CreateMany,
    /// Fields of up to 200 records.
    UpdateMany,
    /// Up to 200 records go to the recycle bin.
    DeleteMany,
    /// Up to 25 subrequests.
    Composite,
    /// Composite graphs.
    Graph,
}

impl Operation {
    /// Name for logs and metrics, for example `query_more`.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Query => "query",
            Self::QueryMore => "query_more",
            Self::Retrieve => "retrieve",
            Self::Describe => "describe",
            Self::Limits => "limits",
            Self::Create => "create",
            Self::Update => "update",
            Self::Upsert => "upsert",
            Self::Delete => "delete",
            Self::CreateMany => "create_many",
            Self::UpdateMany => "update_many",
            Self::DeleteMany => "delete_many",
            Self::Composite => "composite",
            Self::Graph => "graph",
        }
    }

    /// Whether the call can change data in the org.
    #[must_use]
    pub fn writes(self) -> bool {
        !matches!(self, Self::Query | Self::QueryMore | Self::Retrieve | Self::Describe | Self::Limits)
    }
}

impl fmt::Display for Operation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.name())
    }
}
