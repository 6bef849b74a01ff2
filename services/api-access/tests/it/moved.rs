//! An operator authorizes another org under the name of a connection: a load stays in its own org, or does nothing.

use crate::support::{ORG, SEEDED, Stack};
use anyhow::{Result, ensure};
use std::time::Duration;
use test_support::{Fault, FaultAction, LocalOrg, MovingAddon, Org, TestRedis, User, eventually};

const OTHER: &str = "my-org-sales-a";

struct Moving {
    stack: Stack,
    addon: MovingAddon,
    own: (Org, User),
    other: (Org, User),
}

impl Moving {
    async fn start(workers: usize) -> Result<Self> {
        let org = LocalOrg::start().await?;
        let (own, other) = (org.org(ORG).await?, org.org(OTHER).await?);
        let addon = MovingAddon::start(&own.0, &own.1).await;
        let stack = Stack::asking(TestRedis::start().await?, org, &addon, workers).await?;
        stack.org.reset_counters(OTHER).await?;
        Ok(Self { stack, addon, own, other })
    }

    fn moves(&self) {
        self.addon.moves_to(&self.other.0, &self.other.1);
    }

    /// The page says why, and the other org was not asked for anything.
    async fn assert_refused(&self, card: &str) -> Result<()> {
        for part in ["my-org", &self.own.0.id, &self.other.0.id, "again and retry"] {
            ensure!(card.contains(part), "{part}: {card}");
        }
        let calls = self.stack.org.counters(OTHER).await?.calls;
        ensure!(calls.total == 0, "{calls:?}");
        ensure!(self.stack.org.count(OTHER, "SELECT COUNT() FROM Account").await? == SEEDED, "Accounts were loaded");
        Ok(())
    }
}

/// Longer than the add-on's last word counts as its present one.
async fn some_time() {
    tokio::time::sleep(Duration::from_millis(5_100)).await;
}

#[tokio::test]
async fn a_load_that_waits_does_nothing_in_another_org() -> Result<()> {
    let mut moving = Moving::start(0).await?;
    let browser = moving.stack.load(500).await?;
    moving.moves();
    moving.stack.add_worker("worker.1").await?;
    let card = moving.stack.shows(&browser, ">Failed<").await?;
    moving.assert_refused(&card).await?;
    assert_eq!(moving.stack.loaded().await?, 0);
    // Moved back, as it says.
    moving.addon.moves_to(&moving.own.0, &moving.own.1);
    some_time().await;
    moving.stack.press(&browser, "resume").await?;
    moving.stack.assert_loaded(&browser, 500).await
}

#[tokio::test]
async fn a_load_whose_connection_moves_in_the_middle_of_it_goes_on_nowhere() -> Result<()> {
    let moving = Moving::start(1).await?;
    let held = moving.stack.fault(Fault::new(FaultAction::DelayBefore { ms: 2_000 }).path("/batches").times(2)).await?;
    let browser = moving.stack.load(500).await?;
    moving.stack.hit(held).await?;
    moving.moves();
    moving.stack.org.expire_sessions(ORG).await?;
    let card = eventually(Duration::from_secs(90), "the load ends", async || {
        let card = browser.open("/bulk-demo").await?.card("load-my-org")?.text;
        ensure!(card.contains(">Try again<") || card.contains("again and retry"), "{card}");
        Ok(card)
    })
    .await?;
    moving.assert_refused(&card).await
}

/// What was loaded stands in the org before; the other has Accounts of an earlier load of its own.
#[tokio::test]
async fn a_reset_deletes_nothing_in_another_org_than_that_of_its_load() -> Result<()> {
    let mut moving = Moving::start(1).await?;
    let account = serde_json::json!({ "Name": "Earlier", "LoadKey__c": "api-access-load:000001" });
    moving.stack.org.create(OTHER, "Account", &account).await?;
    moving.stack.org.reset_counters(OTHER).await?;
    let browser = moving.stack.load(200).await?;
    moving.stack.assert_loaded(&browser, 200).await?;
    moving.stack.workers[0].kill().await?;
    moving.stack.press(&browser, "reset").await?;
    moving.moves();
    moving.stack.add_worker("worker.2").await?;
    let card = moving.stack.shows(&browser, "again and retry").await?;
    ensure!(card.contains(&moving.own.0.id), "{card}");
    assert_eq!(moving.stack.org.counters(OTHER).await?.calls.total, 0);
    assert_eq!(moving.stack.org.count(OTHER, "SELECT COUNT() FROM Account WHERE Name = 'Earlier'").await?, 1);
    assert_eq!(moving.stack.loaded().await?, 200);
    // Nor is it tried anew from the org of now.
    some_time().await;
    let again = browser.submit("/bulk-demo", "/bulk-demo/reset", &[("connection", ORG)]).await?;
    assert_eq!(again.status, reqwest::StatusCode::CONFLICT);
    Ok(())
}

/// The web process and the worker know the org before, whose sessions are good, and what was loaded there.
#[tokio::test]
async fn a_load_that_is_started_after_the_move_goes_to_the_org_of_now() -> Result<()> {
    let moving = Moving::start(1).await?;
    let browser = moving.stack.load(200).await?;
    moving.stack.assert_loaded(&browser, 200).await?;
    moving.moves();
    some_time().await;
    moving.stack.load(200).await?;
    eventually(Duration::from_secs(60), "the load in the other org", async || {
        let accounts = moving.stack.org.count(OTHER, "SELECT COUNT() FROM Account").await?;
        ensure!(accounts == SEEDED + 200, "{accounts} Accounts");
        Ok(())
    })
    .await?;
    moving.stack.shows(&browser, ">Loaded<").await?;
    assert_eq!(moving.stack.loaded().await?, 200);
    Ok(())
}
