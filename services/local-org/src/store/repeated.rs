//! Records that are named several times in one request, which an org notices before it saves any of them. It looks at the
//! records that it saves at once: at most 200, also in a bulk job.
//!
//! - An **upsert** refuses all records of such a key (Apex Developer Guide, "Upserting Records"). Seen on real orgs: `DUPLICATE_VALUE`, `Duplicate external id specified:
//!   ABC123`; and not when the second one is beyond the first 200. By `Id` it says `Duplicate id specified:
//!   0013000000auCyTAAU` (Salesforce Help, article 000384876).
//! - An **update** does what it is told up to 12 times, whichever records the repetitions are of, and refuses the others
//!   (SOAP API Developer Guide, `update()`; Salesforce Help, article 000386990).
//! - A **delete** has no such rule that anybody has written down: the second one finds the record deleted.

use std::collections::{HashMap, HashSet};

use rusqlite::types::Value as Stored;
use serde_json::Value;

use super::ddl::ignores_case;
use super::{Tx, convert};
use crate::error::ApiError;
use crate::id;

/// Repetitions that an update allows.
const MAX_UPDATES: usize = 12;

/// Errors by the place of the record that has it.
pub(crate) type Refusals = HashMap<usize, ApiError>;

impl Tx<'_> {
    /// What an upsert by `field` refuses. Keys that are missing, or that cannot be one, are not its concern.
    pub(crate) fn repeated_keys(&self, object: &str, field: &str, keys: &[Option<impl AsRef<str>>]) -> Refusals {
        // Where there is no such field for the actor, each of the records says so.
        let field = self.readable(object).and_then(|object| self.lookup_field(object, field));
        let Ok(field) = field else { return Refusals::new() };
        let same = |key: &str| match field.name.as_str() {
            "Id" => id::normalise(key),
            // As the value is looked up.
            _ => match convert::to_stored(&self.catalog.schema, field, &Value::String(key.to_owned())).ok()? {
                Stored::Text(text) if ignores_case(field) => Some(text.to_ascii_lowercase()),
                Stored::Text(text) => Some(text),
                Stored::Null => None,
                other => Some(format!("{other:?}")),
            },
        };
        let mut places: HashMap<String, Vec<(usize, &str)>> = HashMap::with_capacity(keys.len());
        for (place, key) in keys.iter().enumerate() {
            let Some(key) = key.as_ref().map(AsRef::as_ref).filter(|key| !key.is_empty()) else { continue };
            if let Some(same) = same(key) {
                places.entry(same).or_default().push((place, key));
            }
        }
        let repeated = places.into_values().filter(|places| places.len() > 1).flatten();
        let kind = if field.name == "Id" { "id" } else { "external id" };
        let refused = |key: &str| {
            let message = format!("Duplicate {kind} specified: {key}");
            ApiError::new(400, "DUPLICATE_VALUE", message).with_fields([&field.name])
        };
        repeated.map(|(place, key)| (place, refused(key))).collect()
    }
}

/// What an update refuses. Ids that are missing, or none, are not its concern.
pub(crate) fn repeated_updates(ids: &[Option<impl AsRef<str>>]) -> Refusals {
    let mut seen = HashSet::with_capacity(ids.len());
    let again = ids.iter().enumerate().filter_map(|(place, given)| {
        let id = id::normalise(given.as_ref()?.as_ref())?;
        (!seen.insert(id.clone())).then_some((place, id))
    });
    let refused = |id: &str| {
        let message = format!(
            "Maximum number of duplicate updates in one batch ({MAX_UPDATES} allowed). Attempt to update Id more than \
             once in this Api call: {}",
            id::short(id)
        );
        ApiError::new(400, "DUPLICATE_VALUE", message).with_fields::<String>([])
    };
    again.skip(MAX_UPDATES).map(|(place, id)| (place, refused(&id))).collect()
}

#[cfg(test)]
mod tests {
    use super::repeated_updates;
    use crate::id;

    #[test]
    fn an_update_allows_twelve_repetitions_in_all() {
        let ids = [id::generate("001", 1), id::generate("001", 2)];
        // Sixteen of them are ten and four repetitions.
        let mut given: Vec<_> = [0; 11].into_iter().chain([1; 5]).map(|which| Some(ids[which].as_str())).collect();
        given.insert(0, None);
        given.push(Some("none"));
        let mut refused: Vec<_> = repeated_updates(&given).into_iter().collect();
        refused.sort_by_key(|(place, _)| *place);
        let places: Vec<_> = refused.iter().map(|(place, _)| *place).collect();
        assert_eq!(places, [15, 16]);
        let expected = format!(
            "DUPLICATE_VALUE: Maximum number of duplicate updates in one batch (12 allowed). Attempt to update Id more \
             than once in this Api call: {}",
            id::short(&ids[1])
        );
        assert_eq!(refused[0].1.to_string(), expected);
        // The short form of an id is the same id.
        let both = [Some(ids[0].as_str()), Some(id::short(&ids[0]))];
        assert!(repeated_updates(&both.repeat(6)).is_empty() && repeated_updates(&both.repeat(7)).len() == 1);
    }
}
