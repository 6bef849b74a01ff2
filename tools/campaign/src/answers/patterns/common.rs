//! What the patterns share: settings of their processes, and looking until there is something to see.

use std::time::{Duration, Instant};

use anyhow::Result;
use serde_json::Value;
use test_support::{ServiceSpec, TestRedis};

/// The org in which all work.
pub(super) const ORG: &str = "my-org";
/// 32 bytes for campaigns only.
const SECRET: &str = "00112233445566778899aabbccddeeff00112233445566778899aabbccddeeff";
/// Longest time for a flow, all its repetitions included. What takes longer hangs.
const LIMIT: Duration = Duration::from_secs(120);
/// How often is looked.
const POLL: Duration = Duration::from_millis(50);

/// Settings that all processes share.
pub(super) fn spec(binary: &str, redis: &TestRedis, hosts: &str) -> Result<ServiceSpec> {
    Ok(ServiceSpec::new(binary)?
        .env("REDIS_URL", redis.url())
        .env("JOB_SECRET_KEY", SECRET)
        .env("ALLOWED_ORG_HOSTS", hosts)
        .env("BIND_ADDRESS", "127.0.0.1")
        .env("WORKER_CONCURRENCY", 1)
        .env("LEASE_SECONDS", 5)
        .env("API_LIMIT_PAUSE_SECONDS", 1)
        .env("LOG_LEVEL", "warn,web::server=info,shared::work=info"))
}

/// Asks until there is something, for as long as a flow may take; `None` when there was nothing.
pub(super) async fn soon<T>(mut look: impl AsyncFnMut() -> Result<Option<T>>) -> Result<Option<T>> {
    let started = Instant::now();
    loop {
        if let Some(found) = look().await? {
            return Ok(Some(found));
        }
        if started.elapsed() > LIMIT {
            return Ok(None);
        }
        tokio::time::sleep(POLL).await;
    }
}

/// A number of a JSON answer; 0 where there is none.
pub(super) fn number(of: &Value, name: &str) -> u64 {
    of[name].as_u64().unwrap_or_default()
}

/// One line, not too long.
pub(super) fn short(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ").chars().take(160).collect()
}
