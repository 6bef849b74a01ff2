//! The Lua scripts. Each file says what it takes and answers; the module documentation of [`jobs`](super) says how
//! they play together.

use std::sync::LazyLock;

use redis::Script;

use link::link;

mod link;

/// Runs while Redis is full: it ends work, or hands out what is there already.
const DRAINS: &str = "#!lua flags=allow-oom\n";
/// Takes more memory; refused as a whole while Redis is full.
const GROWS: &str = "#!lua\n";
/// Changes nothing.
const READS: &str = "#!lua flags=no-writes\n";

/// What a script does to Redis's memory, and so whether it may run while Redis is full.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Effect {
    /// Takes more memory; refused as a whole while Redis is full.
    Grows,
    /// Ends work or hands out what is there; runs while Redis is full.
    Drains,
    /// Changes nothing.
    Reads,
}

/// All scripts, by the name of their file.
pub(super) struct Scripts {
    pub(super) ack: Script,
    pub(super) answered: Script,
    pub(super) beat: Script,
    pub(super) beside: Script,
    pub(super) cancel: Script,
    pub(super) claim: Script,
    pub(super) create: Script,
    pub(super) extend: Script,
    pub(super) fail: Script,
    pub(super) finish: Script,
    pub(super) gone: Script,
    pub(super) hold: Script,
    pub(super) letters: Script,
    pub(super) later: Script,
    pub(super) overview: Script,
    pub(super) pause_org: Script,
    pub(super) plan_push: Script,
    pub(super) pulse: Script,
    pub(super) reclaim: Script,
    pub(super) refused: Script,
    pub(super) release: Script,
    pub(super) release_unknown: Script,
    pub(super) resume: Script,
    pub(super) retry: Script,
    pub(super) set_flag: Script,
    pub(super) sift: Script,
    pub(super) silent: Script,
    pub(super) start_org: Script,
    pub(super) stats: Script,
    pub(super) stop_org: Script,
    pub(super) view: Script,
}

/// The scripts, hashed once.
pub(super) static SCRIPTS: LazyLock<Scripts> = LazyLock::new(|| Scripts {
    ack: script(DRAINS, include_str!("scripts/ack.lua")),
    answered: script(DRAINS, include_str!("scripts/answered.lua")),
    beat: script(DRAINS, include_str!("scripts/beat.lua")),
    beside: script(DRAINS, include_str!("scripts/beside.lua")),
    cancel: script(DRAINS, include_str!("scripts/cancel.lua")),
    claim: script(DRAINS, include_str!("scripts/claim.lua")),
    create: script(GROWS, include_str!("scripts/create.lua")),
    extend: script(DRAINS, include_str!("scripts/extend.lua")),
    fail: script(DRAINS, include_str!("scripts/fail.lua")),
    finish: script(DRAINS, include_str!("scripts/finish.lua")),
    gone: script(DRAINS, include_str!("scripts/gone.lua")),
    hold: script(DRAINS, include_str!("scripts/hold.lua")),
    letters: script(READS, include_str!("scripts/letters.lua")),
    later: script(DRAINS, include_str!("scripts/later.lua")),
    overview: script(READS, include_str!("scripts/overview.lua")),
    pause_org: script(DRAINS, include_str!("scripts/pause_org.lua")),
    plan_push: script(GROWS, include_str!("scripts/plan_push.lua")),
    pulse: script(READS, include_str!("scripts/pulse.lua")),
    reclaim: script(DRAINS, include_str!("scripts/reclaim.lua")),
    refused: script(DRAINS, include_str!("scripts/refused.lua")),
    release: script(DRAINS, include_str!("scripts/release.lua")),
    release_unknown: script(DRAINS, include_str!("scripts/release_unknown.lua")),
    resume: script(GROWS, include_str!("scripts/resume.lua")),
    retry: script(GROWS, include_str!("scripts/retry.lua")),
    set_flag: script(DRAINS, include_str!("scripts/set_flag.lua")),
    sift: script(READS, &[include_str!("scripts/why.lua"), include_str!("scripts/sift.lua")].concat()),
    silent: script(DRAINS, include_str!("scripts/silent.lua")),
    start_org: script(DRAINS, include_str!("scripts/start_org.lua")),
    stats: script(READS, include_str!("scripts/stats.lua")),
    stop_org: script(DRAINS, include_str!("scripts/stop_org.lua")),
    view: script(READS, &[include_str!("scripts/why.lua"), include_str!("scripts/view.lua")].concat()),
});

/// The first line of a script with that effect.
pub(super) fn flags(effect: Effect) -> &'static str {
    match effect {
        Effect::Grows => GROWS,
        Effect::Drains => DRAINS,
        Effect::Reads => READS,
    }
}

/// A script behind what it uses of the code that all share, that for setting aside jobs that cannot be read among it.
fn script(flags: &str, body: &str) -> Script {
    const LIBRARY: &str =
        concat!(include_str!("scripts/lib.lua"), include_str!("scripts/ends.lua"), include_str!("scripts/aside.lua"));
    Script::new(&[flags, &link(LIBRARY, body)].concat())
}
