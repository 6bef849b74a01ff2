//! Access tokens of one org.

use std::collections::HashMap;
use std::fmt;
use std::sync::{Mutex, MutexGuard, PoisonError};

use rand::RngExt;
use rand::distr::Alphanumeric;

/// Characters after `!AQ`.
const SECRET_LENGTH: usize = 80;

/// Hands out tokens such as `00DLO0000000001!AQ…` and knows whose sessions they are until they end. Each session is also
/// a record of the org (`AuthSession`), which others write.
pub(crate) struct Sessions {
    org_id: String,
    tokens: Mutex<HashMap<String, Entry>>,
}

struct Entry {
    session_id: String,
    user_id: String,
    /// Whether it is the one that the user gets who asks for a token without more ado.
    usual: bool,
}

impl Entry {
    fn is_usual_of(&self, user_id: &str) -> bool {
        self.usual && self.user_id == user_id
    }
}

impl Sessions {
    /// Sessions of the org with this id (15 characters).
    pub(crate) fn new(org_id: &str) -> Self {
        Self { org_id: org_id.to_owned(), tokens: Mutex::default() }
    }

    /// The token of the user's usual session, if there is one.
    pub(crate) fn usual(&self, user_id: &str) -> Option<String> {
        let tokens = self.tokens();
        let (token, _) = tokens.iter().find(|(_, entry)| entry.is_usual_of(user_id))?;
        Some(token.clone())
    }

    /// A new token, for a session that has been recorded.
    pub(crate) fn add(&self, session_id: &str, user_id: &str) -> String {
        self.insert(&mut self.tokens(), session_id, user_id, false)
    }

    /// A new token, for a session that has been recorded and is to be the user's usual one; the old token when the user
    /// has got one by now.
    pub(crate) fn add_usual(&self, session_id: &str, user_id: &str) -> String {
        let mut tokens = self.tokens();
        let old = tokens.iter().find(|(_, entry)| entry.is_usual_of(user_id)).map(|(token, _)| token.clone());
        old.unwrap_or_else(|| self.insert(&mut tokens, session_id, user_id, true))
    }

    fn insert(&self, tokens: &mut HashMap<String, Entry>, session_id: &str, user_id: &str, usual: bool) -> String {
        let secret: String = rand::rng().sample_iter(Alphanumeric).take(SECRET_LENGTH).map(char::from).collect();
        let token = format!("{}!AQ{secret}", self.org_id);
        let entry = Entry { session_id: session_id.to_owned(), user_id: user_id.to_owned(), usual };
        tokens.insert(token.clone(), entry);
        token
    }

    /// The ids of the session and the user whose live token this is.
    pub(crate) fn of(&self, token: &str) -> Option<(String, String)> {
        self.tokens().get(token).map(|entry| (entry.session_id.clone(), entry.user_id.clone()))
    }

    /// Ends all sessions.
    pub(crate) fn expire(&self) {
        self.tokens().clear();
    }

    /// Ends one session and gives its id.
    pub(crate) fn revoke(&self, token: &str) -> Option<String> {
        self.tokens().remove(token).map(|entry| entry.session_id)
    }

    fn tokens(&self) -> MutexGuard<'_, HashMap<String, Entry>> {
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
    fn a_token_lives_until_it_ends() {
        let sessions = Sessions::new("00DLO0000000001");
        assert_eq!(sessions.usual("user1"), None);
        let token = sessions.add_usual("session1", "user1");
        assert!(token.starts_with("00DLO0000000001!AQ"), "{token}");
        assert_eq!(sessions.usual("user1").as_ref(), Some(&token));
        assert_eq!(sessions.add_usual("session3", "user1"), token, "there is one");
        let other = sessions.add("session2", "user2");
        assert_ne!(other, token);
        assert_eq!(sessions.usual("user2"), None, "a session of its own is nobody else's");
        assert_eq!(sessions.of(&other), Some(("session2".to_owned(), "user2".to_owned())));
        assert_eq!(sessions.revoke(&other).as_deref(), Some("session2"));
        assert_eq!((sessions.of(&other), sessions.revoke(&other)), (None, None));
        sessions.expire();
        assert_eq!(sessions.of(&token), None);
        assert!(!format!("{sessions:?}").contains("AQ"));
    }
}
