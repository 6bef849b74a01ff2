//! The Bulk API (v1) without HTTP: jobs of batches, each of which is a job of 2.0's machinery ([`super::job`]).
//!
//! [`spec`] reads the request that makes a [`Job`]. The contents of a batch are JSON, XML or CSV; [`contents`] makes CSV of
//! all of them, which [`super::ingest`] loads. What it reports in the order of the rows, and the records that a query
//! found, [`results`] writes in the job's format. [`chunks`] divides a query by the ids of the records (PK chunking).

pub(crate) mod batch;
mod chunks;
mod contents;
pub(crate) mod ids;
pub(crate) mod job;
pub(crate) mod results;
pub(crate) mod spec;
mod view;

pub(crate) use self::batch::Batch;
pub(crate) use self::job::Job;

/// The namespace of its XML.
pub(crate) const NAMESPACE: &str = "http://www.force.com/2009/06/asyncapi/dataload";
