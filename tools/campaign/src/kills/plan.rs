//! What a round does, from its seed alone.

use std::time::Duration;

use rand::rngs::StdRng;
use rand::seq::IndexedRandom;
use rand::{RngExt, SeedableRng};
use test_support::{Disconnect, Fault, FaultAction, FaultBody};

use crate::proxy::Mode;
use crate::stack::{Pattern, Settings};

/// All that breaks, breaks within this time.
const SPAN_MS: u64 = 2_500;
/// Web processes and workers of a round.
pub(super) const WEBS: usize = 2;
pub(super) const WORKERS: usize = 2;

/// A round.
#[derive(Debug, Clone)]
pub(super) struct Plan {
    pub(super) seed: u64,
    pub(super) pattern: Pattern,
    /// Acts by time since the start, in order.
    pub(super) acts: Vec<(Duration, Act)>,
    /// Faults of local-org.
    pub(super) faults: Vec<Fault>,
    /// Whether org-job writes through the Bulk API.
    pub(super) bulk: bool,
    /// What a call to the org takes, so that work is under way while things break.
    pub(super) call_ms: u64,
}

/// One thing that happens to the processes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Act {
    /// `SIGKILL` to a web process or worker, by its place in the team.
    Kill(usize),
    /// `SIGTERM`; it ends when it is ready to.
    Terminate(usize),
    /// Starts it again, if it has ended.
    Start(usize),
    /// `SIGSTOP`, and its end.
    Freeze(usize),
    Thaw(usize),
    /// What the connection of a process to Redis does from now on.
    Redis(usize, Mode),
    /// The same for all connections to the org's API, and to its Pub/Sub API.
    Org(Mode),
    Pubsub(Mode),
    /// Ends all streams of the Pub/Sub API in this way.
    Disconnect(Disconnect),
    RedisKill,
    RedisStop,
    RedisStart,
    RedisFreeze,
    RedisThaw,
    OrgFreeze,
    OrgThaw,
    /// All access tokens of the org end.
    ExpireSessions,
}

/// A request of the services, by method and a part of its path.
type Call = (&'static str, &'static str);

const QUERY: Call = ("GET", "/query");
const GRAPH: Call = ("POST", "/composite/graph");
const APPLINK: Call = ("GET", "/addons/");
const BULK: [Call; 7] = [
    ("POST", "/jobs/ingest"),
    ("PUT", "/batches"),
    ("PATCH", "/jobs/ingest/"),
    ("GET", "/jobs/ingest/"),
    ("GET", "/successfulResults"),
    ("GET", "/failedResults"),
    ("GET", "/unprocessedrecords"),
];

impl Plan {
    /// The round of this seed, of a pattern that it chooses unless one is given; with or without answers that the API never
    /// gives.
    pub(super) fn of(seed: u64, pattern: Option<Pattern>, odd: bool) -> Self {
        let mut rng = StdRng::seed_from_u64(seed);
        let places = Pattern::ALL.len() as u64;
        let by_seed = Pattern::ALL.get((seed % places) as usize).copied().unwrap_or(Pattern::OrgJob);
        let pattern = pattern.unwrap_or(by_seed);
        let bulk = rng.random_bool(0.5);
        let call_ms = rng.random_range(5..100);
        let mut acts = Vec::new();
        for _ in 0..rng.random_range(2..=5) {
            disruption(&mut rng, pattern, &mut acts);
        }
        acts.sort_by_key(|(at, _)| *at);
        let faults = (0..rng.random_range(1..=4)).map(|_| fault(&mut rng, pattern, bulk, odd)).collect();
        Self { seed, pattern, acts, faults, bulk, call_ms }
    }

    /// Randomness for the data, independent of what breaks.
    pub(super) fn rng(&self) -> StdRng {
        StdRng::seed_from_u64(self.seed ^ 0x5eed)
    }

    pub(super) fn settings(&self) -> Settings {
        let worker = match self.pattern {
            Pattern::OrgJob => vec![("BULK_THRESHOLD", u32::from(self.bulk).to_string())],
            _ => Vec::new(),
        };
        Settings { pattern: self.pattern, webs: WEBS, workers: WORKERS, web: Vec::new(), worker }
    }

    /// What breaks, for people.
    pub(super) fn text(&self) -> String {
        let mut text = format!("  a call takes {} ms\n", self.call_ms);
        for (at, act) in &self.acts {
            text.push_str(&format!("  at {:>5} ms {act:?}\n", at.as_millis()));
        }
        for fault in &self.faults {
            let call = [&fault.method, &fault.path_contains].map(|part| part.as_deref().unwrap_or("any")).join(" ");
            text.push_str(&format!(
                "  fault {call}, {} let through, {:?} hit: {:?}\n",
                fault.skip, fault.times, fault.action
            ));
        }
        text
    }
}

/// Adds one disruption with its end.
fn disruption(rng: &mut StdRng, pattern: Pattern, acts: &mut Vec<(Duration, Act)>) {
    let at = rng.random_range(0..SPAN_MS);
    let anyone = rng.random_range(0..WEBS + WORKERS);
    let worker = rng.random_range(WEBS..WEBS + WORKERS);
    // Often shorter than a lease of two seconds, and often longer.
    let long = rng.random_range(200..4_000);
    let short = rng.random_range(50..1_000);
    let mode = *[Mode::Refusing, Mode::Stalled, Mode::Deaf].choose(rng).unwrap_or(&Mode::Refusing);
    let (start, time, end) = match rng.random_range(0..13) {
        0..=3 => (Act::Kill([anyone, worker][rng.random_range(0..2)]), short, Act::Start(anyone)),
        4 => (Act::Terminate(worker), 1_500, Act::Start(worker)),
        5 | 6 => (Act::Freeze(anyone), long, Act::Thaw(anyone)),
        7 | 8 => (Act::Redis(anyone, mode), long, Act::Redis(anyone, Mode::Open)),
        9 => (Act::Org(mode), short, Act::Org(Mode::Open)),
        10 => {
            let down = *[Act::RedisKill, Act::RedisStop].choose(rng).unwrap_or(&Act::RedisKill);
            (down, short, Act::RedisStart)
        }
        11 => (Act::RedisFreeze, short, Act::RedisThaw),
        _ if pattern == Pattern::Eventing => match rng.random_range(0..4) {
            0 => (Act::Pubsub(mode), short, Act::Pubsub(Mode::Open)),
            1 => (Act::Disconnect(Disconnect::Silence), 0, Act::Pubsub(Mode::Open)),
            2 => (Act::Disconnect(Disconnect::Reset), 0, Act::Pubsub(Mode::Open)),
            _ => (Act::ExpireSessions, 0, Act::Pubsub(Mode::Open)),
        },
        // A single Quote does not wait for a session: its caller is told.
        _ if pattern == Pattern::OrgAction => (Act::OrgFreeze, short, Act::OrgThaw),
        _ => match rng.random_bool(0.5) {
            true => (Act::ExpireSessions, short, Act::OrgThaw),
            false => (Act::OrgFreeze, short, Act::OrgThaw),
        },
    };
    // Whoever was killed is the one who starts again.
    let end = if let Act::Kill(who) = start { Act::Start(who) } else { end };
    acts.push((Duration::from_millis(at), start));
    if mode == Mode::Deaf && matches!(start, Act::Redis(..) | Act::Org(_) | Act::Pubsub(_)) && rng.random_bool(0.5) {
        // Answers are lost, and do not only come late.
        let lost = match start {
            Act::Redis(who, _) => Act::Redis(who, Mode::Refusing),
            Act::Org(_) => Act::Org(Mode::Refusing),
            _ => Act::Pubsub(Mode::Refusing),
        };
        acts.push((Duration::from_millis(at + time), lost));
        acts.push((Duration::from_millis(at + time + 50), end));
    } else {
        acts.push((Duration::from_millis(at + time), end));
    }
}

/// A fault that passes: nothing may be given up because of it.
fn fault(rng: &mut StdRng, pattern: Pattern, bulk: bool, odd: bool) -> Fault {
    let calls: Vec<Call> = match pattern {
        Pattern::OrgJob if bulk => [&BULK[..], &[QUERY]].concat(),
        Pattern::OrgJob => vec![QUERY, GRAPH, GRAPH, ("POST", "/sobjects/JobProgress__e")],
        Pattern::OrgAction => vec![QUERY, GRAPH],
        Pattern::ApiAccess => [&BULK[..], &[QUERY, APPLINK]].concat(),
        Pattern::Eventing => vec![QUERY, GRAPH, APPLINK, ("POST", "/sobjects/QuoteGenerationComplete__e")],
    };
    let (method, path) = calls.choose(rng).copied().unwrap_or(QUERY);
    let action = if odd && rng.random_bool(0.4) { odd_answer(rng) } else { action(rng, (method, path)) };
    let fault = Fault::new(action).method(method).path(path);
    fault.skip(rng.random_range(0..5)).times(rng.random_range(1..=3))
}

fn action(rng: &mut StdRng, call: Call) -> FaultAction {
    const STATUSES: [(u16, &str); 7] = [
        (500, "UNKNOWN_EXCEPTION"),
        (502, "BAD_GATEWAY"),
        (503, "SERVER_UNAVAILABLE"),
        (504, "GATEWAY_TIMEOUT"),
        (429, "TOO_MANY_REQUESTS"),
        (420, "ENHANCE_YOUR_CALM"),
        (403, "REQUEST_LIMIT_EXCEEDED"),
    ];
    let ms = rng.random_range(100..3_000);
    match rng.random_range(0..7) {
        0 | 1 => {
            let last = if call == APPLINK { STATUSES.len() - 2 } else { STATUSES.len() };
            let (status, code) = STATUSES[..last].choose(rng).copied().unwrap_or(STATUSES[0]);
            FaultAction::status(status, code, "injected")
        }
        2 => FaultAction::DropBefore,
        3 => FaultAction::DropAfter,
        4 => FaultAction::DelayBefore { ms },
        5 => FaultAction::DelayAfter { ms },
        _ if call == GRAPH => {
            FaultAction::record_error("Quote", "UNABLE_TO_LOCK_ROW", "unable to obtain exclusive access")
        }
        _ => FaultAction::DropAfter,
    }
}

/// Something that the API never answers, as proxies and broken networks do.
fn odd_answer(rng: &mut StdRng) -> FaultAction {
    let ms = rng.random_range(500..3_000);
    let body = match rng.random_range(0..4) {
        0 => FaultBody::Empty,
        1 => FaultBody::Html,
        2 => FaultBody::Truncated,
        _ => FaultBody::Json { value: serde_json::json!({ "message": "injected" }) },
    };
    match rng.random_range(0..6) {
        0 => FaultAction::instead(200, body),
        1 => FaultAction::instead([500, 502, 503, 504].choose(rng).copied().unwrap_or(503), body),
        2 => FaultAction::afterwards(None, body),
        3 => FaultAction::afterwards([200, 201, 202, 204, 503].choose(rng).copied().unwrap_or(200), body),
        4 => FaultAction::DropDuring,
        _ => FaultAction::Trickle { ms },
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_seed_is_one_round_and_another_is_another() {
        let text = |seed| Plan::of(seed, None, true).text();
        assert_eq!(text(7), text(7));
        assert_ne!(text(7), text(11));
        assert_eq!(Plan::of(7, None, true).pattern, Plan::of(11, None, false).pattern);
    }

    #[test]
    fn all_that_breaks_is_mended_and_all_kinds_come() {
        let mut kinds = std::collections::BTreeSet::new();
        for seed in 0..400 {
            let plan = Plan::of(seed, None, true);
            assert!(plan.acts.is_sorted_by_key(|(at, _)| *at));
            for (at, act) in &plan.acts {
                let end = match *act {
                    Act::Kill(who) | Act::Terminate(who) => Act::Start(who),
                    Act::Freeze(who) => Act::Thaw(who),
                    Act::Redis(who, _) => Act::Redis(who, Mode::Open),
                    Act::RedisKill | Act::RedisStop => Act::RedisStart,
                    Act::RedisFreeze => Act::RedisThaw,
                    Act::OrgFreeze => Act::OrgThaw,
                    Act::Org(_) => Act::Org(Mode::Open),
                    _ => continue,
                };
                assert!(plan.acts.iter().any(|(later, act)| later >= at && *act == end), "{}", plan.text());
            }
            kinds.extend(plan.acts.iter().map(|(_, act)| format!("{act:?}").split('(').next().map(str::to_owned)));
        }
        assert_eq!(kinds.len(), 17, "{kinds:?}");
    }
}
