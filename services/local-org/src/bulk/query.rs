//! Runs a query job: writes the records that it finds into a table.

use super::job::{Job, Work};
use super::table::{Table, TableWriter};
use super::{disk, refused};
use crate::error::ApiError;
use crate::store::{Actor, Org};

/// Runs the query and gives its result, without holding it in memory. The org's other transactions wait until it is done.
pub(crate) fn run(org: &Org, actor: &Actor, job: &Job) -> Result<Table, ApiError> {
    let Work::Query(query) = &job.work else { return Err(refused("INVALIDJOB", "not a query job")) };
    let spec = &query.spec;
    let mut table = TableWriter::create(spec.dialect).map_err(|error| disk(&error))?;
    org.transaction(actor, |tx| {
        tx.export(&spec.soql, spec.deleted, &job.creator.api_version, &mut |values| {
            table.write(values).map_err(|error| disk(&error))
        })
    })?;
    table.finish().map_err(|error| disk(&error))
}
