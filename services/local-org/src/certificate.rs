//! The self-signed certificate of this process, for the ports with TLS.
//!
//! It is made anew at each start: a client trusts exactly this process, by the file that `--tls-cert-out` writes, or
//! does not verify.

use std::fmt;
use std::path::Path;
use std::sync::Arc;

use anyhow::Context;
use rustls::ServerConfig;
use rustls::pki_types::PrivateKeyDer;

/// Names that each certificate is for.
const NAMES: [&str; 3] = ["localhost", "127.0.0.1", "::1"];

/// A certificate and its private key.
pub struct Certificate(rcgen::CertifiedKey<rcgen::KeyPair>);

impl Certificate {
    /// Makes one, for names of this machine and those by which callers may address it besides.
    ///
    /// # Errors
    ///
    /// When a name cannot be in a certificate, or the system has no random numbers.
    pub fn self_signed(allowed_hosts: &[String]) -> anyhow::Result<Self> {
        let mut names = NAMES.map(str::to_owned).to_vec();
        names.extend(allowed_hosts.iter().filter(|name| !NAMES.contains(&name.as_str())).cloned());
        let made = rcgen::generate_simple_self_signed(names);
        Ok(Self(made.context("cannot make the self-signed certificate")?))
    }

    /// The certificate in PEM form, for clients to trust.
    pub fn pem(&self) -> String {
        self.0.cert.pem()
    }

    /// The private key in PEM form, for a server that reads it so. It is not to be shown.
    pub fn key_pem(&self) -> String {
        self.0.signing_key.serialize_pem()
    }

    /// Writes the certificate, without the key, to a file.
    ///
    /// # Errors
    ///
    /// When the file cannot be written.
    pub fn write(&self, path: &Path) -> anyhow::Result<()> {
        std::fs::write(path, self.pem()).with_context(|| format!("cannot write the certificate to {}", path.display()))
    }

    /// How an https server proves itself with it.
    ///
    /// # Errors
    ///
    /// When the key does not fit, which would be a mistake of this module.
    pub fn server_config(&self) -> anyhow::Result<ServerConfig> {
        let chain = vec![self.0.cert.der().clone()];
        let key = PrivateKeyDer::Pkcs8(self.0.signing_key.serialize_der().into());
        ServerConfig::builder_with_provider(Arc::new(rustls::crypto::ring::default_provider()))
            .with_safe_default_protocol_versions()
            .and_then(|server| server.with_no_client_auth().with_single_cert(chain, key))
            .context("cannot serve with the self-signed certificate")
    }
}

impl fmt::Debug for Certificate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Certificate").finish_non_exhaustive()
    }
}
