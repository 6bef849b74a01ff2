//! Salesforce's side of AppLink: External Services, which read an app's API specification, call its operations in the name
//! of a user, and take the callbacks of asynchronous ones.
//!
//! [`publish`] takes a specification (`spec` reads it and refuses what External Services refuses), [`invoke`] calls an
//! operation, [`callback`] receives what an app posts back, [`invocations`] remembers it all. The crate reads the
//! specification with code of its own, so that an error in the services' exporter shows.
//!
//! Published apps and invocations live as long as the process.

mod apps;
mod callback;
mod invocations;
mod invoke;
mod outgoing;
mod publish;
mod session;
mod spec;
mod validate;

use std::time::Duration;

use actix_web::web;
use anyhow::Context;

pub(crate) use self::apps::{AppOverview, Apps};
pub(crate) use self::invocations::{CallOverview, Invocations, State};

/// How long Salesforce waits for the answer to a callout (Apex Developer Guide, "Callout Limits and Limitations").
const CALLOUT_LIMIT: Duration = Duration::from_secs(120);

/// How long Salesforce waits for a callback at most (Salesforce Help, "External Services Asynchronous Operations").
const CALLBACK_LIMIT: Duration = Duration::from_secs(24 * 60 * 60);

/// Adds the routes of the control API, below `/local`.
pub(crate) fn control(config: &mut web::ServiceConfig) {
    publish::configure(config);
    invoke::configure(config);
}

/// Adds the route that apps post callbacks to.
pub(crate) fn configure(config: &mut web::ServiceConfig) {
    callback::configure(config);
}

/// The client that calls apps. It follows no redirects, since Salesforce does not either, and uses no proxy.
///
/// # Errors
/// When no TLS provider can be set up.
pub(crate) fn http_client() -> anyhow::Result<reqwest::Client> {
    if rustls::crypto::CryptoProvider::get_default().is_none() {
        // Fails only when another thread was faster, which is as good.
        let _ = rustls::crypto::ring::default_provider().install_default();
    }
    reqwest::Client::builder()
        .no_proxy()
        .redirect(reqwest::redirect::Policy::none())
        .connect_timeout(Duration::from_secs(10))
        .build()
        .context("cannot build an HTTP client")
}
