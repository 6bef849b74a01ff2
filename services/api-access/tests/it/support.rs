//! The processes of one test, and what it asks of them.

use anyhow::{Result, bail, ensure};
use reqwest::StatusCode;
use serde_json::json;
use std::time::Duration;
use test_support::{
    Browser, Fault, LocalOrg, MovingAddon, Page, RedisOptions, SECRET_KEY as SECRET, Service, ServiceSpec, TestRedis,
    eventually, free_port,
};

/// The connection in which tests work, and its org.
pub(crate) const ORG: &str = "my-org";
/// Accounts that local-org seeds there.
pub(crate) const SEEDED: u64 = 8;
const PASSWORD: &str = "correct horse";
/// Redis with its log on disk, local-org, one web process and some workers.
pub(crate) struct Stack {
    pub(crate) redis: TestRedis,
    pub(crate) org: LocalOrg,
    pub(crate) web: Service,
    pub(crate) workers: Vec<Service>,
    addon: [(&'static str, String); 3],
}

impl Stack {
    /// Starts all, with `workers` workers.
    pub(crate) async fn start(workers: usize) -> Result<Self> {
        let redis = TestRedis::start_with(RedisOptions { append_only: true, ..RedisOptions::default() }).await?;
        let org = LocalOrg::start().await?;
        let addon = org.applink_env()?;
        Self::with(redis, org, addon, workers).await
    }

    /// The same, with all authorizations of another add-on.
    pub(crate) async fn asking(redis: TestRedis, org: LocalOrg, addon: &MovingAddon, workers: usize) -> Result<Self> {
        Self::with(redis, org, addon.env(), workers).await
    }

    async fn with(redis: TestRedis, org: LocalOrg, addon: [(&'static str, String); 3], workers: usize) -> Result<Self> {
        let web = web_spec(&redis, &org, &addon)?.start().await?;
        let mut stack = Self { redis, org, web, workers: Vec::new(), addon };
        for number in 1..=workers {
            stack.add_worker(&format!("worker.{number}")).await?;
        }
        Ok(stack)
    }

    /// Starts another web process with these variables, which is the one that is called from now on.
    pub(crate) async fn replace_web(&mut self, variables: &[(&'static str, String)]) -> Result<()> {
        self.web = web_spec(&self.redis, &self.org, &self.addon)?.envs(variables.to_vec()).start().await?;
        Ok(())
    }

    /// Starts one more worker.
    pub(crate) async fn add_worker(&mut self, name: &str) -> Result<()> {
        self.add_worker_with(name, &[]).await
    }

    /// The same with more variables.
    pub(crate) async fn add_worker_with(&mut self, name: &str, variables: &[(&'static str, String)]) -> Result<()> {
        let worker = spec("api-access-worker", &self.redis, &self.org)?
            .envs(self.addon.clone())
            .named(name)
            .env("WORKER_NAME", name)
            .env("WORKER_CONCURRENCY", 2)
            .env("API_LIMIT_PAUSE_SECONDS", 1)
            .envs(variables.to_vec())
            .ready("worker ready")
            .start()
            .await?;
        self.workers.push(worker);
        Ok(())
    }

    /// A browser that has logged in.
    pub(crate) async fn browser(&self) -> Result<Browser> {
        let browser = Browser::new(self.web.url()?)?;
        let page = browser.log_in("admin", PASSWORD).await?;
        ensure!(page.status == StatusCode::SEE_OTHER, "the login answered {}: {}", page.status, page.text);
        Ok(browser)
    }

    /// Starts a load and gives the browser that did.
    pub(crate) async fn load(&self, count: u32) -> Result<Browser> {
        let browser = self.browser().await?;
        let fields = [("connection", ORG), ("count", &count.to_string())];
        accepted(&browser.submit("/bulk-demo", "/bulk-demo", &fields).await?)?;
        Ok(browser)
    }

    /// Presses one of the buttons beside a load: `cancel`, `resume` or `reset`.
    pub(crate) async fn press(&self, browser: &Browser, button: &str) -> Result<()> {
        let path = format!("/bulk-demo/{button}");
        accepted(&browser.submit("/bulk-demo", &path, &[("connection", ORG)]).await?)
    }

    /// Waits until the connection's card has this text, and gives the card.
    pub(crate) async fn shows(&self, browser: &Browser, text: &str) -> Result<String> {
        eventually(Duration::from_secs(90), &format!("the page shows {text}"), async || {
            let card = browser.open("/bulk-demo").await?.card("load-my-org")?.text;
            if card.contains(text) { Ok(card) } else { bail!("{card}") }
        })
        .await
    }

    /// Accounts that loads have made.
    pub(crate) async fn loaded(&self) -> Result<u64> {
        self.org.count(ORG, "SELECT COUNT() FROM Account WHERE LoadKey__c LIKE 'api-access-load:%'").await
    }

    /// All Accounts.
    pub(crate) async fn accounts(&self) -> Result<u64> {
        self.org.count(ORG, "SELECT COUNT() FROM Account").await
    }

    /// The load has ended well, and the org has exactly these Accounts, each once.
    pub(crate) async fn assert_loaded(&self, browser: &Browser, count: u64) -> Result<()> {
        let card = self.shows(browser, ">Loaded<").await?;
        ensure!(card.contains(&format!("{count} of {count} loaded")) && !card.contains("failed"), "{card}");
        ensure!(self.loaded().await? == count, "{} are loaded", self.loaded().await?);
        ensure!(self.accounts().await? == SEEDED + count, "{} in all", self.accounts().await?);
        let last = format!("SELECT COUNT() FROM Account WHERE LoadKey__c = 'api-access-load:{count:06}'");
        ensure!(self.org.count(ORG, &last).await? == 1, "the last one is missing");
        Ok(())
    }

    /// API calls of this kind so far.
    pub(crate) async fn calls(&self, operation: &str) -> Result<u64> {
        Ok(self.org.counters(ORG).await?.calls.by_operation.get(operation).copied().unwrap_or_default())
    }

    /// Adds a fault and gives its id.
    pub(crate) async fn fault(&self, fault: Fault) -> Result<u64> {
        self.org.add_fault(&fault).await
    }

    /// Waits until the fault was hit.
    pub(crate) async fn hit(&self, fault: u64) -> Result<()> {
        self.org.fault_is_hit(fault).await
    }

    /// Refuses Accounts with the name of another one.
    pub(crate) async fn refuse_duplicates(&self) -> Result<()> {
        self.org.set_settings(ORG, &json!({ "duplicateRules": [{ "object": "Account", "field": "Name" }] })).await
    }

    /// All that the services have logged.
    pub(crate) fn logs(&self) -> String {
        let workers = self.workers.iter().map(|worker| worker.log().text());
        workers.chain([self.web.log().text()]).collect()
    }
}

/// The button was pressed, and the browser is led back.
pub(crate) fn accepted(page: &Page) -> Result<()> {
    ensure!(page.status == StatusCode::SEE_OTHER, "answered {}: {}", page.status, page.text);
    Ok(())
}

fn web_spec(redis: &TestRedis, org: &LocalOrg, addon: &[(&'static str, String); 3]) -> Result<ServiceSpec> {
    Ok(spec("api-access-web", redis, org)?
        .envs(addon.clone())
        .env("PORT", free_port()?)
        .env("BIND_ADDRESS", "127.0.0.1")
        .env("CONNECTION_NAMES", "my-org,my-org-sales-a,empty-org")
        .env("ORG_DEADLINE_MILLISECONDS", 20_000)
        .env("APP_PASSWORD", PASSWORD)
        .ready("listening on http://"))
}

fn spec(binary: &str, redis: &TestRedis, org: &LocalOrg) -> Result<ServiceSpec> {
    Ok(ServiceSpec::new(binary)?
        .env("REDIS_URL", redis.url())
        .env("JOB_SECRET_KEY", SECRET)
        .env("ALLOWED_ORG_HOSTS", org.host()?)
        .env("LEASE_SECONDS", 2)
        .env("LOG_LEVEL", "trace"))
}
