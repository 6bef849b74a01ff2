//! The orgs of this process and what is set for all of them.

use std::path::Path;
use std::sync::Arc;

use actix_web::http::uri::Authority;
use actix_web::{HttpRequest, web};
use anyhow::Context;

use super::answer::internal;
use super::cursors::Cursors;
use super::sessions::Sessions;
use crate::applink::Addon;
use crate::bulk::Jobs;
use crate::costs::CostModel;
use crate::counters::Counters;
use crate::error::ApiError;
use crate::external_services::{self, Apps, Invocations};
use crate::faults::Faults;
use crate::flows::Flow;
use crate::guard::Guard;
use crate::metadata::{Deployed, NotificationType};
use crate::notifications::Notifications;
use crate::schema::Schema;
use crate::settings::Settings;
use crate::store::{Acting, Actor, Org, OrgConfig};
use crate::{Config, id, metadata, pubsub, seed};

/// All that handlers share.
#[derive(Debug)]
pub(crate) struct Host {
    pub(crate) orgs: Vec<Arc<OrgHost>>,
    pub(crate) addon: Addon,
    /// Who may call.
    pub(crate) guard: Guard,
    pub(crate) costs: CostModel,
    pub(crate) faults: Faults,
    /// What the project brings besides the schema.
    pub(crate) flows: Vec<Flow>,
    pub(crate) notification_types: Arc<Vec<NotificationType>>,
    pub(crate) apps: Apps,
    /// Calls published apps.
    pub(crate) http: reqwest::Client,
}

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
    pub(crate) pubsub: pubsub::State,
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

impl Host {
    /// Opens the orgs and makes the data that was asked for. Takes a while; not for an async thread.
    ///
    /// # Errors
    ///
    /// When the metadata or a database cannot be read, or the data cannot be made.
    pub(crate) fn open(config: Config) -> anyhow::Result<Self> {
        let (schema, deployed) = metadata(config.salesforce_dir.as_deref())?;
        let schema = Arc::new(schema);
        if let Some(directory) = &config.db {
            std::fs::create_dir_all(directory)
                .with_context(|| format!("cannot make the database directory {}", directory.display()))?;
        }
        let orgs = OrgConfig::defaults(config.db.as_deref());
        let orgs: Vec<_> =
            orgs.iter().map(|org| OrgHost::open(org, &schema, &deployed).map(Arc::new)).collect::<Result<_, _>>()?;
        if let Some(org) = orgs.first() {
            org.seed_once(config.opportunities, config.lines)?;
        }
        let costs = CostModel::new(config.costs);
        Ok(Self {
            orgs,
            addon: config.addon,
            guard: Guard::new(config.allowed_hosts),
            costs,
            faults: Faults::default(),
            flows: deployed.flows,
            notification_types: Arc::new(deployed.notification_types),
            apps: Apps::default(),
            http: external_services::http_client()?,
        })
    }

    /// The org of that name.
    pub(crate) fn org(&self, name: &str) -> Option<&Arc<OrgHost>> {
        self.orgs.iter().find(|org| org.store.name() == name)
    }

    /// The org and the session of an access token.
    pub(crate) fn session(&self, token: &str) -> Option<(&Arc<OrgHost>, Session)> {
        let (org_id, _) = token.split_once('!')?;
        let org = self.orgs.iter().find(|org| org.short_id() == org_id)?;
        let (id, user_id) = org.sessions.of(token)?;
        Some((org, Session { id, user: org.user(&user_id)?.clone() }))
    }

    /// The org and the session of a request's `Authorization: Bearer` header.
    pub(crate) fn session_of(&self, request: &HttpRequest) -> Option<(&Arc<OrgHost>, Session)> {
        self.session(bearer(request)?)
    }
}

impl OrgHost {
    fn open(config: &OrgConfig, schema: &Arc<Schema>, deployed: &Deployed) -> anyhow::Result<Self> {
        let store = Org::open(config, Arc::clone(schema)).with_context(|| format!("cannot open {}", config.name))?;
        seed::deploy_custom_permissions(&store, &deployed.custom_permissions)
            .with_context(|| format!("cannot deploy the custom permissions to {}", config.name))?;
        seed::deploy(&store, &deployed.permission_sets)
            .with_context(|| format!("cannot deploy the permission sets to {}", config.name))?;
        let users = users(&store).with_context(|| format!("cannot read the users of {}", config.name))?;
        let sessions = Sessions::new(id::short(store.id()));
        let pubsub = pubsub::State::open(&store)
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
        })
    }

    /// Makes Opportunities, unless there are some, from an earlier run with the same database.
    fn seed_once(&self, opportunities: u32, lines: u32) -> anyhow::Result<()> {
        let version = super::DEFAULT_VERSION.to_string();
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
        web::block(move || {
            let session = org.store.open_session(&user_id, &[])?;
            let token = org.sessions.add_usual(&session, &user_id);
            if org.sessions.of(&token).is_none_or(|(id, _)| id != session) {
                // Someone else was faster.
                org.store.close_session(&session)?;
            }
            Ok(token)
        })
        .await
        .unwrap_or_else(|error| Err(internal(error.to_string())))
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

/// The token of an `Authorization: Bearer` (or, as older clients send it, `OAuth`) header.
pub(crate) fn bearer(request: &HttpRequest) -> Option<&str> {
    let header = request.headers().get("Authorization")?.to_str().ok()?;
    let (scheme, token) = header.split_once(' ')?;
    (scheme.eq_ignore_ascii_case("Bearer") || scheme.eq_ignore_ascii_case("OAuth")).then(|| token.trim())
}

/// The URL under which the caller reached this server, with the connection's scheme: the org's instance URL for that
/// caller.
pub(crate) fn base_url(request: &HttpRequest) -> String {
    let scheme = if request.app_config().secure() { "https" } else { "http" };
    let host = request.headers().get("Host").and_then(|host| host.to_str().ok());
    // A call of HTTP/2 has no such header, but its URI names the host.
    let host = host.or_else(|| request.uri().authority().map(Authority::as_str));
    format!("{scheme}://{}", host.unwrap_or("127.0.0.1"))
}

fn metadata(salesforce_dir: Option<&Path>) -> anyhow::Result<(Schema, Deployed)> {
    let mut schema = metadata::standard();
    let Some(directory) = salesforce_dir else { return Ok((schema, Deployed::default())) };
    let deployed = metadata::load(directory, &mut schema).context("cannot deploy the Salesforce project")?;
    for path in &deployed.ignored {
        tracing::debug!(path, "metadata of a kind that a local org does not know");
    }
    Ok((schema, deployed))
}

fn users(store: &Org) -> anyhow::Result<Vec<User>> {
    const SOQL: &str = "SELECT Id, Username, Name, Email FROM User WHERE IsActive = TRUE ORDER BY Id";
    let version = super::DEFAULT_VERSION.to_string();
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
