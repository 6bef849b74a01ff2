//! Client of the add-on's authorizations API, with a cache.

use std::collections::HashMap;
use std::fmt;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use chrono::Utc;
use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};
use reqwest::Method;
use reqwest::header::{ACCEPT, AUTHORIZATION, HeaderMap};
use secrecy::ExposeSecret;
use serde::Deserialize;
use tracing::{Instrument, info_span, warn};

use super::authorization::{Authorization, parse};
use super::source::of_session;
use super::{AddonConfig, AppLinkError, Source};
use salesforce::http::{BodyError, kind_of_bare_status, read_body, retry_after};
use salesforce::trace::CallSpan;
use salesforce::{AllowedHosts, Cleaner, ErrorKind, Failure, RetryPolicy, SalesforceId};

/// Longest answer that is read, in bytes.
const MAX_RESPONSE_BYTES: usize = 64 * 1024;

/// Longest name that is asked for: AppLink allows 30 characters, an alias adds a prefix to it.
const MAX_NAME_CHARS: usize = 100;

/// An authorization that was asked for so shortly ago is believed to be of no other org by now: of very many jobs for the org
/// that it was of before, each would ask the add-on otherwise.
const NEWS: Duration = Duration::from_secs(1);

/// Settings of [`AppLink`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AppLinkSettings {
    /// Longest time for one try.
    pub attempt_timeout: Duration,
    /// When to try again.
    pub retry: RetryPolicy,
}

impl Default for AppLinkSettings {
    fn default() -> Self {
        let retry = RetryPolicy { total: Duration::from_secs(30), ..RetryPolicy::default() };
        Self { attempt_timeout: Duration::from_secs(10), retry }
    }
}

/// One AppLink add-on. Cheap to clone; clones share the cache.
///
/// An authorization is asked for once and then kept until Salesforce no longer accepts its token, as the add-on does
/// not say how long a token lives. Callers that need the same one at the same time share one request.
#[derive(Clone)]
pub struct AppLink {
    inner: Arc<Inner>,
}

struct Inner {
    http: reqwest::Client,
    source: Source,
    hosts: AllowedHosts,
    settings: AppLinkSettings,
    cache: Mutex<HashMap<String, Arc<Slot>>>,
}

/// One name's place in the cache. Holding the lock means asking the add-on.
type Slot = tokio::sync::Mutex<Known>;

/// How asking for one name ended last.
#[derive(Default)]
struct Known {
    /// With the time at which it was asked for.
    authorization: Option<(Instant, Arc<Authorization>)>,
    failure: Option<(Instant, AppLinkError)>,
}

/// What a caller needs of an authorization. One that is known and is not so is asked for again.
#[derive(Clone, Copy)]
enum Need<'a> {
    /// It is known.
    Any,
    /// It has another token than this one, which Salesforce has refused.
    OtherToken(&'a str),
    /// It is of this org, as far as can be known.
    OfOrg(&'a SalesforceId),
    /// It was asked for so shortly ago.
    AskedWithin(Duration),
}

impl Need<'_> {
    fn is_met(self, asked: Instant, authorization: &Authorization) -> bool {
        match self {
            Self::Any => true,
            Self::OtherToken(stale) => authorization.session.access_token.expose_secret() != stale,
            Self::OfOrg(org) => authorization.session.org_id == *org || asked.elapsed() < NEWS,
            Self::AskedWithin(age) => asked.elapsed() < age,
        }
    }

    /// Whether the known authorization is of no use to anybody if it does not meet this.
    fn tells_of_its_end(self) -> bool {
        matches!(self, Self::OtherToken(_))
    }
}

impl fmt::Debug for AppLink {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("AppLink").field("source", &self.inner.source).finish_non_exhaustive()
    }
}

impl AppLink {
    /// A client of an add-on, or of what stands in for it, that makes its calls through `http` (see [`http_client`](salesforce::http_client))
    /// and accepts orgs on `hosts` only.
    #[must_use]
    pub fn new(
        http: reqwest::Client,
        source: impl Into<Source>,
        hosts: AllowedHosts,
        settings: AppLinkSettings,
    ) -> Self {
        let source = source.into();
        Self { inner: Arc::new(Inner { http, source, hosts, settings, cache: Mutex::default() }) }
    }

    /// The authorization with this developer name or alias, from the cache or the add-on.
    ///
    /// # Errors
    /// Any [`AppLinkError`]. A failure is not kept for later callers.
    pub async fn authorization(&self, name: &str) -> Result<Arc<Authorization>, AppLinkError> {
        self.get(name, Need::Any).await
    }

    /// The same for the REST API, which only a Salesforce org has.
    ///
    /// # Errors
    /// Any [`AppLinkError`], among them [`AppLinkError::DataCloud`].
    pub async fn salesforce(&self, name: &str) -> Result<Arc<Authorization>, AppLinkError> {
        let authorization = self.authorization(name).await?;
        authorization.of_salesforce(name)?;
        Ok(authorization)
    }

    /// The authorization again, with another token than `stale`, which Salesforce has refused. If another caller has
    /// brought one meanwhile, it is that.
    ///
    /// # Errors
    /// Any [`AppLinkError`].
    pub async fn refresh(&self, name: &str, stale: &str) -> Result<Arc<Authorization>, AppLinkError> {
        if matches!(self.inner.source, Source::Session(_)) {
            // Here, because only a person can help, who reads the log and not the cause of a job's pause.
            warn!("{}", AppLinkError::SessionEnded);
            return Err(AppLinkError::SessionEnded);
        }
        self.get(name, Need::OtherToken(stale)).await
    }

    /// The authorization of a Salesforce org, and of none but `org`. If the known one is of another, the add-on is asked again:
    /// whoever the work came from may know of a later authorization under the same name.
    ///
    /// # Errors
    /// [`AppLinkError::AnotherOrg`] when it is of another, and any other [`AppLinkError`].
    pub async fn of_org(&self, name: &str, org: &SalesforceId) -> Result<Arc<Authorization>, AppLinkError> {
        let authorization = self.get(name, Need::OfOrg(org)).await?;
        authorization.of_salesforce(name)?;
        authorization.of_org(name, org)?;
        Ok(authorization)
    }

    /// The authorization of a Salesforce org as the add-on told it at most `age` ago.
    ///
    /// # Errors
    /// Any [`AppLinkError`]. What is known is kept all the same.
    pub async fn asked_within(&self, name: &str, age: Duration) -> Result<Arc<Authorization>, AppLinkError> {
        let authorization = self.get(name, Need::AskedWithin(age)).await?;
        authorization.of_salesforce(name)?;
        Ok(authorization)
    }

    async fn get(&self, name: &str, need: Need<'_>) -> Result<Arc<Authorization>, AppLinkError> {
        if name.is_empty() || matches!(name, "." | "..") || name.chars().count() > MAX_NAME_CHARS {
            return Err(AppLinkError::InvalidName { name: name.chars().take(MAX_NAME_CHARS).collect() });
        }
        let asked = Instant::now();
        let slot = self.slot(name);
        let mut known = slot.lock().await;
        if let Some((_, authorization)) = known.authorization.as_ref().filter(|(at, known)| need.is_met(*at, known)) {
            return Ok(Arc::clone(authorization));
        }
        // Those who waited for a request that failed share its failure, rather than fail one after the other.
        if let Some((_, error)) = known.failure.as_ref().filter(|(failed, _)| *failed >= asked) {
            return Err(error.clone());
        }
        if need.tells_of_its_end() {
            known.authorization = None;
        }
        known.failure = None;
        let asked = Instant::now();
        match self.fetch(name).instrument(info_span!("applink.authorization", name)).await {
            Ok(authorization) => {
                let authorization = Arc::new(authorization);
                known.authorization = Some((asked, Arc::clone(&authorization)));
                Ok(authorization)
            }
            Err(error) => {
                known.failure = Some((Instant::now(), error.clone()));
                Err(error)
            }
        }
    }

    fn slot(&self, name: &str) -> Arc<Slot> {
        // A panic while it was held cannot have left the map half changed.
        let mut cache = self.inner.cache.lock().unwrap_or_else(PoisonError::into_inner);
        Arc::clone(cache.entry(name.to_owned()).or_default())
    }

    async fn fetch(&self, name: &str) -> Result<Authorization, AppLinkError> {
        let addon = match &self.inner.source {
            Source::Addon(addon) => addon,
            Source::Session(session) => return Ok(of_session(name, session)),
        };
        let started = Instant::now();
        let policy = &self.inner.settings.retry;
        let mut attempt = 1;
        loop {
            let remaining = policy.total.saturating_sub(started.elapsed());
            let error = match self.try_once(addon, name, attempt, remaining).await {
                Ok(authorization) => return Ok(authorization),
                Err(error) => error.cleared(&Cleaner::default().and(addon.token.expose_secret())),
            };
            if matches!(error, AppLinkError::Malformed { .. }) {
                // The add-on means what it says, and will say it again.
                return Err(error);
            }
            let failure = Failure {
                attempt,
                elapsed: started.elapsed(),
                kind: error.kind(),
                may_have_committed: false,
                retry_after: error.retry_after(),
            };
            let Some(wait) = policy.decide(&failure, rand::random()) else { return Err(error) };
            warn!(attempt, error = %error, "AppLink call failed, trying again");
            tokio::time::sleep(wait).await;
            attempt += 1;
        }
    }

    async fn try_once(
        &self,
        addon: &AddonConfig,
        name: &str,
        attempt: u32,
        remaining: Duration,
    ) -> Result<Authorization, AppLinkError> {
        let Inner { http, hosts, settings, .. } = &*self.inner;
        let mut url = addon.api_url.clone();
        let name_in_url = utf8_percent_encode(name, NON_ALPHANUMERIC);
        url.set_path(&format!("{}/authorizations/{name_in_url}", addon.api_url.path().trim_end_matches('/')));
        let token = salesforce::http::bearer(addon.token.expose_secret())
            .map_err(|_| malformed("the add-on's token cannot be sent in a header"))?;
        let span = CallSpan::http(&Method::GET, &url, "/addons/{addon}/authorizations/{name}", attempt - 1);
        let request = http
            .get(url)
            .headers(span.added_to(HeaderMap::new()))
            .timeout(settings.attempt_timeout.min(remaining))
            .header(AUTHORIZATION, token)
            .header(ACCEPT, "application/json")
            .header("X-App-UUID", &addon.app_id)
            .header("X-Request-Id", uuid::Uuid::new_v4().to_string());
        let unreachable = |error: reqwest::Error| AppLinkError::Unreachable {
            host: addon.api_url.host_str().unwrap_or_default().to_owned(),
            source: Arc::new(error.without_url()),
        };
        let response = request.send().await.inspect_err(|_| span.failed("unreachable")).map_err(unreachable)?;
        let status = response.status().as_u16();
        span.answered(status);
        let wait = retry_after(response.headers(), Utc::now());
        let body = read_body(response, MAX_RESPONSE_BYTES).await.map_err(|error| match error {
            BodyError::Read(error) => unreachable(error),
            BodyError::TooLarge(limit) => malformed(format!("it is longer than {limit} bytes")),
        })?;
        match (status, error_message(&body)) {
            (200, _) => parse(name, &body, hosts),
            (404, Some(_)) => Err(AppLinkError::NotFound { name: name.to_owned() }),
            (400..=599, Some(message)) => Err(AppLinkError::Refused { status, message, retry_after: wait }),
            // A server in trouble may well have no words; any other such answer comes from something before the add-on.
            (_, None) if matches!(kind_of_bare_status(status), ErrorKind::Transient | ErrorKind::LimitExceeded) => {
                let message = "no explanation".to_owned();
                Err(AppLinkError::Refused { status, message, retry_after: wait })
            }
            _ => Err(AppLinkError::Unexpected { reason: format!("its status is {status}, without an explanation") }),
        }
    }
}

fn malformed(reason: impl Into<String>) -> AppLinkError {
    AppLinkError::Malformed { reason: reason.into() }
}

/// The explanation in an error body, which has one of two shapes: `title` and `detail`, or `id` and `message`; `None` when
/// it has neither.
fn error_message(body: &[u8]) -> Option<String> {
    #[derive(Default, Deserialize)]
    #[serde(default)]
    struct Body {
        title: Option<String>,
        detail: Option<String>,
        id: Option<String>,
        message: Option<String>,
    }
    let Body { title, detail, id, message } = serde_json::from_slice(body).unwrap_or_default();
    let parts: Vec<_> = if title.is_some() || detail.is_some() { [title, detail] } else { [id, message] }
        .into_iter()
        .flatten()
        .collect();
    (!parts.is_empty()).then(|| parts.join(": ").chars().filter(|c| !c.is_control()).collect())
}

#[cfg(test)]
mod tests;
