//! The Bulk APIs without HTTP: jobs that load records from CSV ([`ingest`]) and jobs that write the records of a query as
//! CSV ([`query`]).
//!
//! The way of an ingest job: [`spec`] checks the request that creates it, its contents come into a [`spool`], and when it
//! is closed the caller runs a [`ingest::Loader`] step by step, each step 200 rows in one transaction, and hands its
//! results to the [`job`]. A batch of the Bulk API ([`v1`]) is such a job, too. Jobs live in memory and their data in nameless
//! temporary files: both end with the process.

pub(crate) mod dialect;
mod error;
pub(crate) mod ingest;
pub(crate) mod job;
pub(crate) mod jobs;
pub(crate) mod outcomes;
pub(crate) mod query;
mod reason;
pub(crate) mod records;
pub(crate) mod results;
pub(crate) mod spec;
pub(crate) mod spool;
pub(crate) mod table;
#[cfg(test)]
mod tests;
pub(crate) mod v1;

pub(crate) use self::error::{Failure, disk, refused};
pub(crate) use self::job::Job;
pub(crate) use self::jobs::Jobs;
