//! A load of Accounts, started in a browser.

use std::time::Duration;

use anyhow::{Context, Result, bail, ensure};
use rand::RngExt;
use reqwest::StatusCode;
use test_support::{Browser, Page, eventually};
use tokio::time::{sleep, timeout};

use super::plan::Plan;
use crate::stack::{Ground, ORG, USER};
use crate::world::{LIMIT, World};

/// Longest wait for one page; then it is opened again.
const PAGE: Duration = Duration::from_secs(10);

pub(super) struct Work {
    wait: Duration,
    count: u64,
    /// Accounts before.
    others: u64,
}

impl Work {
    pub(super) async fn prepare(plan: &Plan, ground: &Ground) -> Result<Self> {
        let mut rng = plan.rng();
        let others = ground.org.count(ORG, "SELECT COUNT() FROM Account").await?;
        Ok(Self { wait: Duration::from_millis(rng.random_range(0..1_500)), count: rng.random_range(150..600), others })
    }

    /// Logs in and starts the load; both until the page says so.
    pub(super) async fn begin(&self, world: &World) -> Result<Browser> {
        sleep(self.wait).await;
        let browser = eventually(LIMIT, "somebody logs in", async || {
            let browser = Browser::new(world.web()?)?;
            let page = patient(world, browser.log_in(USER, &world.keys.app_password)).await?;
            ensure!(page.status == StatusCode::SEE_OTHER, "the login answered {}: {}", page.status, page.text);
            Ok(browser)
        })
        .await?;
        let count = self.count.to_string();
        eventually(LIMIT, "the load is started", async || {
            if !card(world, &browser).await?.contains("Start load") {
                return Ok(());
            }
            let fields = [("connection", ORG), ("count", count.as_str())];
            let page = patient(world, browser.submit("/bulk-demo", "/bulk-demo", &fields)).await?;
            bail!("answered {}", page.status)
        })
        .await?;
        Ok(browser)
    }

    pub(super) async fn end(&self, world: &World, browser: Browser) -> Result<()> {
        let card = eventually(LIMIT, "the load ends", async || {
            let card = card(world, &browser).await?;
            let ended = [">Loaded", ">Failed<", ">Cancelled<"].iter().any(|text| card.contains(text));
            if ended {
                return Ok(card);
            }
            sleep(Duration::from_millis(100)).await;
            bail!("{card}")
        })
        .await?;
        let right = format!("{0} of {0} loaded", self.count);
        ensure!(card.contains(">Loaded<") && card.contains(&right) && !card.contains("failed"), "{card}");
        for (soql, expected) in [
            ("SELECT COUNT() FROM Account", self.others + self.count),
            ("SELECT COUNT() FROM Account WHERE LoadKey__c LIKE 'api-access-load:%'", self.count),
            (&format!("SELECT COUNT() FROM Account WHERE LoadKey__c = 'api-access-load:{:06}'", self.count), 1),
        ] {
            let found = world.org.count(ORG, soql).await?;
            ensure!(found == expected, "{found} and not {expected} by {soql}");
        }
        Ok(())
    }
}

/// The connection's part of the page.
async fn card(world: &World, browser: &Browser) -> Result<String> {
    let page = patient(world, browser.open("/bulk-demo")).await?;
    Ok(page.card(&format!("load-{ORG}"))?.text)
}

async fn patient(world: &World, page: impl Future<Output = Result<Page>>) -> Result<Page> {
    let page = timeout(PAGE, page).await.context("the page took too long")?;
    match &page {
        Ok(page) => world.saw(&page.text),
        Err(error) => world.saw(&format!("{error:#}")),
    }
    page
}
