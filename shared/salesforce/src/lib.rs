#![doc = include_str!("../README.md")]
//!
//! Client of the Salesforce REST API: queries, records, collections, composite graphs, the Bulk API; `pubsub`, a feature that
//! is on by default, is that of the Pub/Sub API.
//!
//! A [`Client`] asks a [`SessionSource`] for a [`Session`] and repeats a call only when repeating cannot do harm (see
//! [`RetryPolicy`]). Everything that goes wrong is an [`Error`], sorted by [`ErrorKind`]. Nothing in here knows what
//! the records mean, where jobs are kept, or who called.

pub mod bulk;
mod clear;
mod client;
mod collections;
mod composite;
pub mod decimal;
mod describe;
mod error;
mod graph;
mod graph_result;
mod hosts;
pub mod http;
pub mod id;
mod limits;
mod operation;
mod path;
#[cfg(feature = "pubsub")]
pub mod pubsub;
mod query;
mod records;
mod retry;
mod session;
pub mod soql;
mod subrequest;
pub mod trace;
mod transport;
mod unit_of_work;
mod usage;

#[cfg(test)]
pub(crate) mod test_server;

pub use clear::Cleaner;
pub use client::{CallRecord, Client, ClientSettings, OnCall};
pub use collections::{MAX_COLLECTION_RECORDS, RecordResult};
pub use composite::{CompositeRequest, MAX_SUBREQUESTS, Subresponse};
pub use describe::{FieldDescribe, ObjectDescribe, PicklistValue};
pub use error::{ApiError, Error, ErrorKind, told};
pub use graph::{Graph, GraphRequest};
pub use graph_result::{GraphOutcome, GraphResult, NodeError};
pub use hosts::{AllowedHosts, HostError};
pub use http::{HttpSettings, HttpSetupError, http_client, install_tls_provider};
pub use id::{InvalidId, SalesforceId};
pub use limits::Limit;
pub use operation::Operation;
pub use query::{QueryPage, Subquery};
pub use records::Upserted;
pub use retry::{Failure, RetryPolicy};
pub use session::{FixedSession, Session, SessionSource};
pub use subrequest::Reference;
pub use unit_of_work::{MAX_GRAPHS, MAX_NODES, UnitOfWork, UnitOfWorkError, UnitOfWorkProblem};
pub use usage::ApiUsage;
