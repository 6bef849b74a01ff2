//! Who may call: programs, and the console's own pages, but no page of another site.
//!
//! A local org hands out tokens to whoever asks, so the browser of its developer must not ask in the name of a web page
//! that is open in it. Two things tell such a page:
//!
//! - **The name by which it calls.** A page whose own name leads to this machine (DNS rebinding) is of the same origin for
//!   the browser, and may read every answer. So only names of this machine are answered to: `localhost`, loopback
//!   addresses, the address to listen on, and names that `--allowed-host` adds.
//! - **Where it comes from.** Browsers say so in `Origin` and `Sec-Fetch-Site`, which no script can set. Programs send
//!   neither. What says that it comes from elsewhere is refused, whatever it asks for; but a link may lead to the console.
//!
//! That what changes an org without a token is JSON (`http::guard`) is a third line, for browsers that say nothing.

use std::net::IpAddr;

use url::Url;

#[cfg(test)]
mod tests;

/// What a request says about its caller. A header that is there several times is several values.
#[derive(Debug, Default)]
pub(crate) struct Caller<'r> {
    /// `Host` headers, and the authority of the URI where it has one.
    pub(crate) hosts: Vec<&'r str>,
    /// `Origin` headers.
    pub(crate) origins: Vec<&'r str>,
    /// `Sec-Fetch-Site` headers.
    pub(crate) sites: Vec<&'r str>,
    /// Whether somebody follows a link or enters an address, to look at a page that changes nothing.
    pub(crate) visits_page: bool,
}

/// Why a caller is refused.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub(crate) enum Refusal {
    /// No name, or several.
    #[error("The request must have one Host header")]
    NoHost,
    /// A name that is not of this machine.
    #[error("This local org does not answer to the name {0}; --allowed-host (LOCAL_ORG_ALLOWED_HOSTS) adds names")]
    ForeignHost(String),
    /// A page of another site.
    #[error("This local org does not answer to web pages of other sites")]
    ForeignPage,
}

/// The names to which this process answers.
#[derive(Debug, Default)]
pub(crate) struct Guard {
    names: Vec<String>,
}

impl Guard {
    /// Loopback names and these, in the form of [`host_name`].
    pub(crate) fn new(names: Vec<String>) -> Self {
        Self { names }
    }

    /// Refuses callers that a web page of another site may be behind.
    ///
    /// # Errors
    /// The reason, which may be told.
    pub(crate) fn check(&self, caller: &Caller<'_>) -> Result<(), Refusal> {
        let (first, others) = caller.hosts.split_first().ok_or(Refusal::NoHost)?;
        if others.iter().any(|other| !other.eq_ignore_ascii_case(first)) {
            return Err(Refusal::NoHost);
        }
        let name = name_of(first).ok_or_else(|| Refusal::ForeignHost((*first).to_owned()))?;
        if !self.is_own(&name) {
            return Err(Refusal::ForeignHost(name));
        }
        let is_own_site = |site: &&str| matches!(*site, "same-origin" | "none");
        let same_origin = caller.origins.iter().all(|origin| is_origin(origin, first));
        let own_site = caller.visits_page || caller.sites.iter().all(is_own_site);
        if same_origin && own_site { Ok(()) } else { Err(Refusal::ForeignPage) }
    }

    fn is_own(&self, name: &str) -> bool {
        let is_loopback = |address: IpAddr| address.to_canonical().is_loopback();
        name == "localhost" || name.parse().is_ok_and(is_loopback) || self.names.iter().any(|known| known == name)
    }
}

/// A host name or address as it is compared: in lower case, without brackets.
///
/// # Errors
/// When it is none, or more than that, such as a URL or a name with a port.
pub(crate) fn host_name(text: &str) -> Result<String, String> {
    let is_name = |text: &&str| !text.is_empty() && !text.contains(['*', '/', '@', '?', '#']);
    let address = text.parse::<IpAddr>().ok().map(|address| address.to_string());
    address
        .or_else(|| Some(text).filter(is_name).filter(|text| !text.contains(':')).and_then(name_of))
        .ok_or_else(|| "not a host name or an address, without scheme and port".to_owned())
}

/// The name of `name`, `name:port`, `[address]` or `[address]:port`.
fn name_of(authority: &str) -> Option<String> {
    if authority.contains(['/', '@', '?', '#', '\\']) {
        return None;
    }
    let url = Url::parse(&format!("http://{authority}/")).ok()?;
    let name = url.host_str()?;
    let name = name.strip_prefix('[').and_then(|name| name.strip_suffix(']')).unwrap_or(name);
    Some(name.strip_suffix('.').unwrap_or(name).to_owned()).filter(|name| !name.is_empty())
}

/// Whether an `Origin` header names the place that a `Host` header does. The scheme is not compared: a port serves one.
fn is_origin(origin: &str, host: &str) -> bool {
    let Some((scheme, authority)) = origin.split_once("://") else { return false };
    let place = |authority: &str| Url::parse(&format!("{scheme}://{authority}/")).ok();
    if !matches!(scheme, "http" | "https") || authority.contains(['/', '@', '?', '#', '\\']) {
        return false;
    }
    match (place(authority), place(host)) {
        (Some(origin), Some(host)) => {
            origin.host() == host.host() && origin.port_or_known_default() == host.port_or_known_default()
        }
        _ => false,
    }
}
