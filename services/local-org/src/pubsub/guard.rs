//! The guard in front of the Pub/Sub API. Browsers cannot speak gRPC by themselves; a page that finds a way is refused all
//! the same.

use std::convert::Infallible;
use std::future::Ready;

use actix_web::web;
use tonic::Status;
use tonic::codegen::http::uri::Authority;
use tonic::codegen::http::{Request, Response};
use tonic::codegen::{BoxFuture, Context, Poll, Service};
use tonic::server::NamedService;

use crate::guard::Caller;
use crate::host::Host;

/// A service behind the guard.
#[derive(Clone)]
pub(super) struct Guarded<S> {
    pub(super) inner: S,
    pub(super) host: web::Data<Host>,
}

impl<S: NamedService> NamedService for Guarded<S> {
    const NAME: &'static str = S::NAME;
}

impl<S, B> Service<Request<B>> for Guarded<S>
where
    S: Service<Request<B>, Response = Response<tonic::body::Body>, Error = Infallible>,
    S::Future: Send + 'static,
{
    type Response = S::Response;
    type Error = Infallible;
    type Future = BoxFuture<S::Response, Infallible>;

    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), Infallible>> {
        self.inner.poll_ready(cx)
    }

    fn call(&mut self, request: Request<B>) -> Self::Future {
        let checked = self.host.guard.check(&caller(&request));
        match checked {
            Ok(()) => Box::pin(self.inner.call(request)),
            Err(refusal) => {
                tracing::warn!(%refusal, "a call of the Pub/Sub API was refused");
                let response = Status::permission_denied(refusal.to_string()).into_http();
                let refused: Ready<Result<_, Infallible>> = std::future::ready(Ok(response));
                Box::pin(refused)
            }
        }
    }
}

fn caller<B>(request: &Request<B>) -> Caller<'_> {
    let all = |name: &str| -> Vec<&str> {
        request.headers().get_all(name).iter().map(|value| value.to_str().unwrap_or_default()).collect()
    };
    let mut hosts = all("Host");
    hosts.extend(request.uri().authority().map(Authority::as_str));
    Caller { hosts, origins: all("Origin"), sites: all("Sec-Fetch-Site"), visits_page: false }
}
