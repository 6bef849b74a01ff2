//! Sessions that were logged out. A cookie is good until its time has passed, also a copy of it; so whoever logs out has its
//! session noted in Redis, where every web process looks.
//!
//! The pages may be shown while Redis does not answer. Then only the process that took a logout knows of it; it notes it in
//! Redis as soon as Redis answers again.

use super::session::Session;
use shared::jobs::{Effect, Jobs, JobsError, ServiceScript};
use std::collections::HashMap;
use std::sync::{LazyLock, Mutex, PoisonError};
use std::time::{Duration, Instant};

/// Notes a session. ARGV 2 id, 3 seconds.
static NOTE: LazyLock<ServiceScript> = LazyLock::new(|| {
    ServiceScript::new(
        Effect::Drains,
        &["redis.call('SET', ARGV[1] .. 'logout:' .. ARGV[2], 1, 'EX', ARGV[3]) return 1"],
    )
});

/// Whether a session is noted. ARGV 2 id.
static LOOK: LazyLock<ServiceScript> = LazyLock::new(|| {
    ServiceScript::new(Effect::Reads, &["return redis.call('EXISTS', ARGV[1] .. 'logout:' .. ARGV[2])"])
});

/// Longest wait of a page for Redis.
const PATIENCE: Duration = Duration::from_millis(500);

/// Logouts that this process remembers.
const MOST: usize = 10_000;

/// Logouts that are caught up on at a time.
const CATCH_UP: usize = 20;

/// The sessions that were logged out.
pub(super) struct Logouts {
    jobs: Jobs,
    /// Those that this process took, by id.
    own: Mutex<HashMap<String, Logout>>,
}

struct Logout {
    /// When the session would have ended.
    until: Instant,
    /// Redis has it.
    noted: bool,
}

impl Logouts {
    pub(super) fn new(jobs: Jobs) -> Self {
        Self { jobs, own: Mutex::default() }
    }

    /// Ends a session.
    pub(super) async fn add(&self, session: &Session) {
        let rest = session.rest();
        {
            let mut own = self.own.lock().unwrap_or_else(PoisonError::into_inner);
            let now = Instant::now();
            if own.len() >= MOST {
                own.retain(|_, logout| logout.until > now);
            }
            own.insert(session.id().to_owned(), Logout { until: now + rest, noted: false });
        }
        if let Err(reason) = self.note(session.id(), rest).await {
            tracing::warn!(reason, "a logout is not in Redis yet; other processes do not know of it");
        }
    }

    /// Whether a session was ended.
    pub(super) async fn contain(&self, session: &Session) -> bool {
        if self.own.lock().unwrap_or_else(PoisonError::into_inner).contains_key(session.id()) {
            return true;
        }
        match in_time(self.jobs.run_script::<bool>(&LOOK, &[session.id().to_owned()])).await {
            Ok(ended) => {
                self.catch_up().await;
                ended
            }
            Err(reason) => {
                tracing::warn!(reason, "Redis does not tell whether a session was logged out elsewhere");
                false
            }
        }
    }

    /// Notes what could not be noted before.
    async fn catch_up(&self) {
        let now = Instant::now();
        let missing: Vec<(String, Duration)> = {
            let own = self.own.lock().unwrap_or_else(PoisonError::into_inner);
            let missing = own.iter().filter(|(_, logout)| !logout.noted && logout.until > now);
            missing.map(|(id, logout)| (id.clone(), logout.until - now)).take(CATCH_UP).collect()
        };
        for (id, rest) in missing {
            if let Err(reason) = self.note(&id, rest).await {
                tracing::warn!(reason, "a logout is not in Redis yet");
                return;
            }
        }
    }

    async fn note(&self, id: &str, rest: Duration) -> Result<(), String> {
        let arguments = [id.to_owned(), rest.as_secs().max(1).to_string()];
        in_time(self.jobs.run_script::<u8>(&NOTE, &arguments)).await?;
        if let Some(logout) = self.own.lock().unwrap_or_else(PoisonError::into_inner).get_mut(id) {
            logout.noted = true;
        }
        Ok(())
    }
}

async fn in_time<T>(answer: impl Future<Output = Result<T, JobsError>>) -> Result<T, String> {
    match tokio::time::timeout(PATIENCE, answer).await {
        Ok(answer) => answer.map_err(|error| error.to_string()),
        Err(_) => Err(format!("no answer within {} ms", PATIENCE.as_millis())),
    }
}
