//! One call from its request to its answer: session, tries, time limits, traces.

use std::future::Future;
use std::time::{Duration, Instant};

use bytes::Bytes;
use chrono::Utc;
use reqwest::Method;
use reqwest::header::{AUTHORIZATION, CONTENT_TYPE, HeaderMap, HeaderValue};
use secrecy::ExposeSecret;
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use tracing::{Instrument, Span, debug, field, info_span, warn};
use url::Url;

use super::clear::without_value;
use super::error::from_answer;
use super::http::{BodyError, header, read_body, retry_after};
use super::path::version_root;
use super::trace::CallSpan;
use super::{ApiUsage, CallRecord, Cleaner, Client, Error, Failure, Operation, Session};

mod open;
mod patience;

pub(super) use open::{OpenAnswer, Upload};

/// Longest URL that is sent, in bytes. Salesforce takes 16,384 for the URL and headers together.
pub(super) const MAX_URL_BYTES: usize = 16_000;

/// Longest part of a parser's message that goes into an error.
const MAX_REASON_CHARS: usize = 200;

/// What to send, without the session.
#[derive(Debug)]
pub(super) struct Request {
    operation: Operation,
    method: Method,
    target: Target,
    /// Clones share the text, as long as it may be.
    body: Option<Bytes>,
}

/// Where to send it. Both are encoded already and may have a query string.
#[derive(Debug)]
enum Target {
    /// Below the version root, as `/sobjects/Account`.
    Resource(String),
    /// A path that an earlier answer named, as `/services/data/v62.0/query/01g…`.
    Server(String),
}

impl Request {
    pub(super) fn get(operation: Operation, path: String) -> Self {
        Self { operation, method: Method::GET, target: Target::Resource(path), body: None }
    }

    pub(super) fn get_server_path(operation: Operation, path: String) -> Self {
        Self { operation, method: Method::GET, target: Target::Server(path), body: None }
    }

    pub(super) fn delete(operation: Operation, path: String) -> Self {
        Self { operation, method: Method::DELETE, target: Target::Resource(path), body: None }
    }

    pub(super) fn post(operation: Operation, path: String, body: &impl Serialize) -> Result<Self, Error> {
        let body = Some(to_json(body)?);
        Ok(Self { operation, method: Method::POST, target: Target::Resource(path), body })
    }

    pub(super) fn patch(operation: Operation, path: String, body: &impl Serialize) -> Result<Self, Error> {
        let body = Some(to_json(body)?);
        Ok(Self { operation, method: Method::PATCH, target: Target::Resource(path), body })
    }

    fn url(&self, session: &Session) -> Result<Url, Error> {
        let path = match &self.target {
            Target::Resource(path) => format!("{}{path}", version_root(&session.api_version)),
            Target::Server(path) => path.clone(),
        };
        let url = session.instance_url.join(&path).map_err(|_| Error::invalid_request("the URL cannot be built"))?;
        if url.origin() != session.instance_url.origin() || !url.path().starts_with("/services/data/") {
            return Err(Error::malformed(self.operation, "it leads to a URL outside the org's REST API"));
        }
        let bytes = url.as_str().len();
        if bytes > MAX_URL_BYTES {
            return Err(Error::QueryTooLong { bytes, limit: MAX_URL_BYTES });
        }
        Ok(url)
    }
}

fn to_json(body: &impl Serialize) -> Result<Bytes, Error> {
    serde_json::to_vec(body)
        .map(Bytes::from)
        .map_err(|error| Error::invalid_request(format!("the body is not JSON: {error}")))
}

/// What the trace of a call tells.
struct Tally {
    /// HTTP exchanges, the one with a refused session included.
    attempts: u32,
    /// Status of the last answer.
    status: Option<u16>,
}

/// An answer with a status of success. What it proves is for the reader of its body to say.
#[derive(Debug)]
pub(super) struct Answer {
    pub(super) operation: Operation,
    body: Vec<u8>,
    /// For what is told in the body of a success.
    pub(super) cleaner: Cleaner,
}

impl Answer {
    /// Of a call whose success has no body, and is told by the status. A body that is not even JSON is somebody else's.
    pub(super) fn nothing(&self) -> Result<(), Error> {
        let nothing = self.body.trim_ascii().is_empty();
        if nothing { Ok(()) } else { self.json::<serde::de::IgnoredAny>().map(|_| ()) }
    }

    pub(super) fn json<T: DeserializeOwned>(&self) -> Result<T, Error> {
        self.borrowed()
    }

    /// The same for what keeps text of the answer where it is.
    pub(super) fn borrowed<'a, T: Deserialize<'a>>(&'a self) -> Result<T, Error> {
        // Text is looked through once as a whole, and not each string by itself. What is no text is refused by the parser.
        let read = std::str::from_utf8(&self.body);
        let read = read.map_or_else(|_| serde_json::from_slice(&self.body), serde_json::from_str);
        read.map_err(|error| {
            // Cleared before it is shortened, lest half a token be left.
            let reason = self.cleaner.text(&without_value(&error)).chars().take(MAX_REASON_CHARS).collect::<String>();
            Error::malformed(self.operation, reason)
        })
    }
}

/// How a successful answer is taken from the network.
trait Taken: Sized {
    /// The limit on the time of one try covers the body, because [`Taken::take`] reads all of it.
    const WHOLE: bool;

    /// Takes an answer to a call with `session`, whose body is at most `limit` bytes if it is read here.
    fn take(
        operation: Operation,
        session: &Session,
        response: reqwest::Response,
        limit: usize,
    ) -> impl Future<Output = Result<Self, BodyError>> + Send;
}

impl Taken for Answer {
    const WHOLE: bool = true;

    async fn take(
        operation: Operation,
        session: &Session,
        response: reqwest::Response,
        limit: usize,
    ) -> Result<Self, BodyError> {
        Ok(Self { operation, body: read_body(response, limit).await?, cleaner: session.cleaner() })
    }
}

impl Client {
    /// A read of the resource at `path` below the version root.
    pub(super) async fn get<T: DeserializeOwned>(&self, operation: Operation, path: &str) -> Result<T, Error> {
        self.send(Request::get(operation, path.to_owned()), Answer::json).await
    }

    /// Makes a call, with as many tries as are safe and allowed. `read` makes the result of the answer; one that it
    /// cannot read is a failed try like any other.
    pub(super) async fn send<T>(
        &self,
        request: Request,
        read: impl Fn(&Answer) -> Result<T, Error> + Send + Sync,
    ) -> Result<T, Error> {
        self.call(request, |answer| read(&answer)).await
    }

    async fn call<A: Taken, T>(
        &self,
        request: Request,
        read: impl Fn(A) -> Result<T, Error> + Send + Sync,
    ) -> Result<T, Error> {
        let span = info_span!(
            "salesforce.call",
            operation = request.operation.name(),
            org.id = field::Empty,
            status = field::Empty,
            attempts = field::Empty,
            duration_ms = field::Empty,
        );
        async {
            let started = Instant::now();
            let mut tally = Tally { attempts: 0, status: None };
            let result = self.send_until_done(&request, &read, &mut tally).await;
            let span = Span::current();
            span.record("attempts", tally.attempts).record("duration_ms", millis(started.elapsed()));
            if let Some(status) = tally.status {
                span.record("status", status);
            }
            debug!(ok = result.is_ok(), "Salesforce call ended");
            result
        }
        .instrument(span)
        .await
    }

    async fn send_until_done<A: Taken, T>(
        &self,
        request: &Request,
        read: &(impl Fn(A) -> Result<T, Error> + Send + Sync),
        tally: &mut Tally,
    ) -> Result<T, Error> {
        let policy = &self.inner.settings.retry;
        let mut session = self.inner.source.session().await?;
        Span::current().record("org.id", session.org_id.as_str());
        let started = Instant::now();
        let mut renewed = false;
        let mut attempt = 1;
        loop {
            let remaining = policy.total.saturating_sub(started.elapsed());
            let url = request.url(&session)?;
            let error = match self.try_once(request, url, &session, remaining, tally).await.and_then(read) {
                Ok(result) => return Ok(result),
                Err(error) => error.cleared(&session.cleaner()),
            };
            if error.status() == Some(401) && !renewed {
                debug!("session not accepted, asking for another");
                session = self.inner.source.refresh(&session).await?;
                if started.elapsed() >= policy.total {
                    return Err(error);
                }
                renewed = true;
                continue;
            }
            let failure = Failure {
                attempt,
                elapsed: started.elapsed(),
                kind: error.kind(),
                may_have_committed: error.may_have_committed() && !request.operation.repeats_safely(),
                retry_after: error.retry_after(),
            };
            // A silent org has had its time. That a connection cannot be made may be known much sooner.
            let silent = matches!(error, Error::Silent { .. });
            let wait = if silent { None } else { policy.decide(&failure, rand::random()) };
            let Some(wait) = wait else { return Err(error) };
            warn!(attempt, wait_ms = millis(wait), kind = ?failure.kind, "Salesforce call failed, trying again");
            tokio::time::sleep(wait).await;
            attempt += 1;
        }
    }

    async fn try_once<A: Taken>(
        &self,
        request: &Request,
        url: Url,
        session: &Session,
        remaining: Duration,
        tally: &mut Tally,
    ) -> Result<A, Error> {
        let settings = &self.inner.settings;
        let longest = settings.attempt_timeout.min(remaining);
        let timeout = if request.operation.is_quick() { longest.min(settings.quick_timeout) } else { longest };
        let body = request.body.clone().map(|body| ("application/json", reqwest::Body::from(body)));
        self.exchange(request, url, session, body, timeout, tally).await
    }

    /// One HTTP exchange. `body` comes with its content type.
    async fn exchange<A: Taken>(
        &self,
        request: &Request,
        url: Url,
        session: &Session,
        body: Option<(&'static str, reqwest::Body)>,
        timeout: Duration,
        tally: &mut Tally,
    ) -> Result<A, Error> {
        let Request { operation, method, .. } = request;
        let span = CallSpan::of_operation(*operation, method, &url, tally.attempts);
        let headers = span.added_to(self.headers(*operation, session)?);
        let mut builder = self.inner.http.request(method.clone(), url).headers(headers);
        // An answer read as a stream takes as long as its reader; only the way to its first byte is limited here.
        let patience = if A::WHOLE { Duration::MAX } else { timeout };
        if A::WHOLE {
            builder = builder.timeout(timeout);
        }
        if let Some((content_type, body)) = body {
            builder = builder.header(CONTENT_TYPE, content_type).body(body);
        }
        let started = Instant::now();
        let (mut status, mut usage) = (None, None);
        let call = async {
            match tokio::time::timeout(patience, builder.send()).await {
                Ok(Ok(response)) => {
                    status = Some(response.status().as_u16());
                    usage = header(response.headers(), "sforce-limit-info").and_then(ApiUsage::parse);
                    self.read::<A>(*operation, response, patience, session).await
                }
                Ok(Err(error)) => Err(unanswered(*operation, session, error)),
                Err(_) => Err(Error::TimedOut { operation: *operation, host: session.host() }),
            }
        };
        let silent = || Err(Error::Silent { operation: *operation, host: session.host() });
        let result = self.unless_silent(session, call).await.unwrap_or_else(silent);
        tally.attempts += 1;
        tally.status = status;
        span.ended(session.org_id, status, result.as_ref().err());
        if let Some(on_call) = &self.inner.settings.on_call {
            let (org_id, operation, duration) = (session.org_id, *operation, started.elapsed());
            let failure = result.as_ref().err().map(Error::kind);
            on_call(&CallRecord { org_id, operation, status, failure, duration, usage });
        }
        result
    }

    async fn read<A: Taken>(
        &self,
        operation: Operation,
        response: reqwest::Response,
        patience: Duration,
        session: &Session,
    ) -> Result<A, Error> {
        let limit = self.inner.settings.max_response_bytes;
        let status = response.status();
        if operation.succeeds_with(status.as_u16()) {
            let taken = A::take(operation, session, response, limit).await;
            return taken.map_err(|error| unread(operation, session.host(), error));
        }
        if status.is_success() {
            return Err(Error::malformed(operation, format!("its status {} is not one of the API's", status.as_u16())));
        }
        let wait = retry_after(response.headers(), Utc::now());
        let (cleaner, host) = (session.cleaner(), session.host());
        match tokio::time::timeout(patience, read_body(response, limit)).await {
            Ok(Ok(body)) => Err(from_answer(operation, &host, status.as_u16(), &body, wait, &cleaner)),
            // What cannot be an error of Salesforce's own need not be read.
            Ok(Err(BodyError::TooLarge(_))) => Err(from_answer(operation, &host, status.as_u16(), &[], wait, &cleaner)),
            Ok(Err(error)) => Err(unread(operation, host, error)),
            Err(_) => Err(Error::TimedOut { operation, host }),
        }
    }

    fn headers(&self, operation: Operation, session: &Session) -> Result<HeaderMap, Error> {
        let settings = &self.inner.settings;
        let mut headers = HeaderMap::new();
        headers.insert(AUTHORIZATION, bearer(session.access_token.expose_secret())?);
        let options = HeaderValue::from_str(&format!("client={}", settings.client_name))
            .map_err(|_| Error::invalid_request("the client name cannot be sent in a header"))?;
        headers.insert("sforce-call-options", options);
        let pages = matches!(operation, Operation::Query | Operation::QueryMore);
        if let Some(size) = settings.query_batch_size.filter(|_| pages) {
            let options = HeaderValue::from_str(&format!("batchSize={size}"))
                .map_err(|_| Error::invalid_request("the batch size cannot be sent in a header"))?;
            headers.insert("sforce-query-options", options);
        }
        Ok(headers)
    }
}

/// The value of `Authorization`, marked so that no HTTP layer logs it.
///
/// # Errors
/// [`Error::InvalidRequest`] when the token is not text for a header.
pub fn bearer(token: &str) -> Result<HeaderValue, Error> {
    let mut value = HeaderValue::from_str(&format!("Bearer {token}"))
        .map_err(|_| Error::invalid_request("the access token cannot be sent in a header"))?;
    value.set_sensitive(true);
    Ok(value)
}

fn unanswered(operation: Operation, session: &Session, error: reqwest::Error) -> Error {
    let (source, host) = (error.without_url(), session.host());
    if source.is_connect() || source.is_builder() {
        Error::NotSent { operation, host, source }
    } else {
        Error::NoAnswer { operation, host, source }
    }
}

fn unread(operation: Operation, host: String, error: BodyError) -> Error {
    match error {
        BodyError::Read(error) => Error::NoAnswer { operation, host, source: error.without_url() },
        BodyError::TooLarge(limit) => Error::malformed(operation, format!("it is longer than {limit} bytes")),
    }
}

fn millis(duration: Duration) -> u64 {
    u64::try_from(duration.as_millis()).unwrap_or(u64::MAX)
}

#[cfg(test)]
mod tests;
