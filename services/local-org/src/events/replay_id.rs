//! Replay ids: where in the log an event stands.

use std::fmt;

use serde::{Deserialize, Serialize};

/// A position in an org's log. Clients see 10 bytes, the number big-endian and two zeroes, as Salesforce sends them;
/// they may give back the first 8 only, as some clients do.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub(crate) struct ReplayId(u64);

impl ReplayId {
    /// The id of that number.
    pub(crate) fn new(number: u64) -> Self {
        Self(number)
    }

    /// The number. It fits into an `i64`, and into the 53 bits of a JavaScript number.
    pub(crate) fn number(self) -> u64 {
        self.0
    }

    /// The bytes that clients see.
    pub(crate) fn to_bytes(self) -> Vec<u8> {
        let mut bytes = self.0.to_be_bytes().to_vec();
        bytes.extend([0, 0]);
        bytes
    }

    /// Reads bytes that a client gives back; `None` when no id has this form.
    pub(crate) fn parse(bytes: &[u8]) -> Option<Self> {
        let (number, rest) = bytes.split_first_chunk::<8>()?;
        matches!(rest, [] | [0, 0]).then(|| Self(u64::from_be_bytes(*number)))
    }
}

impl fmt::Debug for ReplayId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "ReplayId({})", self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::ReplayId;

    #[test]
    fn ten_bytes_in_the_order_of_the_numbers() {
        let (small, large) = (ReplayId::new(255), ReplayId::new(256));
        assert_eq!(small.to_bytes(), [0, 0, 0, 0, 0, 0, 0, 255, 0, 0]);
        assert!(small.to_bytes() < large.to_bytes());
    }

    #[test]
    fn takes_back_ten_bytes_or_eight() {
        let id = ReplayId::new(0x0102_0304);
        assert_eq!(ReplayId::parse(&id.to_bytes()), Some(id));
        assert_eq!(ReplayId::parse(&id.to_bytes()[..8]), Some(id));
        for bytes in [&[][..], &[1], &[0; 9], &[0; 11], &[0, 0, 0, 0, 0, 0, 0, 1, 0, 1]] {
            assert_eq!(ReplayId::parse(bytes), None, "{bytes:?}");
        }
    }
}
