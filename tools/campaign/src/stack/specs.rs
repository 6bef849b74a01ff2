//! How each process is started: short leases and small chunks, so that what takes minutes in production takes seconds.

use anyhow::Result;
use test_support::ServiceSpec;

use super::{Ground, ORG, Pattern, Settings, USER, port};
use crate::proxy::Proxy;

impl Ground {
    pub(super) fn web(&self, settings: &Settings, name: &str, redis: &Proxy) -> Result<ServiceSpec> {
        let spec = self
            .spec(settings.pattern, "web", name, redis)?
            .env("PORT", port()?)
            .env("BIND_ADDRESS", "127.0.0.1")
            .ready("listening on http://");
        let spec = match settings.pattern {
            Pattern::OrgJob => spec,
            Pattern::OrgAction => spec.env("REQUEST_DEADLINE_SECONDS", 8),
            Pattern::ApiAccess => spec
                .env("CONNECTION_NAMES", "my-org,my-org-sales-a,empty-org")
                .env("APP_USERNAME", USER)
                .env("APP_PASSWORD", &self.keys.app_password),
            Pattern::Eventing => spec
                .env("DYNO", name)
                .env("WEBHOOK_TOKEN", &self.keys.webhook_token)
                .env("EVENT_QUIET_MILLISECONDS", 300)
                .env("PUBSUB_BACKOFF_SECONDS", 0)
                .env("PUBSUB_UNAVAILABLE_SECONDS", 0)
                .env("PUBSUB_WATCHDOG_SECONDS", 2),
        };
        Ok(spec.envs(settings.web.iter().cloned()))
    }

    pub(super) fn worker(&self, settings: &Settings, name: &str, redis: &Proxy) -> Result<ServiceSpec> {
        let spec = self
            .spec(settings.pattern, "worker", name, redis)?
            .env("WORKER_NAME", name)
            .env("WORKER_CONCURRENCY", 2)
            .env("API_LIMIT_PAUSE_SECONDS", 1)
            .ready("worker ready");
        let spec = match settings.pattern {
            Pattern::OrgJob => spec.env("CHUNK_SIZE", 10).env("BULK_CHUNK_SIZE", 15).env("SAMPLE_CHUNK_SIZE", 25),
            Pattern::OrgAction => spec.env("CALLBACK_TIMEOUT_SECONDS", 3),
            Pattern::ApiAccess => spec,
            Pattern::Eventing => spec.env("CHUNK_SIZE", 10),
        };
        Ok(spec.envs(settings.worker.iter().cloned()))
    }

    fn spec(&self, pattern: Pattern, role: &str, name: &str, redis: &Proxy) -> Result<ServiceSpec> {
        let url = format!("redis://:{}@{}/0", self.keys.redis_password, redis.address());
        let spec = ServiceSpec::new(&format!("{}-{role}", pattern.name()))?
            .named(name)
            .env("REDIS_URL", url)
            .env("JOB_SECRET_KEY", &self.keys.job_secret_key)
            .env("ALLOWED_ORG_HOSTS", "127.0.0.1:*")
            .env("LEASE_SECONDS", 2)
            .env("LOG_LEVEL", "trace");
        Ok(match pattern {
            Pattern::OrgJob | Pattern::OrgAction => spec,
            Pattern::ApiAccess => spec.envs(self.applink()?),
            Pattern::Eventing => spec
                .envs(self.applink()?)
                .env("EVENT_AUTHORIZATION", ORG)
                .env("PUBSUB_ENDPOINT", format!("http://{}", self.pubsub_link.address())),
        })
    }

    /// local-org's AppLink, over the same way that API calls take.
    fn applink(&self) -> Result<Vec<(&'static str, String)>> {
        let (real, cut) = (self.org.host()?, self.org_link.address().to_string());
        Ok(self.org.applink_env()?.into_iter().map(|(name, value)| (name, value.replace(&real, &cut))).collect())
    }
}
