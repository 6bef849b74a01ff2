//! What tells one version of a record from another.

use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use chrono::{DateTime, SubsecRound, Utc};
use serde_json::Value;
use sha2::{Digest, Sha256};

/// The field that tells when a record changed, and the object with entity tags.
pub(super) const CHANGED: &str = "SystemModstamp";
const TAGGED: &str = "Account";

/// How a version of a record is told from others.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Validators {
    pub(crate) etag: Option<String>,
    /// To the second, as the header has it.
    pub(crate) last_modified: DateTime<Utc>,
}

impl Validators {
    /// Those of a record of that object, if its time of change is among its members.
    pub(super) fn of(object: &str, record: &Value) -> Option<Self> {
        let changed = record.get(CHANGED)?.as_str()?;
        let at = DateTime::parse_from_str(changed, "%Y-%m-%dT%H:%M:%S%.3f%z").ok()?;
        let tag = || {
            let id = record.get("Id").and_then(Value::as_str).unwrap_or_default();
            format!("\"{}\"", BASE64_STANDARD.encode(&Sha256::digest(format!("{id} {changed}"))[..20]))
        };
        Some(Self {
            etag: object.eq_ignore_ascii_case(TAGGED).then(tag),
            last_modified: at.with_timezone(&Utc).trunc_subsecs(0),
        })
    }
}
