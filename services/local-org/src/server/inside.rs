//! A local org without sockets: requests go straight to its routes, on one thread. For programs that send any bytes and
//! want to know which code they reached (`tools/fuzz-targets`).

use std::fmt;
use std::rc::Rc;
use std::time::Duration;

use actix_web::body;
use actix_web::dev::Service;
use actix_web::http::header::{CONTENT_TYPE, HeaderName, HeaderValue};
use actix_web::http::{Method, Uri};
use actix_web::rt::time::timeout;
use actix_web::rt::{System, SystemRunner};
use actix_web::test::{TestRequest, init_service};
use actix_web::web;
use anyhow::Context;
use futures_util::future::LocalBoxFuture;

use super::app::{Https, Shared, app};
use crate::config::Config;
use crate::control::endpoints::Endpoints;
use crate::external_services;
use crate::host::Host;

/// The name by which requests that name none call.
const HOST: &str = "localhost:8090";

/// A request.
#[derive(Debug, Clone, Copy)]
pub struct Asked<'a> {
    /// Such as `GET`.
    pub method: &'a str,
    /// Path and query.
    pub target: &'a str,
    /// Names and values; without `Host` the request has one of this machine.
    pub headers: &'a [(&'a str, &'a [u8])],
    /// May be empty.
    pub body: &'a [u8],
}

/// An answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Replied {
    /// HTTP status.
    pub status: u16,
    /// `Content-Type`, if there is one.
    pub content_type: Option<String>,
    /// The whole body.
    pub body: Vec<u8>,
}

type Serve = Box<dyn Fn(TestRequest) -> LocalBoxFuture<'static, Result<Replied, String>>>;

/// A local org that is called from inside the process. What it does in the background goes on while it is called.
pub struct Inside {
    system: SystemRunner,
    serve: Serve,
}

impl Inside {
    /// Opens the orgs.
    ///
    /// # Errors
    /// When the metadata or a database cannot be read.
    pub fn open(config: Config) -> anyhow::Result<Self> {
        let system = System::new();
        let host = web::Data::new(Host::open(config)?);
        let client = web::Data::new(external_services::http_client()?);
        let endpoints = web::Data::new(Endpoints::default());
        let shared = Shared { host, endpoints, client, https: web::Data::new(Https(None)) };
        let service = Rc::new(system.block_on(init_service(app(shared))));
        let serve: Serve = Box::new(move |request| {
            let service = Rc::clone(&service);
            Box::pin(async move {
                let response = match service.call(request.to_request()).await {
                    Ok(response) => response.into_parts().1.map_into_boxed_body(),
                    Err(error) => error.error_response(),
                };
                let status = response.status().as_u16();
                let content_type = response.headers().get(CONTENT_TYPE);
                let content_type = content_type.and_then(|value| value.to_str().ok()).map(str::to_owned);
                let body = body::to_bytes(response.into_body()).await.map_err(|error| error.to_string())?;
                Ok(Replied { status, content_type, body: body.to_vec() })
            })
        });
        Ok(Self { system, serve })
    }

    /// Makes a request, and waits for its whole answer; `None` when what is asked is no request that a server would read.
    ///
    /// # Errors
    /// When the answer is not there within `limit`, or breaks off.
    pub fn ask(&self, asked: &Asked<'_>, limit: Duration) -> anyhow::Result<Option<Replied>> {
        let Some(request) = request(asked) else { return Ok(None) };
        let answer = (self.serve)(request);
        let answer = self.system.block_on(async move { timeout(limit, answer).await });
        let answer = answer.with_context(|| format!("no answer within {limit:?}"))?;
        answer.map(Some).map_err(|problem| anyhow::anyhow!("the answer broke off: {problem}"))
    }
}

impl fmt::Debug for Inside {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Inside").finish_non_exhaustive()
    }
}

fn request(asked: &Asked<'_>) -> Option<TestRequest> {
    let method = Method::from_bytes(asked.method.as_bytes()).ok()?;
    // A server of HTTP/1.1 takes a path, and nothing that begins otherwise.
    asked.target.parse::<Uri>().ok().filter(|_| asked.target.starts_with('/'))?;
    let mut request = TestRequest::default().method(method).uri(asked.target);
    let mut has_host = false;
    for (name, value) in asked.headers {
        let name = HeaderName::try_from(*name).ok()?;
        has_host |= name == "host";
        request = request.append_header((name, HeaderValue::from_bytes(value).ok()?));
    }
    if !has_host {
        request = request.append_header(("Host", HOST));
    }
    Some(request.set_payload(asked.body.to_vec()))
}
