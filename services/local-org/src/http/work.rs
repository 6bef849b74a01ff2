//! Work in an org's store on behalf of one call: transactions, injected record errors, counted rows.

use std::cell::Cell;

use serde_json::{Map, Value};

use crate::cdc::Origin;
use crate::counters::Rows;
use crate::definitions;
use crate::error::ApiError;
use crate::faults::RecordError;
use crate::host::OrgHost;
use crate::schema::{FieldDef, ObjectDef};
use crate::settings::DuplicateRule;
use crate::soql::ast::Query;
use crate::soql::{Explanation, Outcome};
use crate::store::{Access, Actor, Refusals, Tx, Upserted};
use crate::version::Version;

/// What a call works with.
pub(crate) struct Context<'a> {
    /// Whose records, users and sessions they are.
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
    /// Whether the caller lets duplicates pass.
    pub(crate) allow_duplicates: bool,
    /// The rows touched so far.
    pub(crate) rows: Cell<Rows>,
}

/// Transactions of one call that are committed together.
pub(crate) struct Series<'r, 'tx> {
    cx: &'r Context<'r>,
    tx: &'r mut Tx<'tx>,
    duplicate_rules: &'r [DuplicateRule],
}

/// Records within a transaction.
pub(crate) struct Records<'r, 'tx> {
    org: &'r OrgHost,
    tx: &'r mut Tx<'tx>,
    fault: Option<&'r RecordError>,
    duplicate_rules: &'r [DuplicateRule],
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
        let settings = self.org.settings.get();
        let duplicate_rules = if self.allow_duplicates { &[] } else { settings.duplicate_rules.as_slice() };
        self.org.store.transaction_from(self.actor, &self.origin, |tx| self.counted(tx, duplicate_rules, work))
    }

    /// [`Context::transaction`] for work with savepoints that may be done twice.
    pub(crate) fn transaction_of_parts<T>(
        &self,
        mut work: impl FnMut(&mut Records<'_, '_>) -> Result<T, ApiError>,
    ) -> Result<T, ApiError> {
        let settings = self.org.settings.get();
        let duplicate_rules = if self.allow_duplicates { &[] } else { settings.duplicate_rules.as_slice() };
        let before = self.rows.get();
        self.org.store.transaction_of_parts(self.actor, &self.origin, |tx| {
            self.rows.set(before);
            self.counted(tx, duplicate_rules, &mut work)
        })
    }

    /// [`Context::transactions`] for work that may be done twice. When `work` itself fails, all of it is undone.
    pub(crate) fn transactions_of_parts<T>(
        &self,
        mut work: impl FnMut(&mut Series<'_, '_>) -> Result<T, ApiError>,
    ) -> Result<T, ApiError> {
        let settings = self.org.settings.get();
        let duplicate_rules = if self.allow_duplicates { &[] } else { settings.duplicate_rules.as_slice() };
        let before = self.rows.get();
        self.org.store.transaction_of_parts(self.actor, &self.origin, |tx| {
            self.rows.set(before);
            work(&mut Series { cx: self, tx, duplicate_rules })
        })
    }

    /// Runs `work`, whose transactions stand each for itself, but are committed together: what one of them did stays
    /// when a later one fails.
    ///
    /// # Errors
    /// 500 `UNKNOWN_EXCEPTION` when the database fails. Then nothing of it happened.
    pub(crate) fn transactions<T>(&self, work: impl FnOnce(&mut Series<'_, '_>) -> T) -> Result<T, ApiError> {
        let settings = self.org.settings.get();
        let duplicate_rules = if self.allow_duplicates { &[] } else { settings.duplicate_rules.as_slice() };
        self.org
            .store
            .transaction_from(self.actor, &self.origin, |tx| Ok(work(&mut Series { cx: self, tx, duplicate_rules })))
    }

    /// Runs `work` in a transaction and counts its rows.
    fn counted<T>(
        &self,
        tx: &mut Tx<'_>,
        duplicate_rules: &[DuplicateRule],
        work: impl FnOnce(&mut Records<'_, '_>) -> Result<T, ApiError>,
    ) -> Result<T, ApiError> {
        let before = tx.rows_touched();
        let mut records = Records { org: self.org, tx, fault: self.fault, duplicate_rules, written: 0, deferred: 0 };
        let result = work(&mut records);
        let touched = records.tx.rows_touched() - before;
        let rows = self.rows.get();
        self.rows.set(Rows {
            read: rows.read + touched.saturating_sub(records.written + records.deferred),
            written: rows.written + records.written,
        });
        result
    }

    /// Adds rows that were read outside a transaction.
    pub(crate) fn add_read(&self, count: u64) {
        let rows = self.rows.get();
        self.rows.set(Rows { read: rows.read + count, ..rows });
    }
}

impl Series<'_, '_> {
    /// Runs `work` in a transaction: `Err` undoes what it did, and nothing else.
    pub(crate) fn transaction<T>(
        &mut self,
        work: impl FnOnce(&mut Records<'_, '_>) -> Result<T, ApiError>,
    ) -> Result<T, ApiError> {
        let Series { cx, tx, duplicate_rules } = self;
        tx.unit(|tx| cx.counted(tx, duplicate_rules, work))
    }
}

impl Records<'_, '_> {
    /// Runs `work` so that its `Err` rolls back only what it did.
    pub(crate) fn savepoint<T>(
        &mut self,
        work: impl FnOnce(&mut Records<'_, '_>) -> Result<T, ApiError>,
    ) -> Result<T, ApiError> {
        let Records { org, fault, duplicate_rules, mut written, mut deferred, .. } = *self;
        let result = self.tx.savepoint(|tx| {
            let mut records = Records { org, tx, fault, duplicate_rules, written, deferred };
            let result = work(&mut records);
            (written, deferred) = (records.written, records.deferred);
            result
        });
        (self.written, self.deferred) = (written, deferred);
        result
    }

    /// Creates a record, or publishes a platform event, and gives its id.
    pub(crate) fn create(&mut self, object: &str, fields: &Map<String, Value>) -> Result<String, ApiError> {
        self.check(object, fields, None)?;
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
        self.check(object, fields, Some(id))?;
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
        let own_id = if self.duplicate_rules.is_empty() { None } else { self.tx.matching(object, field, value) };
        self.check(object, fields, own_id.as_deref())?;
        let upserted = self.tx.upsert(object, field, value, fields)?;
        self.written += 1;
        Ok(upserted)
    }

    /// What an upsert of records with these keys refuses from the start.
    pub(crate) fn repeated_keys(&self, object: &str, field: &str, keys: &[Option<String>]) -> Refusals {
        self.tx.repeated_keys(object, field, keys)
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
    pub(crate) fn query(&mut self, soql: &str, deleted: bool, version: Version) -> Result<Outcome, ApiError> {
        self.tx.find(soql, deleted, &version.to_string())
    }

    /// Runs a query that was read before.
    pub(crate) fn parsed_query(&mut self, query: &Query, deleted: bool, version: Version) -> Result<Outcome, ApiError> {
        self.tx.find_parsed(query, deleted, &version.to_string())
    }

    /// Runs a query on definitions of objects and fields.
    pub(crate) fn definitions(&self, query: &Query, version: Version) -> Result<Outcome, ApiError> {
        let access = self.tx.access();
        let sees = |object: &ObjectDef, field: &FieldDef| access.sees(object, field);
        definitions::find(self.tx.schema(), &self.org.deploys.records(), query, &version.to_string(), &sees)
    }

    /// Explains a query.
    pub(crate) fn explain(&self, soql: &str, version: Version) -> Result<Explanation, ApiError> {
        self.tx.explain(soql, &version.to_string())
    }

    /// Whether the changes of an object's records can be asked for.
    ///
    /// # Errors
    /// 404 when there is no such object for the caller.
    pub(crate) fn is_replicateable(&self, object: &str) -> Result<bool, ApiError> {
        self.tx.has_field(object, "SystemModstamp")
    }

    /// Describes the columns of a query.
    pub(crate) fn columns(&self, soql: &str, version: Version) -> Result<Value, ApiError> {
        self.tx.columns(soql, &version.to_string())
    }

    /// What the caller may do.
    pub(crate) fn access(&self) -> &Access {
        self.tx.access()
    }

    /// Leaves rows that were read to be counted when they are fetched.
    pub(crate) fn defer(&mut self, rows: usize) {
        self.deferred += rows as u64;
    }

    /// The injected error, and the duplicate rules. `own_id` is the record's that is changed.
    fn check(&mut self, object: &str, fields: &Map<String, Value>, own_id: Option<&str>) -> Result<(), ApiError> {
        if let Some(error) = self.fault.and_then(|fault| fault.of(object, fields)) {
            return Err(error);
        }
        self.tx.check_duplicates(self.duplicate_rules, object, fields, own_id)
    }
}
