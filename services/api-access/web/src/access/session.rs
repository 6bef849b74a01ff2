//! A visitor's session: a cookie that only this app can read or make. Nothing is kept on the server.

use super::{Access, AccessSettings};
use actix_web::cookie::time::Duration as CookieDuration;
use actix_web::cookie::{Cookie, SameSite};
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use chrono::Utc;
use secrecy::{ExposeSecret, SecretString};
use serde::{Deserialize, Serialize};
use shared::jobs::{JobsError, SealKey};
use std::time::Duration;
use subtle::ConstantTimeEq;
use uuid::Uuid;

/// Name of the cookie.
const COOKIE: &str = "api_access_session";

/// How long a visitor who has not logged in keeps a session: as long as the login form may stand open.
const VISIT: Duration = Duration::from_secs(60 * 60);

/// What the app knows of a visitor.
#[derive(Clone, Serialize, Deserialize)]
pub(crate) struct Session {
    /// Token that every form of this session carries.
    csrf: String,
    /// Who logged in; `None` before that.
    user: Option<String>,
    /// Seconds since 1970 at which it ends.
    expires: i64,
}

impl Session {
    /// Who logged in.
    pub(crate) fn user(&self) -> Option<&str> {
        self.user.as_deref()
    }

    /// The token for forms.
    pub(crate) fn csrf(&self) -> &str {
        &self.csrf
    }

    /// Whether a form's token is this session's.
    pub(crate) fn allows(&self, token: &str) -> bool {
        self.csrf.as_bytes().ct_eq(token.as_bytes()).into()
    }
}

/// Makes and reads sessions.
#[derive(Clone)]
pub(crate) struct Sessions {
    key: SealKey,
    /// Names the credential, so that a changed password ends all sessions.
    purpose: String,
    lifetime: Duration,
}

impl Sessions {
    pub(crate) fn new(key: SealKey, settings: &AccessSettings) -> Self {
        let fingerprint = match &settings.access {
            Access::Open => "open".to_owned(),
            Access::Password(credential) => credential.fingerprint(),
        };
        Self { key, purpose: format!("{COOKIE}|{fingerprint}"), lifetime: settings.lifetime }
    }

    /// A session of someone who has not logged in.
    pub(crate) fn visitor(&self) -> Session {
        Session { csrf: token(), user: None, expires: ends_in(VISIT) }
    }

    /// A session of someone who has.
    pub(crate) fn logged_in(&self, user: &str) -> Session {
        Session { csrf: token(), user: Some(user.to_owned()), expires: ends_in(self.lifetime) }
    }

    /// The session in a cookie, if it is one of ours and has not ended.
    pub(crate) fn read(&self, cookie: Option<&Cookie<'_>>) -> Option<Session> {
        let sealed = URL_SAFE_NO_PAD.decode(cookie?.value()).ok()?;
        let text = self.key.open_for(&self.purpose, &sealed).ok()?;
        let session: Session = serde_json::from_str(text.expose_secret()).ok()?;
        (session.expires > Utc::now().timestamp()).then_some(session)
    }

    /// The cookie for a session; `secure` when the browser came over https.
    ///
    /// # Errors
    /// When the session cannot be sealed.
    pub(crate) fn cookie(&self, session: &Session, secure: bool) -> Result<Cookie<'static>, JobsError> {
        let text = serde_json::to_string(session).map_err(|_| JobsError::Seal("written"))?;
        let sealed = self.key.seal_for(&self.purpose, &SecretString::from(text))?;
        let lifetime = session.expires.saturating_sub(Utc::now().timestamp()).max(0);
        Ok(Cookie::build(COOKIE, URL_SAFE_NO_PAD.encode(sealed))
            .path("/")
            .http_only(true)
            .same_site(SameSite::Lax)
            .secure(secure)
            .max_age(CookieDuration::seconds(lifetime))
            .finish())
    }

    /// Name of the cookie.
    pub(crate) const fn cookie_name() -> &'static str {
        COOKIE
    }
}

fn token() -> String {
    Uuid::new_v4().simple().to_string()
}

fn ends_in(duration: Duration) -> i64 {
    Utc::now().timestamp().saturating_add(i64::try_from(duration.as_secs()).unwrap_or(i64::MAX))
}

#[cfg(test)]
mod tests {
    use super::super::Credential;
    use super::*;

    const KEY: &str = "000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f";

    fn sessions(password: &str, lifetime: u64) -> Sessions {
        let settings = AccessSettings {
            access: Access::Password(Credential::new("ada", password)),
            lifetime: Duration::from_secs(lifetime),
            behind_router: false,
        };
        Sessions::new(SealKey::parse(KEY).unwrap(), &settings)
    }

    #[test]
    fn a_session_comes_back_from_its_cookie() {
        let sessions = sessions("correct horse", 60);
        let session = sessions.logged_in("ada");
        let cookie = sessions.cookie(&session, true).unwrap();
        assert_eq!((cookie.http_only(), cookie.secure()), (Some(true), Some(true)));
        assert_eq!(cookie.same_site(), Some(SameSite::Lax));
        assert!(!cookie.value().contains("ada"));
        let read = sessions.read(Some(&cookie)).unwrap();
        assert_eq!(read.user(), Some("ada"));
        assert!(read.allows(session.csrf()) && !read.allows("") && !read.allows(&token()));
        assert_eq!(sessions.visitor().user(), None);
    }

    #[test]
    fn other_cookies_are_not_read() {
        let ours = sessions("correct horse", 60);
        let cookie = ours.cookie(&ours.logged_in("ada"), false).unwrap();
        assert!(ours.read(None).is_none());
        assert!(ours.read(Some(&Cookie::new(COOKIE, "x"))).is_none());
        assert!(ours.read(Some(&Cookie::new(COOKIE, format!("{}A", cookie.value())))).is_none());
        assert!(sessions("another horse", 60).read(Some(&cookie)).is_none(), "the password was changed");
        let ended = sessions("correct horse", 0);
        let cookie = ended.cookie(&ended.logged_in("ada"), false).unwrap();
        assert!(ended.read(Some(&cookie)).is_none(), "it has ended");
    }
}
