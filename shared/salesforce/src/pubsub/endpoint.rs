//! The way to the service: which address is allowed, and connections to it.

use tonic::transport::{Certificate, Channel, ClientTlsConfig, Endpoint};
use url::Url;

use super::{PubSubConfig, PubSubError};
use crate::{AllowedHosts, HostError, HttpSettings, install_tls_provider};

/// Port of the service on Salesforce's hosts, besides 443.
const PORT: u16 = 7443;

/// Checks that a token may go to `endpoint`: the rules of [`AllowedHosts`], with the service's own port.
/// [`PubSub::new`](super::PubSub::new) does, so this is for whoever wants to know earlier.
///
/// # Errors
/// [`HostError`] when it may not.
pub fn check_endpoint(endpoint: &Url, hosts: &AllowedHosts) -> Result<(), HostError> {
    match hosts.check(endpoint.as_str()) {
        Err(HostError::Port) if endpoint.port() == Some(PORT) => {
            hosts.check(endpoint.host_str().ok_or(HostError::NotAUrl)?).map(|_| ())
        }
        checked => checked.map(|_| ()),
    }
}

/// Makes connections to one endpoint.
pub(super) struct Connector {
    endpoint: Endpoint,
}

impl Connector {
    /// Checks the address and reads the certificate file; connects to nothing yet.
    pub(super) fn new(config: &PubSubConfig, hosts: &AllowedHosts) -> Result<Self, PubSubError> {
        check_endpoint(&config.endpoint, hosts).map_err(PubSubError::Endpoint)?;
        let mut endpoint = Endpoint::from_shared(config.endpoint.to_string())
            .and_then(|endpoint| endpoint.user_agent(HttpSettings::default().user_agent))
            .map_err(PubSubError::Transport)?
            .connect_timeout(config.connect_timeout)
            .tcp_nodelay(true)
            // Finds a peer that is gone without the limits that gRPC servers put on HTTP/2 pings.
            .tcp_keepalive(Some(std::time::Duration::from_secs(30)))
            .keep_alive_timeout(config.ping_timeout);
        if let Some(interval) = config.ping_interval {
            endpoint = endpoint.http2_keep_alive_interval(interval);
        }
        if config.endpoint.scheme() == "https" {
            install_tls_provider();
            let mut tls = ClientTlsConfig::new().with_webpki_roots().timeout(config.connect_timeout);
            if let Some(path) = &config.ca_file {
                let pem =
                    std::fs::read(path).map_err(|source| PubSubError::Certificate { path: path.clone(), source })?;
                tls = tls.ca_certificate(Certificate::from_pem(pem));
            }
            endpoint = endpoint.tls_config(tls).map_err(PubSubError::Transport)?;
        }
        Ok(Self { endpoint })
    }

    /// A connection of its own, made with the first call and again when it breaks.
    pub(super) fn channel(&self) -> Channel {
        self.endpoint.connect_lazy()
    }
}

#[cfg(test)]
mod tests;
