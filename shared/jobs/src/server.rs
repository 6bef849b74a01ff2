//! Whether a server can hold jobs.

use std::collections::HashMap;
use std::time::Duration;

use super::backoff::jittered;
use super::connection::Repeat;
use super::error::JobsError;
use super::store::Jobs;

/// Scripts with flags came with Redis 7.
const OLDEST_MAJOR_VERSION: u32 = 7;
const MANY_CLIENTS_PERCENT: u64 = 80;
/// Between two tries to check a server that is not there yet.
const CHECK_PERIOD: Duration = Duration::from_secs(1);

impl Jobs {
    /// Refuses servers that would lose or break jobs. A server that does not tell is trusted, with a warning. Warns once.
    ///
    /// # Errors
    /// [`JobsError::UnsuitableServer`] with the reason; otherwise when Redis cannot be asked.
    pub async fn check_server(&self) -> Result<(), JobsError> {
        match self.connection().query::<String>(&redis::cmd("INFO"), Repeat::Safe).await {
            Ok(info) => {
                let info = parse(&info);
                check(&info)?;
                if self.note_checked() {
                    warn(&info);
                }
                Ok(())
            }
            Err(JobsError::Refused(error)) => {
                if self.note_checked() {
                    tracing::warn!(error = %error, "Redis does not answer INFO; its version and eviction policy are not known");
                }
                Ok(())
            }
            Err(error) => Err(error),
        }
    }

    /// The same, for probes: says nothing to the log.
    ///
    /// # Errors
    /// As [`check_server`](Self::check_server).
    pub async fn ready(&self) -> Result<(), JobsError> {
        match self.connection().query::<String>(&redis::cmd("INFO"), Repeat::Safe).await {
            Ok(info) => check(&parse(&info)),
            Err(JobsError::Refused(_)) => self.ping().await,
            Err(error) => Err(error),
        }
    }

    /// Lets the next command make the connection anew, on the runtime that the command is sent from. What serves a connection
    /// stays on the thread that made it; on another one than the commands come from, each costs two switches between threads.
    ///
    /// # Errors
    /// When the connection cannot be prepared; the one that is there stays.
    pub fn hand_over(&self) -> Result<(), JobsError> {
        self.connection().hand_over()
    }

    /// Waits for Redis and checks it; for a process that starts without it. Returns only when the server cannot hold jobs,
    /// with the reason. When it can, the connection is left to whoever uses it: see [`hand_over`](Self::hand_over).
    pub async fn unsuitable(&self) -> JobsError {
        while !self.is_checked() {
            match self.check_server().await {
                Err(error @ JobsError::UnsuitableServer(_)) => return error,
                Ok(()) => break,
                // Others see and tell it, too.
                Err(error) => tracing::debug!(error = ?error, "Redis cannot be checked yet"),
            }
            tokio::time::sleep(jittered(CHECK_PERIOD)).await;
        }
        if let Err(error) = self.hand_over() {
            tracing::debug!(error = ?error, "the connection to Redis stays with the thread that made it");
        }
        std::future::pending().await
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
            unsuitable(format!("its maxmemory-policy {policy} evicts jobs when it is full; set noeviction"))
        }
        _ => Ok(()),
    }
}

/// Tells what may become a trouble.
fn warn(info: &HashMap<&str, &str>) {
    match info.get("maxmemory_policy") {
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
