//! Breaks what the plan says, when it says so, and mends all of it in the end.

use anyhow::{Context, Result};
use tokio::time::{Instant, sleep_until};

use super::plan::{Act, Plan};
use crate::proxy::Mode;
use crate::stack::{Ground, Member, ORG, Team};

/// Performs a plan and heals.
///
/// # Errors
/// When a process cannot be signalled or does not start again.
pub(super) async fn disrupt(plan: &Plan, ground: &mut Ground, team: &mut Team) -> Result<()> {
    let started = Instant::now();
    let mut redis_is_frozen = false;
    for (at, act) in &plan.acts {
        sleep_until(started + *at).await;
        match act {
            Act::RedisFreeze => redis_is_frozen = true,
            Act::RedisThaw | Act::RedisStart => redis_is_frozen = false,
            _ => {}
        }
        let redis_is_there = !redis_is_frozen && ground.redis.process().exit_status()?.is_none();
        perform(*act, ground, team, redis_is_there).await.with_context(|| format!("{act:?}"))?;
    }
    heal(ground, team).await
}

async fn perform(act: Act, ground: &mut Ground, team: &mut Team, redis_is_there: bool) -> Result<()> {
    match act {
        Act::Kill(who) => member(team, who)?.kill().await,
        Act::Terminate(who) => member(team, who)?.terminate(),
        Act::Start(who) => {
            let member = member(team, who)?;
            // Without Redis it is not ready; it is started when all is mended.
            if redis_is_there && member.is_connected() { member.start_again().await } else { Ok(()) }
        }
        Act::Freeze(who) => member(team, who)?.service.freeze(),
        Act::Thaw(who) => member(team, who)?.service.thaw(),
        Act::Redis(who, mode) => {
            member(team, who)?.redis.set(mode);
            Ok(())
        }
        Act::Org(mode) => {
            ground.org_link.set(mode);
            Ok(())
        }
        Act::Pubsub(mode) => {
            ground.pubsub_link.set(mode);
            Ok(())
        }
        Act::Disconnect(how) => {
            // A frozen org would not answer.
            ground.org.service().thaw()?;
            ground.org.disconnect(ORG, how).await.map(drop)
        }
        Act::RedisKill => ground.redis.kill().await,
        Act::RedisStop => stop_redis(ground).await,
        Act::RedisStart => {
            ground.redis.thaw()?;
            start_redis(ground).await
        }
        Act::RedisFreeze => ground.redis.freeze(),
        Act::RedisThaw => ground.redis.thaw(),
        Act::OrgFreeze => ground.org.service().freeze(),
        Act::OrgThaw => ground.org.service().thaw(),
        Act::ExpireSessions => {
            ground.org.service().thaw()?;
            ground.learn_tokens().await?;
            ground.org.expire_sessions(ORG).await?;
            ground.learn_tokens().await
        }
    }
}

fn member(team: &mut Team, place: usize) -> Result<&mut Member> {
    team.members.get_mut(place).context("the plan has more processes than the team")
}

async fn stop_redis(ground: &mut Ground) -> Result<()> {
    // A frozen one would not stop.
    ground.redis.thaw()?;
    match ground.redis.process().exit_status()? {
        None => ground.redis.stop().await,
        Some(_) => Ok(()),
    }
}

async fn start_redis(ground: &mut Ground) -> Result<()> {
    match ground.redis.process().exit_status()? {
        None => Ok(()),
        Some(_) => ground.redis.start_again().await,
    }
}

/// Everything runs and answers again.
async fn heal(ground: &mut Ground, team: &mut Team) -> Result<()> {
    ground.redis.thaw()?;
    start_redis(ground).await?;
    ground.org.service().thaw()?;
    ground.org_link.set(Mode::Open);
    ground.pubsub_link.set(Mode::Open);
    ground.org.clear_faults().await?;
    ground.org.clear_pubsub_faults(ORG).await?;
    for member in &mut team.members {
        member.redis.set(Mode::Open);
        member.service.thaw()?;
    }
    for member in &mut team.members {
        member.start_again().await.with_context(|| format!("{} does not start again", member.name))?;
    }
    Ok(())
}
