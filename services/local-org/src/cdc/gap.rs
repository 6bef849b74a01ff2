//! Gap events: that something changed, without what.

use serde::Deserialize;

use super::body::Body;
use super::change::{ChangeType, Commit};
use super::entity::{Entities, Entity};
use super::group::Group;
use super::header::Header;
use crate::events::Draft;
use crate::events::schema::AvroError;

/// What an overflow event has in the place of record ids.
const NO_RECORD: &str = "000000000000000AAA";

/// A gap that is to be made for a test.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(crate) struct Gap {
    /// API name of the object.
    pub(crate) object: String,
    /// `GAP_UPDATE` and the like, `GAP_OVERFLOW`.
    pub(crate) change_type: ChangeType,
    /// The records; none for an overflow.
    #[serde(default)]
    pub(crate) record_ids: Vec<String>,
}

/// More changes of an entity than have events.
pub(super) fn overflow(entity: &Entity) -> Group<'_> {
    let ids = vec![NO_RECORD.to_owned()];
    Group { entity, kind: ChangeType::GapOverflow, body: Body::default(), ids }
}

/// The event of a gap; `None` when the object's changes are not captured.
///
/// # Errors
/// When it does not fit the schema, which is a defect.
pub(crate) fn event(entities: &Entities, gap: &Gap, commit: &Commit<'_>) -> Result<Option<Draft>, AvroError> {
    let Some(entity) = entities.get(&gap.object) else { return Ok(None) };
    let none = [NO_RECORD.to_owned()];
    let ids = if gap.record_ids.is_empty() { &none[..] } else { &gap.record_ids };
    let transaction = uuid::Uuid::new_v4().to_string();
    let header = Header { kind: gap.change_type.gap(), ids, transaction: &transaction, sequence: 1, commit };
    entity.draft(&header, &Body::default()).map(Some)
}
