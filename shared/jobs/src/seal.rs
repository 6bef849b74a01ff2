//! Seals the sessions of jobs, so that no access token stands in Redis in clear, and what services seal besides.

use std::fmt;

use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, STANDARD_NO_PAD, URL_SAFE, URL_SAFE_NO_PAD};
use chacha20poly1305::aead::{Aead, Generate, Payload};
use chacha20poly1305::{KeyInit, XChaCha20Poly1305, XNonce};
use ring::hkdf::{HKDF_SHA256, Salt};
use secrecy::{ExposeSecret, SecretBox, SecretString};
use sha2::{Digest, Sha256};

use super::error::JobsError;
use super::types::JobId;

const KEY_BYTES: usize = 32;
/// Shortest secret that a key is derived from. Letters and digits chosen by chance have more than 128 bits at this length.
const MIN_SECRET_CHARS: usize = 32;
/// What a derived key is for: another use of the same secret derives another key. Changed, it makes all that was sealed
/// unreadable.
const DERIVED_FOR: &[u8] = b"jobs seal key, version 1";
const NONCE_BYTES: usize = 24;
/// First byte of a sealed session: XChaCha20-Poly1305, then 24 bytes of nonce, then cipher text and tag.
const VERSION: u8 = 1;

/// Keys that seal and open sessions. `Debug` shows how many there are.
pub struct SealKey {
    /// The first one seals, all open.
    keys: Vec<SecretBox<[u8; KEY_BYTES]>>,
}

/// What a session is sealed for: all of a job that decides what is done with the token, as it stands in Redis.
pub(super) struct SealedFor<'a> {
    /// Start of the service's keys.
    pub(super) service: &'a str,
    pub(super) job: &'a JobId,
    pub(super) org: &'a str,
    pub(super) kind: &'a str,
    /// Who made the job; empty when that was not recorded.
    pub(super) user: &'a str,
    /// The parameters as text.
    pub(super) params: &'a str,
}

/// The text is not a comma-separated list of keys.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("key {position} has fewer than 32 characters")]
pub struct InvalidSealKey {
    /// 1 for the first key of the list.
    pub position: usize,
}

impl SealKey {
    /// Reads one key or several with commas between them: 32 bytes in base64 or hexadecimal, or any secret of 32 characters
    /// or more, such as Heroku generates for an app.json, from which the key is derived (HKDF, SHA-256). To change the key, put the new one in front, and take the old one away when no job of its time is to go on any more, by a retry
    /// neither.
    ///
    /// # Errors
    /// When any of them has fewer characters.
    pub fn parse(text: &str) -> Result<Self, InvalidSealKey> {
        let keys = text
            .split(',')
            .enumerate()
            .map(|(index, key)| decode_key(key.trim()).ok_or(InvalidSealKey { position: index + 1 }))
            .collect::<Result<_, _>>()?;
        Ok(Self { keys })
    }

    /// No key: seals and opens nothing. For jobs without sessions.
    #[must_use]
    pub fn none() -> Self {
        Self { keys: Vec::new() }
    }

    /// Whether there is no key, see [`none`](Self::none).
    pub(super) fn is_none(&self) -> bool {
        self.keys.is_empty()
    }

    /// Seals `session` for this job as it is: it opens for no other, and not when the job has been changed.
    pub(super) fn seal(&self, job: &SealedFor<'_>, session: &SecretString) -> Result<Vec<u8>, JobsError> {
        self.encrypt(session, &job.associated_data())
    }

    /// Opens what [`seal`](Self::seal) made with any of the keys.
    pub(super) fn open(&self, job: &SealedFor<'_>, sealed: &[u8]) -> Result<SecretString, JobsError> {
        self.decrypt(sealed, &job.associated_data())
    }

    /// Seals any text for a purpose of the caller's, such as the name of a cookie: it opens for no other purpose, and not
    /// as the session of a job.
    ///
    /// # Errors
    /// [`JobsError::Seal`] when there is no key.
    pub fn seal_for(&self, purpose: &str, text: &SecretString) -> Result<Vec<u8>, JobsError> {
        self.encrypt(text, &purpose_data(purpose))
    }

    /// Opens what [`seal_for`](Self::seal_for) made for the same purpose with any of the keys.
    ///
    /// # Errors
    /// [`JobsError::Seal`] when it was made otherwise, or changed since.
    pub fn open_for(&self, purpose: &str, sealed: &[u8]) -> Result<SecretString, JobsError> {
        self.decrypt(sealed, &purpose_data(purpose))
    }

    /// Proves that somebody who has the key has written `data`: an empty text, sealed with it.
    pub(super) fn prove(&self, data: &[u8]) -> Result<String, JobsError> {
        Ok(URL_SAFE_NO_PAD.encode(self.encrypt(&SecretString::from(""), data)?))
    }

    /// Whether [`prove`](Self::prove) has made this proof of `data` with any of the keys.
    pub(super) fn proves(&self, data: &[u8], proof: &str) -> bool {
        URL_SAFE_NO_PAD.decode(proof).is_ok_and(|sealed| self.decrypt(&sealed, data).is_ok())
    }

    fn encrypt(&self, text: &SecretString, aad: &[u8]) -> Result<Vec<u8>, JobsError> {
        const FAILED: JobsError = JobsError::Seal("sealed");
        let key = self.keys.first().ok_or(FAILED)?;
        // Of the thread's own generator, which the system seeds: asking the system each time is a call of the kernel for each.
        let nonce = XNonce::generate_from_rng(&mut rand::rng());
        let payload = Payload { msg: text.expose_secret().as_bytes(), aad };
        let text = cipher(key).encrypt(&nonce, payload).map_err(|_| FAILED)?;
        let mut sealed = Vec::with_capacity(1 + NONCE_BYTES + text.len());
        sealed.push(VERSION);
        sealed.extend_from_slice(&nonce);
        sealed.extend_from_slice(&text);
        Ok(sealed)
    }

    fn decrypt(&self, sealed: &[u8], aad: &[u8]) -> Result<SecretString, JobsError> {
        const FAILED: JobsError = JobsError::Seal("opened");
        let (&[VERSION], rest) = sealed.split_first_chunk::<1>().ok_or(FAILED)? else { return Err(FAILED) };
        let (nonce, text) = rest.split_first_chunk::<NONCE_BYTES>().ok_or(FAILED)?;
        let opened = self
            .keys
            .iter()
            .find_map(|key| cipher(key).decrypt(&XNonce::from(*nonce), Payload { msg: text, aad }).ok());
        String::from_utf8(opened.ok_or(FAILED)?).map(SecretString::from).map_err(|_| FAILED)
    }
}

impl Clone for SealKey {
    fn clone(&self) -> Self {
        Self { keys: self.keys.iter().map(|key| SecretBox::new(Box::new(*key.expose_secret()))).collect() }
    }
}

impl fmt::Debug for SealKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "SealKey([REDACTED; {}])", self.keys.len())
    }
}

fn cipher(key: &SecretBox<[u8; KEY_BYTES]>) -> XChaCha20Poly1305 {
    XChaCha20Poly1305::new(key.expose_secret().into())
}

impl SealedFor<'_> {
    pub(super) fn associated_data(&self) -> Vec<u8> {
        let Self { service, job, org, kind, user, params } = self;
        let (job, params) = (job.to_string(), Sha256::digest(params));
        let parts: [&[u8]; 6] =
            [service.as_bytes(), job.as_bytes(), org.as_bytes(), kind.as_bytes(), user.as_bytes(), &params];
        joined(b"job|", &parts)
    }
}

/// The parts behind their purpose, each with its length, so that the whole cannot be divided in another way.
pub(super) fn joined(purpose: &[u8], parts: &[&[u8]]) -> Vec<u8> {
    let mut data = purpose.to_vec();
    for part in parts {
        data.extend_from_slice(&u64::try_from(part.len()).unwrap_or(u64::MAX).to_be_bytes());
        data.extend_from_slice(part);
    }
    data
}

/// No job's, which begins in another way.
fn purpose_data(purpose: &str) -> Vec<u8> {
    format!("for|{purpose}").into_bytes()
}

/// A text that stands for 32 bytes is these bytes, as it has always been; any other is the secret that the key is derived from.
fn decode_key(text: &str) -> Option<SecretBox<[u8; KEY_BYTES]>> {
    let bytes = if text.len() == 2 * KEY_BYTES {
        decode_hex(text)
    } else {
        [STANDARD, STANDARD_NO_PAD, URL_SAFE, URL_SAFE_NO_PAD].iter().find_map(|base64| base64.decode(text).ok())
    };
    let key = match bytes.and_then(|bytes| bytes.try_into().ok()) {
        Some(key) => key,
        None if text.chars().count() >= MIN_SECRET_CHARS => derive_key(text)?,
        None => return None,
    };
    Some(SecretBox::new(Box::new(key)))
}

/// HKDF with SHA-256 (RFC 5869) without salt: one secret, one key, on every process of an app. `None` never happens at this
/// length.
fn derive_key(secret: &str) -> Option<[u8; KEY_BYTES]> {
    let mut key = [0; KEY_BYTES];
    let secret = Salt::new(HKDF_SHA256, &[]).extract(secret.as_bytes());
    secret.expand(&[DERIVED_FOR], HKDF_SHA256).ok()?.fill(&mut key).ok()?;
    Some(key)
}

fn decode_hex(text: &str) -> Option<Vec<u8>> {
    let digits = text.chars().map(|digit| digit.to_digit(16)).collect::<Option<Vec<_>>>()?;
    digits.chunks_exact(2).map(|pair| u8::try_from(pair.iter().fold(0, |byte, digit| byte * 16 + digit)).ok()).collect()
}

#[cfg(test)]
mod tests;
