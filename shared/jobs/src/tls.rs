//! Whom a `rediss://` connection trusts.

use std::fmt;
use std::io;

use redis::{Client, ConnectionInfo, RedisError, TlsCertificates};

const BEGIN: &str = "-----BEGIN CERTIFICATE-----";

/// Longest path that an error repeats, in characters.
const MAX_PATH_CHARS: usize = 300;

/// Why there is no certificate. Names a path, and shows no text of a key.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum RedisCaError {
    /// It is taken for the path of a file, which cannot be read.
    #[error("cannot read {path}, which should be a file with certificates, or certificates in PEM form")]
    Unreadable {
        /// The path.
        path: String,
        /// Why not.
        source: io::Error,
    },
    /// The file has none.
    #[error("{path} has no certificate in PEM form")]
    None {
        /// The path.
        path: String,
    },
    /// The text in PEM form is something else.
    #[error("the text in PEM form has no certificate")]
    NotACertificate,
}

/// Certificates, one of which must have signed the server's, in PEM form. No others are trusted then.
#[derive(Clone, PartialEq, Eq)]
pub struct RedisCa(String);

impl RedisCa {
    /// Reads certificates in PEM form, or the file of that path which has them. `\n` within the text stands for a new
    /// line, for settings that cannot have one.
    ///
    /// # Errors
    /// [`RedisCaError`] when there is no certificate.
    pub fn read(text: &str) -> Result<Self, RedisCaError> {
        if text.contains("-----BEGIN") {
            let pem = text.replace("\\n", "\n");
            return if pem.contains(BEGIN) { Ok(Self(pem)) } else { Err(RedisCaError::NotACertificate) };
        }
        let path = || shown(text);
        let pem = std::fs::read_to_string(text).map_err(|source| RedisCaError::Unreadable { path: path(), source })?;
        if pem.contains(BEGIN) { Ok(Self(pem)) } else { Err(RedisCaError::None { path: path() }) }
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

/// A path as it goes into a message. What cannot be one may be a secret that was given by mistake.
fn shown(text: &str) -> String {
    if text.contains("://") || text.contains('\n') {
        return "this text".to_owned();
    }
    text.chars().take(MAX_PATH_CHARS).collect()
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
        let read = RedisCa::read(file.to_str().unwrap()).unwrap();
        std::fs::write(&file, "no certificate").unwrap();
        let none = RedisCa::read(file.to_str().unwrap()).unwrap_err().to_string();
        std::fs::remove_file(&file).unwrap();
        assert_eq!(read, RedisCa::read(pem).unwrap());
        assert_eq!(RedisCa::read(&pem.replace('\n', "\\n")).unwrap(), read);
        assert_eq!(format!("{read:?}"), "RedisCa(1 certificates)");
        assert_eq!(none, format!("{} has no certificate in PEM form", file.display()));
        let missing = RedisCa::read("no-such-file.pem").unwrap_err().to_string();
        assert!(missing.starts_with("cannot read no-such-file.pem,"), "{missing}");
        let key = "-----BEGIN PRIVATE KEY-----\nMIIB\n-----END PRIVATE KEY-----";
        let refused = RedisCa::read(key).unwrap_err().to_string();
        assert!(refused.contains("has no certificate") && !refused.contains("MIIB"), "{refused}");
        let url = RedisCa::read("rediss://:geheim@127.0.0.1").unwrap_err().to_string();
        assert!(!url.contains("geheim"), "{url}");
        assert!(RedisCa::read("").is_err());
    }
}
