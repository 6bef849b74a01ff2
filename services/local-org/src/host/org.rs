//! One org of this process: its store, and what it remembers besides.

use std::sync::Arc;

use anyhow::Context;

use super::cursors::Cursors;
use super::sessions::Sessions;
use crate::apps::Invocations;
use crate::bulk::Jobs;
use crate::counters::Counters;
use crate::deploys::Deploys;
use crate::error::ApiError;
use crate::metadata::Deployed;
use crate::notifications::Notifications;
use crate::schema::Schema;
use crate::settings::Settings;
use crate::store::{Acting, Actor, Org, OrgConfig};
use crate::version::Version;
use crate::{id, seed, streams};

/// One org and its state outside the store.
#[derive(Debug)]
pub(crate) struct OrgHost {
    pub(crate) store: Org,
    pub(crate) users: Vec<User>,
    pub(crate) sessions: Sessions,
    pub(crate) counters: Arc<Counters>,
    pub(crate) cursors: Cursors,
    pub(crate) notifications: Notifications,
    pub(crate) jobs: Jobs,
    pub(crate) settings: Settings,
    pub(crate) invocations: Invocations,
    pub(crate) pubsub: streams::State,
    pub(crate) deploys: Deploys,
}

/// A user who can have a session.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct User {
    /// Id, 18 characters.
    pub(crate) id: String,
    pub(crate) username: String,
    pub(crate) name: String,
    pub(crate) email: String,
}

/// A user in one of their sessions.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Session {
    /// Id of the `AuthSession`, 18 characters.
    pub(crate) id: String,
    pub(crate) user: User,
}

impl OrgHost {
    pub(super) fn open(config: &OrgConfig, schema: &Arc<Schema>, deployed: &Deployed) -> anyhow::Result<Self> {
        let store = seed::open(config, Arc::clone(schema)).with_context(|| format!("cannot open {}", config.name))?;
        seed::deploy_custom_permissions(&store, &deployed.custom_permissions)
            .with_context(|| format!("cannot deploy the custom permissions to {}", config.name))?;
        seed::deploy(&store, &deployed.permission_sets)
            .with_context(|| format!("cannot deploy the permission sets to {}", config.name))?;
        let deploys = Deploys::open(&store, deployed)
            .with_context(|| format!("cannot read what was deployed to {}", config.name))?;
        let users = users(&store).with_context(|| format!("cannot read the users of {}", config.name))?;
        let sessions = Sessions::new(id::short(store.id()));
        let pubsub = streams::State::open(&store)
            .with_context(|| format!("cannot read the managed subscriptions of {}", config.name))?;
        Ok(Self {
            store,
            users,
            sessions,
            counters: Arc::default(),
            cursors: Cursors::default(),
            notifications: Notifications::default(),
            jobs: Jobs::default(),
            settings: Settings::default(),
            invocations: Invocations::default(),
            pubsub,
            deploys,
        })
    }

    /// Makes Opportunities, unless there are some, from an earlier run with the same database.
    pub(super) fn seed_once(&self, opportunities: u32, lines: u32) -> anyhow::Result<()> {
        let version = Version::DEFAULT.to_string();
        let existing = self.store.transaction(&self.store.admin(), |tx| {
            Ok(tx.query("SELECT COUNT() FROM Opportunity", false, &version)?.total_size)
        })?;
        if existing == 0 {
            seed::opportunities(&self.store, opportunities, lines).context("cannot make the Opportunities")?;
        }
        Ok(())
    }

    /// The org's id, 15 characters.
    pub(crate) fn short_id(&self) -> &str {
        id::short(self.store.id())
    }

    /// The user of that id.
    pub(crate) fn user(&self, id: &str) -> Option<&User> {
        self.users.iter().find(|user| user.id == id)
    }

    /// The user of that name, in any case.
    pub(crate) fn user_named(&self, username: &str) -> Option<&User> {
        self.users.iter().find(|user| user.username.eq_ignore_ascii_case(username))
    }

    /// The token of the user's usual session, which is made when there is none.
    ///
    /// # Errors
    /// When the database fails.
    pub(crate) async fn token(self: &Arc<Self>, user_id: &str) -> Result<String, ApiError> {
        if let Some(token) = self.sessions.usual(user_id) {
            return Ok(token);
        }
        let (org, user_id) = (Arc::clone(self), user_id.to_owned());
        let opened = tokio::task::spawn_blocking(move || {
            let session = org.store.open_session(&user_id, &[])?;
            let token = org.sessions.add_usual(&session, &user_id);
            if org.sessions.of(&token).is_none_or(|(id, _)| id != session) {
                // Someone else was faster.
                org.store.close_session(&session)?;
            }
            Ok(token)
        });
        opened.await.unwrap_or_else(|error| Err(ApiError::internal(&error)))
    }

    /// A new session of the user, with permission sets (by API name) activated for it, and its token. Blocks.
    ///
    /// # Errors
    /// 400 when a permission set cannot be activated.
    pub(crate) fn open_session(&self, user: &User, permission_sets: &[String]) -> Result<(String, String), ApiError> {
        let id = self.store.open_session(&user.id, permission_sets)?;
        let token = self.sessions.add(&id, &user.id);
        Ok((id, token))
    }

    /// Ends the session of a token; its activations end with it. Blocks.
    ///
    /// # Errors
    /// When the database fails; the token is dead in any case.
    pub(crate) fn end_session(&self, token: &str) -> Result<(), ApiError> {
        self.sessions.revoke(token).map_or(Ok(()), |id| self.store.close_session(&id))
    }

    /// Ends all sessions. Blocks.
    ///
    /// # Errors
    /// When the database fails; all tokens are dead in any case.
    pub(crate) fn end_sessions(&self) -> Result<(), ApiError> {
        self.sessions.expire();
        self.store.close_sessions()
    }

    /// The administrator.
    pub(crate) fn admin(&self) -> Option<&User> {
        self.user(&self.store.admin().user_id)
    }
}

impl Session {
    /// The user as one who acts in the store in this session.
    pub(crate) fn actor(&self) -> Actor {
        Actor { user_id: self.user.id.clone(), acting: Acting::Session(self.id.clone()) }
    }
}

fn users(store: &Org) -> anyhow::Result<Vec<User>> {
    const SOQL: &str = "SELECT Id, Username, Name, Email FROM User WHERE IsActive = TRUE ORDER BY Id";
    let version = Version::DEFAULT.to_string();
    let result = store.transaction(&store.admin(), |tx| tx.query(SOQL, false, &version))?;
    let text = |record: &serde_json::Value, field: &str| {
        record.get(field).and_then(serde_json::Value::as_str).unwrap_or_default().to_owned()
    };
    let user = |record: &serde_json::Value| User {
        id: text(record, "Id"),
        username: text(record, "Username"),
        name: text(record, "Name"),
        email: text(record, "Email"),
    };
    Ok(result.records.iter().map(user).collect())
}
