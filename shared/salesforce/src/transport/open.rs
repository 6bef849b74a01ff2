//! Calls whose body or answer is too long to be held: answers read as they come, bodies sent as they are made.

use std::time::Duration;

use reqwest::Method;
use reqwest::header::HeaderMap;
use tracing::{Instrument, Span, debug, field, info_span};

use super::{Answer, Request, Taken, Tally, Target, header, millis, unread};
use crate::http::BodyError;
use crate::{Cleaner, Client, Error, ErrorKind, Operation, Session};

/// A successful answer whose body is still to be read.
#[derive(Debug)]
pub(crate) struct OpenAnswer {
    operation: Operation,
    host: String,
    response: reqwest::Response,
    cleaner: Cleaner,
}

impl Taken for OpenAnswer {
    const WHOLE: bool = false;

    async fn take(
        operation: Operation,
        session: &Session,
        response: reqwest::Response,
        _limit: usize,
    ) -> Result<Self, BodyError> {
        Ok(Self { operation, host: session.host(), response, cleaner: session.cleaner() })
    }
}

impl OpenAnswer {
    /// The next bytes of the body; `None` at its end. The time the caller takes between two calls does not count.
    ///
    /// # Errors
    /// [`Error::NoAnswer`] when the connection breaks, [`Error::TimedOut`] when nothing comes for `patience`.
    pub(crate) async fn next_bytes(&mut self, patience: Duration) -> Result<Option<impl AsRef<[u8]> + use<>>, Error> {
        match tokio::time::timeout(patience, self.response.chunk()).await {
            Ok(Ok(bytes)) => Ok(bytes),
            Ok(Err(error)) => Err(unread(self.operation, self.host.clone(), BodyError::Read(error))),
            Err(_) => Err(Error::TimedOut { operation: self.operation, host: self.host.clone() }),
        }
    }

    /// For what is told in the body.
    pub(crate) fn cleaner(&self) -> &Cleaner {
        &self.cleaner
    }

    /// A header, by its name in lower case.
    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        let headers: &HeaderMap = self.response.headers();
        header(headers, name)
    }
}

/// A body that is sent while it is made, and cannot be made again.
#[derive(Debug)]
pub(crate) struct Upload {
    pub(crate) operation: Operation,
    /// Below the version root.
    pub(crate) path: String,
    pub(crate) content_type: &'static str,
    pub(crate) body: reqwest::Body,
    /// Longest time from connecting to the answer.
    pub(crate) timeout: Duration,
}

impl Client {
    /// Makes a call whose answer is read as it comes, if it is of this content type. Tries end with the first byte of the
    /// body.
    pub(crate) async fn open(&self, request: Request, content_type: &'static str) -> Result<OpenAnswer, Error> {
        let typed = |answer: OpenAnswer| match answer.header("content-type") {
            Some(found) if is_of_type(found, content_type) => Ok(answer),
            // It may be a page of anyone, and is not shown.
            _ => Err(Error::malformed(answer.operation, format!("it is not {content_type}"))),
        };
        self.call(request, typed).await
    }

    /// Puts a body, once.
    ///
    /// # Errors
    /// Any [`Error`]. When the session was refused but could be renewed, the kind is `Transient`.
    pub(crate) async fn upload(&self, upload: Upload) -> Result<(), Error> {
        let Upload { operation, path, content_type, body, timeout } = upload;
        let span = info_span!(
            "salesforce.call",
            operation = operation.name(),
            org.id = field::Empty,
            status = field::Empty,
            attempts = 1,
            duration_ms = field::Empty,
        );
        async {
            let started = std::time::Instant::now();
            let request = Request { operation, method: Method::PUT, target: Target::Resource(path), body: None };
            let session = self.inner.source.session().await?;
            Span::current().record("org.id", session.org_id.as_str());
            let mut tally = Tally { attempts: 0, status: None };
            let body = Some((content_type, body));
            let url = request.url(&session)?;
            let result: Result<Answer, Error> = self.exchange(&request, url, &session, body, timeout, &mut tally).await;
            Span::current().record("duration_ms", millis(started.elapsed()));
            if let Some(status) = tally.status {
                Span::current().record("status", status);
            }
            debug!(ok = result.is_ok(), "Salesforce call ended");
            let result = result.and_then(|answer| answer.nothing());
            match result.map_err(|error| error.cleared(&session.cleaner())) {
                Err(error) if error.status() == Some(401) => {
                    self.inner.source.refresh(&session).await?;
                    Err(Error::Session { kind: ErrorKind::Transient, source: Box::new(error) })
                }
                result => result,
            }
        }
        .instrument(span)
        .await
    }
}

/// Whether a `Content-Type` is this one, whatever its parameters.
fn is_of_type(header: &str, content_type: &str) -> bool {
    header.split(';').next().is_some_and(|found| found.trim().eq_ignore_ascii_case(content_type))
}
