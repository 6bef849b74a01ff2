//! Starts Flows when their events are published.

use std::collections::HashMap;
use std::sync::Arc;

use tokio::sync::watch;
use tokio::task::{AbortHandle, JoinSet};

use super::{Host, OrgHost};
use crate::bus::{Start, Topic};
use crate::deploys::Live;
use crate::events::{Event, ReplayId, json};
use crate::flows::Flow;
use crate::notifications::{Notification, NotificationType};

/// Events that are taken from the log at a time.
const PAGE: usize = 100;

/// Listens to the events of all orgs until what it gives is dropped.
pub(crate) fn listen(host: &Host) -> JoinSet<()> {
    let mut listeners = JoinSet::new();
    for org in &host.orgs {
        listeners.spawn(supervise(Arc::clone(org), org.deploys.live()));
    }
    listeners
}

/// Has every Flow of an org followed by a task, also those that are deployed later. Each begins where the log stood when it
/// was deployed, so no event is missed.
async fn supervise(org: Arc<OrgHost>, mut live: watch::Receiver<Live>) {
    let mut followers: HashMap<String, (Flow, AbortHandle)> = HashMap::new();
    let mut tasks = JoinSet::new();
    loop {
        let flows = live.borrow_and_update().flows.clone();
        followers.retain(|_, (flow, task)| {
            let stays = flows.iter().any(|(other, _)| other == flow);
            if !stays {
                task.abort();
            }
            stays
        });
        for (flow, position) in flows {
            let topic = org.store.bus().topics().get(&format!("/event/{}", flow.event)).cloned();
            let Some(topic) = topic.filter(|_| !followers.contains_key(&flow.name)) else { continue };
            let task = follow(Arc::clone(&org), flow.clone(), live.clone(), topic, position);
            let task = tasks.spawn(task);
            followers.insert(flow.name.clone(), (flow, task));
        }
        if live.changed().await.is_err() {
            return;
        }
    }
}

async fn follow(org: Arc<OrgHost>, flow: Flow, live: watch::Receiver<Live>, topic: Arc<Topic>, mut position: ReplayId) {
    let bus = Arc::clone(org.store.bus());
    let mut published = bus.watch();
    loop {
        published.borrow_and_update();
        match bus.after(&topic, position, PAGE) {
            Ok(page) => {
                position = page.position;
                let types = Arc::clone(&live.borrow().notification_types);
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
