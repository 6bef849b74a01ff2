//! A body that does not come must not be waited for.

use std::cell::RefCell;
use std::future::poll_fn;
use std::io;
use std::rc::Rc;
use std::sync::Arc;
use std::task::Poll;
use std::time::Duration;

use actix_web::body::MessageBody;
use actix_web::dev::{Payload, ServiceRequest, ServiceResponse};
use actix_web::error::PayloadError;
use actix_web::http::StatusCode;
use actix_web::middleware::Next;
use actix_web::web::Bytes;
use actix_web::{Error, HttpMessage};
use futures_util::{FutureExt, StreamExt, stream};
use tokio::time::{Instant, timeout_at};

use super::error::ApiError;
use super::server_settings::ServerSettings;

/// The body of a request, which has to come until [`ServerSettings::body_deadline`], counted from the request's head. It
/// outlives whoever reads it. Clones are the same body.
#[derive(Clone)]
pub(super) struct IncomingBody(Rc<RefCell<State>>);

struct State {
    /// `None` after its end.
    payload: Option<Payload>,
    limit: Duration,
    /// The deadline passed before its end.
    late: bool,
}

impl IncomingBody {
    /// Puts itself between the body and whoever reads it; `None` when the request has no body.
    pub(super) fn take_over(request: &mut ServiceRequest) -> Option<Self> {
        let payload = request.take_payload();
        if matches!(payload, Payload::None) {
            return None;
        }
        let settings = request.conn_data::<Arc<ServerSettings>>();
        let limit = settings.map_or(ServerSettings::default().body_deadline, |settings| settings.body_deadline);
        let body = Self(Rc::new(RefCell::new(State { payload: Some(payload), limit, late: false })));
        request.set_payload(body.stream(Instant::now() + limit));
        request.extensions_mut().insert(body.clone());
        Some(body)
    }

    fn stream(&self, deadline: Instant) -> Payload {
        let chunks = stream::unfold(Some(self.clone()), move |body| async move {
            let body = body?;
            // Also for a body whose next piece is always there already.
            let next = if Instant::now() < deadline { timeout_at(deadline, body.next()).await.ok() } else { None };
            match next {
                Some(chunk) => chunk.map(|chunk| (chunk, Some(body))),
                None => {
                    body.0.borrow_mut().late = true;
                    Some((Err(PayloadError::Io(io::ErrorKind::TimedOut.into())), None))
                }
            }
        });
        Payload::Stream { payload: Box::pin(chunks) }
    }

    async fn next(&self) -> Option<Result<Bytes, PayloadError>> {
        poll_fn(|context| {
            let state = &mut *self.0.borrow_mut();
            let Some(payload) = &mut state.payload else { return Poll::Ready(None) };
            let next = payload.poll_next_unpin(context);
            if matches!(next, Poll::Ready(None)) {
                state.payload = None;
            }
            next
        })
        .await
    }

    /// What has not come yet, once the request is answered.
    pub(super) fn rest(&self) -> Option<Payload> {
        // What has come, but was not looked at, is no reason to close the connection.
        while let Some(Some(Ok(_))) = self.next().now_or_never() {}
        self.0.borrow_mut().payload.take()
    }
}

/// Answers 408 `request_timeout` when the body came too late, whatever the handler made of it.
pub(super) async fn body_deadline(
    request: ServiceRequest,
    next: Next<impl MessageBody + 'static>,
) -> Result<ServiceResponse<impl MessageBody + 'static>, Error> {
    let body = request.extensions().get::<IncomingBody>().cloned();
    let response = next.call(request).await?;
    let late = body.and_then(|body| {
        let state = body.0.borrow();
        state.late.then_some(state.limit)
    });
    let Some(limit) = late else { return Ok(response.map_into_boxed_body()) };
    let message = format!("The request body did not come within {} s.", limit.as_secs());
    let error = ApiError::new(StatusCode::REQUEST_TIMEOUT, "request_timeout", message);
    let (request, _) = response.into_parts();
    Ok(ServiceResponse::from_err(error, request))
}
