//! Tells an org that is slow from one that does not answer at all.
//!
//! Some calls may take minutes, and whoever waits for them holds a place that others need. So while no answer comes, the
//! client asks now and then for the list of API versions, which every org has ready.

use std::future::Future;
use std::pin::pin;
use std::time::Duration;

use crate::{Client, Session};

/// The list of API versions; needs no session ("Versions", REST API Developer Guide).
const VERSIONS: &str = "/services/data/";

impl Client {
    /// Waits for `call`, the body of its answer included, as long as the org answers anything; `None` when it does not.
    pub(super) async fn unless_silent<T>(&self, session: &Session, call: impl Future<Output = T>) -> Option<T> {
        let mut call = pin!(call);
        loop {
            if let Ok(done) = tokio::time::timeout(self.inner.settings.patience, &mut call).await {
                return Some(done);
            }
            tokio::select! {
                biased;
                done = &mut call => return Some(done),
                answers = self.answers(session, self.inner.settings.patience) => if !answers { return None },
            }
        }
    }

    /// Whether the org answers at all within `limit`, whatever it says. Sends no token.
    pub async fn answers(&self, session: &Session, limit: Duration) -> bool {
        let Ok(url) = session.instance_url.join(VERSIONS) else { return false };
        let look = self.inner.http.get(url).timeout(limit);
        match look.send().await {
            Ok(_) => true,
            Err(error) => {
                let error = error.without_url();
                tracing::debug!(%error, "the org does not answer");
                false
            }
        }
    }
}

#[cfg(test)]
mod tests;
