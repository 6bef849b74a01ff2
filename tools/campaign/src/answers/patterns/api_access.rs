//! api-access: pages of Accounts, loads, resets.

use anyhow::{Context, Result, ensure};
use test_support::{Browser, LocalOrg, Service, TestRedis, free_port};

use super::common::{ORG, short, soon, spec};
use crate::answers::call::Flow;
use crate::answers::report::Verdict;

const PASSWORD: &str = "correct horse";
/// Accounts of a load.
const LOADED: u64 = 20;
/// Labels of a connection's card.
const EMPTY: &str = "Nothing loaded";
const LOADED_WELL: &str = "Loaded";
const LOADS: &str = "/bulk-demo";

pub(in crate::answers) struct ApiAccess {
    pub(super) org: LocalOrg,
    browser: Browser,
    _web: Service,
    _worker: Service,
    // Ends last.
    _redis: TestRedis,
}

impl ApiAccess {
    pub(super) async fn start() -> Result<Self> {
        let (redis, org) = (TestRedis::start().await?, LocalOrg::start().await?);
        let hosts = org.host()?;
        let web = spec("api-access-web", &redis, &hosts)?
            .envs(org.applink_env()?)
            .env("PORT", free_port()?)
            .env("CONNECTION_NAMES", ORG)
            .env("ORG_DEADLINE_MILLISECONDS", 10_000)
            .env("APP_PASSWORD", PASSWORD)
            .ready("listening on http://");
        let worker = spec("api-access-worker", &redis, &hosts)?.envs(org.applink_env()?).ready("worker ready");
        let (web, worker) = (web.start().await?, worker.start().await?);
        let browser = Browser::new(web.url()?)?;
        browser.log_in("admin", PASSWORD).await?;
        Ok(Self { org, browser, _web: web, _worker: worker, _redis: redis })
    }

    pub(super) async fn prepare(&mut self, flow: Flow) -> Result<()> {
        let empty = self.label().await? == EMPTY;
        match flow {
            Flow::Load if !empty => self.reset().await?,
            Flow::Reset if empty => {
                self.press("", &[("count", &LOADED.to_string())]).await?;
                ensure!(self.ends(&[LOADED_WELL]).await?.is_some(), "Accounts are not loaded: {}", self.card().await?);
            }
            _ => {}
        }
        // The services ask for the authorization again.
        self.org.expire_sessions(ORG).await
    }

    pub(super) async fn run(&mut self, flow: Flow) -> Result<Verdict> {
        match flow {
            Flow::Accounts => self.accounts().await,
            Flow::Load => self.load().await,
            _ => self.delete().await,
        }
    }

    async fn accounts(&self) -> Result<Verdict> {
        let there = self.org.count(ORG, "SELECT COUNT() FROM Account").await?;
        let card = self.browser.open("/").await?.card(ORG)?;
        if card.text.contains("Not available") {
            let why = card.between("<strong>", "</strong>").first().map(|text| short(text));
            return Ok(Verdict::Refused(why.context("the page gives no reason")?));
        }
        let told = card.text.contains(&format!("{there} accounts")) && !card.rows().is_empty();
        Ok(if told {
            Verdict::Done
        } else {
            Verdict::Wrong(format!("of {there} Accounts the page says {}", card.text))
        })
    }

    async fn load(&self) -> Result<Verdict> {
        self.press("", &[("count", &LOADED.to_string())]).await?;
        let ends = [LOADED_WELL, "Loaded, with failures", "Failed", "Needs authorization"];
        let Some(label) = self.ends(&ends).await? else { return Ok(Verdict::Hangs(short(&self.card().await?))) };
        let (there, card) = (self.loaded().await?, self.card().await?);
        if label == LOADED_WELL {
            let told = there == LOADED && card.contains(&format!("{LOADED} of {LOADED} loaded"));
            return Ok(if told {
                Verdict::Done
            } else {
                Verdict::Wrong(format!("{there} are there: {}", short(&card)))
            });
        }
        Ok(reasons(&label, &card))
    }

    async fn delete(&self) -> Result<Verdict> {
        self.press("/reset", &[]).await?;
        let ends = [EMPTY, "Not all deleted", "Failed", "Needs authorization"];
        let Some(label) = self.ends(&ends).await? else { return Ok(Verdict::Hangs(short(&self.card().await?))) };
        let (there, card) = (self.loaded().await?, self.card().await?);
        Ok(match (label == EMPTY, there) {
            (true, 0) => Verdict::Done,
            (true, _) => Verdict::Wrong(format!("{there} are there: {}", short(&card))),
            (false, _) => reasons(&label, &card),
        })
    }

    async fn reset(&self) -> Result<()> {
        self.press("/reset", &[]).await?;
        self.ends(&[EMPTY]).await?.context("the Accounts of a load are not deleted")?;
        Ok(())
    }

    async fn press(&self, button: &str, fields: &[(&str, &str)]) -> Result<()> {
        let mut fields = fields.to_vec();
        fields.push(("connection", ORG));
        let page = self.browser.submit(LOADS, &format!("{LOADS}{button}"), &fields).await?;
        ensure!(page.status.as_u16() == 303, "answered {}: {}", page.status, page.text);
        Ok(())
    }

    async fn card(&self) -> Result<String> {
        Ok(self.browser.open(LOADS).await?.card(&format!("load-{ORG}"))?.text)
    }

    /// What the card says of the load.
    async fn label(&self) -> Result<String> {
        let card = self.browser.open(LOADS).await?.card(&format!("load-{ORG}"))?;
        let label = card.between("data-field=\"label\">", "<").first().map(|label| (*label).to_owned());
        label.with_context(|| format!("the card has no label: {}", card.text))
    }

    /// The label when it is one of these.
    async fn ends(&self, labels: &[&str]) -> Result<Option<String>> {
        soon(async || Ok(Some(self.label().await?).filter(|label| labels.contains(&label.as_str())))).await
    }

    async fn loaded(&self) -> Result<u64> {
        self.org.count(ORG, "SELECT COUNT() FROM Account WHERE LoadKey__c LIKE 'api-access-load:%'").await
    }
}

/// Why a load did not end well. A card that does not tell is wrong.
fn reasons(label: &str, card: &str) -> Verdict {
    let reason = card.split("<p class=\"alert\">").nth(1).and_then(|rest| rest.split('<').next());
    match reason.or_else(|| card.contains("<table class=\"failures\">").then_some("rows failed")) {
        Some(reason) => Verdict::Refused(short(&format!("{label}: {reason}"))),
        None => Verdict::Wrong(format!("no reason is given: {}", short(card))),
    }
}
