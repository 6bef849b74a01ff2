//! What a local org is started with.

use std::fmt;
use std::net::TcpListener;
use std::path::PathBuf;
use std::str::FromStr;

use url::Url;

use crate::costs::Costs;
use crate::version::NEWEST_BY_DEFAULT;

/// What a local org is started with.
#[derive(Debug, Clone)]
pub struct Config {
    /// Directory of the databases, one file an org; `None` keeps them in memory.
    pub db: Option<PathBuf>,
    /// The sfdx project whose custom fields and permission sets the orgs have; `None` for none.
    pub salesforce_dir: Option<PathBuf>,
    /// The add-on that apps ask for authorizations.
    pub addon: Addon,
    /// The apps on Heroku that the add-on is attached to; the first is the one of [`Addon::app_id`].
    pub heroku_apps: Vec<AppOnHeroku>,
    /// Opportunities to make in `my-org` at the start, if it has none yet.
    pub opportunities: u32,
    /// Line items of each of them.
    pub lines: u32,
    /// Costs at the start; `/local/costs` changes them.
    pub costs: Costs,
    /// The newest version of the API, such as 68 for 68.0, for all orgs of the process.
    pub newest_api_version: u8,
    /// Names besides loopback ones to which callers may address themselves, without port.
    pub allowed_hosts: Vec<String>,
    /// Address of the dashboard that shows the jobs of apps: the console's Quotes lead there.
    pub dashboard: Option<Url>,
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
            heroku_apps: vec![AppOnHeroku::default()],
            opportunities: 0,
            lines: 2,
            costs: Costs::default(),
            newest_api_version: NEWEST_BY_DEFAULT,
            allowed_hosts: Vec::new(),
            dashboard: None,
            certificate: None,
            announce: false,
        }
    }
}

/// An app of Heroku, as the Heroku CLI names it, and where it runs on this machine.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AppOnHeroku {
    /// Such as `your-app`.
    pub name: String,
    /// Without a slash at the end.
    pub url: String,
}

impl Default for AppOnHeroku {
    /// The name that the documents use, and the port that services listen on.
    fn default() -> Self {
        Self { name: "your-app".to_owned(), url: "http://127.0.0.1:8080".to_owned() }
    }
}

impl FromStr for AppOnHeroku {
    type Err = &'static str;

    /// `name=url`
    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let (name, url) = text.split_once('=').ok_or("not of the form name=url")?;
        let is_name = name.len() <= 30
            && name.starts_with(|first: char| first.is_ascii_lowercase())
            && name.bytes().all(|byte| matches!(byte, b'a'..=b'z' | b'0'..=b'9' | b'-'));
        if !is_name {
            return Err(
                "the name is none of an app: a letter, then letters, digits and hyphens, all small, 30 at most",
            );
        }
        let parsed = Url::parse(url).map_err(|_| "the URL is none")?;
        if !matches!(parsed.scheme(), "http" | "https") || parsed.query().is_some() || parsed.fragment().is_some() {
            return Err("the URL is not an http or https URL without query and fragment");
        }
        Ok(Self { name: name.to_owned(), url: url.trim_end_matches('/').to_owned() })
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

#[cfg(test)]
mod tests {
    use super::AppOnHeroku;

    #[test]
    fn an_app_is_a_name_and_a_url() {
        let app: AppOnHeroku = "my-app2=http://127.0.0.1:8080/".parse().unwrap();
        assert_eq!((app.name.as_str(), app.url.as_str()), ("my-app2", "http://127.0.0.1:8080"));
        for (text, problem) in [
            ("my-app", "name=url"),
            ("=http://a", "the name"),
            ("My=http://a", "the name"),
            ("a_b=http://a", "the name"),
            ("a=b", "the URL is none"),
            ("a=ftp://b", "http or https"),
            ("a=http://b/?c", "without query"),
        ] {
            let found = text.parse::<AppOnHeroku>().unwrap_err();
            assert!(found.contains(problem), "{text}: {found}");
        }
    }
}
