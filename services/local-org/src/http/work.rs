//! Work in an org's store on behalf of one call: transactions, injected record errors, counted rows.

use std::cell::Cell;

use serde_json::{Map, Value};

use super::version::Version;
use crate::cdc::Origin;
use crate::counters::Rows;
use crate::error::ApiError;
use crate::faults::RecordError;
use crate::http::OrgHost;
use crate::soql::ResultSet;
use crate::store::{Access, Actor, Tx, Upserted};

/// What a call works with.
pub(crate) struct Context<'a> {
    /// The org.
    pub(crate) org: &'a OrgHost,
    /// Who calls.
    pub(crate) actor: &'a Actor,
    /// The injected error of the call's records.
    pub(crate) fault: Option<&'a RecordError>,
    /// URL under which the caller reaches this server, such as `http://127.0.0.1:8090`.
    pub(crate) base_url: &'a str,
    /// Where the call's changes come from.
    pub(crate) origin: Origin,
    /// Calls that the org takes in a day.
    pub(crate) daily_limit: u64,
    /// The rows touched so far.
    pub(crate) rows: Cell<Rows>,
}

/// Records within a transaction.
pub(crate) struct Records<'r, 'tx> {
    tx: &'r mut Tx<'tx>,
    fault: Option<&'r RecordError>,
    written: u64,
    /// Rows read now whose cost is that of a later call.
    deferred: u64,
}

impl Context<'_> {
    /// Runs `work` in one transaction: commits on `Ok`, rolls back on `Err`.
    pub(crate) fn transaction<T>(
        &self,
        work: impl FnOnce(&mut Records<'_, '_>) -> Result<T, ApiError>,
    ) -> Result<T, ApiError> {
        self.org.store.transaction_from(self.actor, &self.origin, |tx| {
            let mut records = Records { tx, fault: self.fault, written: 0, deferred: 0 };
            let result = work(&mut records);
            let touched = records.tx.rows_touched();
            let rows = self.rows.get();
            self.rows.set(Rows {
                read: rows.read + touched.saturating_sub(records.written + records.deferred),
                written: rows.written + records.written,
            });
            result
        })
    }

    /// Adds rows that were read outside a transaction.
    pub(crate) fn add_read(&self, count: u64) {
        let rows = self.rows.get();
        self.rows.set(Rows { read: rows.read + count, ..rows });
    }
}

impl Records<'_, '_> {
    /// Runs `work` so that its `Err` rolls back only what it did.
    pub(crate) fn savepoint<T>(
        &mut self,
        work: impl FnOnce(&mut Records<'_, '_>) -> Result<T, ApiError>,
    ) -> Result<T, ApiError> {
        let Records { fault, mut written, mut deferred, .. } = *self;
        let result = self.tx.savepoint(|tx| {
            let mut records = Records { tx, fault, written, deferred };
            let result = work(&mut records);
            (written, deferred) = (records.written, records.deferred);
            result
        });
        (self.written, self.deferred) = (written, deferred);
        result
    }

    /// Creates a record, or publishes a platform event, and gives its id.
    pub(crate) fn create(&mut self, object: &str, fields: &Map<String, Value>) -> Result<String, ApiError> {
        self.check_fault(object, fields)?;
        let id = self.tx.create(object, fields)?;
        self.written += 1;
        Ok(id)
    }

    /// The UUID of the event for which `create` gave this id; `None` for a record.
    pub(crate) fn event_uuid(&self, id: &str) -> Option<&str> {
        self.tx.event_uuid(id)
    }

    /// Updates a record.
    pub(crate) fn update(&mut self, object: &str, id: &str, fields: &Map<String, Value>) -> Result<(), ApiError> {
        self.check_fault(object, fields)?;
        self.tx.update(object, id, fields)?;
        self.written += 1;
        Ok(())
    }

    /// Creates or updates the record that has `value` in the external id `field`.
    pub(crate) fn upsert(
        &mut self,
        object: &str,
        field: &str,
        value: &str,
        fields: &Map<String, Value>,
    ) -> Result<Upserted, ApiError> {
        self.check_fault(object, fields)?;
        let upserted = self.tx.upsert(object, field, value, fields)?;
        self.written += 1;
        Ok(upserted)
    }

    /// Deletes a record.
    pub(crate) fn delete(&mut self, object: &str, id: &str) -> Result<(), ApiError> {
        self.tx.delete(object, id)?;
        self.written += 1;
        Ok(())
    }

    /// Reads a record; all its fields where none are named.
    pub(crate) fn retrieve(
        &mut self,
        object: &str,
        id: &str,
        fields: Option<&[String]>,
        version: Version,
    ) -> Result<Value, ApiError> {
        self.tx.retrieve(object, id, fields, &version.to_string())
    }

    /// Reads the record that has `value` in the external id `field`.
    pub(crate) fn retrieve_by(
        &mut self,
        object: &str,
        field: &str,
        value: &str,
        version: Version,
    ) -> Result<Value, ApiError> {
        self.tx.retrieve_by(object, field, value, &version.to_string())
    }

    /// Runs a query.
    pub(crate) fn query(&mut self, soql: &str, deleted: bool, version: Version) -> Result<ResultSet, ApiError> {
        self.tx.query(soql, deleted, &version.to_string())
    }

    /// What the caller may do.
    pub(crate) fn access(&self) -> &Access {
        self.tx.access()
    }

    /// Leaves rows that were read to be counted when they are fetched.
    pub(crate) fn defer(&mut self, rows: usize) {
        self.deferred += rows as u64;
    }

    fn check_fault(&self, object: &str, fields: &Map<String, Value>) -> Result<(), ApiError> {
        self.fault.and_then(|fault| fault.of(object, fields)).map_or(Ok(()), Err)
    }
}
