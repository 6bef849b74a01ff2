//! Starts Flows when their events are published.

use std::sync::Arc;

use tokio::task::JoinSet;

use super::{Host, OrgHost};
use crate::bus::{Start, Topic};
use crate::events::{Event, ReplayId, json};
use crate::flows::Flow;
use crate::notifications::{Notification, NotificationType};

/// Events that are taken from the log at a time.
const PAGE: usize = 100;

/// Listens to the events of all orgs until what it gives is dropped.
pub(crate) fn listen(host: &Host) -> JoinSet<()> {
    let mut listeners = JoinSet::new();
    for flow in host.flows.iter() {
        for org in &host.orgs {
            let topic = org.store.bus().topics().get(&format!("/event/{}", flow.event)).cloned();
            let Some(topic) = topic else { continue };
            // Before the server takes calls: no event is missed.
            let Ok(position) = org.store.bus().start(Start::Latest) else { continue };
            let (flow, types) = (flow.clone(), Arc::clone(&host.notification_types));
            listeners.spawn(follow(Arc::clone(org), flow, types, topic, position));
        }
    }
    listeners
}

async fn follow(
    org: Arc<OrgHost>,
    flow: Flow,
    types: Arc<Vec<NotificationType>>,
    topic: Arc<Topic>,
    mut position: ReplayId,
) {
    let bus = Arc::clone(org.store.bus());
    let mut published = bus.watch();
    loop {
        published.borrow_and_update();
        match bus.after(&topic, position, PAGE) {
            Ok(page) => {
                position = page.position;
                page.events.iter().for_each(|event| start(&org, &flow, &types, event));
                if page.events.len() == PAGE {
                    continue;
                }
            }
            Err(error) => {
                tracing::warn!(flow = flow.name, %error, "events were published faster than the flow took them");
                let Ok(oldest) = bus.start(Start::Earliest) else { return };
                position = oldest;
                continue;
            }
        }
        if published.changed().await.is_err() {
            return;
        }
    }
}

fn start(org: &OrgHost, flow: &Flow, types: &[NotificationType], event: &Event) {
    let record = match event.draft.schema.read(&event.draft.payload) {
        Ok(value) => json::of(&value),
        Err(error) => return tracing::warn!(flow = flow.name, %error, "the flow cannot read its event"),
    };
    let Some(record) = record.as_object() else { return };
    let messages = match flow.run(record, types) {
        Ok(messages) => messages,
        Err(error) => return tracing::warn!(flow = flow.name, %error, "the flow failed"),
    };
    for message in messages {
        for recipient in &message.recipients {
            let Some(user) = crate::id::normalise(recipient).filter(|id| org.user(id).is_some()) else {
                tracing::warn!(flow = flow.name, recipient, "the flow notifies someone who is no user");
                continue;
            };
            org.notifications.add(Notification::new(user, &message));
        }
    }
}
