//! Changes of several records that become one event.

use super::body::Body;
use super::change::ChangeType;
use super::entity::Entity;

/// Records of one merged event at most: the records that an org saves at once.
const MAX_RECORDS: usize = 200;

/// An event in the making.
pub(super) struct Group<'e> {
    pub(super) entity: &'e Entity,
    pub(super) kind: ChangeType,
    pub(super) body: Body,
    pub(super) ids: Vec<String>,
}

impl Group<'_> {
    /// Whether another record's change is the same.
    pub(super) fn takes(&self, entity: &Entity, kind: ChangeType, body: &Body) -> bool {
        matches!(kind, ChangeType::Update | ChangeType::Delete)
            && self.kind == kind
            && self.entity.object == entity.object
            && self.ids.len() < MAX_RECORDS
            && self.body == *body
    }
}
