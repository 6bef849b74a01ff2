//! The outermost middleware: request id in and out, one log event and one metric sample a request, error shape.

use std::cell::RefCell;
use std::collections::HashMap;
use std::time::{Duration, Instant};

use actix_web::body::{BoxBody, MessageBody};
use actix_web::dev::{ServiceRequest, ServiceResponse};
use actix_web::http::Method;
use actix_web::middleware::Next;
use actix_web::{Error, HttpMessage};
use metrics::Histogram;
use tracing::{Instrument, Level};

use super::framework_errors::{Logged, shape};
use super::probes::is_probe;
use super::request_id::{self, RequestId};
use super::trace;

/// Stands for the route where there is none.
const UNMATCHED: &str = "unmatched";

/// Runs the request in a span with its id (and the org, once [`super::client_context::Caller`] knows it) and writes one event when the head of the answer is ready (a stream goes on after
/// that). Neither headers nor bodies are logged: the client context holds an access token.
pub(super) async fn observe(
    request: ServiceRequest,
    next: Next<impl MessageBody + 'static>,
) -> Result<ServiceResponse<BoxBody>, Error> {
    let id = RequestId::accept(request.headers());
    request.extensions_mut().insert(id.clone());
    let started = Instant::now();
    let span = tracing::info_span!("request", request_id = %id, org_id = tracing::field::Empty);
    let traced = trace::begun(known(request.method()), &request, &id);
    let handled = async {
        let (mut response, logged) = shape(next.call(request).await?, &id);
        if let Some(value) = id.header_value() {
            response.headers_mut().insert(request_id::HEADER, value);
        }
        record(&response, started.elapsed(), &logged);
        Ok(response)
    };
    trace::within(traced, handled.instrument(span)).await
}

fn record(response: &ServiceResponse, elapsed: Duration, logged: &Logged) {
    let request = response.request();
    let method = known(request.method());
    // The pattern, not the path: ids in paths would make every line and every metric its own.
    let route = request.match_pattern().unwrap_or_else(|| UNMATCHED.to_owned());
    let status = response.status().as_u16();
    let duration_ms = u64::try_from(elapsed.as_millis()).unwrap_or(u64::MAX);
    let code = logged.code.as_deref();
    let cause = logged.cause.as_deref();

    macro_rules! event {
        ($level:expr) => {
            tracing::event!($level, method, route, status, duration_ms, code, cause, "request")
        };
    }
    if is_probe(request.path()) {
        event!(Level::DEBUG);
    } else if response.status().is_server_error() {
        event!(Level::ERROR);
    } else {
        event!(Level::INFO);
    }

    trace::answered(method, Some(route.as_str()).filter(|route| *route != UNMATCHED), status);
    durations(method, route, status).record(elapsed.as_secs_f64());
}

thread_local! {
    /// What this thread has added to before: to find a histogram by its labels costs more than to add to it. As few as there
    /// are routes and kinds of answers.
    static DURATIONS: RefCell<HashMap<(&'static str, String, u16), Histogram>> = RefCell::default();
}

fn durations(method: &'static str, route: String, status: u16) -> Histogram {
    let key = (method, route, status);
    DURATIONS.with_borrow_mut(|known| {
        if let Some(durations) = known.get(&key) {
            return durations.clone();
        }
        let durations = metrics::histogram!(
            "http_request_duration_seconds",
            "method" => method, "route" => key.1.clone(), "status" => status.to_string()
        );
        known.insert(key, durations.clone());
        durations
    })
}

/// Callers can invent methods; only known ones become labels.
fn known(method: &Method) -> &'static str {
    match *method {
        Method::GET => "GET",
        Method::HEAD => "HEAD",
        Method::POST => "POST",
        Method::PUT => "PUT",
        Method::PATCH => "PATCH",
        Method::DELETE => "DELETE",
        Method::OPTIONS => "OPTIONS",
        _ => "OTHER",
    }
}
