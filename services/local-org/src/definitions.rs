//! Objects and fields as records: `EntityDefinition`, `FieldDefinition` and what the Tooling API has beside them, for
//! queries. The records are made of the schema for each query, in a database of its own, on which SOQL runs as on any
//! other. What was deployed and is kept, such as Apex classes, are records of `ApexClass` and its like; objects of which a local org
//! never has records, such as `ApexLog`, are there and empty.

mod deployed;
mod names;
mod objects;
mod rows;

use chrono::Utc;
use rusqlite::Connection;

pub(crate) use self::deployed::{DEPLOYED, Deployed};
use crate::error::ApiError;
use crate::schema::{FieldDef, ObjectDef, Schema};
use crate::soql::ast::Query;
use crate::soql::{self, ExecuteOptions, Outcome};

/// Whether the object of that name is one of these.
pub(crate) fn has(object: &str) -> bool {
    objects::all().iter().any(|known| known.name.eq_ignore_ascii_case(object))
}

/// Runs a query on these objects. `sees` says which fields, and so which objects, exist for the caller.
///
/// # Errors
/// Those of SOQL.
pub(crate) fn find(
    schema: &Schema,
    deployed: &[Deployed],
    query: &Query,
    api_version: &str,
    sees: &dyn Fn(&ObjectDef, &FieldDef) -> bool,
) -> Result<Outcome, ApiError> {
    let mut definitions = Schema::default();
    objects::all().into_iter().for_each(|object| definitions.insert(object));
    let connection = Connection::open_in_memory()?;
    rows::create(&connection, &definitions)?;
    rows::insert(&connection, schema, sees)?;
    rows::insert_deployed(&connection, deployed)?;
    let visible = |_: &ObjectDef, _: &FieldDef| true;
    let only = |_: &ObjectDef| None;
    let options = ExecuteOptions {
        api_version,
        include_deleted: false,
        now: Utc::now(),
        user: None,
        visible: &visible,
        only: &only,
    };
    soql::run(&connection, &definitions, query, &options)
}
