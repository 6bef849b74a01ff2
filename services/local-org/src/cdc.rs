//! Change Data Capture: what a committed transaction did to records, as change events.
//!
//! The store tells for each record how it was before the transaction and how it is now ([`Change`]); the difference is
//! one event. That covers every way of writing, also roll-ups and cascades, and what was undone leaves no difference.
//! Large texts are sent whole: `diffFields` is always empty.

mod bitmap;
mod body;
mod change;
mod entity;
mod gap;
mod group;
mod header;
mod layout;
mod origin;
mod schema;
pub(crate) mod summary;
#[cfg(test)]
mod tests;

use uuid::Uuid;

use self::body::Body;
pub(crate) use self::change::{Change, Commit};
use self::entity::Entity;
pub(crate) use self::entity::{Entities, event_name};
pub(crate) use self::gap::{Gap, event as gap_event};
use self::group::Group;
use self::header::Header;
pub use self::origin::Origin;
use crate::events::schema::AvroError;
use crate::events::{Draft, Settings};

/// Changes of one transaction that become events of their own; an updated field counts as one (Change Data Capture
/// Developer Guide, "Overflow Events").
const MAX_CHANGES: usize = 100_000;

/// Bytes of an event at most (Platform Events Developer Guide, "Allocations").
const MAX_BYTES: usize = 1_000_000;

/// The events of a committed transaction, in the order in which the records were first touched.
///
/// # Errors
/// When a value does not fit the schema, which is a defect.
pub(crate) fn events(
    entities: &Entities,
    settings: Settings,
    changes: &[Change<'_>],
    commit: &Commit<'_>,
) -> Result<Vec<Draft>, AvroError> {
    let mut counted = 0;
    let mut groups: Vec<Group<'_>> = Vec::new();
    let mut overflown: Vec<&Entity> = Vec::new();
    for change in changes {
        let Some(entity) = entities.get(&change.object.name) else { continue };
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
