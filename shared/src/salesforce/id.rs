//! Record ids (Object Reference, "ID Field Type"): 15 case-sensitive characters, or 18 with a checksum of the case.

use serde::{Deserialize, Serialize};
use std::fmt;
use std::str::FromStr;

const CHECKSUM: &[u8; 32] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZ012345";

/// A well-formed record id. Equality, order and hash are those of the 15 characters that identify the record.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct SalesforceId([u8; 18]);

impl SalesforceId {
    /// The 15 case-sensitive characters.
    pub fn as_15(&self) -> &str {
        self.as_str().get(..15).unwrap_or_default()
    }

    /// All 18 characters, as Salesforce answers them.
    pub fn as_str(&self) -> &str {
        std::str::from_utf8(&self.0).unwrap_or_default()
    }

    /// The first three characters, which tell the object: `006` is Opportunity.
    pub fn key_prefix(&self) -> &str {
        self.as_str().get(..3).unwrap_or_default()
    }
}

/// The text is no record id.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum InvalidId {
    /// Not 15 or 18 characters.
    #[error("an id has 15 or 18 characters")]
    Length,
    /// A character other than an ASCII letter or digit.
    #[error("an id has only letters and digits")]
    Character,
    /// The last three characters do not fit the first fifteen.
    #[error("the id's last three characters are not its checksum")]
    Checksum,
}

impl FromStr for SalesforceId {
    type Err = InvalidId;

    fn from_str(text: &str) -> Result<Self, InvalidId> {
        let bytes = text.as_bytes();
        if bytes.len() != 15 && bytes.len() != 18 {
            return Err(InvalidId::Length);
        }
        if !bytes.iter().all(u8::is_ascii_alphanumeric) {
            return Err(InvalidId::Character);
        }
        let mut id = [0; 18];
        for (to, from) in id.iter_mut().zip(bytes) {
            *to = *from;
        }
        let (record, suffix) = id.split_at_mut(15);
        for (chunk, letter) in record.chunks(5).zip(suffix.iter_mut()) {
            let bits = chunk.iter().rev().fold(0_usize, |bits, b| bits << 1 | usize::from(b.is_ascii_uppercase()));
            *letter = CHECKSUM.get(bits).copied().unwrap_or(b'A');
        }
        // Some tools upper-case or lower-case ids; a checksum in another case is still the same checksum.
        if bytes.get(15..).is_some_and(|given| !given.is_empty() && !given.eq_ignore_ascii_case(suffix)) {
            return Err(InvalidId::Checksum);
        }
        Ok(Self(id))
    }
}

impl fmt::Display for SalesforceId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl fmt::Debug for SalesforceId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl Serialize for SalesforceId {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.as_str())
    }
}

impl<'de> Deserialize<'de> for SalesforceId {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = std::borrow::Cow::<'de, str>::deserialize(deserializer)?;
        text.parse().map_err(serde::de::Error::custom)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn checksums_of_real_ids() {
        for (short, suffix) in [
            ("0018Z00002rGc7Y", "QAS"),
            ("7508Z00000lSXvx", "QAG"),
            ("006R0000003FPYx", "IAO"),
            ("00D58000000arpq", "EAA"),
            ("a01B0000009gSox", "IAE"),
            ("000000000000000", "AAA"),
        ] {
            let id: SalesforceId = short.parse().unwrap();
            assert_eq!(id.to_string(), format!("{short}{suffix}"));
            assert_eq!(id, format!("{short}{suffix}").parse().unwrap());
            assert_eq!(id.as_15(), short);
        }
    }

    #[test]
    fn other_texts_are_refused() {
        assert_eq!("".parse::<SalesforceId>(), Err(InvalidId::Length));
        assert_eq!("006R0000003FPYxIA".parse::<SalesforceId>(), Err(InvalidId::Length));
        assert_eq!("006R0000003FPY'".parse::<SalesforceId>(), Err(InvalidId::Character));
        assert_eq!("006R0000003FPé".parse::<SalesforceId>(), Err(InvalidId::Character));
        assert_eq!("006R0000003FPYxIAA".parse::<SalesforceId>(), Err(InvalidId::Checksum));
    }
}
