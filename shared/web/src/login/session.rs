//! A visitor's session: a cookie that only this app can read or make. The server keeps those only that were logged out:
//! `logouts`.

use super::settings::{Access, AccessSettings};
use crate::ApiError;
use actix_web::cookie::time::Duration as CookieDuration;
use actix_web::cookie::{Cookie, SameSite};
use actix_web::dev::Payload;
use actix_web::{FromRequest, HttpMessage, HttpRequest};
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use chrono::Utc;
use secrecy::{ExposeSecret, SecretString};
use serde::{Deserialize, Serialize};
use shared::jobs::{JobsError, SealKey};
use std::future::{Ready, ready};
use std::time::Duration;
use subtle::ConstantTimeEq;
use uuid::Uuid;

/// What the cookie's name begins with for a browser that came over https. Browsers take such a cookie over https only, for this
/// host and all of its paths, so no other host of the domain and nobody on an http connection can set it (RFC 6265bis,
/// "The __Host- Prefix").
const HOST_PREFIX: &str = "__Host-";

/// How long a visitor who has not logged in keeps a session: as long as the login form may stand open.
const VISIT: Duration = Duration::from_secs(60 * 60);

/// What the app knows of a visitor.
#[derive(Clone, Serialize, Deserialize)]
pub struct Session {
    /// What it is logged out by.
    id: String,
    /// Token that every form of this session carries.
    csrf: String,
    /// Who logged in; `None` before that.
    user: Option<String>,
    /// Seconds since 1970 at which it ends.
    expires: i64,
}

impl Session {
    /// Who logged in.
    #[must_use]
    pub fn user(&self) -> Option<&str> {
        self.user.as_deref()
    }

    /// What it is logged out by. It opens nothing.
    pub(super) fn id(&self) -> &str {
        &self.id
    }

    /// How long it lasts from now on.
    pub(super) fn rest(&self) -> Duration {
        Duration::from_secs(u64::try_from(self.expires.saturating_sub(Utc::now().timestamp())).unwrap_or(0))
    }

    /// The token for forms.
    #[must_use]
    pub fn csrf(&self) -> &str {
        &self.csrf
    }

    /// Whether a form's token is this session's.
    pub(super) fn allows(&self, token: &str) -> bool {
        self.csrf.as_bytes().ct_eq(token.as_bytes()).into()
    }
}

/// Makes and reads sessions.
#[derive(Clone)]
pub(super) struct Sessions {
    key: SealKey,
    /// Names the credential, so that a changed password ends all sessions.
    fingerprint: String,
    lifetime: Duration,
    /// Name of the cookie where there is no https.
    cookie: &'static str,
}

impl Sessions {
    pub(super) fn new(key: SealKey, settings: &AccessSettings) -> Self {
        let fingerprint = match &settings.access {
            Access::Open => "open".to_owned(),
            Access::Password(credential) => credential.fingerprint(),
        };
        Self { key, fingerprint, lifetime: settings.lifetime, cookie: settings.cookie }
    }

    /// A session of someone who has not logged in.
    pub(super) fn visitor(&self) -> Session {
        Session { id: token(), csrf: token(), user: None, expires: ends_in(VISIT) }
    }

    /// A session of someone who has.
    pub(super) fn logged_in(&self, user: &str) -> Session {
        Session { id: token(), csrf: token(), user: Some(user.to_owned()), expires: ends_in(self.lifetime) }
    }

    /// The session in the cookie that `cookie` finds by its name, if it is one of ours and has not ended. `secure` when the
    /// browser came over https: then a cookie that went over http does not count.
    pub(super) fn read<'c>(&self, secure: bool, cookie: impl FnOnce(&str) -> Option<Cookie<'c>>) -> Option<Session> {
        let sealed = URL_SAFE_NO_PAD.decode(cookie(&self.name(secure))?.value()).ok()?;
        let text = self.key.open_for(&self.purpose(secure), &sealed).ok()?;
        let session: Session = serde_json::from_str(text.expose_secret()).ok()?;
        (session.expires > Utc::now().timestamp()).then_some(session)
    }

    /// The cookie for a session; `secure` when the browser came over https.
    ///
    /// # Errors
    /// When the session cannot be sealed.
    pub(super) fn cookie(&self, session: &Session, secure: bool) -> Result<Cookie<'static>, JobsError> {
        let text = serde_json::to_string(session).map_err(|_| JobsError::Seal("written"))?;
        let sealed = self.key.seal_for(&self.purpose(secure), &SecretString::from(text))?;
        Ok(Cookie::build(self.name(secure), URL_SAFE_NO_PAD.encode(sealed))
            .path("/")
            .http_only(true)
            .same_site(SameSite::Lax)
            .secure(secure)
            .max_age(CookieDuration::try_from(session.rest()).unwrap_or(CookieDuration::ZERO))
            .finish())
    }

    fn purpose(&self, secure: bool) -> String {
        format!("{}|{}", self.name(secure), self.fingerprint)
    }

    fn name(&self, secure: bool) -> String {
        if secure { format!("{HOST_PREFIX}{}", self.cookie) } else { self.cookie.to_owned() }
    }
}

impl FromRequest for Session {
    type Error = ApiError;
    type Future = Ready<Result<Self, ApiError>>;

    fn from_request(request: &HttpRequest, _: &mut Payload) -> Self::Future {
        let session = request.extensions().get::<Self>().cloned();
        ready(session.ok_or_else(|| ApiError::internal(anyhow::anyhow!("the guard is missing"))))
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
    use super::super::credential::Credential;
    use super::*;

    const KEY: &str = "000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f";

    fn sessions(password: &str, lifetime: u64) -> Sessions {
        let settings = AccessSettings {
            access: Access::Password(Credential::new("ada", password)),
            lifetime: Duration::from_secs(lifetime),
            proxies: 0,
            cookie: "api_access_session",
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
        assert_eq!((cookie.name(), cookie.path(), cookie.domain()), ("__Host-api_access_session", Some("/"), None));
        let read = sessions.read(true, |name| (name == cookie.name()).then(|| cookie.clone())).unwrap();
        assert_eq!(read.user(), Some("ada"));
        assert!(read.allows(session.csrf()) && !read.allows("") && !read.allows(&token()));
        assert_eq!(sessions.visitor().user(), None);
    }

    #[test]
    fn a_cookie_that_went_over_http_is_none_over_https() {
        let sessions = sessions("correct horse", 60);
        let plain = sessions.cookie(&sessions.logged_in("ada"), false).unwrap();
        assert_eq!((plain.name(), plain.secure()), ("api_access_session", Some(false)));
        assert!(sessions.read(false, |_| Some(plain.clone())).is_some());
        assert!(sessions.read(true, |_| Some(plain.clone())).is_none());
        let secure = sessions.cookie(&sessions.logged_in("ada"), true).unwrap();
        assert!(sessions.read(false, |_| Some(secure.clone())).is_none());
    }

    #[test]
    fn other_cookies_are_not_read() {
        let ours = sessions("correct horse", 60);
        let cookie = ours.cookie(&ours.logged_in("ada"), true).unwrap();
        let read = |sessions: &Sessions, cookie: Option<&Cookie<'static>>| sessions.read(true, |_| cookie.cloned());
        assert!(read(&ours, Some(&cookie)).is_some());
        assert!(read(&ours, None).is_none());
        assert!(read(&ours, Some(&Cookie::new(cookie.name().to_owned(), "x"))).is_none());
        assert!(read(&ours, Some(&Cookie::new(cookie.name().to_owned(), format!("{}A", cookie.value())))).is_none());
        assert!(read(&sessions("another horse", 60), Some(&cookie)).is_none(), "the password was changed");
        let ended = sessions("correct horse", 0);
        let cookie = ended.cookie(&ended.logged_in("ada"), true).unwrap();
        assert!(read(&ended, Some(&cookie)).is_none(), "it has ended");
    }
}
