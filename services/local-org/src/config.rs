//! What a local org is started with.

use std::fmt;
use std::net::TcpListener;
use std::path::PathBuf;

use crate::costs::Costs;

/// What a local org is started with.
#[derive(Debug, Clone)]
pub struct Config {
    /// Directory of the databases, one file an org; `None` keeps them in memory.
    pub db: Option<PathBuf>,
    /// The sfdx project whose custom fields and permission sets the orgs have; `None` for none.
    pub salesforce_dir: Option<PathBuf>,
    /// The add-on that apps ask for authorizations.
    pub addon: Addon,
    /// Opportunities to make in `my-org` at the start, if it has none yet.
    pub opportunities: u32,
    /// Line items of each of them.
    pub lines: u32,
    /// Costs at the start; `/local/costs` changes them.
    pub costs: Costs,
    /// Names besides loopback ones to which callers may address themselves, without port.
    pub allowed_hosts: Vec<String>,
    /// File to write the certificate of the ports with TLS to, for clients that are to trust it.
    pub certificate: Option<PathBuf>,
    /// Whether to say on standard output when the server is ready.
    pub announce: bool,
}

impl Default for Config {
    fn default() -> Self {
        Self {
            db: None,
            salesforce_dir: None,
            addon: Addon::default(),
            opportunities: 0,
            lines: 2,
            costs: Costs::default(),
            allowed_hosts: Vec::new(),
            certificate: None,
            announce: false,
        }
    }
}

/// The ports to serve on, taken.
#[derive(Debug)]
pub struct Listeners {
    /// REST API, add-on and control API.
    pub http: TcpListener,
    /// The same with TLS, and with another scheme in its URLs.
    pub https: Option<TcpListener>,
    /// Pub/Sub API in clear text.
    pub pubsub: Option<TcpListener>,
    /// Pub/Sub API with TLS.
    pub pubsub_tls: Option<TcpListener>,
}

impl From<TcpListener> for Listeners {
    fn from(http: TcpListener) -> Self {
        Self { http, https: None, pubsub: None, pubsub_tls: None }
    }
}

/// The add-on as an app sees it in its environment.
#[derive(Clone)]
pub struct Addon {
    /// UUID of the add-on; the API is at `/addons/{id}` (`HEROKU_APPLINK_API_URL`).
    pub id: String,
    /// Bearer token of the API (`HEROKU_APPLINK_TOKEN`).
    pub token: String,
    /// UUID of the app that may ask (`HEROKU_APP_ID`).
    pub app_id: String,
}

impl Default for Addon {
    fn default() -> Self {
        Self {
            id: "01234567-89ab-4cde-8f01-23456789abcd".to_owned(),
            token: "local-addon-token".to_owned(),
            app_id: "00000000-0000-4000-8000-000000000001".to_owned(),
        }
    }
}

impl fmt::Debug for Addon {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Addon").field("id", &self.id).field("app_id", &self.app_id).finish_non_exhaustive()
    }
}
