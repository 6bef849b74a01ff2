//! Reading records.

use std::rc::Rc;

use rusqlite::OptionalExtension;
use rusqlite::types::Value as Stored;
use serde_json::{Map, Value, json};

use super::access::USER_ACCESS;
use super::tx::{Tx, record_id};
use super::{Record, convert};
use crate::error::ApiError;
use crate::schema::{FieldDef, ObjectDef};
use crate::soql::ast::Query;
use crate::soql::{self, ExecuteOptions, Explanation, Outcome, ResultSet};

/// The object with a field that depends on who asks.
const SESSIONS: &str = "AuthSession";

/// The field that tells whose session it is.
const USER: &str = "UsersId";

impl<'a> Tx<'a> {
    /// A record as the REST API gives it: `attributes`, then the wanted fields, by default all, and always the id.
    ///
    /// # Errors
    /// 404 `NOT_FOUND` or `ENTITY_IS_DELETED`, 400 `MALFORMED_ID` or `INVALID_FIELD`.
    pub fn retrieve(
        &mut self,
        object: &str,
        id: &str,
        fields: Option<&[String]>,
        api_version: &str,
    ) -> Result<Value, ApiError> {
        let object = self.readable(object)?;
        if object.is_event() {
            return Err(ApiError::not_found());
        }
        let id = record_id(object, id)?;
        if self.refresh(&object.name)? {
            self.loaded.clear();
        }
        let wanted = self.wanted(object, fields)?;
        let record = self.load(object, &id)?.ok_or_else(ApiError::not_found)?;
        if self.access().sees_own_only(object) && record.text(USER) != Some(self.actor.user_id.as_str()) {
            return Err(ApiError::not_found());
        }
        if record.flag("IsDeleted") {
            return Err(ApiError::entity_is_deleted());
        }
        let url = format!("/services/data/v{api_version}/sobjects/{}/{id}", object.name);
        let mut members = Map::new();
        members.insert("attributes".to_owned(), json!({ "type": object.name, "url": url }));
        for field in wanted {
            let value = record.get(&field.name).unwrap_or(&Stored::Null);
            members.insert(field.name.clone(), convert::to_json(field, value));
        }
        Ok(Value::Object(members))
    }

    /// The record whose external id field has this value, with all its fields.
    ///
    /// # Errors
    /// 404 `NOT_FOUND`; status 300, with the ids in `fields`, when several records match.
    pub fn retrieve_by(
        &mut self,
        object: &str,
        ext_field: &str,
        value: &str,
        api_version: &str,
    ) -> Result<Value, ApiError> {
        let object = self.readable(object)?;
        if object.is_event() {
            return Err(ApiError::not_found());
        }
        let field = self.lookup_field(object, ext_field)?;
        let id = self.find_one(object, field, value)?.ok_or_else(ApiError::not_found)?;
        self.retrieve(&object.name, &id, None, api_version)
    }

    /// Runs a SOQL query and returns its whole result; with `include_deleted` also records in the recycle bin.
    ///
    /// # Errors
    /// Those of SOQL, for example `MALFORMED_QUERY`.
    pub fn query(&mut self, soql: &str, include_deleted: bool, api_version: &str) -> Result<ResultSet, ApiError> {
        self.find(soql, include_deleted, api_version)?.into_set()
    }

    /// [`Tx::query`], for who has no need of values or makes them after the transaction.
    ///
    /// # Errors
    /// Those of SOQL.
    pub(crate) fn find(&mut self, soql: &str, include_deleted: bool, api_version: &str) -> Result<Outcome, ApiError> {
        self.find_parsed(&soql::parse(soql)?, include_deleted, api_version)
    }

    /// [`Tx::find`] for a query that was read before.
    ///
    /// # Errors
    /// Those of SOQL.
    pub(crate) fn find_parsed(
        &mut self,
        query: &Query,
        include_deleted: bool,
        api_version: &str,
    ) -> Result<Outcome, ApiError> {
        if self.refresh(&query.text)? {
            self.loaded.clear();
        }
        let visible = |object: &ObjectDef, field: &FieldDef| self.visible(object, field);
        let only = |object: &ObjectDef| self.only(object);
        let options = ExecuteOptions {
            api_version,
            include_deleted,
            now: self.now,
            user: Some(&self.actor.user_id),
            visible: &visible,
            only: &only,
        };
        let outcome = soql::run(self.connection, &self.catalog.schema, query, &options)?;
        self.rows += outcome.len() as u64;
        Ok(outcome)
    }

    /// How a query would be run.
    ///
    /// # Errors
    /// Those of SOQL.
    pub(crate) fn explain(&self, soql: &str, api_version: &str) -> Result<Explanation, ApiError> {
        let query = soql::parse(soql)?;
        let visible = |object: &ObjectDef, field: &FieldDef| self.visible(object, field);
        let only = |object: &ObjectDef| self.only(object);
        let options = ExecuteOptions {
            api_version,
            include_deleted: false,
            now: self.now,
            user: Some(&self.actor.user_id),
            visible: &visible,
            only: &only,
        };
        soql::explain(self.connection, &self.catalog.schema, &query, &options)
    }

    /// Whether an object has a field.
    ///
    /// # Errors
    /// 404 when there is no such object for the actor.
    pub(crate) fn has_field(&self, object: &str, field: &str) -> Result<bool, ApiError> {
        Ok(self.readable(object)?.field(field).is_some())
    }

    /// Brings records up to date that depend on who asks, if `text`, a query or the name of an object, is about them.
    /// Tells whether there were any: those that were loaded before are out of date.
    pub(super) fn refresh(&self, text: &str) -> Result<bool, ApiError> {
        let text = text.to_ascii_lowercase();
        let sessions = text.contains(&SESSIONS.to_ascii_lowercase());
        if sessions {
            self.mark_current_session()?;
        }
        let permissions = text.contains(&USER_ACCESS.to_ascii_lowercase());
        if permissions {
            self.list_custom_permissions()?;
        }
        Ok(sessions || permissions)
    }

    /// The field, and its value, that a record of the object has when it exists for the actor; none when all do.
    pub(super) fn only(&self, object: &ObjectDef) -> Option<(&'static str, String)> {
        self.access().sees_own_only(object).then(|| (USER, self.actor.user_id.clone()))
    }

    /// Describes the columns of a query's result, without running it.
    ///
    /// # Errors
    /// Those of SOQL.
    pub(crate) fn columns(&self, soql: &str, api_version: &str) -> Result<Value, ApiError> {
        let query = soql::parse(soql)?;
        let visible = |object: &ObjectDef, field: &FieldDef| self.visible(object, field);
        let only = |object: &ObjectDef| self.only(object);
        let options = ExecuteOptions {
            api_version,
            include_deleted: false,
            now: self.now,
            user: Some(&self.actor.user_id),
            visible: &visible,
            only: &only,
        };
        soql::columns(&self.catalog.schema, &query, &options)
    }

    fn wanted(&self, object: &'a ObjectDef, names: Option<&[String]>) -> Result<Vec<&'a FieldDef>, ApiError> {
        let Some(names) = names else {
            return Ok(object.fields.iter().filter(|field| self.visible(object, field)).collect());
        };
        let mut wanted = Vec::with_capacity(names.len() + 1);
        for name in names {
            let field = object.field(name).filter(|field| self.visible(object, field));
            wanted.push(field.ok_or_else(|| ApiError::no_such_field(&object.name, name))?);
        }
        wanted.extend(object.field("Id"));
        Ok(wanted)
    }

    /// All fields of a record, also of a deleted one.
    pub(crate) fn load(&mut self, object: &'a ObjectDef, id: &str) -> Result<Option<Rc<Record<'a>>>, ApiError> {
        if let Some(record) = self.loaded.get(id) {
            self.rows += 1;
            return Ok(Some(record));
        }
        let record = self.known(&self.sql(object)?.select, |statement| {
            let record = statement.query_row([id], |row| {
                // A plain loop: this is the hottest place of a load, and without optimisation adapters are slow.
                let mut values = Vec::with_capacity(object.fields.len());
                for (index, field) in object.fields.iter().enumerate() {
                    values.push((field.name.as_str(), row.get(index)?));
                }
                Ok(Record::of(values))
            });
            record.optional()
        })?;
        let Some(record) = record.map(Rc::new) else { return Ok(None) };
        self.rows += 1;
        self.loaded.put(id, &record);
        Ok(Some(record))
    }

    /// All fields of a record that is to be changed.
    pub(super) fn live(&mut self, object: &'a ObjectDef, id: &str) -> Result<Rc<Record<'a>>, ApiError> {
        let record = self.load(object, id)?.ok_or_else(|| ApiError::invalid_cross_reference(404))?;
        if record.flag("IsDeleted") {
            return Err(ApiError::entity_is_deleted());
        }
        Ok(record)
    }

    /// The record that a reference of another one points to, if it has a value.
    pub(super) fn parent(
        &mut self,
        object: &str,
        child: &Record<'_>,
        reference: &str,
    ) -> Result<Option<Rc<Record<'a>>>, ApiError> {
        let object = self.object(object)?;
        child.text(reference).map_or(Ok(None), |id| self.load(object, id))
    }
}
