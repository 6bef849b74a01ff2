//! What nobody may see, and the search for it: in Redis, logs, metrics, error bodies and pages, in every form that text is
//! written in.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::{Mutex, PoisonError};

use anyhow::{Context, Result};
use base64::Engine;
use base64::engine::general_purpose::{STANDARD_NO_PAD, URL_SAFE_NO_PAD};
use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};
use test_support::RedisDump;

/// Shorter texts would be found by chance.
const SHORTEST: usize = 12;
/// Characters shown before a secret that was found.
const CONTEXT: usize = 60;

/// Secrets by what they are. `Debug` shows none.
#[derive(Default)]
pub(crate) struct Secrets(Mutex<BTreeMap<String, String>>);

impl std::fmt::Debug for Secrets {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Secrets").finish_non_exhaustive()
    }
}

impl Secrets {
    /// Adds one. Its written forms are looked for as well: base64 at any place in a longer text, percent-encoded,
    /// hexadecimal.
    pub(crate) fn add(&self, what: &str, secret: &str) {
        if secret.len() < SHORTEST {
            return;
        }
        let mut known = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if known.contains_key(secret) {
            return;
        }
        for (form, text) in forms(secret) {
            known.entry(text).or_insert_with(|| format!("{what}{form}"));
        }
    }

    /// Where in `text` a secret stands, as sentences that do not show it.
    pub(crate) fn in_text(&self, place: &str, text: &str) -> Vec<String> {
        let known = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let found = |(secret, what): (&String, &String)| {
            let at = text.find(secret)?;
            let before = text.get(..at)?.chars().rev().take(CONTEXT).collect::<Vec<_>>();
            let before: String = before.into_iter().rev().collect();
            // Another secret may stand right before it.
            let shown = known.keys().fold(before, |before, secret| before.replace(secret.as_str(), "…"));
            Some(format!("{what} stands in {place}, after {shown:?}"))
        };
        known.iter().filter_map(found).collect()
    }

    /// The same for bytes, which may be anything.
    pub(crate) fn in_bytes(&self, place: &str, bytes: &[u8]) -> Vec<String> {
        self.in_text(place, &String::from_utf8_lossy(bytes))
    }

    /// The same for all keys and values of Redis.
    pub(crate) fn in_dump(&self, dump: &RedisDump) -> Vec<String> {
        let mut leaks = Vec::new();
        for (key, parts) in &dump.keys {
            let place = format!("Redis at {}", String::from_utf8_lossy(key));
            leaks.extend(self.in_bytes("the name of a key of Redis", key));
            leaks.extend(parts.iter().flat_map(|part| self.in_bytes(&place, part)));
        }
        leaks
    }

    /// The same for all files of a folder.
    pub(crate) fn in_folder(&self, place: &str, folder: &Path) -> Result<Vec<String>> {
        let mut leaks = Vec::new();
        for entry in std::fs::read_dir(folder).with_context(|| format!("cannot list {}", folder.display()))? {
            let path = entry?.path();
            let bytes = std::fs::read(&path).with_context(|| format!("cannot read {}", path.display()))?;
            leaks.extend(self.in_bytes(place, &bytes));
        }
        Ok(leaks)
    }
}

/// A secret as it can be written, with a word for each form.
fn forms(secret: &str) -> Vec<(&'static str, String)> {
    let mut forms = vec![("", secret.to_owned())];
    for skip in 0..3 {
        // Base64 depends on where in the whole text the secret starts; characters that depend on its neighbours are left out.
        let padded: Vec<u8> = std::iter::repeat_n(0, skip).chain(secret.bytes()).collect();
        let whole = padded.len() / 3 * 3;
        let inner = |text: String| text.get((skip * 8).div_ceil(6)..).unwrap_or_default().to_owned();
        let bytes = padded.get(..whole).unwrap_or_default();
        forms.push((" in base64", inner(STANDARD_NO_PAD.encode(bytes))));
        forms.push((" in base64", inner(URL_SAFE_NO_PAD.encode(bytes))));
    }
    forms.push((" percent-encoded", utf8_percent_encode(secret, NON_ALPHANUMERIC).to_string()));
    forms.push((" in hexadecimal", secret.bytes().map(|byte| format!("{byte:02x}")).collect()));
    forms
}

#[cfg(test)]
mod tests;
