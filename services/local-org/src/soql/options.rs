//! What a query's result depends on besides the query and the data.

use chrono::{DateTime, Utc};

use crate::schema::{FieldDef, ObjectDef};

/// What a query's result depends on besides the query and the data.
pub struct ExecuteOptions<'a> {
    /// For example `62.0`; appears in the records' URLs.
    pub api_version: &'a str,
    /// Whether records in the recycle bin are found too.
    pub include_deleted: bool,
    /// The moment for which `TODAY` and other date literals are taken.
    pub now: DateTime<Utc>,
    /// Id of who asks, whose records `USING SCOPE mine` finds; `None` when nobody in particular does.
    pub user: Option<&'a str>,
    /// Field-level security: a field for which it returns false does not exist for this query.
    pub visible: &'a dyn Fn(&ObjectDef, &FieldDef) -> bool,
    /// Record-level security: a field of an object and the value that it has in the records that exist for this query;
    /// `None` when all do.
    pub only: &'a dyn Fn(&ObjectDef) -> Option<(&'static str, String)>,
}
