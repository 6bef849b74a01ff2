//! Assertions of the JWT bearer flow (RFC 7523; Salesforce Help, "OAuth 2.0 JWT Bearer Flow for Server-to-Server
//! Integration").

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use ring::rand::SystemRandom;
use ring::signature::{RSA_PKCS1_SHA256, RsaKeyPair};
use rustls::pki_types::PrivateKeyDer;
use rustls::pki_types::pem::PemObject;
use serde::Deserialize;
use serde_json::json;

use super::app::ConnectedApp;

/// Clocks of others may be so far ahead or behind, in seconds.
const SKEW: i64 = 180;

/// How long an assertion of our own is good, in seconds (Salesforce takes those of the next three minutes).
const LIFETIME: i64 = 180;

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

/// Why nothing can be signed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("must be an RSA private key of 2,048 to 8,192 bits in PEM (PKCS#8 or PKCS#1), without a password")]
pub(crate) struct BadKey;

/// The assertion with which the app of that consumer key logs a user in for the next minutes, as AppLink makes it of a
/// private key that it was given.
///
/// # Errors
/// [`BadKey`] when the key is none.
pub(crate) fn signed(
    private_key: &str,
    client_id: &str,
    username: &str,
    audience: &str,
    now: i64,
) -> Result<String, BadKey> {
    let key = match PrivateKeyDer::from_pem_slice(private_key.as_bytes()).map_err(|_| BadKey)? {
        PrivateKeyDer::Pkcs8(der) => RsaKeyPair::from_pkcs8(der.secret_pkcs8_der()),
        PrivateKeyDer::Pkcs1(der) => RsaKeyPair::from_der(der.secret_pkcs1_der()),
        _ => return Err(BadKey),
    };
    let key = key.map_err(|_| BadKey)?;
    let part = |value: serde_json::Value| URL_SAFE_NO_PAD.encode(value.to_string());
    let claims = json!({"iss": client_id, "sub": username, "aud": audience, "exp": now + LIFETIME});
    let text = format!("{}.{}", part(json!({"alg": "RS256", "typ": "JWT"})), part(claims));
    let mut signature = vec![0; key.public().modulus_len()];
    key.sign(&RSA_PKCS1_SHA256, &SystemRandom::new(), text.as_bytes(), &mut signature).map_err(|_| BadKey)?;
    Ok(format!("{text}.{}", URL_SAFE_NO_PAD.encode(signature)))
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
