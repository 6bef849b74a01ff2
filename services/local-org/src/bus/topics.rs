//! Topics: what an org offers to subscribe to.
//!
//! `/data/XChangeEvent` for an object whose changes a channel has, `/event/Name__e` for a platform event,
//! `/data/ChangeEvents` for all of the standard channel, and `/data/X__chn` or `/event/X__chn` for a custom one.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use crate::cdc::{self, Entities};
use crate::events::EventSchema;
use crate::events::platform::PlatformEvent;
use crate::events::schema::AvroError;
use crate::schema::{Channel, Schema};

/// One topic.
#[derive(Debug)]
pub(crate) struct Topic {
    /// Name, such as `/data/OpportunityChangeEvent`.
    pub(crate) name: Arc<str>,
    /// Schema of its events; a channel has events of several.
    pub(crate) schema: Option<Arc<EventSchema>>,
    /// Whether clients may publish to it: platform events only.
    pub(crate) can_publish: bool,
    /// The topics whose events it delivers; its own, unless it is a channel.
    sources: Vec<Arc<str>>,
}

impl Topic {
    /// Whether it delivers events of that topic.
    pub(crate) fn delivers(&self, own: &Arc<str>) -> bool {
        self.sources.iter().any(|source| Arc::ptr_eq(source, own) || source == own)
    }

    /// The topics whose events it delivers.
    pub(crate) fn sources(&self) -> impl Iterator<Item = &str> {
        self.sources.iter().map(AsRef::as_ref)
    }

    fn single(name: &Arc<str>, schema: &Arc<EventSchema>, can_publish: bool) -> Self {
        Self { name: Arc::clone(name), schema: Some(Arc::clone(schema)), can_publish, sources: vec![Arc::clone(name)] }
    }
}

/// The topics of an org, and the schemas of their events.
#[derive(Debug, Default)]
pub(crate) struct Topics {
    by_name: HashMap<Arc<str>, Arc<Topic>>,
    schemas: Mutex<HashMap<String, Arc<EventSchema>>>,
    entities: Entities,
    /// By API name of the object.
    platform_events: HashMap<String, PlatformEvent>,
}

impl Topics {
    /// Those of an org with this schema.
    ///
    /// # Errors
    /// When the fields of an object make no schema.
    pub(crate) fn of(schema: &Schema) -> Result<Self, AvroError> {
        let mut topics = Self::default();
        for object in schema.objects().filter(|object| object.is_event()) {
            let event = PlatformEvent::of(object)?;
            topics.know(&event.schema);
            topics.add(Topic::single(&event.topic, &event.schema, true));
            topics.platform_events.insert(object.name.clone(), event);
        }
        let standard = Channel::standard();
        let channels: Vec<&Channel> = schema.channels().chain([&standard]).collect();
        for member in channels.iter().flat_map(|channel| &channel.members) {
            let Some(object) = schema.objects().find(|object| cdc::event_name(object) == *member) else { continue };
            if topics.entities.get(&object.name).is_none() {
                let schema = topics.entities.add(object)?;
                topics.know(&schema);
            }
        }
        for channel in channels {
            topics.add_channel(channel);
        }
        Ok(topics)
    }

    /// The topic of that name.
    pub(crate) fn get(&self, name: &str) -> Option<&Arc<Topic>> {
        self.by_name.get(name)
    }

    /// All topics, by name.
    pub(crate) fn all(&self) -> Vec<&Arc<Topic>> {
        let mut all: Vec<_> = self.by_name.values().collect();
        all.sort_by(|a, b| a.name.cmp(&b.name));
        all
    }

    /// The schema of that id, also of one that events had before the org's fields changed.
    pub(crate) fn schema(&self, id: &str) -> Option<Arc<EventSchema>> {
        self.schemas.lock().unwrap_or_else(PoisonError::into_inner).get(id).cloned()
    }

    /// Makes a schema known.
    pub(crate) fn know(&self, schema: &Arc<EventSchema>) {
        let mut schemas = self.schemas.lock().unwrap_or_else(PoisonError::into_inner);
        schemas.insert(schema.id().to_owned(), Arc::clone(schema));
    }

    /// Makes all schemas known that others know.
    pub(super) fn know_all_of(&self, others: &Self) {
        let others: Vec<_> = others.schemas.lock().unwrap_or_else(PoisonError::into_inner).values().cloned().collect();
        others.iter().for_each(|schema| self.know(schema));
    }

    /// The objects whose changes become events.
    pub(crate) fn entities(&self) -> &Entities {
        &self.entities
    }

    /// The platform event of that API name.
    pub(crate) fn platform_event(&self, object: &str) -> Option<&PlatformEvent> {
        self.platform_events.get(object)
    }

    /// A channel's own topic. An object's changes have one by themselves only when the standard channel has them.
    fn add_channel(&mut self, channel: &Channel) {
        let mut sources = Vec::new();
        for member in &channel.members {
            let name: Arc<str> = format!("{}{member}", channel.root()).into();
            if let Some(schema) = self.entities.schema_of(&name)
                && channel.is_standard()
            {
                self.add(Topic::single(&name, &schema, false));
            }
            sources.push(name);
        }
        let name: Arc<str> = format!("{}{}", channel.root(), channel.name).into();
        match self.by_name.get_mut(&name).and_then(Arc::get_mut) {
            Some(topic) => topic.sources.extend(sources),
            None => self.add(Topic { name, schema: None, can_publish: false, sources }),
        }
    }

    fn add(&mut self, topic: Topic) {
        self.by_name.insert(Arc::clone(&topic.name), Arc::new(topic));
    }
}
