//! Change events of Opportunities through the Pub/Sub API, from the oldest that the org keeps; ends after as many as the first
//! argument says. Beside the variables of the other examples it takes `PUBSUB_ENDPOINT`, which a real org does not need.

#[expect(dead_code, reason = "this example needs no REST client")]
#[path = "common/session.rs"]
mod session;

use futures_util::future::BoxFuture;
use salesforce::FixedSession;
use salesforce::pubsub::{
    Content, DEFAULT_ENDPOINT, Delivery, PubSub, PubSubConfig, ReplayId, ReplayStart, ReplayStore, StoreError,
    SubscribeSettings,
};
use std::error::Error;
use std::sync::Arc;
use tokio_util::sync::CancellationToken;

/// Keeps no place. A service stores the replay id of the last event that it has dealt with, and gives it back here.
struct NoPlace;

impl ReplayStore for NoPlace {
    fn load<'a>(&'a self, _topic: &'a str) -> BoxFuture<'a, Result<Option<ReplayId>, StoreError>> {
        Box::pin(async { Ok(None) })
    }
}

#[tokio::main]
#[expect(clippy::print_stdout, reason = "an example")]
async fn main() -> Result<(), Box<dyn Error>> {
    let wanted: usize = std::env::args().nth(1).as_deref().unwrap_or("1").parse()?;
    let endpoint = session::variable("PUBSUB_ENDPOINT").unwrap_or_else(|_| DEFAULT_ENDPOINT.to_owned());
    let hosts = session::hosts(&endpoint)?;
    let source = Arc::new(FixedSession(session::session()?));
    let pubsub = PubSub::connect(PubSubConfig::new(endpoint.parse()?), &hosts, source)?;

    let settings = SubscribeSettings { start: ReplayStart::Earliest, ..SubscribeSettings::default() };
    let stop = CancellationToken::new();
    let mut events = pubsub.subscribe("/data/OpportunityChangeEvent", settings, Arc::new(NoPlace), &stop);
    let mut seen = 0;
    while seen < wanted {
        // Lost connections and expired streams are the subscription's business; what comes here is for the caller.
        let Some(delivery) = events.next().await else { break };
        let Delivery::Event(received) = delivery? else { continue };
        match &received.event.content {
            Ok(Content::Change(change)) => {
                println!(
                    "{:?} of {}: {}",
                    change.header.change_type,
                    change.header.entity_name,
                    change.header.record_ids.join(", ")
                );
            }
            Ok(Content::Platform(fields)) => println!("{fields:?}"),
            Err(error) => println!("an event that cannot be read: {error}"),
        }
        // Now another may come.
        received.finish();
        seen += 1;
    }
    Ok(())
}
