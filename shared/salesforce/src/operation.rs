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
    /// The list of API versions: whether the org answers at all.
    Versions,
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
    /// A new job of the Bulk API.
    BulkCreate,
    /// The rows of a bulk job.
    BulkUpload,
    /// The rows of a bulk job are complete and may be processed.
    BulkClose,
    /// State of a bulk job.
    BulkStatus,
    /// Bulk jobs of the org.
    BulkList,
    /// A bulk job stops.
    BulkAbort,
    /// A bulk job and its results are removed; the records stay.
    BulkDelete,
    /// Results of a bulk job.
    BulkResults,
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
            Self::Versions => "versions",
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
            Self::BulkCreate => "bulk_create",
            Self::BulkUpload => "bulk_upload",
            Self::BulkClose => "bulk_close",
            Self::BulkStatus => "bulk_status",
            Self::BulkList => "bulk_list",
            Self::BulkAbort => "bulk_abort",
            Self::BulkDelete => "bulk_delete",
            Self::BulkResults => "bulk_results",
        }
    }

    /// The path of the call, with names in place of what differs from call to call.
    #[must_use]
    pub fn template(self) -> &'static str {
        match self {
            Self::Query => "/services/data/{version}/query",
            Self::QueryMore => "/services/data/{version}/query/{locator}",
            Self::Retrieve | Self::Update | Self::Delete => "/services/data/{version}/sobjects/{object}/{id}",
            Self::Describe => "/services/data/{version}/sobjects/{object}/describe",
            Self::Versions => "/services/data/",
            Self::Limits => "/services/data/{version}/limits",
            Self::Create => "/services/data/{version}/sobjects/{object}",
            Self::Upsert => "/services/data/{version}/sobjects/{object}/{field}/{value}",
            Self::CreateMany | Self::UpdateMany | Self::DeleteMany => "/services/data/{version}/composite/sobjects",
            Self::Composite => "/services/data/{version}/composite",
            Self::Graph => "/services/data/{version}/composite/graph",
            Self::BulkCreate | Self::BulkList => "/services/data/{version}/jobs/{kind}",
            Self::BulkUpload => "/services/data/{version}/jobs/ingest/{job}/batches",
            Self::BulkClose | Self::BulkStatus | Self::BulkAbort | Self::BulkDelete => {
                "/services/data/{version}/jobs/{kind}/{job}"
            }
            Self::BulkResults => "/services/data/{version}/jobs/{kind}/{job}/{results}",
        }
    }

    /// Whether the call can change records of the org.
    ///
    /// Of the Bulk API only the closing of a job does: until then Salesforce looks at no row, and a job that was made
    /// twice by accident stays open without rows.
    #[must_use]
    pub fn writes(self) -> bool {
        match self {
            Self::Query | Self::QueryMore | Self::Retrieve | Self::Describe => false,
            Self::Versions | Self::Limits => false,
            Self::BulkCreate | Self::BulkUpload | Self::BulkStatus | Self::BulkList => false,
            Self::BulkAbort | Self::BulkDelete | Self::BulkResults => false,
            Self::Create | Self::Update | Self::Upsert | Self::Delete => true,
            Self::CreateMany | Self::UpdateMany | Self::DeleteMany | Self::Composite | Self::Graph => true,
            Self::BulkClose => true,
        }
    }

    /// Whether the org answers the call at once, if at all: none of its own code runs, and no long query. A query may take
    /// two minutes, and what triggers and Flows do in a write up to the ten minutes of any call ("API Request Limits and
    /// Allocations" and "SOQL and SOSL Limits", Salesforce Developer Limits Quick Reference).
    pub(super) fn is_quick(self) -> bool {
        match self {
            Self::QueryMore | Self::Retrieve | Self::Describe | Self::Versions | Self::Limits => true,
            Self::BulkCreate | Self::BulkClose | Self::BulkStatus | Self::BulkList => true,
            Self::BulkAbort | Self::BulkDelete => true,
            Self::Query | Self::Create | Self::Update | Self::Upsert | Self::Delete => false,
            Self::CreateMany | Self::UpdateMany | Self::DeleteMany | Self::Composite | Self::Graph => false,
            Self::BulkUpload | Self::BulkResults => false,
        }
    }

    /// Whether an answer with this status can be a success of the call (REST API and Bulk API 2.0 Developer Guides). Where
    /// a success has a body, that must prove it; where it has none, the status does, and only that one.
    pub(super) fn succeeds_with(self, status: u16) -> bool {
        match self {
            Self::Update | Self::Delete | Self::BulkDelete => status == 204,
            Self::BulkUpload => status == 201,
            _ => matches!(status, 200 | 201),
        }
    }

    /// Whether making the call twice does no more than making it once. Closing a closed job is refused.
    pub(super) fn repeats_safely(self) -> bool {
        !self.writes() || self == Self::BulkClose
    }
}

impl fmt::Display for Operation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.name())
    }
}
