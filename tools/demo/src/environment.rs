//! What the processes of a pattern need to know beside that which all need.

use anyhow::Result;
use test_support::LocalOrg;

use crate::api_access;
use crate::args::Pattern;
use crate::stack::ORG;

/// Variables by name.
pub(crate) type Variables = Vec<(&'static str, String)>;

/// Variables of a pattern's processes.
#[derive(Debug)]
pub(crate) struct Environment {
    /// For web and workers.
    pub(crate) all: Variables,
    /// For web alone.
    pub(crate) web: Variables,
    /// Hosts that may be called.
    pub(crate) hosts: String,
}

impl Environment {
    /// Those of a pattern that works with this local org; `password` is the one that the web process
    /// asks for, where it does.
    pub(crate) fn of(pattern: Pattern, local_org: &LocalOrg, password: &str) -> Result<Self> {
        let mut hosts = local_org.host()?;
        let (all, web) = match pattern {
            Pattern::OrgJob => (Vec::new(), Vec::new()),
            Pattern::OrgAction => (vec![("ENABLE_DISCOUNT_OVERRIDES", "true".to_owned())], Vec::new()),
            Pattern::ApiAccess => {
                let web = vec![
                    ("CONNECTION_NAMES", api_access::CONNECTIONS.join(",")),
                    ("APP_USERNAME", api_access::USERNAME.to_owned()),
                    ("APP_PASSWORD", password.to_owned()),
                ];
                (local_org.applink_env()?.into(), web)
            }
            Pattern::Eventing => {
                let pubsub = local_org.pubsub_url()?;
                hosts = format!("{hosts},{}", pubsub.trim_start_matches("http://"));
                let mut all: Variables = local_org.applink_env()?.into();
                all.push(("EVENT_AUTHORIZATION", ORG.to_owned()));
                all.push(("PUBSUB_ENDPOINT", pubsub));
                (all, vec![("WEBHOOK_TOKEN", password.to_owned())])
            }
        };
        Ok(Self { all, web, hosts })
    }
}
