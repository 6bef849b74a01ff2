//! The orgs of this process and what is set for all of them. Everything that a local org is and remembers hangs from
//! [`Host`]; nothing here, or below, knows how it is asked: neither HTTP nor gRPC nor pages.

mod apps;
mod cursors;
pub(crate) mod flows;
pub(crate) mod links;
pub(crate) mod logins;
mod org;
mod sessions;

use std::path::Path;
use std::sync::Arc;

use anyhow::Context;
use url::Url;

pub(crate) use self::apps::HerokuApp;
pub(crate) use self::cursors::{Cursors, Page};
use self::links::{Link, Links};
use self::logins::Logins;
pub(crate) use self::org::{OrgHost, Session, User};
use crate::apps::Apps;
use crate::config::{Addon, Config};
use crate::costs::CostModel;
use crate::faults::Faults;
use crate::guard::Guard;
use crate::metadata::{self, Deployed};
use crate::schema::Schema;
use crate::store::OrgConfig;

/// All that handlers share.
#[derive(Debug)]
pub(crate) struct Host {
    pub(crate) orgs: Vec<Arc<OrgHost>>,
    pub(crate) addon: Addon,
    /// What the add-on is attached to.
    pub(crate) heroku_apps: Vec<HerokuApp>,
    /// Who may call.
    pub(crate) guard: Guard,
    pub(crate) costs: CostModel,
    pub(crate) faults: Faults,
    pub(crate) apps: Apps,
    pub(crate) logins: Logins,
    /// What the add-on knows of the orgs.
    pub(crate) links: Links,
    /// Where the jobs of apps are shown.
    pub(crate) dashboard: Option<Url>,
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
            links: Links::of(orgs.iter().filter_map(|org| Link::of_org(org))),
            orgs,
            heroku_apps: HerokuApp::of(config.heroku_apps, &config.addon),
            addon: config.addon,
            guard: Guard::new(config.allowed_hosts),
            costs,
            faults: Faults::default(),
            apps: Apps::default(),
            logins: Logins::default(),
            dashboard: config.dashboard,
        })
    }

    /// The org of that name.
    pub(crate) fn org(&self, name: &str) -> Option<&Arc<OrgHost>> {
        self.orgs.iter().find(|org| org.store.name() == name)
    }

    /// The app of that id or name.
    pub(crate) fn heroku_app(&self, key: &str) -> Option<&HerokuApp> {
        self.heroku_apps.iter().find(|app| app.id == key || app.name == key)
    }

    /// The org and the session of an access token.
    pub(crate) fn session(&self, token: &str) -> Option<(&Arc<OrgHost>, Session)> {
        let (org_id, _) = token.split_once('!')?;
        let org = self.orgs.iter().find(|org| org.short_id() == org_id)?;
        let (id, user_id) = org.sessions.of(token)?;
        Some((org, Session { id, user: org.user(&user_id)?.clone() }))
    }
}

fn metadata(salesforce_dir: Option<&Path>) -> anyhow::Result<(Schema, Deployed)> {
    let mut schema = metadata::standard();
    let Some(directory) = salesforce_dir else { return Ok((schema, Deployed::default())) };
    let deployed = metadata::load(directory, &mut schema).context("cannot deploy the Salesforce project")?;
    for path in &deployed.ignored {
        tracing::debug!(path, "metadata of a kind that a local org does not know");
    }
    if let Some(warning) = metadata::not_deployed(&deployed.ignored, &schema) {
        tracing::warn!("{warning}");
    }
    Ok((schema, deployed))
}
