//! Runs a query job: writes the records that it finds into a table, or as they are.

use std::sync::Arc;

use super::job::{Job, Output, QueryWork, Work};
use super::records::RecordsWriter;
use super::spec::Form;
use super::table::TableWriter;
use super::{disk, refused};
use crate::error::ApiError;
use crate::soql::Outcome;
use crate::store::{Actor, Org};

/// Runs the query and gives its result and the number of its rows. The org's other transactions wait until it is done.
pub(crate) fn run(org: &Org, actor: &Actor, job: &Job) -> Result<(Output, u64), ApiError> {
    let Work::Query(query) = &job.work else { return Err(refused("INVALIDJOB", "not a query job")) };
    match query.spec.form {
        Form::Rows => rows(org, actor, job, query),
        Form::Records => records(org, actor, job, query),
    }
}

/// Without holding the result in memory.
fn rows(org: &Org, actor: &Actor, job: &Job, query: &QueryWork) -> Result<(Output, u64), ApiError> {
    let spec = &query.spec;
    let mut table = TableWriter::create(spec.dialect).map_err(|error| disk(&error))?;
    org.transaction(actor, |tx| {
        tx.export(&spec.soql, spec.deleted, &job.creator.api_version, &mut |values| {
            table.write(values).map_err(|error| disk(&error))
        })
    })?;
    let table = table.finish().map_err(|error| disk(&error))?;
    let rows = table.rows();
    Ok((Output::Table(Arc::new(table)), rows))
}

/// The values are in memory until they are written.
fn records(org: &Org, actor: &Actor, job: &Job, query: &QueryWork) -> Result<(Output, u64), ApiError> {
    let spec = &query.spec;
    let found = org.transaction(actor, |tx| tx.find(&spec.soql, spec.deleted, &job.creator.api_version))?;
    let mut target = RecordsWriter::create();
    if let Outcome::Records { found, .. } = &found {
        found.each(&mut |record| target.write(record).map_err(|error| disk(&error)))?;
    }
    let records = target.finish().map_err(|error| disk(&error))?;
    let rows = records.rows();
    Ok((Output::Records(Arc::new(records)), rows))
}
