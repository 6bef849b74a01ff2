//! Assertions of the JWT bearer flow (RFC 7523; Salesforce Help, "OAuth 2.0 JWT Bearer Flow for Server-to-Server
//! Integration").

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde::Deserialize;

use super::app::ConnectedApp;

/// Clocks of others may be so far ahead or behind, in seconds.
const SKEW: i64 = 180;

/// Where an app that does not know this server says that it logs in.
const LOGIN_HOSTS: [&str; 2] = ["https://login.salesforce.com", "https://test.salesforce.com"];

/// A JWT that was taken apart, and not yet believed.
#[derive(Debug)]
pub(crate) struct Assertion<'t> {
    claims: Claims,
    /// Whether the header names the algorithm that Salesforce wants.
    is_rs256: bool,
    signed: &'t str,
    signature: Vec<u8>,
}

#[derive(Debug, Deserialize)]
struct Header {
    alg: String,
}

#[derive(Debug, Deserialize)]
struct Claims {
    /// The app's consumer key.
    iss: String,
    /// The user's name.
    sub: String,
    aud: Audience,
    /// Seconds since 1970.
    exp: i64,
}

#[derive(Debug, Deserialize)]
#[serde(untagged)]
enum Audience {
    One(String),
    Several(Vec<String>),
}

/// Why an assertion proves nothing. The texts are those of an org as public reports quote them; that of a wrong algorithm
/// is unverified.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub(crate) enum Doubt {
    #[error("invalid assertion")]
    Signature,
    #[error("audience is invalid")]
    Audience,
    #[error("expired assertion")]
    Expired,
}

impl<'t> Assertion<'t> {
    /// Takes a JWT apart; `None` when it is none.
    pub(crate) fn parse(token: &'t str) -> Option<Self> {
        let (signed, signature) = token.rsplit_once('.')?;
        let (header, claims) = signed.split_once('.')?;
        let decode = |part: &str| URL_SAFE_NO_PAD.decode(part.trim_end_matches('=')).ok();
        let header: Header = serde_json::from_slice(&decode(header)?).ok()?;
        let claims: Claims = serde_json::from_slice(&decode(claims)?).ok()?;
        Some(Self { claims, is_rs256: header.alg == "RS256", signed, signature: decode(signature)? })
    }

    /// The consumer key of the app that says so.
    pub(crate) fn issuer(&self) -> &str {
        &self.claims.iss
    }

    /// The name of the user to log in.
    pub(crate) fn subject(&self) -> &str {
        &self.claims.sub
    }

    /// Whether the app said so, to this server and not too long ago.
    ///
    /// # Errors
    /// [`Doubt`] otherwise.
    pub(crate) fn check(&self, app: &ConnectedApp, base_url: &str, now: i64) -> Result<(), Doubt> {
        if !self.is_rs256 || !app.signed(self.signed.as_bytes(), &self.signature) {
            return Err(Doubt::Signature);
        }
        let is_here = |audience: &str| {
            let audience = audience.trim_end_matches('/');
            audience == base_url || LOGIN_HOSTS.contains(&audience)
        };
        let fits = match &self.claims.aud {
            Audience::One(audience) => is_here(audience),
            Audience::Several(audiences) => audiences.iter().any(|audience| is_here(audience)),
        };
        if !fits {
            return Err(Doubt::Audience);
        }
        if self.claims.exp.saturating_add(SKEW) < now { Err(Doubt::Expired) } else { Ok(()) }
    }
}
