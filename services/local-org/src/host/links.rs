//! What the add-on remembers of orgs: connections, to which apps are published, and authorizations, with which apps get
//! sessions of a user. It is forgotten when the process ends.

#[cfg(test)]
mod tests;

use std::fmt;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use chrono::{DateTime, Utc};
use uuid::Uuid;

use super::org::OrgHost;

/// Connections and authorizations at most.
const MOST: usize = 1_000;
/// How long a user may take to log in. Unverified: how long AppLink waits.
const PATIENCE: Duration = Duration::from_mins(15);
/// Shortest and longest name of what is added, in characters (the plugin's help texts).
const NAME_LENGTH: std::ops::RangeInclusive<usize> = 3..=30;

/// What a link is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    /// Apps are published to the org.
    Connection,
    /// Apps get sessions of the user.
    Authorization,
}

/// A connection or an authorization.
#[derive(Clone, PartialEq, Eq)]
pub(crate) struct Link {
    pub(crate) id: Uuid,
    pub(crate) kind: Kind,
    pub(crate) name: String,
    /// Another name that apps may ask by.
    pub(crate) alias: Option<String>,
    /// Whether a private key took the place of a user who logs in.
    pub(crate) by_jwt: bool,
    /// Name of the app from which it was made.
    pub(crate) via_app: String,
    pub(crate) created: Mark,
    pub(crate) modified: Mark,
    pub(crate) state: State,
}

/// Who did something, and when.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Mark {
    pub(crate) by: String,
    pub(crate) at: DateTime<Utc>,
}

/// How far a link is.
#[derive(Clone, PartialEq, Eq)]
pub(crate) enum State {
    /// A user is to log in.
    Asking {
        /// Comes back with the user: a secret.
        ticket: String,
        /// Where the user logs in.
        redirect_uri: String,
        since: Instant,
    },
    /// It works.
    Live {
        /// Developer name of the org.
        org: String,
        /// Id of the user, 18 characters.
        user_id: String,
    },
    /// It never worked.
    Failed(Failure),
}

/// Why a link does not work: an id for programs, and a text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Failure {
    pub(crate) id: &'static str,
    pub(crate) message: String,
}

/// Why a link is not added.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub(crate) enum Refused {
    #[error(
        "must begin with a letter, end with a letter or a number, have 3 to 30 letters, numbers and underscores, and no two underscores in a row"
    )]
    Name,
    #[error("already exists")]
    Exists,
    #[error("there are too many")]
    TooMany,
}

/// All of them, the oldest first.
#[derive(Default)]
pub(crate) struct Links(Mutex<Vec<Link>>);

impl Failure {
    /// The user did not log in, or may not. The text of a failed login by a private key is that of the plugin's tests; the
    /// others are unverified.
    pub(crate) fn authentication(message: impl Into<String>) -> Self {
        Self { id: "authentication_failed", message: message.into() }
    }

    /// The org does not take it.
    pub(crate) fn connection(message: impl Into<String>) -> Self {
        Self { id: "org_connection_failed", message: message.into() }
    }
}

impl Mark {
    pub(crate) fn now(by: &str) -> Self {
        Self { by: by.to_owned(), at: Utc::now() }
    }
}

impl Link {
    /// A link that a user is to be asked for, or one that is settled already.
    pub(crate) fn new(kind: Kind, name: &str, via_app: &str, by: &str, state: State) -> Self {
        let mark = Mark::now(by);
        Self {
            id: Uuid::new_v4(),
            kind,
            name: name.to_owned(),
            alias: None,
            by_jwt: false,
            via_app: via_app.to_owned(),
            created: mark.clone(),
            modified: mark,
            state,
        }
    }

    /// The authorization that each org has from the start: of its administrator, under the org's name.
    pub(super) fn of_org(org: &OrgHost) -> Option<Self> {
        let admin = org.admin()?;
        let state = State::Live { org: org.store.name().to_owned(), user_id: admin.id.clone() };
        let mut link = Self::new(Kind::Authorization, org.store.name(), "local-org", &admin.username, state);
        // The same each time, as an authorization is a lasting thing.
        link.id = Uuid::from_u64_pair(0x0000_0000_0000_4000, 0x8000_0000_0000_0000 | folded(org.store.id()));
        let given = DateTime::from_timestamp(1_735_689_600, 0).unwrap_or_default();
        (link.created.at, link.modified.at) = (given, given);
        Some(link)
    }

    fn is_called(&self, key: &str) -> bool {
        let is_alias = match &self.alias {
            Some(alias) => alias == key,
            // The plugin's default.
            None => key.strip_prefix("applink:") == Some(&self.name),
        };
        self.name == key || is_alias || self.id.to_string() == key
    }

    /// As it is now: nobody waits for a user for ever.
    fn aged(&self) -> Self {
        let mut link = self.clone();
        if let State::Asking { since, .. } = &self.state
            && since.elapsed() > PATIENCE
        {
            link.state = State::Failed(Failure::authentication("Nobody logged in in time."));
        }
        link
    }
}

impl Links {
    /// With these from the start.
    pub(super) fn of(links: impl IntoIterator<Item = Link>) -> Self {
        Self(Mutex::new(links.into_iter().collect()))
    }

    /// All of a kind.
    pub(crate) fn all(&self, kind: Kind) -> Vec<Link> {
        self.lock().iter().filter(|link| link.kind == kind).map(Link::aged).collect()
    }

    /// The one of that name, alias or id.
    pub(crate) fn find(&self, kind: Kind, key: &str) -> Option<Link> {
        self.lock().iter().find(|link| link.kind == kind && link.is_called(key)).map(Link::aged)
    }

    /// Adds a link. It takes the place of one of the same name that does not work.
    ///
    /// # Errors
    /// When its name is none, or taken.
    pub(crate) fn add(&self, link: Link) -> Result<Link, Refused> {
        if !is_name(&link.name) {
            return Err(Refused::Name);
        }
        let mut links = self.lock();
        let keys = [Some(&link.name), link.alias.as_ref()];
        let same = |other: &Link| other.kind == link.kind && keys.iter().flatten().any(|key| other.is_called(key));
        if links.iter().any(|other| same(other) && matches!(other.state, State::Live { .. })) {
            return Err(Refused::Exists);
        }
        links.retain(|other| !same(other));
        if links.len() >= MOST {
            return Err(Refused::TooMany);
        }
        links.push(link.clone());
        Ok(link)
    }

    /// The link that waits for the user who comes back with this ticket.
    pub(crate) fn asking(&self, ticket: &str) -> Option<Link> {
        let links = self.lock();
        links.iter().map(Link::aged).find(|link| link.state.has_ticket(ticket))
    }

    /// Settles what waits with this ticket, once. `None` when nothing does.
    pub(crate) fn settle(&self, ticket: &str, state: State) -> Option<Link> {
        let mut links = self.lock();
        let link = links.iter_mut().find(|link| link.state.has_ticket(ticket))?;
        link.state = state;
        link.modified.at = Utc::now();
        Some(link.clone())
    }

    /// Removes the one of that name, alias or id, and gives it.
    pub(crate) fn remove(&self, kind: Kind, key: &str) -> Option<Link> {
        let mut links = self.lock();
        let place = links.iter().position(|link| link.kind == kind && link.is_called(key))?;
        Some(links.remove(place))
    }

    fn lock(&self) -> MutexGuard<'_, Vec<Link>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl State {
    fn has_ticket(&self, given: &str) -> bool {
        matches!(self, Self::Asking { ticket, .. } if ticket == given)
    }
}

impl fmt::Debug for Links {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Links").field("len", &self.lock().len()).finish_non_exhaustive()
    }
}

/// The rule for names, as the plugin's help texts tell it.
fn is_name(name: &str) -> bool {
    NAME_LENGTH.contains(&name.len())
        && name.starts_with(|first: char| first.is_ascii_alphabetic())
        && name.split('_').all(|word| !word.is_empty() && word.bytes().all(|byte| byte.is_ascii_alphanumeric()))
}

/// A small number from the last characters of an id.
fn folded(id: &str) -> u64 {
    id.bytes().rev().take(6).fold(0, |number, byte| (number << 8) | u64::from(byte))
}
