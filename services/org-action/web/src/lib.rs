//! Pattern 2, web: Salesforce has one Opportunity quoted. `generateQuote` makes the Quote while the caller waits;
//! `generateQuoteAsync` records a job, and the worker calls back.
//!
//! The synchronous call works without Redis; jobs and their state do not, and what a killed process leaves of a Quote of many
//! lines stays until the call is repeated.

mod afterwards;
mod answer;
mod cleanup;
mod config;
pub mod openapi;
mod quoter;
mod repeat;
mod routes;
mod turns;

pub use config::Config;

use ::web::jobs::Start;
use actix_web::web::{Data, ServiceConfig};
use anyhow::Context;
use cleanup::Cleanup;
use quoter::Quoter;
use std::net::TcpListener;
use tokio_util::sync::CancellationToken;

/// Serves on `listener` until `shutdown` is cancelled.
///
/// # Errors
/// When a setting of the jobs, the HTTP client or the listener cannot be used.
pub async fn run(config: Config, listener: TcpListener, shutdown: CancellationToken) -> anyhow::Result<()> {
    let Config { web, quotes, deadline } = config;
    let document = openapi::document().context("Failed to write the OpenAPI document")?;
    // Cleaning up outlives the server's threads, so it belongs to this one.
    let cleanup = Cleanup::on_this_runtime(shutdown.clone());
    let quoter = Quoter::new(quotes, deadline, cleanup.clone()).context("Failed to set up the HTTP client")?;
    let quoter = Data::new(quoter);
    let routes = move |service: &mut ServiceConfig| {
        service.app_data(quoter.clone());
        routes::configure(service);
    };
    ::web::jobs::serve(Start::Lazy, web, &document, listener, shutdown, routes).await?;
    cleanup.end().await;
    Ok(())
}
