//! Routes for the platform and for people: health, readiness, metrics, and the OpenAPI document.
//!
//! | route | answer |
//! |---|---|
//! | `GET /health` | 200 while the process runs |
//! | `GET /ready` | 200, or 503 with the checks that fail |
//! | `GET /metrics` | the process, and its queues with their workers, in Prometheus' text format; asks for `METRICS_TOKEN` where that is set |
//! | `GET /api-docs.yaml` | the OpenAPI document |
//! | `GET /docs` | the same as a page for people, with its files below `/docs/` |

use std::collections::BTreeMap;
use std::fmt;
use std::future::Future;
use std::sync::Arc;
use std::time::Duration;

use actix_web::http::header::{self, HeaderValue};
use actix_web::web::{self, Data, ServiceConfig};
use actix_web::{HttpRequest, HttpResponse, Responder};
use futures_util::future::{BoxFuture, join_all};
use serde::Serialize;

use super::error::ApiError;
use super::openapi::Document;
use super::server::ServerSettings;
use shared::figures::{Exposition, Figures};
use shared::telemetry::{METRICS_TYPE, metrics_handle};

/// Longest wait for one readiness check unless [`Health::timeout`] says otherwise.
const CHECK_TIMEOUT: Duration = Duration::from_secs(3);

type Check = Arc<dyn Fn() -> BoxFuture<'static, Result<(), String>> + Send + Sync>;

/// What the routes of this module answer. Built once per process, cloned into each worker thread.
#[derive(Clone)]
pub struct Health {
    checks: Vec<(&'static str, Check)>,
    timeout: Duration,
    document: Option<Arc<Rendered>>,
    queues: Option<Figures>,
}

/// The document, rendered once.
struct Rendered {
    yaml: String,
    page: String,
}

impl Default for Health {
    fn default() -> Self {
        Self::new()
    }
}

impl fmt::Debug for Health {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let names: Vec<_> = self.checks.iter().map(|(name, _)| name).collect();
        f.debug_struct("Health").field("checks", &names).field("timeout", &self.timeout).finish_non_exhaustive()
    }
}

impl Health {
    /// No checks, no document.
    pub fn new() -> Self {
        Self { checks: Vec::new(), timeout: CHECK_TIMEOUT, document: None, queues: None }
    }

    /// Adds a check to `/ready`. Its error text is shown to whoever asks, so it must hold no secret.
    #[must_use]
    pub fn check<F, Fut>(mut self, name: &'static str, check: F) -> Self
    where
        F: Fn() -> Fut + Send + Sync + 'static,
        Fut: Future<Output = Result<(), String>> + Send + 'static,
    {
        self.checks.push((name, Arc::new(move || Box::pin(check()))));
        self
    }

    /// Longest wait for one check.
    #[must_use]
    pub fn timeout(self, timeout: Duration) -> Self {
        Self { timeout, ..self }
    }

    /// Serves `document` under `/api-docs.yaml` and `/docs`.
    #[must_use]
    pub fn document(self, document: &Document) -> Self {
        let rendered = Rendered { yaml: document.yaml().to_owned(), page: document.page() };
        Self { document: Some(Arc::new(rendered)), ..self }
    }

    /// Tells these queues and their workers at `/metrics`, too.
    #[must_use]
    pub fn queues(self, figures: Figures) -> Self {
        Self { queues: Some(figures), ..self }
    }

    /// Adds the routes. `config.configure(|config| health.routes(config))`.
    pub fn routes(&self, config: &mut ServiceConfig) {
        config
            .app_data(Data::new(self.clone()))
            .route("/health", web::get().to(health))
            .route("/ready", web::get().to(ready))
            .route("/metrics", web::get().to(metrics));
        if self.document.is_some() {
            config.route("/api-docs.yaml", web::get().to(yaml)).route("/docs", web::get().to(page));
            for (path, content_type, text) in super::openapi::PAGE_FILES {
                config.route(path, web::get().to(move || async move { page_file(content_type, text) }));
            }
        }
    }

    /// What `/metrics` answers: the figures of the process, and those of its queues and their workers. Orgs are named only to
    /// who has shown a token.
    async fn figures(&self, with_orgs: bool) -> String {
        let mut all = Exposition::of_this_process(&metrics_handle().render());
        if let Some(queues) = &self.queues {
            all.extend(queues.now().await);
        }
        let told = if with_orgs { all } else { all.without_orgs() };
        told.to_string()
    }

    /// Runs all checks at once; name and reason of those that fail.
    async fn failing(&self) -> BTreeMap<&'static str, String> {
        let outcomes = self.checks.iter().map(|(name, check)| async move {
            match tokio::time::timeout(self.timeout, check()).await {
                Ok(Ok(())) => None,
                Ok(Err(reason)) => Some((*name, reason)),
                Err(_) => Some((*name, format!("no answer within {} ms", self.timeout.as_millis()))),
            }
        });
        join_all(outcomes).await.into_iter().flatten().collect()
    }
}

#[derive(Serialize)]
struct Status {
    status: &'static str,
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    failing: BTreeMap<&'static str, String>,
}

async fn health() -> impl Responder {
    web::Json(Status { status: "ok", failing: BTreeMap::new() })
}

async fn ready(health: Data<Health>) -> HttpResponse {
    let failing = health.failing().await;
    if failing.is_empty() {
        HttpResponse::Ok().json(Status { status: "ready", failing })
    } else {
        HttpResponse::ServiceUnavailable().json(Status { status: "unavailable", failing })
    }
}

async fn metrics(request: HttpRequest, health: Data<Health>) -> Result<HttpResponse, ApiError> {
    let settings = request.conn_data::<Arc<ServerSettings>>();
    let token = settings.and_then(|settings| settings.metrics_token.as_ref());
    if let Some(token) = token
        && !token.is_in(request.headers().get(header::AUTHORIZATION).map(HeaderValue::as_bytes))
    {
        return Err(ApiError::unauthorized("Send METRICS_TOKEN as Authorization: Bearer and the token."));
    }
    let answer = HttpResponse::Ok()
        .insert_header((header::CONTENT_TYPE, METRICS_TYPE))
        .body(health.figures(token.is_some()).await);
    Ok(answer)
}

async fn yaml(health: Data<Health>) -> HttpResponse {
    match &health.document {
        Some(document) => {
            HttpResponse::Ok().insert_header((header::CONTENT_TYPE, "application/yaml")).body(document.yaml.clone())
        }
        None => HttpResponse::NotFound().finish(),
    }
}

async fn page(health: Data<Health>) -> HttpResponse {
    match &health.document {
        Some(document) => HttpResponse::Ok()
            .insert_header((header::CONTENT_TYPE, "text/html; charset=utf-8"))
            .insert_header(("Content-Security-Policy", super::openapi::PAGE_POLICY))
            .body(document.page.clone()),
        None => HttpResponse::NotFound().finish(),
    }
}

/// Five minutes: the address has no version in it.
fn page_file(content_type: &'static str, text: &'static str) -> HttpResponse {
    HttpResponse::Ok()
        .insert_header((header::CONTENT_TYPE, content_type))
        .insert_header((header::CACHE_CONTROL, "public, max-age=300"))
        .body(text)
}
