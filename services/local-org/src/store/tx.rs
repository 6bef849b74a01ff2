//! One transaction on an org.

use std::sync::Arc;

use chrono::{DateTime, Utc};
use rusqlite::{CachedStatement, Connection};
use serde_json::{Map, Value};

use super::access::{self, Access, Cache, Operation};
use super::actor::Actor;
use super::catalog::Catalog;
use super::convert;
use super::ddl::ObjectSql;
use super::held::{Held, Searches, Updates};
use super::loaded::Loaded;
use super::outbox::Outbox;
use super::sequences::Sequences;
use super::touched::Touched;
use super::undo::Undo;
use crate::cdc::Origin;
use crate::error::ApiError;
use crate::events::Draft;
use crate::id;
use crate::schema::{FieldDef, ObjectDef, Schema};

/// Savepoints may share a name; the statements mean the innermost.
const SAVEPOINT: &str = "SAVEPOINT nested";
const ROLLBACK: &str = "ROLLBACK TO nested";
const RELEASE: &str = "RELEASE nested";

/// What an upsert did.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Upserted {
    /// Id of the record, 18 characters.
    pub id: String,
    /// Whether it is new.
    pub created: bool,
}

/// An open transaction. Names of objects and fields are taken in any case; field maps are JSON objects as the REST API
/// takes them. A member `attributes` is skipped, and a parent may be named by an external id
/// (`"Account": {"Ext__c": "a"}`).
#[derive(Debug)]
pub struct Tx<'a> {
    pub(super) catalog: &'a Catalog,
    pub(super) connection: &'a Connection,
    statements: Held<'a>,
    pub(super) searches: Searches<'a>,
    pub(super) updates: Updates<'a>,
    pub(super) undo: Undo,
    pub(super) sequences: &'a mut Sequences,
    pub(super) actor: &'a Actor,
    /// The rights of everybody, as far as they are known.
    rights: &'a mut Cache,
    /// What the actor may do, as it was when the transaction began.
    pub(super) access: Arc<Access>,
    /// Whether something was written on which rights depend.
    pub(super) access_changed: bool,
    /// Whether an earlier unit did so: what rights are now must not outlive this transaction, which may be rolled back.
    rights_changed: bool,
    /// One point in time for all that the transaction writes.
    pub(super) now: DateTime<Utc>,
    pub(super) stamp: String,
    pub(super) rows: u64,
    pub(super) loaded: Loaded<'a>,
    /// Where the changes come from, for their events.
    pub(super) origin: &'a Origin,
    pub(super) touched: Touched<'a>,
    pub(super) outbox: Outbox,
    /// Events of the units that have ended, in their order.
    pub(super) settled: Vec<Draft>,
}

impl<'a> Tx<'a> {
    pub(super) fn new(
        catalog: &'a Catalog,
        connection: &'a Connection,
        sequences: &'a mut Sequences,
        rights: &'a mut Cache,
        actor: &'a Actor,
        origin: &'a Origin,
    ) -> rusqlite::Result<Self> {
        let now = Utc::now();
        let stamp = convert::timestamp(now);
        Ok(Self {
            catalog,
            connection,
            statements: Held::default(),
            searches: Searches::default(),
            updates: Updates::default(),
            undo: Undo::Part,
            sequences,
            actor,
            access: rights.of(connection, actor, &stamp)?,
            rights,
            access_changed: false,
            rights_changed: false,
            now,
            stamp,
            rows: 0,
            loaded: Loaded::default(),
            origin,
            touched: Touched::default(),
            outbox: Outbox::default(),
            settled: Vec::new(),
        })
    }

    /// Runs `work` as a transaction of its own that is committed with this one: it has the rights and the time of its
    /// own beginning, `Err` undoes what it did and nothing else, and its events are its own.
    ///
    /// # Errors
    /// What `work` returns, and 500 `UNKNOWN_EXCEPTION` when the database fails.
    pub(crate) fn unit<T>(&mut self, work: impl FnOnce(&mut Tx<'_>) -> Result<T, ApiError>) -> Result<T, ApiError> {
        self.now = Utc::now();
        self.stamp = convert::timestamp(self.now);
        let mut own = Cache::default();
        let rights = if self.rights_changed { &mut own } else { &mut *self.rights };
        self.access = rights.of(self.connection, self.actor, &self.stamp)?;
        self.begin_part()?;
        let done = work(self).and_then(|done| Ok((done, self.events()?)));
        self.forget_rights();
        let done = match done {
            Ok((done, events)) => {
                self.settled.extend(events);
                Ok(done)
            }
            Err(error) => {
                let kept = self.events_to_keep();
                self.settled.extend(kept);
                self.outbox = Outbox::default();
                self.touched.take();
                self.undo_part()?;
                Err(error)
            }
        };
        self.end_part()?;
        done
    }

    /// Reads rights anew where something was written on which they depend.
    pub(super) fn forget_rights(&mut self) {
        if std::mem::take(&mut self.access_changed) {
            self.rights_changed = true;
            self.rights.clear();
        }
    }

    /// Creates a record, or publishes a platform event, and returns its id, 18 characters.
    ///
    /// # Errors
    /// What Salesforce's create returns, for example `REQUIRED_FIELD_MISSING`.
    pub fn create(&mut self, object: &str, fields: &Map<String, Value>) -> Result<String, ApiError> {
        let object = self.writable(object, "create")?;
        self.allowed(object, Operation::Create)?;
        if let Some(behavior) = object.publish {
            return self.publish(object, behavior, fields);
        }
        let record = self.given_on_create(object, fields)?;
        self.insert(object, record)
    }

    /// Changes the given fields of a record. `fields` must not name the id.
    ///
    /// # Errors
    /// What Salesforce's update returns, for example `ENTITY_IS_DELETED`.
    pub fn update(&mut self, object: &str, id: &str, fields: &Map<String, Value>) -> Result<(), ApiError> {
        let object = self.writable(object, "update")?;
        self.allowed(object, Operation::Update)?;
        let id = record_id(object, id)?;
        let old = self.live(object, &id)?;
        let changes = self.given_on_update(object, fields)?;
        self.change(object, &id, &old, changes)
    }

    /// Updates the record whose external id (or id) field has this value, or creates one with it. `fields` must not name
    /// that field. An empty value, and `Id` of no record, find nothing.
    ///
    /// # Errors
    /// What create and update return; 404 `NOT_FOUND` when the field is no external id; status 300, with the ids in
    /// `fields`, when several records match.
    pub fn upsert(
        &mut self,
        object: &str,
        ext_field: &str,
        value: &str,
        fields: &Map<String, Value>,
    ) -> Result<Upserted, ApiError> {
        let object = self.writable(object, "upsert")?;
        let field = self.lookup_field(object, ext_field)?;
        if fields.keys().any(|name| name.eq_ignore_ascii_case(&field.name)) {
            let message = format!("The {} field should not be specified in the sobject data.", field.name);
            return Err(ApiError::new(400, "INVALID_FIELD", message));
        }
        if let Some(id) = self.find_one(object, field, value)? {
            self.update(&object.name, &id, fields)?;
            return Ok(Upserted { id, created: false });
        }
        self.allowed(object, Operation::Create)?;
        let mut record = self.given_on_create(object, fields)?;
        if field.name != "Id" {
            self.settable(object, field)?;
            let stored = convert::to_stored(&self.catalog.schema, field, &Value::String(value.to_owned()))?;
            record.set(&field.name, stored);
        } else if !value.is_empty() {
            return Err(ApiError::invalid_cross_reference(404));
        }
        Ok(Upserted { id: self.insert(object, record)?, created: true })
    }

    /// Deletes a record and what belongs to it: into the recycle bin, or for good where the object has none.
    ///
    /// # Errors
    /// `ENTITY_IS_DELETED` the second time, `INVALID_CROSS_REFERENCE_KEY` for an unknown id, `DELETE_FAILED` when other
    /// records need it.
    pub fn delete(&mut self, object: &str, id: &str) -> Result<(), ApiError> {
        let object = self.writable(object, "delete")?;
        self.allowed(object, Operation::Delete)?;
        let id = record_id(object, id)?;
        let old = self.live(object, &id)?;
        self.remove(object, &id, &old)
    }

    /// Runs `work` in a nested transaction (SAVEPOINT): `Err` undoes only what `work` did.
    ///
    /// # Errors
    /// What `work` returns.
    pub fn savepoint<T>(&mut self, work: impl FnOnce(&mut Tx<'_>) -> Result<T, ApiError>) -> Result<T, ApiError> {
        self.begin_part()?;
        let mark = self.outbox.mark();
        let outcome = work(self);
        if outcome.is_err() {
            self.outbox.undo(mark);
            self.undo_part()?;
        }
        self.end_part()?;
        outcome
    }

    fn begin_part(&self) -> Result<(), ApiError> {
        match self.undo {
            Undo::Part => Ok(self.run(SAVEPOINT)?),
            Undo::Whole => Ok(()),
            Undo::Failed => Err(failed_before()),
        }
    }

    fn undo_part(&mut self) -> rusqlite::Result<()> {
        self.loaded.clear();
        match self.undo {
            Undo::Part => self.run(ROLLBACK),
            Undo::Whole | Undo::Failed => {
                self.undo = Undo::Failed;
                Ok(())
            }
        }
    }

    fn end_part(&self) -> rusqlite::Result<()> {
        if self.undo == Undo::Part { self.run(RELEASE) } else { Ok(()) }
    }

    /// Rows read and written so far.
    pub fn rows_touched(&self) -> u64 {
        self.rows
    }

    /// Whether the actor may see the field.
    pub(super) fn visible(&self, object: &ObjectDef, field: &FieldDef) -> bool {
        self.access.sees(object, field)
    }

    /// Objects and fields of the org.
    pub(crate) fn schema(&self) -> &'a Schema {
        &self.catalog.schema
    }

    /// What the actor may do.
    pub(crate) fn access(&self) -> &Access {
        &self.access
    }

    /// The object of that name, if it exists for the actor.
    pub(super) fn readable(&self, name: &str) -> Result<&'a ObjectDef, ApiError> {
        let object = self.object(name)?;
        if self.access.reads(object) { Ok(object) } else { Err(ApiError::not_found()) }
    }

    /// The field by which an upsert or a retrieve by external id finds its record.
    pub(super) fn lookup_field<'s>(&self, object: &'s ObjectDef, name: &str) -> Result<&'s FieldDef, ApiError> {
        let field = object.field(name).filter(|field| field.is_id_lookup() && self.visible(object, field));
        field.ok_or_else(|| {
            let message = format!("Provided external ID field does not exist or is not accessible: {name}");
            ApiError::new(404, "NOT_FOUND", message)
        })
    }

    /// Notes a write to an object on whose records rights depend.
    pub(super) fn wrote(&mut self, object: &ObjectDef) {
        self.rows += 1;
        self.access_changed |= access::is_setup(object);
    }

    /// The object of that name, in any case.
    pub(crate) fn object(&self, name: &str) -> Result<&'a ObjectDef, ApiError> {
        self.catalog.schema.object(name).ok_or_else(ApiError::not_found)
    }

    pub(super) fn writable(&self, name: &str, operation: &str) -> Result<&'a ObjectDef, ApiError> {
        let object = self.readable(name)?;
        if object.writable && (object.publish.is_none() || operation == "create") {
            return Ok(object);
        }
        let message = format!("entity type {} does not support {operation}", object.name);
        Err(ApiError::new(400, "INVALID_TYPE_FOR_OPERATION", message))
    }

    pub(super) fn allowed(&self, object: &ObjectDef, operation: Operation) -> Result<(), ApiError> {
        if self.access.allows(object, operation) {
            return Ok(());
        }
        let (code, message) = match operation {
            Operation::Create => {
                ("CANNOT_INSERT_UPDATE_ACTIVATE_ENTITY", format!("entity type cannot be inserted: {}", object.label))
            }
            Operation::Update => {
                ("CANNOT_INSERT_UPDATE_ACTIVATE_ENTITY", format!("entity type cannot be updated: {}", object.label))
            }
            Operation::Delete => {
                ("INSUFFICIENT_ACCESS_OR_READONLY", "insufficient access rights on object id".to_owned())
            }
        };
        Err(ApiError::new(400, code, message).with_fields::<String>([]))
    }

    pub(super) fn sql(&self, object: &ObjectDef) -> Result<&'a ObjectSql, ApiError> {
        self.catalog.sql(object).ok_or_else(ApiError::not_found)
    }

    /// A prepared statement, kept for the next time.
    pub(super) fn prepare(&self, sql: &str) -> rusqlite::Result<rusqlite::CachedStatement<'a>> {
        self.connection.prepare_cached(sql)
    }

    /// Runs `work` with a prepared statement that is the same for every transaction. It is at hand until this one ends.
    pub(super) fn known<T>(
        &self,
        sql: &'a str,
        work: impl FnOnce(&mut CachedStatement<'a>) -> rusqlite::Result<T>,
    ) -> rusqlite::Result<T> {
        self.statements.with(self.connection, sql, work)
    }

    fn run(&self, sql: &'a str) -> rusqlite::Result<()> {
        self.known(sql, |statement| statement.raw_execute()).map(drop)
    }

    /// The next number of a sequence.
    pub(super) fn next_number(&mut self, sequence: &str) -> u64 {
        self.sequences.take(sequence, 1)
    }
}

/// What is left of a transaction of which nothing can stay is not tried. Nobody sees this: it is done anew.
fn failed_before() -> ApiError {
    ApiError::new(500, "UNKNOWN_EXCEPTION", "an earlier part of the transaction failed")
}

/// The id in 18 characters, when it can be one of this object.
pub(super) fn record_id(object: &ObjectDef, id: &str) -> Result<String, ApiError> {
    id::normalise(id)
        .filter(|full| id::prefix(full) == object.key_prefix)
        .ok_or_else(|| ApiError::malformed_id("Record ID", id, "Id"))
}
