//! Deploys and retrieves that were asked for, and how far they are.

use std::collections::VecDeque;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use serde_json::{Value, json};

use super::kept::{Kept, Stamp};
use crate::id;

/// Requests of each kind that are remembered.
const MAX_REQUESTS: usize = 100;
/// Deploys that may wait, each with its archive in memory. Unverified: how many an org takes.
const MAX_WAITING: usize = 10;

/// What a deploy was asked to do beyond the archive.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Options {
    /// Only look whether it would succeed.
    pub(crate) check_only: bool,
    /// Do nothing when one component fails. An org that is no sandbox does so in any case; here the caller decides.
    pub(crate) rollback_on_error: bool,
    pub(crate) ignore_warnings: bool,
}

impl Default for Options {
    fn default() -> Self {
        Self { check_only: false, rollback_on_error: true, ignore_warnings: false }
    }
}

/// How far a request is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Status {
    Pending,
    InProgress,
    Succeeded,
    SucceededPartial,
    Failed,
    Canceled,
}

impl Status {
    pub(super) fn name(self) -> &'static str {
        match self {
            Self::Pending => "Pending",
            Self::InProgress => "InProgress",
            Self::Succeeded => "Succeeded",
            Self::SucceededPartial => "SucceededPartial",
            Self::Failed => "Failed",
            Self::Canceled => "Canceled",
        }
    }

    pub(super) fn is_done(self) -> bool {
        !matches!(self, Self::Pending | Self::InProgress)
    }
}

/// What became of one component.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Message {
    pub(super) type_name: String,
    pub(super) name: String,
    pub(super) file_name: String,
    pub(super) id: String,
    pub(super) created: bool,
    pub(super) changed: bool,
    pub(super) deleted: bool,
    /// Why it failed, or what there is to say about it.
    pub(super) problem: Option<String>,
    pub(super) success: bool,
}

/// One deploy.
#[derive(Debug)]
pub(crate) struct Deploy {
    /// Id, 18 characters.
    pub(crate) id: String,
    pub(crate) options: Options,
    pub(super) by: Stamp,
    archive: Mutex<Option<Vec<u8>>>,
    canceled: AtomicBool,
    progress: Mutex<Progress>,
}

/// How far a deploy is.
#[derive(Debug, Clone)]
pub(super) struct Progress {
    pub(super) status: Status,
    pub(super) started: Option<String>,
    pub(super) completed: Option<String>,
    pub(super) total: usize,
    pub(super) messages: Vec<Message>,
    /// Why nothing could be deployed at all.
    pub(super) error: Option<String>,
}

impl Deploy {
    /// The archive, once.
    pub(super) fn take_archive(&self) -> Option<Vec<u8>> {
        self.archive.lock().unwrap_or_else(PoisonError::into_inner).take()
    }

    /// Whether somebody wants it to end.
    pub(super) fn is_canceled(&self) -> bool {
        self.canceled.load(Ordering::Acquire)
    }

    /// Wants it to end; one that is done stays as it is.
    pub(crate) fn cancel(&self) {
        self.canceled.store(true, Ordering::Release);
    }

    pub(super) fn progress(&self) -> MutexGuard<'_, Progress> {
        self.progress.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// One retrieve, which is done when it is answered for the first time.
#[derive(Debug)]
pub(crate) struct Retrieve {
    /// Id, 18 characters.
    pub(crate) id: String,
    pub(super) archive: Result<Vec<u8>, String>,
    pub(super) kept: Vec<Kept>,
    pub(super) messages: Vec<String>,
}

/// The requests of one org, the oldest first.
#[derive(Debug, Default)]
pub(crate) struct Requests {
    last: AtomicU64,
    deploys: Mutex<VecDeque<Arc<Deploy>>>,
    retrieves: Mutex<VecDeque<Arc<Retrieve>>>,
}

impl Requests {
    /// Takes a deploy up; `None` when too many wait already.
    pub(super) fn deploy(&self, archive: Vec<u8>, options: Options, by: Stamp) -> Option<Arc<Deploy>> {
        let waiting = {
            let deploys = self.deploys.lock().unwrap_or_else(PoisonError::into_inner);
            deploys.iter().filter(|deploy| !deploy.progress().status.is_done()).count()
        };
        if waiting >= MAX_WAITING {
            return None;
        }
        let progress = Progress {
            status: Status::Pending,
            started: None,
            completed: None,
            total: 0,
            messages: Vec::new(),
            error: None,
        };
        let deploy = Arc::new(Deploy {
            id: self.next_id("0Af"),
            options,
            by,
            archive: Mutex::new(Some(archive)),
            canceled: AtomicBool::new(false),
            progress: Mutex::new(progress),
        });
        keep(&self.deploys, Arc::clone(&deploy));
        Some(deploy)
    }

    /// The deploy of that id, 15 or 18 characters.
    pub(crate) fn find_deploy(&self, id: &str) -> Option<Arc<Deploy>> {
        let id = id::normalise(id)?;
        let deploys = self.deploys.lock().unwrap_or_else(PoisonError::into_inner);
        deploys.iter().find(|deploy| deploy.id == id).cloned()
    }

    pub(super) fn retrieve(
        &self,
        archive: Result<Vec<u8>, String>,
        kept: Vec<Kept>,
        messages: Vec<String>,
    ) -> Arc<Retrieve> {
        let retrieve = Arc::new(Retrieve { id: self.next_id("09S"), archive, kept, messages });
        keep(&self.retrieves, Arc::clone(&retrieve));
        retrieve
    }

    /// The retrieve of that id, 15 or 18 characters.
    pub(crate) fn find_retrieve(&self, id: &str) -> Option<Arc<Retrieve>> {
        let id = id::normalise(id)?;
        let retrieves = self.retrieves.lock().unwrap_or_else(PoisonError::into_inner);
        retrieves.iter().find(|retrieve| retrieve.id == id).cloned()
    }

    /// `AsyncResult` of a deploy or a retrieve: how far it is, and not what became of it.
    pub(crate) fn state(&self, id: &str) -> Option<Value> {
        let (id, done) = match self.find_deploy(id) {
            Some(deploy) => (deploy.id.clone(), deploy.progress().status.is_done()),
            None => (self.find_retrieve(id)?.id.clone(), true),
        };
        Some(json!({"done": done, "id": id, "state": if done { "Completed" } else { "InProgress" }}))
    }

    fn next_id(&self, prefix: &str) -> String {
        id::generate(prefix, self.last.fetch_add(1, Ordering::Relaxed) + 1)
    }
}

fn keep<T>(requests: &Mutex<VecDeque<T>>, request: T) {
    let mut requests = requests.lock().unwrap_or_else(PoisonError::into_inner);
    if requests.len() >= MAX_REQUESTS {
        requests.pop_front();
    }
    requests.push_back(request);
}
