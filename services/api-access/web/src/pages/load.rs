//! The bulk loads of all connections, and the failures of one.

use super::{Frame, counted, grouped};
use crate::accounts::Trouble;
use crate::connections::Connection;
use crate::loads::Standing;
use askama::Template;
use shared::contracts::api_access::{DEFAULT_COUNT, LoadAccounts, MAX_COUNT};
use shared::jobs::{JobParams, JobState, JobView, RecordError, Workers};
use std::time::Duration;
use url::form_urlencoded;

/// Said of a load in the org of which a connection was before.
const ELSEWHERE: &str = "The connection is of another org by now. This was in the org before, where what was loaded stays; a new load \
                         goes to the org of now.";

/// Where the load of every connection stands.
#[derive(Template)]
#[template(path = "loads.html")]
pub(crate) struct LoadsPage {
    pub(crate) frame: Frame,
    pub(crate) loads: Vec<LoadCard>,
}

impl LoadsPage {
    /// Something may change without anyone asking for it.
    fn is_live(&self) -> bool {
        self.loads.iter().any(|load| load.live)
    }
}

/// What one load could not write.
#[derive(Template)]
#[template(path = "failures.html")]
pub(crate) struct FailuresPage {
    pub(crate) frame: Frame,
    pub(crate) connection: String,
    pub(crate) range: String,
    pub(crate) failures: Vec<RecordError>,
    pub(crate) previous: Option<String>,
    pub(crate) next: Option<String>,
    pub(crate) not_kept: Option<String>,
}

/// Asks before something is deleted or stopped.
#[derive(Template)]
#[template(path = "confirm.html")]
pub(crate) struct ConfirmPage {
    pub(crate) frame: Frame,
    pub(crate) connection: String,
    /// The question.
    pub(crate) title: String,
    /// What happens then.
    pub(crate) consequence: String,
    /// Where the form goes.
    pub(crate) action: &'static str,
    pub(crate) yes: &'static str,
    pub(crate) no: &'static str,
}

impl ConfirmPage {
    /// Before a load is deleted again.
    pub(crate) fn reset(frame: Frame, connection: &Connection, standing: &Standing) -> Self {
        let last = match standing {
            Standing::Loaded(job) => format!(" The last load made {}.", counted(job.succeeded, "account")),
            _ => String::new(),
        };
        Self {
            frame,
            connection: connection.to_string(),
            title: format!("Delete the accounts of {connection}?"),
            consequence: format!("All accounts that loads have made are deleted from the org, and nothing else.{last}"),
            action: "/bulk-demo/reset",
            yes: "Delete them",
            no: "Keep them",
        }
    }

    /// Before a load is stopped.
    pub(crate) fn cancel(frame: Frame, connection: &Connection, job: &JobView) -> Self {
        let so_far = counted(job.succeeded, "account");
        Self {
            frame,
            connection: connection.to_string(),
            title: format!("Stop the load of {connection}?"),
            consequence: format!(
                "What is loaded stays, {so_far} so far; the rest is not loaded, and a stopped load cannot go on."
            ),
            action: "/bulk-demo/cancel",
            yes: "Stop it",
            no: "Let it go on",
        }
    }
}

/// How a state looks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Tone {
    Quiet,
    Busy,
    Good,
    Warn,
    Bad,
}

impl Tone {
    fn class(self) -> &'static str {
        match self {
            Self::Quiet => "quiet",
            Self::Busy => "busy",
            Self::Good => "good",
            Self::Warn => "warn",
            Self::Bad => "bad",
        }
    }
}

/// One connection's load.
#[derive(Debug)]
pub(crate) struct LoadCard {
    connection: String,
    state: String,
    label: &'static str,
    tone: &'static str,
    /// Something may change without anyone asking for it.
    live: bool,
    progress: Option<Progress>,
    /// What is said in place of progress.
    note: Option<String>,
    /// What keeps it from going on, or from being started.
    trouble: Option<Trouble>,
    reasons: Vec<String>,
    failures: Vec<RecordError>,
    failures_in_all: u64,
    actions: Actions,
    default_count: u32,
    max_count: u32,
}

#[derive(Debug)]
struct Progress {
    done: u64,
    /// Zero while it is not known.
    total: u64,
    figures: String,
}

/// Which buttons there are.
#[derive(Debug, Default)]
struct Actions {
    start: bool,
    cancel: bool,
    go_on: bool,
    reset: bool,
}

impl LoadCard {
    /// `reachable` says whether a load can be started at all; it counts where there is none.
    pub(crate) fn new(
        connection: &Connection,
        standing: &Standing,
        reachable: Result<(), Trouble>,
        workers: Workers,
        given_up: Vec<String>,
        failures: Vec<RecordError>,
    ) -> Self {
        let mut card = Self {
            connection: connection.to_string(),
            state: "empty".to_owned(),
            label: "Nothing loaded",
            tone: Tone::Quiet.class(),
            live: false,
            progress: None,
            note: None,
            trouble: None,
            reasons: given_up,
            failures,
            failures_in_all: 0,
            actions: Actions::default(),
            default_count: DEFAULT_COUNT,
            max_count: MAX_COUNT,
        };
        match standing {
            Standing::Empty(reset) => card.offer(reset.as_ref(), reachable),
            Standing::Loaded(job) => card.show(job, true, workers),
            Standing::Resetting(job) => card.show(job, false, workers),
            Standing::Elsewhere(job) => {
                card.show(job, job.kind == LoadAccounts::KIND, workers);
                card.state.push_str("-elsewhere");
                card.actions = Actions { start: true, ..Actions::default() };
                card.note = Some(ELSEWHERE.to_owned());
            }
        }
        card
    }

    /// Offers a load, where the org can be reached. What only may pass leaves it to the worker, which tries for longer.
    fn offer(&mut self, reset: Option<&JobView>, reachable: Result<(), Trouble>) {
        let refused = reachable.as_ref().err().is_some_and(|trouble| !trouble.passes);
        if refused {
            self.state = "unavailable".to_owned();
            (self.label, self.tone) = ("Not available", Tone::Bad.class());
        } else {
            self.actions.start = true;
            self.note = Some("No sample accounts are in this org yet.".to_owned());
        }
        if let Some(job) = reset {
            self.note = Some(format!("The last load was reset: {} deleted.", counted(job.succeeded, "account")));
        }
        self.trouble = reachable.err();
    }

    fn show(&mut self, job: &JobView, is_load: bool, workers: Workers) {
        let (label, tone) = label(job, is_load);
        let ended = job.state.is_final();
        let waits = job.state == JobState::NeedsAuthorization;
        // The run tells a retry from the run before it.
        self.state = format!("{}-{:?}-{}", job.id, job.state, job.run);
        (self.label, self.tone) = (label, tone.class());
        self.live = !ended;
        // Without one nothing goes on, whatever the state.
        if self.live && !waits && !workers.are_alive() {
            self.state.push_str("-alone");
            self.trouble = Some(no_worker(workers));
            if job.state == JobState::Queued {
                (self.label, self.tone) = ("No worker runs", Tone::Warn.class());
            }
        }
        self.reasons.extend(job.trouble().or_else(|| job.reason.clone()));
        self.failures_in_all = job.errors;
        self.progress = Some(Progress::new(job, is_load));
        self.actions = Actions {
            start: false,
            cancel: is_load && !ended && !matches!(job.state, JobState::Cancelling | JobState::Finishing),
            go_on: waits || (ended && job.dead_chunks > 0) || job.state == JobState::Failed,
            reset: ended,
        };
    }

    fn heading(&self) -> String {
        format!("load-{}-name", self.connection)
    }

    /// The connection's Accounts.
    fn accounts(&self) -> String {
        let query =
            form_urlencoded::Serializer::new(String::new()).append_pair("connection", &self.connection).finish();
        format!("/accounts?{query}")
    }

    /// The page that asks before it cancels or resets.
    fn ask(&self, what: &str) -> String {
        ask_link(&self.connection, what)
    }

    /// All failures.
    fn all_failures(&self) -> String {
        failures_link(&self.connection, 0)
    }

    fn more_failures(&self) -> bool {
        self.failures_in_all > u64::try_from(self.failures.len()).unwrap_or(u64::MAX)
    }

    fn failures_title(&self) -> String {
        format!("{} failed", counted(self.failures_in_all, "account"))
    }
}

impl Progress {
    fn new(job: &JobView, is_load: bool) -> Self {
        let asked = serde_json::from_value::<LoadAccounts>(job.params.clone()).ok().map(|load| u64::from(load.count));
        let planned = job.planned.then_some(job.planned_records);
        let total = if is_load { asked } else { planned }.unwrap_or(0);
        let verb = if is_load { "loaded" } else { "deleted" };
        let mut figures = match total {
            0 if !job.planned => "Counting".to_owned(),
            total => format!("{} of {} {verb}", grouped(job.succeeded), grouped(total)),
        };
        if job.failed > 0 {
            figures.push_str(&format!(" · {} failed", grouped(job.failed)));
        }
        if let Some(rate) = job.records_per_second.filter(|rate| *rate >= 1.0) {
            // Rounded, and far below the largest number.
            figures.push_str(&format!(" · {} per second", grouped(rate.round() as u64)));
        }
        Self { done: job.processed.min(total), total, figures }
    }
}

/// That nobody works on it, and what can be done.
fn no_worker(workers: Workers) -> Trouble {
    let what = match workers {
        Workers::Silent(silence) => {
            format!("No worker is running: none was heard of for {}.", lasting(silence))
        }
        Workers::Alive | Workers::Unknown => "No worker is running: none was heard of yet.".to_owned(),
    };
    let advice = "It goes on by itself once there is one. On Heroku: heroku ps:scale worker=1; elsewhere start \
                  api-access-worker with the same REDIS_URL.";
    Trouble { what, advice, detail: None, passes: true }
}

/// A time in its largest unit.
fn lasting(time: Duration) -> String {
    match time.as_secs() {
        seconds @ 0..120 => format!("{seconds} s"),
        seconds @ 120..7_200 => format!("{} min", seconds / 60),
        seconds => format!("{} h", grouped(seconds / 3_600)),
    }
}

/// The address of the page that asks before it does `what` to a connection's load.
fn ask_link(connection: &str, what: &str) -> String {
    let query = form_urlencoded::Serializer::new(String::new()).append_pair("connection", connection).finish();
    format!("/bulk-demo/{what}?{query}")
}

/// The state in words.
fn label(job: &JobView, is_load: bool) -> (&'static str, Tone) {
    let troubled = job.failed > 0 || job.dead_chunks > 0;
    match job.state {
        JobState::Queued => ("Waiting for a worker", Tone::Busy),
        JobState::Running if is_load => ("Loading", Tone::Busy),
        JobState::Running => ("Deleting", Tone::Busy),
        JobState::Finishing => ("Finishing", Tone::Busy),
        JobState::NeedsAuthorization => ("Needs a new authorization", Tone::Bad),
        JobState::Cancelling => ("Cancelling", Tone::Busy),
        JobState::Completed if troubled && is_load => ("Loaded, with failures", Tone::Warn),
        JobState::Completed if is_load => ("Loaded", Tone::Good),
        JobState::Completed => ("Not all deleted", Tone::Warn),
        JobState::Cancelled => ("Cancelled", Tone::Quiet),
        JobState::Failed => ("Failed", Tone::Bad),
    }
}

/// The address of a connection's failures, from number `offset` on.
pub(crate) fn failures_link(connection: &str, offset: u64) -> String {
    let mut query = form_urlencoded::Serializer::new(String::new());
    query.append_pair("connection", connection);
    if offset > 0 {
        query.append_pair("offset", &offset.to_string());
    }
    format!("/bulk-demo/failures?{}", query.finish())
}
