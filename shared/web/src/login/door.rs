//! What the guard and the login page share.

use actix_web::HttpResponse;
use actix_web::http::StatusCode;
use shared::jobs::{Jobs, SealKey};
use std::sync::Arc;

use super::limiter::Limiter;
use super::logouts::Logouts;
use super::session::{Session, Sessions};
use super::settings::AccessSettings;

/// What the pages of a service look like, where the login has one to show.
pub trait Face: Send + Sync {
    /// The login page.
    fn login(&self, session: &Session, status: StatusCode, form: LoginForm) -> HttpResponse;

    /// A page that says what went wrong; one without navigation when nobody has logged in.
    fn failure(&self, session: &Session, status: StatusCode, title: &str, message: &str) -> HttpResponse;
}

/// What the login form holds.
#[derive(Debug, Clone, Default)]
pub struct LoginForm {
    /// What was entered before. The password is not kept.
    pub username: String,
    /// Where to go after the login: a path of this site.
    pub next: String,
    /// Why the last try did not succeed.
    pub problem: Option<String>,
}

/// The login of a service. Cheap to clone; clones share what they know.
#[derive(Clone)]
pub struct Login {
    pub(super) settings: AccessSettings,
    pub(super) sessions: Sessions,
    pub(super) limiter: Arc<Limiter>,
    pub(super) logouts: Arc<Logouts>,
    pub(super) face: Arc<dyn Face>,
}

impl Login {
    /// With sessions that `key` seals. Logouts are noted in Redis, under the prefix of `jobs`.
    #[must_use]
    pub fn new(settings: AccessSettings, key: SealKey, jobs: Jobs, face: impl Face + 'static) -> Self {
        Self {
            sessions: Sessions::new(key, &settings),
            settings,
            limiter: Arc::default(),
            logouts: Arc::new(Logouts::new(jobs)),
            face: Arc::new(face),
        }
    }

    /// A page that says what went wrong, as the service's pages look.
    pub(crate) fn failure(&self, session: &Session, status: StatusCode, title: &str, message: &str) -> HttpResponse {
        self.face.failure(session, status, title, message)
    }
}
