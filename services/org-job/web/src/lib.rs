//! Pattern 3, web: Salesforce starts a batch job here and follows it. The work itself is the worker's.

pub mod openapi;
mod routes;

use ::web::WebConfig;
use ::web::jobs::Start;
use anyhow::Context;
use shared::config::{Callers, ConfigError, Settings};
use shared::contracts::org_job::QUEUE_PREFIX;
use std::net::TcpListener;
use tokio_util::sync::CancellationToken;

/// Reads the settings of `org-job-web`: those of every web process with jobs.
///
/// # Errors
/// Every variable that is missing or wrong.
pub fn config(settings: &Settings) -> Result<WebConfig, ConfigError> {
    let mut reader = settings.reader();
    let config = WebConfig::read(&mut reader, QUEUE_PREFIX, Callers::Header);
    reader.finish()?;
    Ok(config)
}

/// Serves on `listener` until `shutdown` is cancelled.
///
/// # Errors
/// When Redis cannot be reached at the start or cannot hold jobs, or the listener cannot be used.
pub async fn run(config: WebConfig, listener: TcpListener, shutdown: CancellationToken) -> anyhow::Result<()> {
    let document = openapi::document().context("Failed to write the OpenAPI document")?;
    ::web::jobs::serve(Start::Eager, config, &document, listener, shutdown, routes::configure).await
}
