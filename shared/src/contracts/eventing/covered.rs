//! Up to when the changes of an Opportunity have been dealt with, for overflow events, which name no records.
//!
//! After an overflow all Opportunities count that were changed since some minutes before. Most of them may have had events,
//! and so jobs, of their own, or were found after another overflow. They are told apart by the time of their last change:
//! - eventing's web process notes the records of each job that it makes, with the time of their transaction's commit;
//! - its worker notes the records that it found after an overflow once they are quoted, with the time of the change that
//!   it saw;
//! - the worker leaves out what was noted at its last change or later.
//!
//! Who changes a record waits until those before have committed. So a commit that is noted covers all changes up to then;
//! only within its very second, which is how exactly Salesforce tells a change, one that follows would be taken for it.

use super::{JobsError, SalesforceId};
use crate::jobs::{Effect, ServiceScript, TaskContext};
use chrono::{DateTime, Utc};
use std::sync::LazyLock;

/// Lua function `cover`, for scripts of eventing's web process.
pub const COVER: &str = include_str!("cover.lua");

static NOTE: LazyLock<ServiceScript> =
    LazyLock::new(|| ServiceScript::new(Effect::Drains, &[COVER, include_str!("note.lua")]));

static LOOK: LazyLock<ServiceScript> = LazyLock::new(|| ServiceScript::new(Effect::Reads, &[include_str!("look.lua")]));

/// Notes that the changes of records up to these times have been dealt with, in the name of `authorization`.
///
/// # Errors
/// When Redis cannot be asked.
pub async fn note(
    cx: &TaskContext,
    authorization: &str,
    changes: &[(SalesforceId, DateTime<Utc>)],
) -> Result<(), JobsError> {
    let mut arguments = vec![authorization.to_owned()];
    for (id, at) in changes {
        arguments.push(at.timestamp_millis().to_string());
        arguments.push(id.to_string());
    }
    cx.run_script(&NOTE, &arguments).await
}

/// Whether each of these changes has been dealt with, in the same order.
///
/// # Errors
/// When Redis cannot be asked.
pub async fn look(
    cx: &TaskContext,
    authorization: &str,
    changes: &[(SalesforceId, DateTime<Utc>)],
) -> Result<Vec<bool>, JobsError> {
    let mut arguments = vec![authorization.to_owned()];
    arguments.extend(changes.iter().map(|(id, _)| id.to_string()));
    let times: Vec<String> = cx.run_script(&LOOK, &arguments).await?;
    let covered = changes.iter().zip(times).map(|((_, at), time)| {
        let time: Option<f64> = if time.is_empty() { None } else { time.parse().ok() };
        // Both are whole milliseconds, which a double holds exactly.
        time.is_some_and(|time| time >= at.timestamp_millis() as f64)
    });
    Ok(covered.collect())
}
