//! How the text of a setting becomes a value.

use std::net::{IpAddr, SocketAddr};

use secrecy::SecretString;
use url::Url;

/// A type that a setting can have. The text comes trimmed and not empty.
pub trait FromSetting: Sized {
    /// What the setting must be, as the end of "expected …".
    fn expected() -> String;

    /// The value, or `None` when the text is not what [`FromSetting::expected`] says.
    fn from_setting(text: &str) -> Option<Self>;
}

impl FromSetting for String {
    fn expected() -> String {
        "text".to_owned()
    }

    fn from_setting(text: &str) -> Option<Self> {
        Some(text.to_owned())
    }
}

impl FromSetting for SecretString {
    fn expected() -> String {
        "text".to_owned()
    }

    fn from_setting(text: &str) -> Option<Self> {
        Some(text.into())
    }
}

/// `true`, `True`, `TRUE`, `1`, `yes` and `false`, `False`, `FALSE`, `0`, `no`. Anything else is an error: the sample apps
/// took every spelling but one for false, and nobody noticed that an option was off.
impl FromSetting for bool {
    fn expected() -> String {
        "true or false".to_owned()
    }

    fn from_setting(text: &str) -> Option<Self> {
        match text {
            "true" | "True" | "TRUE" | "1" | "yes" => Some(true),
            "false" | "False" | "FALSE" | "0" | "no" => Some(false),
            _ => None,
        }
    }
}

impl FromSetting for SocketAddr {
    fn expected() -> String {
        "an IP address and a port, such as 127.0.0.1:9464".to_owned()
    }

    fn from_setting(text: &str) -> Option<Self> {
        text.parse().ok()
    }
}

macro_rules! whole_number {
    ($($integer:ty),+) => {$(
        impl FromSetting for $integer {
            fn expected() -> String {
                format!("a whole number from {} to {}", <$integer>::MIN, <$integer>::MAX)
            }

            fn from_setting(text: &str) -> Option<Self> {
                text.parse().ok()
            }
        }
    )+};
}

whole_number!(u8, u16, u32, u64, usize, i32, i64);

impl FromSetting for IpAddr {
    fn expected() -> String {
        "an IP address such as 127.0.0.1".to_owned()
    }

    fn from_setting(text: &str) -> Option<Self> {
        text.parse().ok()
    }
}

impl FromSetting for Url {
    fn expected() -> String {
        "an absolute URL such as https://example.com".to_owned()
    }

    fn from_setting(text: &str) -> Option<Self> {
        Url::parse(text).ok().filter(Url::has_host)
    }
}
