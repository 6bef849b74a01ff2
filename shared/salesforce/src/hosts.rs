//! Which hosts may be given a token or a callback: Salesforce's own, and those that the operator names.

use thiserror::Error;
use url::{Host, Url};

/// Domains that Salesforce serves orgs from (Salesforce Help, "Allow the Required Domains" and "My Domain URL Formats";
/// the `.mil` ones are Government Cloud Plus - Defense). A host passes when it is below one of them.
const SALESFORCE_DOMAINS: &[&str] =
    &["salesforce.com", "force.com", "salesforce-setup.com", "cloudforce.com", "salesforce.mil", "crmforce.mil"];

/// Decides where a token or a callback may go.
///
/// Salesforce's domains are reached over https on the default port only. Extra hosts, meant for a local org, may use
/// http and another port. A user name in the URL, an address instead of a name, and a trailing dot are refused unless
/// an extra entry says exactly that.
#[derive(Debug, Clone)]
pub struct AllowedHosts {
    extra: Vec<ExtraHost>,
}

#[derive(Debug, Clone)]
struct ExtraHost {
    host: String,
    port: ExtraPort,
}

#[derive(Debug, Clone, Copy)]
enum ExtraPort {
    Default,
    Number(u16),
    Any,
}

/// Why a URL was refused.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum HostError {
    /// Not a URL with a host.
    #[error("is not a valid URL")]
    NotAUrl,
    /// A scheme other than https (or http for an extra host).
    #[error("must use https")]
    Scheme,
    /// `user:password@` in the URL.
    #[error("must not contain a user name or password")]
    UserInfo,
    /// A port other than 443 on a Salesforce domain.
    #[error("must use the default port")]
    Port,
    /// The host is not one of the allowed ones.
    #[error("host `{0}` is not a Salesforce domain and is not among the allowed hosts")]
    Host(String),
    /// An entry of the list of extra hosts is not `host`, `host:port` or `host:*`.
    #[error("`{0}` is not `host`, `host:port` or `host:*`")]
    BadEntry(String),
}

impl AllowedHosts {
    /// Salesforce's domains and nothing else.
    #[must_use]
    pub fn salesforce() -> Self {
        Self { extra: Vec::new() }
    }

    /// Salesforce's domains and the entries given: `host` (default ports), `host:port`, or `host:*` (any port). Empty
    /// entries are skipped. An IPv6 address is written in brackets.
    ///
    /// # Errors
    /// [`HostError::BadEntry`] naming the first entry that cannot be read.
    pub fn with_extra(extra: &[String]) -> Result<Self, HostError> {
        let entries = extra.iter().map(|entry| entry.trim()).filter(|entry| !entry.is_empty());
        Ok(Self { extra: entries.map(ExtraHost::parse).collect::<Result<_, _>>()? })
    }

    /// Checks a URL, or a bare host, which stands for `https://` and that host.
    ///
    /// # Errors
    /// [`HostError`] when the URL leads elsewhere or cannot be read.
    pub fn check(&self, url: &str) -> Result<Url, HostError> {
        let text = url.trim();
        let url = if text.contains("://") { Url::parse(text) } else { Url::parse(&format!("https://{text}")) };
        let url = url.map_err(|_| HostError::NotAUrl)?;
        if !matches!(url.scheme(), "https" | "http") {
            return Err(HostError::Scheme);
        }
        if !url.username().is_empty() || url.password().is_some() {
            return Err(HostError::UserInfo);
        }
        let host = url.host_str().ok_or(HostError::NotAUrl)?.to_owned();
        if self.extra.iter().any(|extra| extra.matches(&host, &url)) {
            return Ok(url);
        }
        let named = matches!(url.host(), Some(Host::Domain(_)));
        if !named || !SALESFORCE_DOMAINS.iter().any(|domain| is_below(&host, domain)) {
            return Err(HostError::Host(host));
        }
        if url.scheme() != "https" {
            return Err(HostError::Scheme);
        }
        if url.port().is_some() {
            return Err(HostError::Port);
        }
        Ok(url)
    }
}

impl ExtraHost {
    fn parse(entry: &str) -> Result<Self, HostError> {
        let bad = || HostError::BadEntry(entry.to_owned());
        let (host, port) = match entry.rsplit_once(':') {
            // The last colon of `[::1]` does not begin a port.
            Some((host, port)) if !port.ends_with(']') => (host, Some(port)),
            _ => (entry, None),
        };
        let port = match port {
            None => ExtraPort::Default,
            Some("*") => ExtraPort::Any,
            Some(number) => ExtraPort::Number(number.parse().map_err(|_| bad())?),
        };
        // Reading it as a URL gives the spelling that `check` will compare with.
        let url = Url::parse(&format!("http://{host}/")).map_err(|_| bad())?;
        let plain = url.path() == "/" && url.query().is_none() && url.fragment().is_none() && url.port().is_none();
        match url.host_str() {
            Some(host) if plain && url.username().is_empty() && !host.contains('*') => {
                Ok(Self { host: host.to_owned(), port })
            }
            _ => Err(bad()),
        }
    }

    fn matches(&self, host: &str, url: &Url) -> bool {
        let port = match self.port {
            ExtraPort::Any => true,
            ExtraPort::Default => url.port().is_none(),
            ExtraPort::Number(number) => url.port_or_known_default() == Some(number),
        };
        port && self.host == host
    }
}

/// Whether `host` is a proper subdomain, compared label by label. `Url` has lower-cased the host already.
fn is_below(host: &str, domain: &str) -> bool {
    let label = host.strip_suffix(domain).and_then(|rest| rest.strip_suffix('.'));
    label.is_some_and(|rest| !rest.is_empty())
}

#[cfg(test)]
mod tests;
