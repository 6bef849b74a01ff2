//! What an org's transactions know of it.

use std::collections::HashMap;
use std::sync::Arc;

use chrono::{DateTime, Utc};

use super::ddl::ObjectSql;
use crate::bus::{Bus, Topics};
use crate::schema::{ObjectDef, Schema};

/// Objects and fields, the statements that follow from them, and the bus that tells of changes. A deploy puts another one
/// in force; a transaction keeps to the one that it began with.
#[derive(Debug)]
pub(super) struct Catalog {
    pub(super) schema: Arc<Schema>,
    pub(super) bus: Arc<Bus>,
    pub(super) topics: Arc<Topics>,
    /// Since when it is in force.
    pub(super) since: DateTime<Utc>,
    sql: HashMap<String, ObjectSql>,
}

impl Catalog {
    pub(super) fn new(schema: Arc<Schema>, bus: Arc<Bus>, topics: Arc<Topics>) -> Self {
        let sql = schema.objects().map(|object| (object.name.clone(), ObjectSql::new(&schema, object))).collect();
        Self { schema, bus, topics, since: Utc::now(), sql }
    }

    /// The statements of an object; `None` when it is not one of the schema.
    pub(super) fn sql(&self, object: &ObjectDef) -> Option<&ObjectSql> {
        self.sql.get(&object.name)
    }

    /// Whether changes of the object of that API name become events.
    pub(super) fn captures(&self, object: &str) -> bool {
        self.topics.entities().get(object).is_some()
    }
}
