//! The way of an HTTP request to the data API and back: limits on its size, session, usage limits, faults, costs.

use std::cell::Cell;
use std::future::Future;
use std::sync::Arc;
use std::time::Duration;

use actix_web::http::header::{HeaderName, HeaderValue};
use actix_web::rt::time::sleep;
use actix_web::{HttpRequest, HttpResponse, web};

use super::answer::{Answer, builder, internal, invalid_session, malformed_json};
use super::call::Call;
use super::call::conditions::Conditions;
use super::encoding::Encoding;
use super::request::{base_url, check_head, header, session_of, target};
use super::resource::{Method, Resource};
use super::work::Context;
use super::{MAX_BODY, connection, execute, limits, odd};
use crate::cdc::Origin;
use crate::counters::Rows;
use crate::error::ApiError;
use crate::faults::{Action, Probe, RecordError};
use crate::host::{Host, OrgHost, Session};
use crate::settings::allows_duplicates;
use crate::{soql, version};

/// Longest body, in bytes, of a call that is done at once: that of a few records.
const SMALL_BODY: usize = 8 * 1024;

/// Adds the list of versions, and takes all that is not there by then, below `/services/data`.
pub(super) fn configure(config: &mut web::ServiceConfig) {
    config.service(web::resource("").to(versions)).default_service(web::to(data));
}

/// `/services/data`: needs no session and counts for nothing.
async fn versions(request: HttpRequest, host: web::Data<Host>) -> HttpResponse {
    with_faults(&host, &request, None, b"", |_| async { Answer::ok(version::list()).into_response() }).await
}

/// Any call of the data API. It runs on a task of its own, so that a client that goes away does not cancel it halfway:
/// an org does not notice that either.
pub(super) async fn data(
    request: HttpRequest,
    body: Result<web::Bytes, actix_web::Error>,
    host: web::Data<Host>,
) -> HttpResponse {
    let task = actix_web::rt::spawn(async move {
        let outcome = match body {
            Ok(body) => decoded(&request, body).await.and_then(|body| Exchange::begin(&request, body, &host)),
            Err(error) => Err(unreadable(&error)),
        };
        match outcome {
            Ok(exchange) => exchange.run(&request, &host).await,
            Err(error) => Answer::from(error).into_response(),
        }
    });
    task.await.unwrap_or_else(|error| Answer::from(internal(error.to_string())).into_response())
}

async fn decoded(request: &HttpRequest, body: web::Bytes) -> Result<web::Bytes, ApiError> {
    Encoding::of(request)?.decode(body, MAX_BODY).await
}

/// A call on its way.
struct Exchange {
    org: Arc<OrgHost>,
    session: Session,
    call: Call,
    body: web::Bytes,
    base_url: String,
    /// The header `Sforce-Call-Options`, which names the client.
    call_options: Option<String>,
}

impl Exchange {
    fn begin(request: &HttpRequest, body: web::Bytes, host: &Host) -> Result<Self, ApiError> {
        check_head(request)?;
        let (org, session) = session_of(host, request).ok_or_else(invalid_session)?;
        let mut call = Call::parse(request.method().as_str(), &target(request))?;
        if let Some(options) = header(request, "Sforce-Query-Options") {
            call.set_query_options(options);
        }
        call.conditions = Conditions::of(|name| header(request, name));
        call.allow_duplicates = header(request, "Sforce-Duplicate-Rule-Header").is_some_and(allows_duplicates);
        Ok(Self {
            org: Arc::clone(org),
            session,
            call,
            body,
            base_url: base_url(request),
            call_options: header(request, "Sforce-Call-Options").map(str::to_owned),
        })
    }

    async fn run(self, request: &HttpRequest, host: &Host) -> HttpResponse {
        let (org, operation, body) = (Arc::clone(&self.org), self.call.operation(), self.body.clone());
        counted(host, request, &org, operation, &body, |fault| self.execute(host, fault)).await
    }

    async fn execute(mut self, host: &Host, fault: Option<RecordError>) -> HttpResponse {
        let costs = host.costs.get();
        let org = Arc::clone(&self.org);
        let Ok(_in_execution) = org.counters.begin(costs.max_concurrent) else {
            return refused("ConcurrentPerOrgLongTxn").into_response();
        };
        pause(costs.call()).await;
        let daily_limit = costs.daily_limit.unwrap_or(limits::UNLIMITED);
        // Another thread costs a small call more than its work, and then they wait for each other.
        let done = if self.is_small() && org.store.is_free_soon() {
            Ok(self.work(fault.as_ref(), daily_limit))
        } else {
            web::block(move || self.work(fault.as_ref(), daily_limit)).await
        };
        let Ok((answer, rows)) = done else {
            return Answer::from(internal("An unexpected error occurred")).into_response();
        };
        org.counters.add_rows(rows);
        pause(costs.rows(rows.read + rows.written)).await;
        answer.into_response()
    }

    /// Whether the work is done in a fraction of a millisecond, as far as one can tell without doing it.
    fn is_small(&mut self) -> bool {
        let is_small = match &self.call.resource {
            Resource::Query { .. } => self.call.read_query().is_some_and(soql::finds_few),
            Resource::Record { .. } | Resource::ExternalId { .. } => self.call.method != Method::Delete,
            Resource::Sobject { .. } => self.call.method == Method::Post,
            Resource::Graph | Resource::QueryMore { .. } => true,
            _ => false,
        };
        is_small && self.body.len() <= SMALL_BODY
    }

    /// Does the work in the store; blocks.
    fn work(self, fault: Option<&RecordError>, daily_limit: u64) -> (Answer, Rows) {
        let actor = self.session.actor();
        let cx = Context {
            org: &self.org,
            actor: &actor,
            fault,
            base_url: &self.base_url,
            origin: Origin::rest(&self.call.version, self.call_options.as_deref()),
            daily_limit,
            allow_duplicates: self.call.allow_duplicates,
            rows: Cell::default(),
        };
        let answer = execute::call(&cx, self.call, &self.body);
        (answer.unwrap_or_else(Answer::from).written(), cx.rows.get())
    }
}

/// Counts a call of the org, unless its calls are used up, does to it what the fault rules say, and tells the usage in a
/// header.
pub(crate) async fn counted<F: Future<Output = HttpResponse>>(
    host: &Host,
    request: &HttpRequest,
    org: &OrgHost,
    operation: &'static str,
    body: &[u8],
    execute: impl FnOnce(Option<RecordError>) -> F,
) -> HttpResponse {
    let limit = host.costs.get().daily_limit;
    let mut response = match org.counters.take_call(operation, limit) {
        Ok(()) => with_faults(host, request, Some(org.store.name()), body, execute).await,
        Err(_) => refused("TotalRequests").into_response(),
    };
    let usage = org.settings.get().limit_info(org.counters.usage(), limit.unwrap_or(limits::UNLIMITED));
    if let Ok(usage) = HeaderValue::try_from(usage) {
        response.headers_mut().insert(HeaderName::from_static("sforce-limit-info"), usage);
    }
    response
}

/// Does to a request what the fault rules say; `execute` is what it would do by itself.
pub(crate) async fn with_faults<F: Future<Output = HttpResponse>>(
    host: &Host,
    request: &HttpRequest,
    org: Option<&str>,
    body: &[u8],
    execute: impl FnOnce(Option<RecordError>) -> F,
) -> HttpResponse {
    let path = target(request);
    let Some(action) = host.faults.take(&Probe { org, method: request.method().as_str(), path: &path, body }) else {
        return execute(None).await;
    };
    match action {
        Action::RecordError(error) => execute(Some(error)).await,
        Action::Status { status, error_code, message, retry_after } => {
            let mut response = Answer::from(ApiError::new(status, error_code, message)).into_response();
            if let Some(seconds) = retry_after {
                response.headers_mut().insert(HeaderName::from_static("retry-after"), seconds.into());
            }
            response
        }
        Action::Answer(answer) => {
            let own = if answer.executed { Some(execute(None).await) } else { None };
            odd::answer(own, &answer).await
        }
        Action::DropBefore => dropped(request),
        Action::DropAfter => {
            execute(None).await;
            dropped(request)
        }
        Action::DropDuring => odd::cut(execute(None).await).await,
        Action::Trickle { ms } => odd::trickled(execute(None).await, Duration::from_millis(ms)).await,
        Action::DelayBefore { ms } => {
            sleep(Duration::from_millis(ms)).await;
            execute(None).await
        }
        Action::DelayAfter { ms } => {
            let response = execute(None).await;
            sleep(Duration::from_millis(ms)).await;
            response
        }
    }
}

/// Closes the connection; the response that the server wants all the same is not sent.
fn dropped(request: &HttpRequest) -> HttpResponse {
    connection::close(request);
    builder(503).force_close().finish()
}

pub(super) async fn pause(duration: Duration) {
    if !duration.is_zero() {
        sleep(duration).await;
    }
}

fn unreadable(error: &actix_web::Error) -> ApiError {
    match error.as_response_error().status_code().as_u16() {
        413 => ApiError::new(413, "REQUEST_TOO_LARGE", "The request body is too large."),
        _ => malformed_json(error.to_string()),
    }
}

pub(super) fn refused(limit: &str) -> Answer {
    ApiError::new(403, "REQUEST_LIMIT_EXCEEDED", format!("{limit} Limit exceeded.")).into()
}
