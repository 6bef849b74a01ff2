//! What the handlers share.

use crate::accounts::Directory;
use crate::config::Config;
use crate::connections::Connection;
use crate::loads::Loads;
use ::web::WaitingCalls;
use anyhow::Context;
use shared::applink::{AppLink, AppLinkSettings};
use shared::jobs::Jobs;
use shared::salesforce::{HttpSettings, RetryPolicy, http_client};
use std::sync::Arc;
use std::time::Duration;

/// What the handlers share.
#[derive(Clone)]
pub(crate) struct State {
    pub(crate) connections: Arc<[Connection]>,
    pub(crate) directory: Directory,
    pub(crate) deadline: Duration,
    pub(crate) loads: Loads,
}

impl State {
    pub(crate) fn new(config: Config, jobs: Jobs) -> anyhow::Result<Self> {
        let http = http_client(&HttpSettings { connect_timeout: config.deadline, ..HttpSettings::default() })
            .context("Failed to set up the HTTP client")?;
        let retry = RetryPolicy { total: config.deadline, ..RetryPolicy::default() };
        let settings = AppLinkSettings { attempt_timeout: config.deadline, retry };
        let applink = AppLink::new(http.clone(), config.addon, config.web.hosts, settings);
        Ok(Self {
            connections: config.connections.into(),
            directory: Directory::new(applink, http, config.deadline, WaitingCalls::new(config.web.calls)),
            deadline: config.deadline,
            loads: Loads::new(jobs),
        })
    }

    /// The connection of this name, if it is one that is shown.
    pub(crate) fn connection(&self, name: &str) -> Option<&Connection> {
        self.connections.iter().find(|connection| connection.as_str() == name)
    }
}
