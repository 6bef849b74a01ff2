//! Pattern 4, web: takes change events in, from the Pub/Sub API and as CloudEvents, and starts jobs. Making the Quotes is the
//! worker's.
//!
//! An event goes through the `filter` into the `buffer` in Redis, from where the `flusher` makes a job for each transaction.

mod app;
mod buffer;
mod change;
mod cloudevents;
mod config;
mod filter;
mod flusher;
mod info;
mod meters;
pub mod openapi;
mod org;
mod owner;
mod pages;
mod routes;
mod subscriber;
mod token;

pub use config::Config;

use ::web::health::Health;
use actix_web::web::{Data, ServiceConfig};
use anyhow::Context;
use app::App;
use buffer::Buffer;
use config::SubscriberConfig;
use flusher::Flusher;
use org::CurrentOrg;
use shared::applink::{AppLink, AppLinkSettings};
use shared::jobs::Jobs;
use shared::salesforce::pubsub::{ChangeEvent, PubSub};
use shared::salesforce::{AllowedHosts, HttpSettings, http_client};
use std::net::TcpListener;
use std::sync::Arc;
use subscriber::{Source, Subscriber};
use tokio_util::sync::CancellationToken;

/// The change events in a request to the webhook, as `POST /api/generatequotes` reads them; `None` when it takes no such content
/// type. An error names the field at fault.
///
/// For tests from outside that need no process, such as fuzzing.
pub fn read_cloud_events(
    content_type: &str,
    has_attributes: bool,
    body: &[u8],
) -> Option<Result<Vec<ChangeEvent>, String>> {
    let mode = cloudevents::Mode::of(content_type, has_attributes)?;
    Some(cloudevents::read(mode, body).map_err(|error| error.to_string()))
}

/// Serves, subscribes and makes jobs until `shutdown` is cancelled.
///
/// # Errors
/// When Redis cannot be reached at the start or cannot hold events, or a setting or the listener cannot be used.
pub async fn run(config: Config, listener: TcpListener, shutdown: CancellationToken) -> anyhow::Result<()> {
    let Config { web, authorization, token, topic, filter, buffer, addon, subscriber, process } = config;
    let document = openapi::document().context("Failed to write the OpenAPI document")?;
    let server = web.jobs.server();
    let jobs = Jobs::connect(web.jobs).await.with_context(|| format!("Failed to connect to REDIS_URL at {server}"))?;
    jobs.check_server().await.context("The server at REDIS_URL cannot be used")?;
    let buffer = Buffer::new(jobs.clone(), &authorization, buffer);

    let flusher = tokio::spawn(Flusher::new(jobs.clone(), buffer.clone()).run(shutdown.clone()));
    let subscribes = subscriber.is_some();
    let user = match addon {
        Some(addon) => Some(applink(addon, web.hosts.clone())?.authorized_user(&authorization)),
        None => None,
    };
    let subscriber = match (subscriber, &user) {
        (Some(SubscriberConfig { pubsub, subscribe }), Some(user)) => {
            let sessions = Arc::new(user.clone());
            PubSub::connect(pubsub.clone(), &web.hosts, sessions).context("PUBSUB_ENDPOINT cannot be used")?;
            let (buffer, filter, topic) = (buffer.clone(), filter.clone(), topic.clone());
            let (user, hosts) = (user.clone(), web.hosts.clone());
            let source = Source { buffer, filter, user, pubsub, hosts, settings: subscribe, topic };
            let subscriber = Subscriber { source, process };
            Some(tokio::spawn(subscriber.run(shutdown.clone())))
        }
        _ => {
            tracing::info!("EVENT_SUBSCRIBER is false: events come to the webhook only");
            None
        }
    };

    let ping = jobs.clone();
    let health = Health::new()
        .check("redis", move || {
            let jobs = ping.clone();
            async move { jobs.ready().await.map_err(|error| error.to_string()) }
        })
        .document(&document);
    let org = CurrentOrg::new(user);
    let app = Data::new(App { jobs, buffer, filter, authorization, org, topic, subscribes });
    let token = Data::new(token);
    let factory = move || {
        let (app, token, health) = (app.clone(), token.clone(), health.clone());
        ::web::app(&move |service: &mut ServiceConfig| {
            service
                .app_data(app.clone())
                .app_data(token.clone())
                .configure(|service| health.routes(service))
                .configure(pages::assets)
                .configure(routes::configure);
        })
    };
    let served = ::web::server::serve(factory, listener, shutdown.clone(), web.server).await;
    // Also when the server failed: the lease is given back.
    shutdown.cancel();
    if let Some(subscriber) = subscriber {
        subscriber.await.context("The subscriber stopped")?;
    }
    flusher.await.context("The flusher stopped")?;
    served.context("The server stopped")
}

fn applink(addon: shared::applink::Source, hosts: AllowedHosts) -> anyhow::Result<AppLink> {
    let http = http_client(&HttpSettings::default()).context("Failed to set up the HTTP client")?;
    Ok(AppLink::new(http, addon, hosts, AppLinkSettings::default()))
}
