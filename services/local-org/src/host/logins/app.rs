//! Connected apps: programs that log in for users.

use std::fmt;

use ring::signature::{RSA_PKCS1_2048_8192_SHA256, UnparsedPublicKey};
use serde::Deserialize;
use sha2::{Digest, Sha256};
use subtle::ConstantTimeEq;
use url::Url;
use x509_cert::Certificate;
use x509_cert::der::DecodePem;
use x509_cert::der::oid::ObjectIdentifier;

/// The algorithm of RSA keys (RFC 8017, `rsaEncryption`).
const RSA: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.113549.1.1.1");

/// Consumer key of Heroku AppLink.
pub(crate) const APPLINK: &str = "HerokuAppLink";
/// Where users come back to it, on this server.
pub(crate) const APPLINK_CALLBACK: &str = "/addons/callback";

/// A program that logs in for users.
#[derive(Clone)]
pub(crate) struct ConnectedApp {
    /// What the consent page calls it.
    pub(crate) name: String,
    /// Consumer key.
    pub(crate) client_id: String,
    /// Consumer secret; `None` for an app that needs none, such as a command line.
    client_secret: Option<String>,
    /// Where users are sent back to, literally.
    pub(crate) callback_urls: Vec<String>,
    /// Where on this server they are sent back to, under whatever name it was called.
    own_callback: Option<String>,
    /// The RSA key of its certificate, for the JWT bearer flow.
    key: Option<Vec<u8>>,
    /// Whether each use of a refresh token gives another one, and ends that token (Salesforce Help, "Enable Refresh Token
    /// Rotation").
    pub(crate) rotates_refresh_tokens: bool,
}

/// An app as the control API takes it.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(crate) struct AppDraft {
    name: String,
    client_id: String,
    client_secret: Option<String>,
    #[serde(default)]
    callback_urls: Vec<String>,
    /// X.509 in PEM.
    certificate: Option<String>,
    #[serde(default)]
    rotates_refresh_tokens: bool,
}

/// What is wrong with an app; it names the member.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub(crate) enum AppError {
    #[error("{0} must not be empty")]
    Empty(&'static str),
    #[error("callbackUrls must be absolute URLs without a fragment")]
    CallbackUrl,
    #[error("certificate must be an X.509 certificate in PEM with an RSA key of 2,048 to 8,192 bits")]
    Certificate,
}

impl ConnectedApp {
    /// The app as which the Salesforce CLI logs in, unless it is told another one.
    pub(super) fn salesforce_cli() -> Self {
        Self {
            name: "Salesforce CLI".to_owned(),
            client_id: "PlatformCLI".to_owned(),
            client_secret: None,
            callback_urls: vec!["http://localhost:1717/OauthRedirect".to_owned()],
            own_callback: None,
            key: None,
            rotates_refresh_tokens: false,
        }
    }

    /// The app as which Heroku AppLink logs in, with a path of this server.
    pub(super) fn applink() -> Self {
        Self {
            name: "Heroku AppLink".to_owned(),
            client_id: APPLINK.to_owned(),
            client_secret: None,
            callback_urls: Vec::new(),
            own_callback: Some(APPLINK_CALLBACK.to_owned()),
            key: None,
            rotates_refresh_tokens: false,
        }
    }

    /// Whether users may be sent back there from the server of that URL.
    pub(crate) fn returns_to(&self, redirect_uri: &str, base_url: &str) -> bool {
        let is_own = |path: &String| redirect_uri.strip_prefix(base_url) == Some(path);
        self.callback_urls.iter().any(|url| url == redirect_uri) || self.own_callback.as_ref().is_some_and(is_own)
    }

    /// Whether this is the app's secret. Whatever is given is right where the app has none.
    pub(crate) fn takes_secret(&self, given: &str) -> bool {
        // Of equal length, so that the comparison tells nothing.
        let digest = |text: &str| Sha256::digest(text.as_bytes());
        self.client_secret.as_deref().is_none_or(|secret| digest(secret).ct_eq(&digest(given)).into())
    }

    /// The key of the signatures in token answers.
    pub(crate) fn signing_secret(&self) -> &str {
        self.client_secret.as_deref().unwrap_or_default()
    }

    /// Whether the app has a certificate.
    pub(crate) fn has_certificate(&self) -> bool {
        self.key.is_some()
    }

    /// Whether the app's key made that signature (RS256).
    pub(crate) fn signed(&self, message: &[u8], signature: &[u8]) -> bool {
        let key = self.key.as_ref().map(|key| UnparsedPublicKey::new(&RSA_PKCS1_2048_8192_SHA256, key));
        key.is_some_and(|key| key.verify(message, signature).is_ok())
    }
}

impl TryFrom<AppDraft> for ConnectedApp {
    type Error = AppError;

    fn try_from(draft: AppDraft) -> Result<Self, AppError> {
        for (member, text) in [("name", &draft.name), ("clientId", &draft.client_id)] {
            if text.trim().is_empty() {
                return Err(AppError::Empty(member));
            }
        }
        if draft.client_secret.as_deref() == Some("") {
            return Err(AppError::Empty("clientSecret"));
        }
        // Apps of desktops have schemes of their own, but a script is no place to go to.
        let is_url = |text: &String| {
            Url::parse(text).is_ok_and(|url| {
                !url.cannot_be_a_base() && url.fragment().is_none() && !matches!(url.scheme(), "javascript" | "data")
            })
        };
        if !draft.callback_urls.iter().all(is_url) {
            return Err(AppError::CallbackUrl);
        }
        Ok(Self {
            key: draft.certificate.as_deref().map(rsa_key).transpose()?,
            name: draft.name,
            client_id: draft.client_id,
            client_secret: draft.client_secret,
            callback_urls: draft.callback_urls,
            own_callback: None,
            rotates_refresh_tokens: draft.rotates_refresh_tokens,
        })
    }
}

impl fmt::Debug for ConnectedApp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ConnectedApp").field("client_id", &self.client_id).finish_non_exhaustive()
    }
}

/// The public key of a certificate as `RSAPublicKey` (RFC 8017).
fn rsa_key(pem: &str) -> Result<Vec<u8>, AppError> {
    let certificate = Certificate::from_pem(pem.trim()).map_err(|_| AppError::Certificate)?;
    let info = certificate.tbs_certificate().subject_public_key_info();
    if info.algorithm.oid != RSA {
        return Err(AppError::Certificate);
    }
    info.subject_public_key.as_bytes().map(<[u8]>::to_vec).ok_or(AppError::Certificate)
}
