//! Text of others, without the access token: the one way by which it becomes text of an error.
//!
//! An org, or a proxy before it, may repeat what it was sent, in any answer. Errors are logged, stored with the job and shown,
//! so their text goes through a [`Cleaner`] first. Data does not, and a body that becomes no error is not looked through.

use std::sync::Arc;

use secrecy::{ExposeSecret, SecretString};
use serde_json::error::Category;

/// What stands in place of a token.
const CLEARED: &str = "[access token]";

/// Shortest text that is taken for a secret, in characters. Salesforce's have about a hundred, and to clear words of a few
/// letters would make messages unreadable.
const MIN_SECRET: usize = 8;

/// Longest text that is looked through, in bytes: what is behind it is dropped. Errors are shortened further where they are kept.
const LONGEST: usize = 64 * 1024;

/// What is dropped with it, in bytes, since a token may be cut there; longer than any token in any spelling.
const MARGIN: usize = 16 * 1024;

/// Most layers of percent-encoding that are seen through, as `%25252521`.
const MAX_LAYERS: usize = 8;

/// Clears access tokens out of text: those it knows, their secret part (what follows `!`) alone, and whatever has the form of
/// an org's token. Each is found in any mixture of plain, percent-encoded, JSON- and HTML-escaped characters.
///
/// The default one knows no token. The time it takes grows with the length of the text, and at worst with that of the token.
#[derive(Debug, Clone, Default)]
pub struct Cleaner {
    /// Shared: each row of a result has a clone.
    secrets: Arc<Vec<SecretString>>,
}

/// A character as it is meant, and where its spelling ends in the text.
#[derive(Clone, Copy)]
struct Spelled {
    meant: char,
    start: usize,
    end: usize,
}

impl Cleaner {
    /// One that knows this token too.
    #[must_use]
    pub fn and(mut self, token: &str) -> Self {
        let secret = token.split_once('!').map(|(_, secret)| secret);
        let known = [Some(token), secret].into_iter().flatten().filter(|text| text.chars().count() >= MIN_SECRET);
        Arc::make_mut(&mut self.secrets).extend(known.map(SecretString::from));
        self
    }

    /// The text without tokens, and of a very long one the beginning.
    #[must_use]
    pub fn text(&self, text: &str) -> String {
        let is_whole = text.len() <= LONGEST;
        let (text, end) =
            if is_whole { (text, text.len()) } else { (&text[..text.floor_char_boundary(LONGEST)], LONGEST - MARGIN) };
        let meant = spelled(text);
        let secrets: Vec<Vec<char>> =
            self.secrets.iter().map(|secret| secret.expose_secret().chars().collect()).collect();
        let mut cleared = String::with_capacity(text.len());
        let mut at = 0;
        while let Some(next) = meant.get(at).filter(|next| next.start < end) {
            let rest = meant.get(at..).unwrap_or_default();
            let known = secrets.iter().filter(|secret| begins_with(rest, secret)).map(Vec::len).max();
            match known.or_else(|| token_length(rest)) {
                Some(length) => {
                    cleared.push_str(CLEARED);
                    at += length;
                }
                None => {
                    cleared.push_str(text.get(next.start..next.end).unwrap_or_default());
                    at += 1;
                }
            }
        }
        if !is_whole {
            cleared.push('…');
        }
        cleared
    }
}

fn begins_with(text: &[Spelled], secret: &[char]) -> bool {
    text.len() >= secret.len() && text.iter().zip(secret).all(|(spelled, secret)| spelled.meant == *secret)
}

/// Length of the token that the text begins with, by its form alone: the id of an org, `!`, and the secret.
fn token_length(text: &[Spelled]) -> Option<usize> {
    if !begins_with(text, &['0', '0', 'D']) {
        return None;
    }
    let id = text.iter().take(19).take_while(|spelled| spelled.meant.is_ascii_alphanumeric()).count();
    let is_token = matches!(id, 15 | 18) && text.get(id).is_some_and(|spelled| spelled.meant == '!');
    let secret = text.iter().skip(id + 1).take_while(|spelled| is_of_token(spelled.meant)).count();
    (is_token && secret >= MIN_SECRET).then_some(id + 1 + secret)
}

fn is_of_token(character: char) -> bool {
    character.is_ascii_alphanumeric() || matches!(character, '.' | '_' | '-')
}

/// The characters that a text means, however they are written.
fn spelled(text: &str) -> Vec<Spelled> {
    let mut meant = Vec::with_capacity(text.len());
    let mut start = 0;
    while let Some(rest) = text.get(start..).filter(|rest| !rest.is_empty()) {
        let plain = rest.chars().next().map(|plain| (plain, plain.len_utf8()));
        let Some((character, length)) = percent(rest).or_else(|| json(rest)).or_else(|| html(rest)).or(plain) else {
            break;
        };
        let end = start + length;
        meant.push(Spelled { meant: character, start, end });
        start = end;
    }
    meant
}

/// `%21`, and `%2521` where it was encoded twice.
fn percent(text: &str) -> Option<(char, usize)> {
    let mut digits = text.strip_prefix('%')?;
    for _ in 0..MAX_LAYERS {
        match digits.strip_prefix("25").filter(|deeper| deeper.get(..2).is_some_and(|two| code(two, 16).is_some())) {
            Some(deeper) => digits = deeper,
            None => break,
        }
    }
    Some((code(digits.get(..2)?, 16)?, text.len() - digits.len() + 2))
}

/// `\u0021` and `\!`, after any number of back-slashes.
fn json(text: &str) -> Option<(char, usize)> {
    let escaped = text.trim_start_matches('\\');
    let slashes = text.len() - escaped.len();
    if slashes == 0 {
        return None;
    }
    if let Some(character) = escaped.strip_prefix('u').and_then(|digits| code(digits.get(..4)?, 16)) {
        return Some((character, slashes + 5));
    }
    escaped.chars().next().filter(char::is_ascii_punctuation).map(|character| (character, slashes + 1))
}

/// `&#33;`, `&#x21;` and `&excl;`.
fn html(text: &str) -> Option<(char, usize)> {
    let inner = text.strip_prefix('&')?;
    let end = inner.bytes().take(10).position(|byte| byte == b';')?;
    let name = inner.get(..end)?;
    let character = match name.strip_prefix('#') {
        Some(number) => match number.strip_prefix(['x', 'X']) {
            Some(digits) => code(digits, 16),
            None => code(number, 10),
        },
        None => (name == "excl").then_some('!'),
    };
    Some((character?, end + 2))
}

fn code(digits: &str, radix: u32) -> Option<char> {
    let is_number = digits.chars().all(|digit| digit.is_digit(radix));
    is_number.then(|| u32::from_str_radix(digits, radix).ok()).flatten().and_then(char::from_u32)
}

/// What a parser says of JSON of others, without the value: what was found, what was expected, and where.
pub(crate) fn without_value(error: &serde_json::Error) -> String {
    let whole = error.to_string();
    let place = format!(" at line {} column {}", error.line(), error.column());
    let says = whole.strip_suffix(&place).unwrap_or(&whole);
    let place = if error.line() == 0 { "" } else { &place };
    // What shows a value begins with one of these; any other text is fixed, or of a type of ours.
    let shows = ["invalid ", "unknown "].iter().any(|start| says.starts_with(start));
    if error.classify() != Category::Data || !shows {
        return format!("{says}{place}");
    }
    let found = says.split(['`', '"', ',']).next().unwrap_or_default().trim_end();
    // The value comes first, so the last one is the parser's.
    match says.rsplit_once(", expected ") {
        Some((_, expected)) => format!("{found}, expected {expected}{place}"),
        None => format!("{found}{place}"),
    }
}

#[cfg(test)]
mod tests;
