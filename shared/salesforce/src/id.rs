//! Record ids: 15 case-sensitive characters, or the same with a three-character checksum.

use std::fmt;
use std::str::FromStr;

use serde::de::{self, Visitor};
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use thiserror::Error;

const SHORT: usize = 15;
const LONG: usize = 18;
const CHUNK: usize = 5;
const CHECKSUM_ALPHABET: &[u8; 32] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZ012345";

/// A Salesforce record id, kept in its 18-character form.
///
/// The last three characters tell which of the first fifteen are upper-case letters, so that ids stay distinct in
/// systems that ignore case. Parsing accepts both forms and refuses a wrong checksum: it is a sign of a mangled id.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct SalesforceId([u8; LONG]);

/// The text is not a record id.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum InvalidId {
    /// Neither 15 nor 18 characters.
    #[error("a record id has 15 or 18 characters, not {0}")]
    Length(usize),
    /// Something else than ASCII letters and digits.
    #[error("a record id consists of letters and digits")]
    Character,
    /// The three last characters do not belong to the first fifteen.
    #[error("the checksum of the record id is wrong")]
    Checksum,
}

impl SalesforceId {
    /// Parses the 15- or 18-character form.
    ///
    /// # Errors
    /// [`InvalidId`] when the text is not an id.
    pub fn parse(text: &str) -> Result<Self, InvalidId> {
        text.parse()
    }

    /// The 18-character form, the one that Salesforce answers with.
    #[must_use]
    pub fn as_str(&self) -> &str {
        ascii(&self.0)
    }

    /// The 15-character form, as older interfaces and error messages show it.
    #[must_use]
    pub fn as_15(&self) -> &str {
        ascii(self.0.split_at(SHORT).0)
    }

    /// The three characters that tell the kind of record, for example `006` for an Opportunity.
    #[must_use]
    pub fn key_prefix(&self) -> &str {
        ascii(self.0.split_at(3).0)
    }
}

impl FromStr for SalesforceId {
    type Err = InvalidId;

    fn from_str(text: &str) -> Result<Self, InvalidId> {
        if !matches!(text.len(), SHORT | LONG) {
            return Err(InvalidId::Length(text.chars().count()));
        }
        if !text.bytes().all(|b| b.is_ascii_alphanumeric()) {
            return Err(InvalidId::Character);
        }
        let (short, given) = text.as_bytes().split_at(SHORT);
        let mut id = [0; LONG];
        let (head, tail) = id.split_at_mut(SHORT);
        head.copy_from_slice(short);
        for (slot, chunk) in tail.iter_mut().zip(short.chunks(CHUNK)) {
            *slot = checksum(chunk);
        }
        if given.is_empty() || given == tail { Ok(Self(id)) } else { Err(InvalidId::Checksum) }
    }
}

/// One checksum character: bit k of its index in the alphabet is set when character k is an upper-case letter.
fn checksum(chunk: &[u8]) -> u8 {
    let index = chunk.iter().rev().fold(0_usize, |bits, b| (bits << 1) | usize::from(b.is_ascii_uppercase()));
    CHECKSUM_ALPHABET.get(index).copied().unwrap_or(b'A')
}

/// The bytes were checked to be ASCII when the id was made.
fn ascii(bytes: &[u8]) -> &str {
    std::str::from_utf8(bytes).unwrap_or_default()
}

impl fmt::Display for SalesforceId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}

impl fmt::Debug for SalesforceId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "SalesforceId({})", self.as_str())
    }
}

impl AsRef<str> for SalesforceId {
    fn as_ref(&self) -> &str {
        self.as_str()
    }
}

impl Serialize for SalesforceId {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.as_str())
    }
}

impl<'de> Deserialize<'de> for SalesforceId {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Text;
        impl Visitor<'_> for Text {
            type Value = SalesforceId;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a string")
            }

            fn visit_str<E: de::Error>(self, text: &str) -> Result<SalesforceId, E> {
                text.parse().map_err(E::custom)
            }
        }
        deserializer.deserialize_str(Text)
    }
}

#[cfg(test)]
mod tests;
