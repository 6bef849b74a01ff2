//! Settings of the login.

use super::credential::Credential;
use secrecy::SecretString;
use shared::config::{FromSetting, Reader};
use std::net::IpAddr;
use std::time::Duration;

/// Fewest characters of a password.
const MIN_PASSWORD: usize = 8;

/// Who may see the pages.
#[derive(Debug, Clone)]
pub enum Access {
    /// Everyone who reaches the process, which listens on loopback.
    Open,
    /// Whoever knows the credential.
    Password(Credential),
}

/// Settings of the login.
#[derive(Debug, Clone)]
pub struct AccessSettings {
    /// Who may see the pages.
    pub access: Access,
    /// How long a login lasts.
    pub lifetime: Duration,
    /// Proxies in front that tell who called them (`X-Forwarded-For`).
    pub proxies: usize,
    /// Name of the cookie, which no other service of the same host has.
    pub cookie: &'static str,
}

impl AccessSettings {
    /// Reads the settings of a process that listens on `address`.
    ///
    /// | variable | default | meaning |
    /// |---|---|---|
    /// | `AUTH` | `password` | `none` lets everyone in who reaches the process, which must then listen on loopback |
    /// | `APP_USERNAME` | `admin` | name to log in with |
    /// | `APP_PASSWORD` | | password to log in with, 8 characters at least |
    /// | `SESSION_HOURS` | 12 | hours until a login ends |
    /// | `TRUSTED_PROXIES` | 1 on Heroku, else 0 | proxies in front, each of which appends to `X-Forwarded-For` |
    pub fn read(reader: &mut Reader<'_>, address: IpAddr, cookie: &'static str) -> Self {
        Self {
            access: Access::read(reader, address),
            lifetime: Duration::from_secs(60 * 60 * reader.bounded("SESSION_HOURS", 12, 1..=24 * 30)),
            proxies: proxies(reader),
            cookie,
        }
    }
}

/// Heroku's router writes who is calling into a header. Anyone could who calls directly.
fn proxies(reader: &mut Reader<'_>) -> usize {
    let on_heroku = reader.optional_value::<String>("DYNO").is_some();
    reader.bounded("TRUSTED_PROXIES", usize::from(on_heroku), 0..=5)
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
    pub fn read(reader: &mut Reader<'_>, address: IpAddr) -> Self {
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
