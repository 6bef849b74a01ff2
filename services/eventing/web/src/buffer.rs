//! The transaction buffer in Redis: changes are collected by transaction until it has been quiet for a while, and then made
//! into one job. All web processes share it, and none is special.
//!
//! # Promises
//! - What [`Buffer::collect`] or [`Buffer::advance`] answered for becomes part of exactly one job, whatever ends meanwhile.
//!   (Redis may lose its last second when it crashes; the subscriber then goes back to where Redis stands.)
//! - A record counts once per transaction for [`BufferSettings::memory`], so a redelivery makes no second job. What comes
//!   later than its transaction makes a further job for itself alone.
//! - The position of the subscription moves in the same step in which its events come in, and only by the holder of the lease.
//!
//! # Keys
//! All start with the prefix of the jobs and `changes:`. `<tx>` is `<authorization>:<transaction key>`, `<sub>`
//! `<authorization>:<topic>`.
//!
//! | Key | Type | Holds |
//! |---|---|---|
//! | `ids:<tx>` | set | records that wait; `*` for an overflow |
//! | `open:<tx>` | hash | `first`: when the first of them came; `org` in which they changed, if that is known; `user`; `committed`; `trace` in which it came; of an overflow `since`, and `overflow`: when it came; `waits`: its time came during a flush |
//! | `due` | sorted set | transactions with waiting records, by the ms they are due |
//! | `flush:<tx>` | hash | a flush under way: `number`, `process`, `org`, `user`, `since`, `committed`, `trace` |
//! | `flush-ids:<tx>` | set | its records |
//! | `flushing` | sorted set | transactions with a flush, by the ms another process may take it over |
//! | `aside:<tx>`, `aside-ids:<tx>` | hash, set | a flush that could not be made into a job, with a TTL |
//! | `flushes` | number | of the last flush |
//! | `taken:<tx>` | set | records that were made into a job, with a TTL |
//! | `covered:<authorization>` | sorted set | records of jobs, by the ms up to which their changes are dealt with ([`covered`](shared::contracts::eventing::covered)) |
//! | `lease:<sub>` | string | who subscribes, with a TTL |
//! | `position:<sub>` | hash | `org` that it belongs to; `replay_id`, `version`, `at`; `since`: when the subscription began, of one that began with new events |
//! | `counts`, `report:<sub>` | hash | for people |
//!
//! # A flush
//! ```text
//!   ids --claim--> flush-ids --Jobs::create--> (a job) --finish--> taken
//! ```
//! Its number is part of the job's idempotency key, so a process that takes a flush over creates the same job.
//!
//! What somebody else has written into a flush, so that it cannot be read or is no job, is told once in the log and set aside.
//! Of the other keys what cannot be read is removed when it is met. So others go on.

mod lease;
mod position;
mod scripts;
mod settings;
mod view;

pub(crate) use lease::{LEASE_TTL, Lease};
pub(crate) use position::{Advance, Beginning, Begun, Moved, Position};
pub(crate) use settings::BufferSettings;
pub(crate) use view::{Trouble, View};

use crate::change::{Change, TransactionKey};
use chrono::{DateTime, Utc};
use scripts::SCRIPTS;
use shared::contracts::eventing::Changed;
use shared::contracts::org_id;
use shared::jobs::{Jobs, JobsError, carried};
use shared::salesforce::SalesforceId;
use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::Notify;
use uuid::Uuid;

/// Most records of a job. A transaction with more becomes several jobs.
const MOST_IDS: usize = 10_000;
/// Most flushes taken at a time.
const MOST_FLUSHES: usize = 50;
/// How long a flush stays with a process that may have ended.
const FLUSH_LEASE: Duration = Duration::from_secs(10);
/// In the place of an id: everything since a time.
const OVERFLOW: &str = "*";

/// The buffer. Cheap to clone.
#[derive(Clone)]
pub(crate) struct Buffer {
    jobs: Jobs,
    authorization: Arc<str>,
    settings: BufferSettings,
    /// This process, among those that flush.
    process: Arc<str>,
    /// Something came in.
    collected: Arc<Notify>,
}

/// Records of a transaction that are to become a job.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Flush {
    pub(crate) authorization: String,
    pub(crate) change: Change,
    /// The org in which they changed, if that is known.
    pub(crate) org: Option<SalesforceId>,
    /// Different for every flush.
    pub(crate) number: u64,
    /// The trace in which the first of the records came; empty without one.
    pub(crate) trace: String,
}

/// What [`Buffer::claim`] found.
#[derive(Debug)]
pub(crate) struct Claimed {
    pub(crate) flushes: Vec<Flush>,
    /// When the next transaction is due, if there is one.
    pub(crate) next: Option<Duration>,
}

/// A flush, as the script gives it: transaction, number, org, user, since, ids, trace.
type RawFlush = (String, u64, String, String, String, Vec<String>, String);

/// What a claim gives: ms until the next one or -1, flushes, what it has set aside and why.
type RawClaim = (i64, Vec<RawFlush>, Vec<(String, String)>);

impl Buffer {
    /// The buffer in the Redis of `jobs`, for changes that come through `authorization`.
    pub(crate) fn new(jobs: Jobs, authorization: &str, settings: BufferSettings) -> Self {
        let process = Uuid::new_v4().simple().to_string();
        Self { jobs, authorization: authorization.into(), settings, process: process.into(), collected: Arc::default() }
    }

    /// Takes changes in that a webhook brought, and the org that they are taken to be of.
    pub(crate) async fn collect(&self, changes: &[Change], org: Option<SalesforceId>) -> Result<(), JobsError> {
        let mut arguments = self.times();
        arguments.push(changes.len().to_string());
        self.push_transactions(&mut arguments, changes, org);
        self.jobs.run_script::<u64>(&SCRIPTS.collect, &arguments).await?;
        self.collected.notify_one();
        Ok(())
    }

    /// Waits until something came in.
    pub(crate) async fn collected(&self) {
        self.collected.notified().await;
    }

    /// How long a transaction must be quiet.
    pub(crate) fn quiet(&self) -> Duration {
        self.settings.quiet
    }

    /// Takes what is due, and what processes that have ended took before. Each flush belongs to this process for a while.
    pub(crate) async fn claim(&self) -> Result<Claimed, JobsError> {
        let arguments = [
            self.process.to_string(),
            FLUSH_LEASE.as_millis().to_string(),
            MOST_IDS.to_string(),
            MOST_FLUSHES.to_string(),
        ];
        let (next, raw, aside): RawClaim = self.jobs.run_script(&SCRIPTS.claim, &arguments).await?;
        for (transaction, wrong) in aside {
            tracing::error!(transaction, wrong, "what Redis has of a transaction cannot be read; it is set aside");
        }
        let (mut flushes, mut strange) = (Vec::new(), Vec::new());
        for raw in raw {
            match Flush::read(&raw) {
                Some(flush) => flushes.push(flush),
                None => strange.push((raw.0, raw.1)),
            }
        }
        self.set_aside("it is no change of records", &strange).await?;
        // Others may not have come to their turn beside these.
        let next = if strange.is_empty() { u64::try_from(next).ok() } else { Some(0) }.map(Duration::from_millis);
        Ok(Claimed { flushes, next })
    }

    /// Takes a flush out of the way that can never be a job.
    pub(crate) async fn give_up(&self, flush: &Flush, reason: &str) -> Result<(), JobsError> {
        let transaction = format!("{}:{}", flush.authorization, flush.change.transaction);
        self.set_aside(reason, &[(transaction, flush.number)]).await
    }

    async fn set_aside(&self, reason: &str, flushes: &[(String, u64)]) -> Result<(), JobsError> {
        if flushes.is_empty() {
            return Ok(());
        }
        let arguments: Vec<_> =
            flushes.iter().flat_map(|(transaction, number)| [transaction.clone(), number.to_string()]).collect();
        self.jobs.run_script::<()>(&SCRIPTS.set_aside, &arguments).await?;
        for (transaction, number) in flushes {
            tracing::error!(transaction, number, reason, "a flush in Redis cannot become a job; it is set aside");
        }
        Ok(())
    }

    /// Ends flushes whose jobs are there.
    pub(crate) async fn finish(&self, flushes: &[&Flush]) -> Result<(), JobsError> {
        if flushes.is_empty() {
            return Ok(());
        }
        let mut arguments = vec![self.settings.memory.as_millis().to_string()];
        for flush in flushes {
            arguments.push(format!("{}:{}", flush.authorization, flush.change.transaction));
            arguments.push(flush.number.to_string());
        }
        self.jobs.run_script(&SCRIPTS.finish, &arguments).await
    }

    fn times(&self) -> Vec<String> {
        [self.settings.quiet, self.settings.patience].iter().map(|time| time.as_millis().to_string()).collect()
    }

    /// Adds changes to arguments, each transaction once.
    fn push_transactions(&self, arguments: &mut Vec<String>, changes: &[Change], org: Option<SalesforceId>) {
        let org = org.map(|org| org.to_string()).unwrap_or_default();
        let trace = carried();
        let mut transactions: BTreeMap<&TransactionKey, Vec<&Change>> = BTreeMap::new();
        for change in changes {
            transactions.entry(&change.transaction).or_default().push(change);
        }
        for (transaction, changes) in transactions {
            let user = changes.iter().find_map(|change| change.user);
            let committed = changes.iter().filter_map(|change| change.committed).max();
            let (mut ids, mut since): (Vec<String>, Option<DateTime<Utc>>) = (Vec::new(), None);
            for change in changes {
                match &change.changed {
                    Changed::Records(records) => ids.extend(records.iter().map(SalesforceId::to_string)),
                    Changed::Since(time) => {
                        ids.push(OVERFLOW.to_owned());
                        since = Some(since.map_or(*time, |earlier| earlier.min(*time)));
                    }
                }
            }
            arguments.push(format!("{}:{transaction}", self.authorization));
            arguments.push(org.clone());
            arguments.push(user.map(|user| user.to_string()).unwrap_or_default());
            let ms = |time: DateTime<Utc>| time.timestamp_millis().to_string();
            arguments.push(since.map(ms).unwrap_or_default());
            arguments.push(committed.map(ms).unwrap_or_default());
            arguments.push(trace.clone());
            arguments.push(ids.len().to_string());
            arguments.append(&mut ids);
        }
    }
}

impl Flush {
    /// `None` when somebody else has written into the keys.
    fn read((transaction, number, org, user, since, ids, trace): &RawFlush) -> Option<Self> {
        let (authorization, key) = transaction.split_once(':')?;
        let changed = if ids.iter().any(|id| id == OVERFLOW) {
            Changed::Since(DateTime::from_timestamp_millis(since.parse().ok()?)?)
        } else {
            let mut records = ids.iter().map(|id| id.parse()).collect::<Result<Vec<SalesforceId>, _>>().ok()?;
            records.sort_unstable();
            Changed::Records(records)
        };
        let change = Change { transaction: key.parse().ok()?, user: user.parse().ok(), committed: None, changed };
        let authorization = authorization.to_owned();
        Some(Self { authorization, change, org: org_id(org), number: *number, trace: trace.clone() })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_flush_is_read_back_in_order() {
        let ids = ["006000000000002AAA", "006000000000001AAA"].map(str::to_owned).to_vec();
        let flush = Flush::read(&(
            "my-org:0001-a".to_owned(),
            7,
            "00D000000000001EAA".to_owned(),
            String::new(),
            String::new(),
            ids,
            "00-1-2-01".to_owned(),
        ));
        let flush = flush.unwrap();
        assert_eq!((flush.authorization.as_str(), flush.number, flush.trace.as_str()), ("my-org", 7, "00-1-2-01"));
        assert_eq!(flush.org, org_id("00D000000000001"));
        let Changed::Records(records) = flush.change.changed else { panic!("an overflow") };
        assert!(records.is_sorted() && records.len() == 2);
    }

    #[test]
    fn an_overflow_stands_for_all_records() {
        let ids = ["006000000000002AAA", OVERFLOW].map(str::to_owned).to_vec();
        let flush = Flush::read(&(
            "o:t".to_owned(),
            1,
            "x".to_owned(),
            "005000000000001AAA".to_owned(),
            "1000".to_owned(),
            ids,
            String::new(),
        ));
        let flush = flush.unwrap();
        assert_eq!(flush.org, None, "somebody else wrote what is no org");
        assert_eq!(flush.change.changed, Changed::Since(DateTime::from_timestamp_millis(1_000).unwrap()));
        assert!(flush.change.user.is_some());
        let none = String::new;
        let broken = ("o:t".to_owned(), 1, none(), none(), none(), vec![OVERFLOW.to_owned()], none());
        assert_eq!(Flush::read(&broken), None);
    }
}
