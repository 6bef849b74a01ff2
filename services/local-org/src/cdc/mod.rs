//! Change Data Capture: what a committed transaction did to records, as change events.
//!
//! The store tells for each record how it was before the transaction and how it is now ([`Change`]); the difference is
//! one event. That covers every way of writing, also roll-ups and cascades, and what was undone leaves no difference.
//! Large texts are sent whole: `diffFields` is always empty.

mod bitmap;
mod body;
pub(crate) mod gap;
mod header;
pub(crate) mod layout;
mod origin;
mod schema;
pub(crate) mod summary;
#[cfg(test)]
mod tests;

use std::rc::Rc;
use std::sync::Arc;

use chrono::{DateTime, Utc};
use uuid::Uuid;

use self::body::Body;
pub(crate) use self::header::ChangeType;
use self::header::Header;
use self::layout::Layout;
pub use self::origin::Origin;
use crate::events::schema::AvroError;
use crate::events::{Draft, EventSchema, Settings, Topics};
use crate::schema::ObjectDef;
use crate::store::Record;

/// Records of one merged event at most: the records that an org saves at once.
const MAX_RECORDS: usize = 200;

/// Changes of one transaction that become events of their own; an updated field counts as one (Change Data Capture
/// Developer Guide, "Overflow Events").
const MAX_CHANGES: usize = 100_000;

/// Bytes of an event at most (Platform Events Developer Guide, "Allocations").
const MAX_BYTES: usize = 1_000_000;

/// An object whose changes are captured.
#[derive(Debug)]
pub(crate) struct Entity {
    object: String,
    layout: Layout,
    /// Schema of its change events.
    pub(crate) schema: Arc<EventSchema>,
    /// Topic of its change events.
    pub(crate) topic: Arc<str>,
}

/// What a transaction did to one record.
#[derive(Debug)]
pub(crate) struct Change<'a> {
    pub(crate) object: &'a ObjectDef,
    pub(crate) id: String,
    /// The record before; `None` when it is new.
    pub(crate) before: Option<Rc<Record<'a>>>,
    /// The record after; `None` when it is gone for good.
    pub(crate) after: Option<Rc<Record<'a>>>,
}

/// The commit that all events of a transaction tell of.
#[derive(Debug)]
pub(crate) struct Commit<'a> {
    /// When.
    pub(crate) at: DateTime<Utc>,
    /// Number of the commit; grows.
    pub(crate) number: i64,
    /// Id of the user, 18 characters.
    pub(crate) user_id: &'a str,
    /// Where the change came from.
    pub(crate) origin: &'a Origin,
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
    pub(crate) fn of(object: &ObjectDef) -> Result<Self, AvroError> {
        let layout = Layout::of(object);
        let name = event_name(object);
        let schema = Arc::new(EventSchema::new(schema::of(&name, &layout).to_string())?);
        Ok(Self { object: object.name.clone(), layout, schema, topic: format!("/data/{name}").into() })
    }

    /// The event of a header and, except for gaps and deletes, a body.
    fn draft(&self, header: &Header<'_>, body: &Body) -> Result<Draft, AvroError> {
        let event = header.event(self, body);
        Ok(Draft {
            id: Uuid::new_v4().to_string(),
            topic: Arc::clone(&self.topic),
            schema: Arc::clone(&self.schema),
            payload: self.schema.write(event)?,
        })
    }
}

/// The events of a committed transaction, in the order in which the records were first touched.
///
/// # Errors
/// When a value does not fit the schema, which is a defect.
pub(crate) fn events(
    topics: &Topics,
    settings: Settings,
    changes: &[Change<'_>],
    commit: &Commit<'_>,
) -> Result<Vec<Draft>, AvroError> {
    let mut counted = 0;
    let mut groups: Vec<Group<'_>> = Vec::new();
    let mut overflown: Vec<&Entity> = Vec::new();
    for change in changes {
        let Some(entity) = topics.entity(&change.object.name) else { continue };
        let Some((kind, body)) = body::of(&entity.layout, change) else { continue };
        counted += body.weight();
        if counted > MAX_CHANGES {
            if !overflown.iter().any(|other| other.object == entity.object) {
                overflown.push(entity);
            }
            continue;
        }
        match groups.last_mut() {
            Some(group) if settings.merge && group.takes(entity, kind, &body) => group.ids.push(change.id.clone()),
            _ => groups.push(Group { entity, kind, body, ids: vec![change.id.clone()] }),
        }
    }
    let gaps = overflown.into_iter().map(gap::overflow);
    let transaction = Uuid::new_v4().to_string();
    let mut drafts = Vec::with_capacity(groups.len());
    for group in groups.into_iter().chain(gaps) {
        let sequence = i32::try_from(drafts.len() + 1).unwrap_or(i32::MAX);
        let header = Header { kind: group.kind, ids: &group.ids, transaction: &transaction, sequence, commit };
        let draft = group.entity.draft(&header, &group.body)?;
        drafts.push(if draft.payload.len() > MAX_BYTES {
            let header = Header { kind: group.kind.gap(), ..header };
            group.entity.draft(&header, &Body::default())?
        } else {
            draft
        });
    }
    Ok(drafts)
}

/// An event in the making.
struct Group<'e> {
    entity: &'e Entity,
    kind: ChangeType,
    body: Body,
    ids: Vec<String>,
}

impl Group<'_> {
    /// Whether another record's change is the same.
    fn takes(&self, entity: &Entity, kind: ChangeType, body: &Body) -> bool {
        matches!(kind, ChangeType::Update | ChangeType::Delete)
            && self.kind == kind
            && self.entity.object == entity.object
            && self.ids.len() < MAX_RECORDS
            && self.body == *body
    }
}
