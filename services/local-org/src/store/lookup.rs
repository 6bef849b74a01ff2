//! Finding a record by an external id.

use serde_json::Value;

use super::{Tx, convert};
use crate::error::ApiError;
use crate::schema::{FieldDef, ObjectDef};

/// More matches than these are not listed in the answer.
const MATCHES: u32 = 200;

impl<'a> Tx<'a> {
    /// The one live record with that value. Several are an error of status 300 whose `fields` are their ids.
    pub(super) fn find_one(
        &mut self,
        object: &'a ObjectDef,
        field: &'a FieldDef,
        value: &str,
    ) -> Result<Option<String>, ApiError> {
        if value.is_empty() {
            return Ok(None);
        }
        let stored = match field.name.as_str() {
            "Id" => super::tx::record_id(object, value)?.into(),
            _ => convert::to_stored(&self.catalog.schema, field, &Value::String(value.to_owned()))?,
        };
        let mut ids = self.ids_with(object, field, &stored, MATCHES)?;
        if ids.len() > 1 {
            let message = format!("{} records have {} = {value}", ids.len(), field.name);
            return Err(ApiError::new(300, "MULTIPLE_CHOICES", message).with_fields(ids));
        }
        Ok(ids.pop())
    }
}
