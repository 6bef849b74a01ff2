//! Tells an org that is slow from one that does not answer at all.
//!
//! Some calls may take minutes, and whoever waits for them holds a place that others need. So while no answer comes, the
//! client asks now and then for the list of API versions, which every org has ready.

use std::future::Future;
use std::pin::pin;
use std::time::Duration;

use reqwest::Method;
use reqwest::header::HeaderMap;

use super::unanswered;
use crate::trace::CallSpan;
use crate::{Client, Error, Operation, Session};

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
        let reached = self.reach(session, limit).await;
        if let Err(error) = &reached {
            tracing::debug!(error = error.told(), "the org does not answer");
        }
        reached.is_ok()
    }

    /// Asks the org for anything, and takes whatever it answers within `limit`. Sends no token.
    ///
    /// # Errors
    /// That no answer came, and why.
    pub async fn reach(&self, session: &Session, limit: Duration) -> Result<(), Error> {
        const OPERATION: Operation = Operation::Versions;
        let url = session.instance_url.join(VERSIONS);
        let url = url.map_err(|_| Error::invalid_request("the URL cannot be built"))?;
        let span = CallSpan::of_operation(OPERATION, &Method::GET, &url, 0);
        let headers = span.added_to(HeaderMap::new());
        let answer = self.inner.http.get(url).headers(headers).timeout(limit).send().await;
        let answer = answer.map(|answer| answer.status().as_u16()).map_err(|error| match error.is_timeout() {
            true => Error::TimedOut { operation: OPERATION, host: session.host() },
            false => unanswered(OPERATION, session, error),
        });
        span.ended(session.org_id, answer.as_ref().ok().copied(), answer.as_ref().err());
        answer.map(|_| ())
    }
}

#[cfg(test)]
mod tests;
