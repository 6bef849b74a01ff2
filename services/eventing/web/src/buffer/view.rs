//! What people see of the buffer. No record stands in it.

use super::scripts::SCRIPTS;
use super::{Buffer, Lease};
use chrono::{DateTime, Utc};
use serde::Serialize;
use shared::jobs::JobsError;
use std::collections::BTreeMap;
use utoipa::ToSchema;

/// Subscription and buffer at one moment.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct View {
    /// The process that subscribes now.
    #[schema(required = false)]
    pub(crate) subscriber: Option<String>,
    /// Replay id of the last event that is safe.
    #[schema(required = false)]
    pub(crate) position: Option<String>,
    /// When it was stored.
    #[schema(required = false)]
    pub(crate) position_stored_at: Option<DateTime<Utc>>,
    /// Commit time of the last event.
    #[schema(required = false)]
    pub(crate) last_event_at: Option<DateTime<Utc>>,
    /// Events that the subscription brought.
    pub(crate) received: u64,
    /// Of them, events that the filter left out.
    pub(crate) ignored: u64,
    /// Of them, events that could not be read. The log has their replay ids.
    pub(crate) unreadable: u64,
    /// Events that the webhook took.
    pub(crate) webhook: u64,
    /// Jobs that were made.
    pub(crate) jobs: u64,
    /// Transactions that wait to become jobs.
    pub(crate) open_transactions: u64,
    /// Of all transactions, those whose jobs are being made.
    pub(crate) flushing: u64,
    /// What ended a subscription last.
    #[schema(required = false)]
    pub(crate) last_error: Option<String>,
    /// When.
    #[schema(required = false)]
    pub(crate) last_error_at: Option<DateTime<Utc>>,
    /// When Salesforce last did not know the position any more, so that the subscription went on elsewhere.
    #[schema(required = false)]
    pub(crate) position_lost_at: Option<DateTime<Utc>>,
}

/// What went wrong with a subscription.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Trouble {
    /// It ended.
    Error,
    /// It went on elsewhere.
    PositionLost,
}

/// As the script gives it.
type Raw = (String, BTreeMap<String, String>, BTreeMap<String, String>, BTreeMap<String, String>, u64, u64);

impl Buffer {
    /// Looks at everything.
    pub(crate) async fn view(&self, topic: &str) -> Result<View, JobsError> {
        let (lease, position, counts, report, open_transactions, flushing): Raw =
            self.jobs.run_script(&SCRIPTS.view, &[self.subscription(topic)]).await?;
        let count = |name: &str| counts.get(name).and_then(|text| text.parse().ok()).unwrap_or(0);
        Ok(View {
            subscriber: Some(Lease::process_of(&lease).to_owned()).filter(|process| !process.is_empty()),
            position: position.get("replay_id").cloned(),
            position_stored_at: time(&position, "at"),
            last_event_at: time(&counts, "last_event_at"),
            received: count("received"),
            ignored: count("ignored"),
            unreadable: count("unreadable"),
            webhook: count("webhook"),
            jobs: count("jobs"),
            open_transactions,
            flushing,
            last_error: report.get("error").cloned(),
            last_error_at: time(&report, "error_at"),
            position_lost_at: time(&report, "position_lost_at"),
        })
    }

    /// Keeps what went wrong, for [`Buffer::view`].
    pub(crate) async fn report(&self, topic: &str, trouble: Trouble, text: &str) -> Result<(), JobsError> {
        let what = match trouble {
            Trouble::Error => "error",
            Trouble::PositionLost => "position_lost",
        };
        let arguments = [self.subscription(topic), what.to_owned(), text.to_owned()];
        self.jobs.run_script(&SCRIPTS.report, &arguments).await
    }
}

fn time(fields: &BTreeMap<String, String>, name: &str) -> Option<DateTime<Utc>> {
    DateTime::from_timestamp_millis(fields.get(name)?.parse().ok()?)
}
