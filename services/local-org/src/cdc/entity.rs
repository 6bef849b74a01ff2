//! The objects whose changes are captured.

use std::collections::HashMap;
use std::sync::Arc;

use uuid::Uuid;

use super::body::Body;
use super::header::Header;
use super::layout::Layout;
use super::schema;
use crate::events::schema::AvroError;
use crate::events::{Draft, EventSchema};
use crate::schema::ObjectDef;

/// An object whose changes are captured.
#[derive(Debug)]
pub(crate) struct Entity {
    pub(super) object: String,
    pub(super) layout: Layout,
    /// Schema of its change events.
    pub(super) schema: Arc<EventSchema>,
    /// Topic of its change events.
    topic: Arc<str>,
}

/// The name of an object's change events: `OpportunityChangeEvent`, `Custom__ChangeEvent`.
pub(crate) fn event_name(object: &ObjectDef) -> String {
    match object.name.strip_suffix("__c") {
        Some(stem) => format!("{stem}__ChangeEvent"),
        None => format!("{}ChangeEvent", object.name),
    }
}

impl Entity {
    /// The capture of an object.
    ///
    /// # Errors
    /// When its fields make no schema.
    fn of(object: &ObjectDef) -> Result<Self, AvroError> {
        let layout = Layout::of(object);
        let name = event_name(object);
        let schema = Arc::new(EventSchema::new(schema::of(&name, &layout).to_string())?);
        Ok(Self { object: object.name.clone(), layout, schema, topic: format!("/data/{name}").into() })
    }

    /// The event of a header and, except for gaps and deletes, a body.
    pub(super) fn draft(&self, header: &Header<'_>, body: &Body) -> Result<Draft, AvroError> {
        let event = header.event(&self.object, &self.layout, body);
        Ok(Draft {
            id: Uuid::new_v4().to_string(),
            topic: Arc::clone(&self.topic),
            schema: Arc::clone(&self.schema),
            payload: self.schema.write(event)?,
        })
    }
}

/// The objects of an org whose changes are captured.
#[derive(Debug, Default)]
pub(crate) struct Entities {
    /// By API name of the object.
    entities: HashMap<String, Entity>,
}

impl Entities {
    /// Captures the changes of an object from now on, and gives the schema of their events.
    ///
    /// # Errors
    /// When its fields make no schema.
    pub(crate) fn add(&mut self, object: &ObjectDef) -> Result<Arc<EventSchema>, AvroError> {
        let entity = Entity::of(object)?;
        let schema = Arc::clone(&entity.schema);
        self.entities.insert(object.name.clone(), entity);
        Ok(schema)
    }

    /// How changes of the object of that API name become events, if they do.
    pub(crate) fn get(&self, object: &str) -> Option<&Entity> {
        self.entities.get(object)
    }

    /// The schema of the change events of that topic.
    pub(crate) fn schema_of(&self, topic: &Arc<str>) -> Option<Arc<EventSchema>> {
        self.entities.values().find(|entity| entity.topic == *topic).map(|entity| Arc::clone(&entity.schema))
    }
}
