//! Where a token may go: https on Salesforce's domains, and what the operator allows beyond.

use url::{Host, Url};

/// Domains of Salesforce (Salesforce Help, "Allow the Required Domains").
const SALESFORCE: [&str; 6] =
    ["salesforce.com", "force.com", "salesforce-setup.com", "cloudforce.com", "salesforce.mil", "crmforce.mil"];

/// The hosts that may receive a token.
#[derive(Debug, Clone, Default)]
pub struct AllowedHosts {
    extra: Vec<(String, Port)>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Port {
    Default,
    Any,
    Only(u16),
}

/// Why an address is refused.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum HostError {
    /// Not an absolute http(s) URL.
    #[error("not a URL")]
    NotAUrl,
    /// User name or password in the URL.
    #[error("a URL with a user name is not allowed")]
    UserInfo,
    /// Neither a Salesforce domain over https nor in the operator's list.
    #[error("host {0} is not allowed; it must be https on a Salesforce domain or listed in ALLOWED_ORG_HOSTS")]
    NotAllowed(String),
    /// A malformed entry of the operator's list.
    #[error("{0:?} is not host, host:port or host:*")]
    InvalidEntry(String),
}

impl AllowedHosts {
    /// Salesforce's domains and nothing else.
    pub fn salesforce() -> Self {
        Self::default()
    }

    /// Salesforce's domains and `extra` hosts: `host`, `host:port` or `host:*`. Those may use http.
    ///
    /// # Errors
    /// [`HostError::InvalidEntry`] with the entry at fault.
    pub fn with_extra<S: AsRef<str>>(extra: &[S]) -> Result<Self, HostError> {
        let parse = |entry: &str| -> Option<(String, Port)> {
            let (host, port) = match entry.rsplit_once(':') {
                None => (entry, Port::Default),
                Some((host, "*")) => (host, Port::Any),
                Some((host, port)) => (host, Port::Only(port.parse().ok()?)),
            };
            let host = Host::parse(host).ok()?;
            Some((host.to_string(), port))
        };
        let extra = extra
            .iter()
            .map(|entry| {
                let entry = entry.as_ref().trim();
                parse(entry).ok_or_else(|| HostError::InvalidEntry(entry.to_owned()))
            })
            .collect::<Result<_, _>>()?;
        Ok(Self { extra })
    }

    /// The address as a URL, when a token may go there. `https://` is added where there is no scheme.
    ///
    /// # Errors
    /// [`HostError`] says why not.
    pub fn check(&self, address: &str) -> Result<Url, HostError> {
        let address = address.trim();
        let with_scheme = if address.contains("://") { address.to_owned() } else { format!("https://{address}") };
        let url = Url::parse(&with_scheme).map_err(|_| HostError::NotAUrl)?;
        if !url.username().is_empty() || url.password().is_some() {
            return Err(HostError::UserInfo);
        }
        let host = url.host_str().filter(|_| matches!(url.scheme(), "https" | "http")).ok_or(HostError::NotAUrl)?;
        let salesforce = url.scheme() == "https" && url.port().is_none() && is_salesforce(host);
        let listed = self.extra.iter().any(|(allowed, port)| {
            allowed == host
                && match port {
                    Port::Any => true,
                    Port::Default => url.port().is_none(),
                    Port::Only(port) => url.port_or_known_default() == Some(*port),
                }
        });
        if salesforce || listed { Ok(url) } else { Err(HostError::NotAllowed(host.to_owned())) }
    }
}

fn is_salesforce(host: &str) -> bool {
    SALESFORCE.iter().any(|domain| host.strip_suffix(domain).is_some_and(|rest| rest.len() > 1 && rest.ends_with('.')))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn salesforce_domains_over_https() {
        let hosts = AllowedHosts::salesforce();
        for good in [
            "https://acme.my.salesforce.com",
            "acme.my.salesforce.com",
            "https://acme--dev.sandbox.my.salesforce.com/services",
            "https://acme.lightning.force.com",
            "HTTPS://ACME.MY.SALESFORCE.COM:443",
        ] {
            assert!(hosts.check(good).is_ok(), "{good}");
        }
        for bad in [
            "http://acme.my.salesforce.com",
            "https://salesforce.com.evil.example",
            "https://evilsalesforce.com",
            "https://salesforce.com",
            "https://acme.my.salesforce.com:8443",
            "https://user@acme.my.salesforce.com",
            "https://127.0.0.1",
            "https://acme.my.salesforce.com@evil.example/",
            "ftp://acme.my.salesforce.com",
            "javascript:alert(1)",
            "",
            "https://",
        ] {
            assert!(hosts.check(bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn the_operators_hosts() {
        let hosts = AllowedHosts::with_extra(&["127.0.0.1:8090", "localhost:*", "org.example"]).unwrap();
        for good in ["http://127.0.0.1:8090", "http://localhost:1", "https://localhost:2/x", "https://org.example"] {
            assert!(hosts.check(good).is_ok(), "{good}");
        }
        for bad in ["http://127.0.0.1:8091", "https://org.example:444", "http://127.0.0.1"] {
            assert!(hosts.check(bad).is_err(), "{bad}");
        }
        assert_eq!(AllowedHosts::with_extra(&["a:b"]).unwrap_err(), HostError::InvalidEntry("a:b".to_owned()));
    }
}
