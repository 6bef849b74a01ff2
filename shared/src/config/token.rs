//! A token that callers share with a process.

use std::fmt;

use secrecy::{ExposeSecret, SecretString};
use sha2::{Digest, Sha256};
use subtle::ConstantTimeEq;

use super::reader::Reader;

/// Fewest characters of a token.
const SHORTEST: usize = 16;

/// Digest of a token; the token itself is not kept. `Debug` does not show it.
#[derive(Clone)]
pub struct Token([u8; 32]);

impl Token {
    /// The digest of `token`.
    pub fn new(token: &str) -> Self {
        Self(digest(token.as_bytes()))
    }

    /// Reads the setting `name`: 16 visible ASCII characters at least, and none that everybody knows. `None` when it is not
    /// set.
    pub fn read(reader: &mut Reader<'_>, name: &str) -> Option<Self> {
        let token: SecretString = reader.optional_value(name)?;
        let text = token.expose_secret();
        if text.chars().count() < SHORTEST || !text.bytes().all(|byte| byte.is_ascii_graphic()) {
            reader.problem(name, format!("expected {SHORTEST} visible ASCII characters or more"));
        } else {
            reader.refuse_known_secret(name, &token);
        }
        Some(Self::new(text))
    }

    /// Takes as long wherever the difference is. Digests have one length, so they do not tell that of the token.
    pub fn matches(&self, given: &[u8]) -> bool {
        self.0.ct_eq(&digest(given)).into()
    }

    /// Whether the value of a request's header `Authorization` is `Bearer` and the token.
    pub fn is_in(&self, authorization: Option<&[u8]>) -> bool {
        let value = authorization.and_then(|value| std::str::from_utf8(value).ok());
        let pair = value.and_then(|value| value.trim().split_once(' '));
        pair.is_some_and(|(scheme, token)| {
            scheme.eq_ignore_ascii_case("bearer") && self.matches(token.trim().as_bytes())
        })
    }
}

impl fmt::Debug for Token {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Token([REDACTED])")
    }
}

fn digest(text: &[u8]) -> [u8; 32] {
    Sha256::digest(text).into()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::Settings;

    #[test]
    fn only_the_whole_token_matches() {
        let token = Token::new("0123456789abcdef");
        assert!(token.matches(b"0123456789abcdef"));
        for wrong in ["", "0123456789abcde", "0123456789abcdef0", "0123456789ABCDEF"] {
            assert!(!token.matches(wrong.as_bytes()), "{wrong}");
        }
        assert!(!format!("{token:?}").contains("0123"));
    }

    #[test]
    fn short_and_published_tokens_are_refused_without_showing_them() {
        let read = |value: &str| {
            let settings = Settings::from_map([("A_TOKEN", value)]).unwrap();
            let mut reader = settings.reader();
            let token = Token::read(&mut reader, "A_TOKEN");
            reader.finish().map(|()| token.is_some()).map_err(|error| error.to_string())
        };
        assert_eq!(read(""), Ok(false));
        assert_eq!(read("f81d4fae-7dec-11"), Ok(true));
        for (bad, problem) in [
            ("fifteen-letters", "expected 16 visible"),
            ("0123456789 abcdef0123", "expected 16 visible"),
            ("local-only-webhook-token", "is the one of docker-compose.yml"),
            ("aaaaaaaaaaaaaaaaaaaa", "can be guessed"),
        ] {
            let error = read(bad).unwrap_err();
            assert!(error.starts_with(&format!("A_TOKEN: {problem}")) && !error.contains(bad), "{error}");
        }
    }
}
