//! Why a row was not saved.

use std::fmt;

use serde::{Deserialize, Serialize};

/// The error of a row. As text it is what a result file says: `CODE:message:fields --`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Reason {
    pub(crate) message: String,
    /// API names of the fields at fault.
    pub(crate) fields: Vec<String>,
    /// Such as `REQUIRED_FIELD_MISSING`.
    pub(crate) status_code: String,
}

impl fmt::Display for Reason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { message, fields, status_code } = self;
        if fields.is_empty() {
            return write!(f, "{status_code}:{message}:--");
        }
        write!(f, "{status_code}:{message}:{} --", fields.join(", "))
    }
}
