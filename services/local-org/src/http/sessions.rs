//! Access tokens of one org.

use std::collections::HashMap;
use std::fmt;
use std::sync::{Mutex, MutexGuard, PoisonError};

use rand::RngExt;
use rand::distr::Alphanumeric;

/// Characters after `!AQ`.
const SECRET_LENGTH: usize = 80;

/// Hands out tokens such as `00DLO0000000001!AQ…`, one a user, and knows whose they are until they expire.
pub(crate) struct Sessions {
    org_id: String,
    tokens: Mutex<HashMap<String, String>>,
}

impl Sessions {
    /// Sessions of the org with this id (15 characters).
    pub(crate) fn new(org_id: &str) -> Self {
        Self { org_id: org_id.to_owned(), tokens: Mutex::default() }
    }

    /// The user's live token, or a new one.
    pub(crate) fn token(&self, user_id: &str) -> String {
        let mut tokens = self.tokens();
        if let Some((token, _)) = tokens.iter().find(|(_, user)| *user == user_id) {
            return token.clone();
        }
        let secret: String = rand::rng().sample_iter(Alphanumeric).take(SECRET_LENGTH).map(char::from).collect();
        let token = format!("{}!AQ{secret}", self.org_id);
        tokens.insert(token.clone(), user_id.to_owned());
        token
    }

    /// The id of the user whose live token this is.
    pub(crate) fn user_of(&self, token: &str) -> Option<String> {
        self.tokens().get(token).cloned()
    }

    /// Ends all sessions.
    pub(crate) fn expire(&self) {
        self.tokens().clear();
    }

    /// Ends one session.
    pub(crate) fn revoke(&self, token: &str) {
        self.tokens().remove(token);
    }

    fn tokens(&self) -> MutexGuard<'_, HashMap<String, String>> {
        self.tokens.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl fmt::Debug for Sessions {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Sessions").field("org_id", &self.org_id).finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::Sessions;

    #[test]
    fn a_token_lives_until_it_expires() {
        let sessions = Sessions::new("00DLO0000000001");
        let token = sessions.token("user1");
        assert!(token.starts_with("00DLO0000000001!AQ"), "{token}");
        assert_eq!(sessions.token("user1"), token);
        assert_ne!(sessions.token("user2"), token);
        assert_eq!(sessions.user_of(&token).as_deref(), Some("user1"));
        sessions.expire();
        assert_eq!(sessions.user_of(&token), None);
        assert_ne!(sessions.token("user1"), token);
        assert!(!format!("{sessions:?}").contains("AQ"));
    }
}
