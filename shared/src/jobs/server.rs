//! Whether a server can hold jobs.

use std::collections::HashMap;

use super::connection::Repeat;
use super::error::JobsError;
use super::store::Jobs;

/// Scripts with flags came with Redis 7.
const OLDEST_MAJOR_VERSION: u32 = 7;
const MANY_CLIENTS_PERCENT: u64 = 80;

impl Jobs {
    /// Refuses servers that would lose or break jobs. A server that does not tell is trusted, with a warning.
    ///
    /// # Errors
    /// [`JobsError::UnsuitableServer`] with the reason; otherwise when Redis cannot be asked.
    pub async fn check_server(&self) -> Result<(), JobsError> {
        match self.connection().query::<String>(&redis::cmd("INFO"), Repeat::Safe).await {
            Ok(info) => check(&parse(&info)),
            Err(JobsError::Refused(error)) => {
                tracing::warn!(error = %error, "Redis does not answer INFO; its version and eviction policy are not known");
                Ok(())
            }
            Err(error) => Err(error),
        }
    }
}

fn check(info: &HashMap<&str, &str>) -> Result<(), JobsError> {
    let unsuitable = |reason: String| Err(JobsError::UnsuitableServer(reason));
    // Valkey gives the Redis version it is compatible with here.
    if let Some(version) = info.get("redis_version") {
        let major: Option<u32> = version.split('.').next().and_then(|major| major.parse().ok());
        if major.is_some_and(|major| major < OLDEST_MAJOR_VERSION) {
            return unsuitable(format!("its version is {version}, at least {OLDEST_MAJOR_VERSION}.0 is needed"));
        }
    }
    match info.get("maxmemory_policy") {
        Some(policy) if policy.starts_with("allkeys-") => {
            return unsuitable(format!("its maxmemory-policy {policy} evicts jobs when it is full; set noeviction"));
        }
        Some(&"noeviction") => {}
        Some(policy) => tracing::warn!(policy, "Redis may evict sessions and results when it is full; set noeviction"),
        None => tracing::warn!("Redis does not tell its eviction policy; it must not be allkeys-*"),
    }
    let number = |name| info.get(name).and_then(|text| text.parse::<u64>().ok());
    if let (Some(clients), Some(most)) = (number("connected_clients"), number("maxclients"))
        && clients * 100 >= most * MANY_CLIENTS_PERCENT
    {
        tracing::warn!(clients, most, "Redis is close to its connection limit; each process needs one");
    }
    Ok(())
}

/// `INFO` is lines of `name:value`, and headings.
fn parse(info: &str) -> HashMap<&str, &str> {
    info.lines().filter_map(|line| line.trim_end().split_once(':')).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn verdict(info: &str) -> Result<(), String> {
        check(&parse(info)).map_err(|error| error.to_string())
    }

    #[test]
    fn takes_servers_that_keep_what_they_have() {
        assert_eq!(verdict("# Server\r\nredis_version:7.0.15\r\nmaxmemory_policy:noeviction\r\n"), Ok(()));
        assert_eq!(verdict("redis_version:8.2.1\r\nmaxmemory_policy:volatile-lru\r\n"), Ok(()));
        assert_eq!(verdict("redis_version:7.2.4\r\nserver_name:valkey\r\nvalkey_version:8.1.0\r\n"), Ok(()));
        assert_eq!(verdict(""), Ok(()));
    }

    #[test]
    fn refuses_old_and_evicting_servers_and_says_why() {
        assert!(verdict("redis_version:6.2.14\r\n").unwrap_err().contains("6.2.14"));
        let evicting = verdict("redis_version:7.0.15\r\nmaxmemory_policy:allkeys-lru\r\n").unwrap_err();
        assert!(evicting.contains("allkeys-lru") && evicting.contains("noeviction"));
    }
}
