//! Who may see the pages: a login with one shared credential, kept in a sealed cookie until the logout.
//!
//! [`guard`](guard::guard) stands in front of all pages. It opens the visitor's session or makes one, sends whoever has not
//! logged in to the login page, and lets no form through without the token that belongs to the session.

mod client;
mod credential;
pub(crate) mod guard;
mod limiter;
mod logouts;
mod session;

pub(crate) use client::client_address;
pub(crate) use credential::Credential;
pub(crate) use limiter::Limiter;
pub(crate) use logouts::Logouts;
pub(crate) use session::{Session, Sessions};

use secrecy::SecretString;
use shared::config::{FromSetting, Reader};
use std::net::IpAddr;
use std::time::Duration;

/// Fewest characters of a password.
const MIN_PASSWORD: usize = 8;

/// Who may see the pages.
#[derive(Debug, Clone)]
pub(crate) enum Access {
    /// Everyone who reaches the process, which listens on loopback.
    Open,
    /// Whoever knows the credential.
    Password(Credential),
}

/// The settings of this module.
#[derive(Debug, Clone)]
pub(crate) struct AccessSettings {
    /// Who may see the pages.
    pub(crate) access: Access,
    /// How long a login lasts.
    pub(crate) lifetime: Duration,
    /// Proxies in front that tell who called them (`X-Forwarded-For`).
    pub(crate) proxies: usize,
}

/// The values of `AUTH`.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Mode {
    Password,
    None,
}

impl FromSetting for Mode {
    fn expected() -> String {
        "password or none".to_owned()
    }

    fn from_setting(text: &str) -> Option<Self> {
        match text {
            "password" => Some(Self::Password),
            "none" => Some(Self::None),
            _ => None,
        }
    }
}

impl Access {
    /// Reads `AUTH`, `APP_USERNAME` and `APP_PASSWORD` for a process that listens on `address`.
    pub(crate) fn read(reader: &mut Reader<'_>, address: IpAddr) -> Self {
        if reader.optional("AUTH", Mode::Password) == Mode::None {
            if !address.is_loopback() {
                reader.problem(
                    "AUTH",
                    "none is for one machine only: set BIND_ADDRESS=127.0.0.1, or leave AUTH out and set APP_PASSWORD",
                );
            }
            return Self::Open;
        }
        let username = reader.optional("APP_USERNAME", "admin".to_owned());
        let password = reader.optional_value::<String>("APP_PASSWORD");
        match &password {
            None => reader.missing("APP_PASSWORD", "for example the output of `openssl rand -base64 18`"),
            Some(password) if password.chars().count() < MIN_PASSWORD => {
                reader.problem("APP_PASSWORD", format!("expected at least {MIN_PASSWORD} characters"));
            }
            Some(password) => reader.refuse_known_secret("APP_PASSWORD", &SecretString::from(password.as_str())),
        }
        Self::Password(Credential::new(&username, &password.unwrap_or_default()))
    }
}

#[cfg(test)]
mod tests;
