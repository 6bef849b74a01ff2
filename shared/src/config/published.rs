//! Secrets that everybody knows: those of docker-compose.yml, and keys that somebody typed to fill the line.

use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, STANDARD_NO_PAD, URL_SAFE, URL_SAFE_NO_PAD};
use secrecy::{ExposeSecret, SecretString};

use super::reader::Reader;

/// What docker-compose.yml sets when nothing else is given.
const PUBLISHED: [&str; 3] = ["local-only-not-a-secret-key-0001", "local-only-password", "local-only-webhook-token"];

/// Shorter ones are parts of a password that has commas.
const SHORTEST: usize = 8;

/// The setting that lets them through. docker-compose.yml has it.
const ALLOW: &str = "ALLOW_PUBLISHED_SECRETS";

impl Reader<'_> {
    /// Refuses a secret that everybody knows: one of docker-compose.yml (unless `ALLOW_PUBLISHED_SECRETS` is true, for one
    /// machine only), or bytes that are all the same or count up, such as a key of zeros. A list with commas is looked at
    /// item by item, and an item in hexadecimal or base64 as the bytes that it stands for.
    pub fn refuse_known_secret(&mut self, name: &str, secret: &SecretString) {
        let allowed = self.optional("ALLOW_PUBLISHED_SECRETS", false);
        let items = secret.expose_secret().split(',').map(str::trim).filter(|item| !item.is_empty());
        let mut weakness = items.filter_map(|item| weakness(item, allowed));
        if let Some(problem) = weakness.next() {
            self.problem(name, problem);
        }
    }
}

fn weakness(item: &str, published_allowed: bool) -> Option<String> {
    let forms = || decoded(item).into_iter().chain([item.as_bytes().to_vec()]);
    if forms().any(|bytes| PUBLISHED.iter().any(|known| known.as_bytes() == bytes)) {
        let message = format!(
            "is the one of docker-compose.yml, which everybody knows; make one with openssl rand -hex 32 ({ALLOW}=true \
             takes it, for one machine only)"
        );
        return (!published_allowed).then_some(message);
    }
    let guessable = forms().any(|bytes| {
        let step = |by: u8| bytes.windows(2).all(|pair| matches!(pair, [a, b] if a.wrapping_add(by) == *b));
        bytes.len() >= SHORTEST && (step(0) || step(1) || step(u8::MAX))
    });
    guessable.then(|| {
        "can be guessed: its bytes are all the same or count up; make one with openssl rand -hex 32".to_owned()
    })
}

/// The bytes that the text stands for in hexadecimal, or else in base64.
fn decoded(text: &str) -> Option<Vec<u8>> {
    let digits: Option<Vec<u8>> =
        text.chars().map(|c| c.to_digit(16).and_then(|digit| u8::try_from(digit).ok())).collect();
    match digits {
        Some(digits) if digits.len() % 2 == 0 => {
            Some(digits.chunks(2).map(|pair| pair.iter().fold(0, |byte, digit| byte << 4 | digit)).collect())
        }
        _ => [STANDARD, STANDARD_NO_PAD, URL_SAFE, URL_SAFE_NO_PAD].iter().find_map(|base64| base64.decode(text).ok()),
    }
}
