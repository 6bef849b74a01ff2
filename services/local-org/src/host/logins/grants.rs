//! What users allowed connected apps: consents that wait for an answer, authorization codes, refresh tokens, and passes
//! for a browser. Each is a secret of 256 bits that is looked up, and each store is bounded: a new entry pushes the oldest
//! out.

use std::collections::VecDeque;
use std::fmt;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use rand::RngExt;
use sha2::{Digest, Sha256};

/// How long a consent page may be open.
const CONSENT_LIFETIME: Duration = Duration::from_mins(10);
/// How long an authorization code is good (Salesforce Help, "OAuth 2.0 Web Server Flow": 15 minutes).
const CODE_LIFETIME: Duration = Duration::from_mins(15);
/// How long a pass is good (REST API Developer Guide, "Single Access": seconds; unverified how many).
const PASS_LIFETIME: Duration = Duration::from_mins(1);
/// What refresh tokens begin with.
const REFRESH: &str = "5Aep861";
/// Consents, codes and passes at a time.
const MAX_SHORT: usize = 1_000;
/// Refresh tokens, and access tokens whose app is known, at a time.
const MAX_LONG: usize = 10_000;

/// What an app asks a user for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Asked {
    /// Consumer key of the app.
    pub(crate) client_id: String,
    /// Where the answer goes.
    pub(crate) redirect_uri: String,
    /// Scopes, separated by spaces.
    pub(crate) scope: String,
    /// Given back with the answer.
    pub(crate) state: Option<String>,
    /// PKCE: the base64url of the SHA-256 of a secret that the app shows later (RFC 7636; Salesforce takes S256 only).
    pub(crate) challenge: Option<String>,
}

/// What a user allowed an app.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Grant {
    /// Developer name of the org.
    pub(crate) org: String,
    /// Id of the user, 18 characters.
    pub(crate) user_id: String,
    /// Consumer key of the app.
    pub(crate) client_id: String,
    /// Scopes, separated by spaces.
    pub(crate) scope: String,
}

impl Grant {
    /// Whether the app may log in again without the user (scope `refresh_token`, or its old name).
    pub(crate) fn is_lasting(&self) -> bool {
        self.scope.split(' ').any(|scope| matches!(scope, "refresh_token" | "offline_access" | "full"))
    }
}

/// What a refresh token stands for.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Lasting {
    grant: Grant,
    /// All tokens that replaced one another are of one login.
    login: u64,
}

/// What became of a refresh token that is good for one use.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Rotation {
    /// It is used up, and this one has its place.
    Replaced(Grant, String),
    /// It was used before, by whom is not known, so the login has ended; these access tokens end with it.
    Reused(Vec<String>),
    /// It is none, or another app's.
    Unknown,
}

/// All of them.
#[derive(Default)]
pub(crate) struct Grants {
    consents: Kept<Asked>,
    codes: Kept<(Asked, Grant)>,
    refresh: Kept<Lasting>,
    /// Refresh tokens that were replaced by others.
    replaced: Kept<Lasting>,
    /// Number of the last login that lasts. Held while a refresh token is replaced, so that of two requests with the same token
    /// one is the second.
    logins: Mutex<u64>,
    access: Kept<Grant>,
    /// Developer name of the org.
    passes: Kept<String>,
}

impl Grants {
    /// A ticket for a consent page, which its form sends back.
    pub(crate) fn ask(&self, asked: Asked) -> String {
        self.consents.add("", asked, MAX_SHORT)
    }

    /// What the page of this ticket asked for, once.
    pub(crate) fn answered(&self, ticket: &str) -> Option<Asked> {
        self.consents.take(ticket, CONSENT_LIFETIME)
    }

    /// An authorization code.
    pub(crate) fn code(&self, asked: Asked, grant: Grant) -> String {
        self.codes.add("aPrx", (asked, grant), MAX_SHORT)
    }

    /// What a code stands for. It is used up, even when what follows shows that the caller may not have it.
    pub(crate) fn redeem(&self, code: &str) -> Option<(Asked, Grant)> {
        self.codes.take(code, CODE_LIFETIME)
    }

    /// A refresh token.
    pub(crate) fn refresh_token(&self, grant: Grant) -> String {
        let login = {
            let mut logins = self.logins.lock().unwrap_or_else(PoisonError::into_inner);
            *logins += 1;
            *logins
        };
        self.refresh.add(REFRESH, Lasting { grant, login }, MAX_LONG)
    }

    /// What a refresh token stands for.
    pub(crate) fn refreshed(&self, token: &str) -> Option<Grant> {
        self.refresh.get(token).map(|lasting| lasting.grant)
    }

    /// Uses a refresh token of an app up (Salesforce Help, "Force one-time-use Refresh Tokens": a second use ends the login, the
    /// token that is good now and all access tokens).
    pub(crate) fn rotate(&self, token: &str, client_id: &str) -> Rotation {
        let _turn = self.logins.lock().unwrap_or_else(PoisonError::into_inner);
        let is_of_app = |lasting: &Lasting| lasting.grant.client_id == client_id;
        if let Some(lasting) = self.refresh.get(token).filter(is_of_app) {
            self.refresh.take(token, Duration::MAX);
            self.replaced.put(token, lasting.clone(), MAX_LONG);
            return Rotation::Replaced(lasting.grant.clone(), self.refresh.add(REFRESH, lasting, MAX_LONG));
        }
        let Some(lasting) = self.replaced.get(token).filter(is_of_app) else { return Rotation::Unknown };
        for kept in [&self.refresh, &self.replaced] {
            kept.remove_where(|other| other.login == lasting.login);
        }
        Rotation::Reused(self.access.remove_where(|grant| *grant == lasting.grant))
    }

    /// Remembers for which app an access token was made.
    pub(crate) fn issued(&self, access_token: &str, grant: Grant) {
        self.access.put(access_token, grant, MAX_LONG);
    }

    /// For which app an access token was made, if that is known.
    pub(crate) fn of_access_token(&self, token: &str) -> Option<Grant> {
        self.access.get(token)
    }

    /// Ends a refresh token, and gives the access tokens of the same grant, which end with it. `None` when it is none.
    pub(crate) fn revoke(&self, token: &str) -> Option<Vec<String>> {
        let Lasting { grant, .. } = self.refresh.take(token, Duration::MAX)?;
        Some(self.access.remove_where(|other| *other == grant))
    }

    /// A pass with which a browser may be sent into an org.
    pub(crate) fn pass(&self, org: String) -> String {
        self.passes.add("", org, MAX_SHORT)
    }

    /// The org of a pass, once.
    pub(crate) fn admitted(&self, pass: &str) -> Option<String> {
        self.passes.take(pass, PASS_LIFETIME)
    }
}

impl fmt::Debug for Grants {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Grants").field("refresh_tokens", &self.refresh.lock().len()).finish_non_exhaustive()
    }
}

/// Whether a verifier is that of a challenge; nothing is to be shown where nothing was asked.
pub(crate) fn verifies(challenge: Option<&str>, verifier: Option<&str>) -> bool {
    let digest = |verifier: &str| URL_SAFE_NO_PAD.encode(Sha256::digest(verifier.as_bytes()));
    match (challenge, verifier) {
        (Some(challenge), Some(verifier)) => digest(verifier) == challenge.trim_end_matches('='),
        (Some(_), None) => false,
        (None, _) => true,
    }
}

/// Entries under secrets, the oldest first. Only digests are kept, so nobody finds a secret by how long a comparison
/// takes.
struct Kept<T>(Mutex<VecDeque<Entry<T>>>);

struct Entry<T> {
    digest: [u8; 32],
    /// What [`Kept::remove_where`] gives back; nothing else needs it.
    secret: String,
    since: Instant,
    value: T,
}

impl<T> Default for Kept<T> {
    fn default() -> Self {
        Self(Mutex::default())
    }
}

impl<T: Clone> Kept<T> {
    /// Adds a value and gives its new secret, which begins with `prefix`.
    fn add(&self, prefix: &str, value: T, most: usize) -> String {
        let secret: [u8; 32] = rand::rng().random();
        let secret = format!("{prefix}{}", URL_SAFE_NO_PAD.encode(secret));
        self.put(&secret, value, most);
        secret
    }

    fn put(&self, secret: &str, value: T, most: usize) {
        let mut entries = self.lock();
        while entries.len() >= most {
            entries.pop_front();
        }
        entries.push_back(Entry { digest: digest(secret), secret: secret.to_owned(), since: Instant::now(), value });
    }

    fn get(&self, secret: &str) -> Option<T> {
        let digest = digest(secret);
        self.lock().iter().find(|entry| entry.digest == digest).map(|entry| entry.value.clone())
    }

    /// Removes an entry, and gives its value if it is not older than `lifetime`.
    fn take(&self, secret: &str, lifetime: Duration) -> Option<T> {
        let digest = digest(secret);
        let mut entries = self.lock();
        let place = entries.iter().position(|entry| entry.digest == digest)?;
        entries.remove(place).filter(|entry| entry.since.elapsed() <= lifetime).map(|entry| entry.value)
    }

    /// Removes entries, and gives their secrets.
    fn remove_where(&self, is: impl Fn(&T) -> bool) -> Vec<String> {
        let mut entries = self.lock();
        let removed = entries.iter().filter(|entry| is(&entry.value)).map(|entry| entry.secret.clone()).collect();
        entries.retain(|entry| !is(&entry.value));
        removed
    }

    fn lock(&self) -> MutexGuard<'_, VecDeque<Entry<T>>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn digest(secret: &str) -> [u8; 32] {
    Sha256::digest(secret.as_bytes()).into()
}
