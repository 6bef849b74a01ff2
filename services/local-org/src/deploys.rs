//! The Metadata API of an org, whichever face speaks it: deploys and retrieves, what became of them, and the components
//! that the org has ([`Inventory`]).
//!
//! What a local org understands (`crate::metadata`) takes effect in one transaction with the schema; everything else is
//! kept and given back. Deploys take turns. With a database file the components are noted there, and a later process reads
//! them again.

mod archive;
mod components;
mod describe;
mod kept;
mod package;
mod requests;
mod result;
mod retrieve;
mod run;
mod types;

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use tokio::sync::watch;

pub(crate) use self::archive::read as read_archive;
use self::components::Component;
pub(crate) use self::describe::describe;
use self::kept::{Inventory, Kept, Stamp};
pub(crate) use self::package::Package;
use self::requests::Requests;
pub(crate) use self::requests::{Deploy, Options};
pub(crate) use self::run::Unended;
use crate::bus::Start;
use crate::definitions;
use crate::error::ApiError;
use crate::events::ReplayId;
use crate::flows::Flow;
use crate::metadata::{Deployed, Kind, Source};
use crate::notifications::NotificationType;
use crate::store::Org;

/// The Metadata API of one org.
#[derive(Debug)]
pub(crate) struct Deploys {
    /// Taken by whoever deploys.
    turn: Mutex<()>,
    state: Mutex<State>,
    /// What runs because of it.
    live: watch::Sender<Live>,
    pub(crate) requests: Requests,
}

/// What was deployed so far.
#[derive(Debug, Clone, Default)]
struct State {
    deployed: Deployed,
    inventory: Inventory,
}

/// Flows that run, and what they need.
#[derive(Debug, Clone, Default)]
pub(crate) struct Live {
    /// Each with the position in the log behind which it begins.
    pub(crate) flows: Vec<(Flow, ReplayId)>,
    pub(crate) notification_types: Arc<Vec<NotificationType>>,
}

impl Deploys {
    /// What an org has of its project, and of earlier deploys to the same database.
    ///
    /// # Errors
    /// When the database fails.
    pub(crate) fn open(org: &Org, project: &Deployed) -> Result<Self, ApiError> {
        let mut state = State { deployed: project.clone(), inventory: Inventory::load(org)? };
        restore(org, &mut state)?;
        let admin = org.admin();
        let by = Stamp { user_id: admin.user_id, user_name: "Admin User".to_owned(), at: result::now() };
        for source in &project.sources {
            let component = Component::of_source(source);
            if let Some(component) =
                component.filter(|found| state.inventory.get(found.type_name, &found.name).is_none())
            {
                state.inventory.put(component, &by);
            }
        }
        state.deployed.sources.clear();
        let live = watch::Sender::new(live(org, &Live::default(), &state.deployed));
        Ok(Self { turn: Mutex::default(), state: Mutex::new(state), live, requests: Requests::default() })
    }

    /// What runs, now and later.
    pub(crate) fn live(&self) -> watch::Receiver<Live> {
        self.live.subscribe()
    }

    /// What is kept and is shown as records.
    pub(crate) fn records(&self) -> Vec<definitions::Deployed> {
        let state = self.state();
        let of = |type_name: &&'static str| state.inventory.of_type(type_name).map(Kept::as_record).collect::<Vec<_>>();
        definitions::DEPLOYED.iter().flat_map(of).collect()
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Deploys the components again that the database has noted.
fn restore(org: &Org, state: &mut State) -> Result<(), ApiError> {
    let mut sources: Vec<Source> = state.inventory.all().filter_map(|kept| kept.component.source()).collect();
    if sources.is_empty() {
        return Ok(());
    }
    sources.sort_by_key(|source| source.kind);
    let mut schema = (*org.schema()).clone();
    for source in &sources {
        if let Err(error) = state.deployed.add(source, &mut schema) {
            tracing::warn!(%error, "a component of an earlier deploy does not fit any longer");
        }
    }
    // Permission sets are records, which are there.
    org.evolve(schema, |_| Ok(()))
}

/// What runs after a deploy. Flows that ran before go on where they are; others begin with the next event.
fn live(org: &Org, before: &Live, deployed: &Deployed) -> Live {
    // A new org's log always has a place to begin at.
    let latest = org.bus().start(Start::Latest).unwrap_or(ReplayId::new(0));
    let position =
        |flow: &Flow| before.flows.iter().find(|(known, _)| known == flow).map_or(latest, |(_, position)| *position);
    Live {
        flows: deployed.flows.iter().map(|flow| (flow.clone(), position(flow))).collect(),
        notification_types: Arc::new(deployed.notification_types.clone()),
    }
}

/// Whether a local org does something with components of that type.
fn is_understood(type_name: &str) -> bool {
    Kind::of_type(type_name) != Kind::Other
}
