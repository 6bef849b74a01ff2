//! The processes of one test.

use anyhow::{Result, ensure};
use reqwest::StatusCode;
use serde_json::json;
pub(crate) use test_support::SECRET_KEY as SECRET;
use test_support::{Browser, LocalOrg, Service, ServiceSpec, TestRedis, free_port};

pub(crate) const PASSWORD: &str = "correct horse";
/// 32 bytes for tests only.
pub(crate) const ORGS: &str = "my-org, my-org-sales-a, empty-org";
/// Time for one org in tests of what it bounds.
pub(crate) const DEADLINE_MS: u64 = 1_500;

/// Redis, local-org and the web process.
pub(crate) struct Stack {
    pub(crate) redis: TestRedis,
    pub(crate) org: LocalOrg,
    pub(crate) web: Service,
}

impl Stack {
    /// Starts all, with time enough for an org on a machine that is busy with other tests.
    pub(crate) async fn start() -> Result<Self> {
        Self::start_with(20_000, &[]).await
    }

    /// Starts all with this deadline and more variables.
    pub(crate) async fn start_with(deadline_ms: u64, variables: &[(&str, &str)]) -> Result<Self> {
        let (redis, org) = (TestRedis::start().await?, LocalOrg::start().await?);
        let web = spec(&redis, &org, deadline_ms)?.envs(variables.iter().copied()).start().await?;
        Ok(Self { redis, org, web })
    }

    /// One more web process.
    pub(crate) async fn another_web(&self) -> Result<Service> {
        spec(&self.redis, &self.org, 20_000)?.named("another web").start().await
    }

    /// A browser that has not logged in.
    pub(crate) fn browser(&self) -> Result<Browser> {
        Browser::new(self.web.url()?)
    }

    /// A browser that has.
    pub(crate) async fn logged_in(&self) -> Result<Browser> {
        let browser = self.browser()?;
        let page = browser.log_in("admin", PASSWORD).await?;
        ensure!(page.status == StatusCode::SEE_OTHER, "the login answered {}: {}", page.status, page.text);
        Ok(browser)
    }

    /// Brings an org to `count` Accounts.
    pub(crate) async fn fill(&self, org: &str, count: u64) -> Result<()> {
        let there = self.org.count(org, "SELECT COUNT() FROM Account").await?;
        for number in there + 1..=count {
            let fields = json!({ "Name": format!("Account {number:05}"), "BillingCity": "Lyon" });
            self.org.create(org, "Account", &fields).await?;
        }
        Ok(())
    }

    /// Takes all Accounts from an org.
    pub(crate) async fn clear(&self, org: &str) -> Result<()> {
        for account in self.org.query(org, "SELECT Id FROM Account").await?.records {
            self.org.delete_record(org, "Account", account["Id"].as_str().unwrap_or_default()).await?;
        }
        Ok(())
    }
}

fn spec(redis: &TestRedis, org: &LocalOrg, deadline_ms: u64) -> Result<ServiceSpec> {
    Ok(ServiceSpec::new("api-access-web")?
        .env("PORT", free_port()?)
        .env("BIND_ADDRESS", "127.0.0.1")
        .env("REDIS_URL", redis.url())
        .env("JOB_SECRET_KEY", SECRET)
        .envs(org.applink_env()?)
        .env("ALLOWED_ORG_HOSTS", org.host()?)
        .env("CONNECTION_NAMES", ORGS)
        .env("ORG_DEADLINE_MILLISECONDS", deadline_ms)
        .env("APP_PASSWORD", PASSWORD)
        .env("LOG_LEVEL", "trace")
        .ready("listening on http://"))
}
