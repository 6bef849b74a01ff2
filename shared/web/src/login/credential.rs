//! The one credential that all users of the pages share.

use sha2::{Digest, Sha256};
use std::fmt;
use subtle::ConstantTimeEq;

/// Digests of a user name and a password; the password itself is not kept. `Debug` shows neither.
#[derive(Clone)]
pub struct Credential {
    username: String,
    name_digest: [u8; 32],
    password_digest: [u8; 32],
}

impl Credential {
    pub(super) fn new(username: &str, password: &str) -> Self {
        Self { username: username.to_owned(), name_digest: digest(username), password_digest: digest(password) }
    }

    /// Whether both are right. Takes as long whichever is wrong, and wherever.
    pub(super) fn matches(&self, username: &str, password: &str) -> bool {
        let name = self.name_digest.ct_eq(&digest(username));
        let password = self.password_digest.ct_eq(&digest(password));
        (name & password).into()
    }

    /// The user name.
    pub(super) fn username(&self) -> &str {
        &self.username
    }

    /// A text that changes with the credential, and tells nothing about it to who does not know it already.
    pub(super) fn fingerprint(&self) -> String {
        let mut hash = Sha256::new();
        hash.update(self.name_digest);
        hash.update(self.password_digest);
        hash.finalize().iter().take(8).map(|byte| format!("{byte:02x}")).collect()
    }
}

impl fmt::Debug for Credential {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Credential([REDACTED])")
    }
}

/// Digests have one length, so comparing them does not tell the length of what was digested.
fn digest(text: &str) -> [u8; 32] {
    Sha256::digest(text.as_bytes()).into()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_must_be_right() {
        let credential = Credential::new("ada", "correct horse");
        assert!(credential.matches("ada", "correct horse"));
        for (name, password) in [("ada", "correct hors"), ("ada", ""), ("Ada", "correct horse"), ("", "correct horse")]
        {
            assert!(!credential.matches(name, password), "{name} {password}");
        }
        assert!(!format!("{credential:?}").contains("horse"));
    }

    #[test]
    fn the_fingerprint_changes_with_either() {
        let fingerprint = Credential::new("ada", "correct horse").fingerprint();
        assert_eq!(fingerprint.len(), 16);
        assert_ne!(fingerprint, Credential::new("ada", "correct horses").fingerprint());
        assert_ne!(fingerprint, Credential::new("adb", "correct horse").fingerprint());
    }
}
