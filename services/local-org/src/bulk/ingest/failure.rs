//! Why a row failed, in the words of a result file: `CODE:message:fields --`.

use csv::StringRecord;

use super::columns::Columns;
use crate::error::ApiError;

impl Columns {
    /// The value of `sf__Error`. A few errors of the REST API have other names here.
    pub(super) fn explain(&self, error: &ApiError, row: &StringRecord) -> String {
        let fields = error.fields.as_deref().unwrap_or_default();
        let (code, message, fields) = match (error.code.as_str(), fields) {
            ("JSON_PARSER_ERROR", [name]) if let Some((column, label)) = self.field(name) => {
                let value = row.get(column).unwrap_or_default();
                let message = format!("{label}: value not of required type: {value}");
                ("INVALID_TYPE_ON_FIELD_IN_RECORD", message, name.clone())
            }
            ("MULTIPLE_CHOICES", ids) => {
                let message = format!("more than one record found for external id field: [{}]", ids.join(", "));
                ("DUPLICATE_EXTERNAL_ID", message, String::new())
            }
            (code, fields) => (code, error.message.clone(), fields.join(", ")),
        };
        if fields.is_empty() { format!("{code}:{message}:--") } else { format!("{code}:{message}:{fields} --") }
    }
}
