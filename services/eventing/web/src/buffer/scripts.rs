//! The Lua scripts. Each file says what it takes and answers.

use shared::contracts::eventing::covered::COVER;
use shared::jobs::{Effect, ServiceScript};
use std::sync::LazyLock;

/// All scripts, by the name of their file.
pub(super) struct Scripts {
    pub(super) advance: ServiceScript,
    pub(super) begin: ServiceScript,
    pub(super) claim: ServiceScript,
    pub(super) collect: ServiceScript,
    pub(super) finish: ServiceScript,
    pub(super) lease: ServiceScript,
    pub(super) position: ServiceScript,
    pub(super) release: ServiceScript,
    pub(super) report: ServiceScript,
    pub(super) restart: ServiceScript,
    pub(super) set_aside: ServiceScript,
    pub(super) view: ServiceScript,
}

const LIB: &str = include_str!("scripts/lib.lua");
const ADD: &str = include_str!("scripts/add.lua");
const ASIDE: &str = include_str!("scripts/aside.lua");

/// The scripts, hashed once.
pub(super) static SCRIPTS: LazyLock<Scripts> = LazyLock::new(|| Scripts {
    advance: ServiceScript::new(Effect::Grows, &[LIB, ADD, include_str!("scripts/advance.lua")]),
    begin: ServiceScript::new(Effect::Drains, &[LIB, include_str!("scripts/begin.lua")]),
    claim: ServiceScript::new(Effect::Grows, &[LIB, ASIDE, include_str!("scripts/claim.lua")]),
    collect: ServiceScript::new(Effect::Grows, &[LIB, ADD, include_str!("scripts/collect.lua")]),
    finish: ServiceScript::new(Effect::Drains, &[LIB, ASIDE, COVER, include_str!("scripts/finish.lua")]),
    lease: ServiceScript::new(Effect::Drains, &[LIB, include_str!("scripts/lease.lua")]),
    position: ServiceScript::new(Effect::Reads, &[LIB, include_str!("scripts/position.lua")]),
    release: ServiceScript::new(Effect::Drains, &[LIB, include_str!("scripts/release.lua")]),
    report: ServiceScript::new(Effect::Drains, &[LIB, include_str!("scripts/report.lua")]),
    restart: ServiceScript::new(Effect::Drains, &[LIB, include_str!("scripts/restart.lua")]),
    set_aside: ServiceScript::new(Effect::Drains, &[LIB, ASIDE, include_str!("scripts/set_aside.lua")]),
    view: ServiceScript::new(Effect::Reads, &[LIB, include_str!("scripts/view.lua")]),
});
