//! Whom a `rediss://` connection trusts.

use std::fmt;

use redis::{Client, ConnectionInfo, RedisError, TlsCertificates};

const BEGIN: &str = "-----BEGIN CERTIFICATE-----";

/// Certificates, one of which must have signed the server's, in PEM form. No others are trusted then.
#[derive(Clone, PartialEq, Eq)]
pub struct RedisCa(String);

impl RedisCa {
    /// Reads certificates in PEM form, or the file of that path which has them. `\n` within the text stands for a new
    /// line, for settings that cannot have one. `None` when there is no certificate.
    #[must_use]
    pub fn read(text: &str) -> Option<Self> {
        let pem = match text.contains("-----BEGIN") {
            true => text.replace("\\n", "\n"),
            false => std::fs::read_to_string(text).ok()?,
        };
        pem.contains(BEGIN).then_some(Self(pem))
    }

    /// A client that trusts these certificates. `any_name`: whatever host name the server's is for.
    pub(super) fn client(&self, info: ConnectionInfo, any_name: bool) -> Result<Client, RedisError> {
        let certificates = TlsCertificates { client_tls: None, root_cert: Some(self.0.clone().into_bytes()) };
        let client = Client::build_with_tls(info, certificates)?;
        if !any_name {
            return Ok(client);
        }
        let info = client.get_connection_info().clone();
        let mut address = info.addr().clone();
        address.set_danger_accept_invalid_hostnames(true);
        Client::open(info.set_addr(address))
    }
}

impl fmt::Debug for RedisCa {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "RedisCa({} certificates)", self.0.matches(BEGIN).count())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_certificate_is_text_or_a_file() {
        let pem = "-----BEGIN CERTIFICATE-----\nMIIB\n-----END CERTIFICATE-----\n";
        let file = std::env::temp_dir().join(format!("redis-ca-{}.pem", std::process::id()));
        std::fs::write(&file, pem).unwrap();
        let read = RedisCa::read(file.to_str().unwrap());
        std::fs::remove_file(&file).unwrap();
        assert_eq!(read, RedisCa::read(pem));
        assert_eq!(RedisCa::read(&pem.replace('\n', "\\n")), RedisCa::read(pem));
        assert_eq!(format!("{:?}", read.unwrap()), "RedisCa(1 certificates)");
        for wrong in ["", "no-such-file.pem", "-----BEGIN PRIVATE KEY-----\nMIIB\n-----END PRIVATE KEY-----"] {
            assert_eq!(RedisCa::read(wrong), None, "{wrong}");
        }
    }
}
