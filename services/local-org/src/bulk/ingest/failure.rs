//! Why a row failed, in the codes of the Bulk API.

use csv::StringRecord;

use super::columns::Columns;
use crate::bulk::reason::Reason;
use crate::error::ApiError;

impl Columns {
    /// The reason of an error. A few errors of the REST API have other names here.
    pub(super) fn explain(&self, error: &ApiError, row: &StringRecord) -> Reason {
        let fields = error.fields.as_deref().unwrap_or_default();
        let (code, message, fields) = match (error.code.as_str(), fields) {
            ("JSON_PARSER_ERROR", [name]) if let Some((column, label)) = self.field(name) => {
                let value = row.get(column).unwrap_or_default();
                let message = format!("{label}: value not of required type: {value}");
                ("INVALID_TYPE_ON_FIELD_IN_RECORD", message, vec![name.clone()])
            }
            ("MULTIPLE_CHOICES", ids) => {
                let message = format!("more than one record found for external id field: [{}]", ids.join(", "));
                ("DUPLICATE_EXTERNAL_ID", message, Vec::new())
            }
            (code, fields) => (code, error.message.clone(), fields.to_vec()),
        };
        Reason { message, fields, status_code: code.to_owned() }
    }
}
