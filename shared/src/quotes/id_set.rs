//! Ids of a big chunk as a short text: thousands of them, one or two bytes each, because ids that are read in order lie
//! close together.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;

use crate::plan::MalformedChunk;
use crate::salesforce::SalesforceId;

/// Digits of an id in the order in which ids sort.
const DIGITS: &[u8; 62] = b"0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";
/// Digits of an id.
const LENGTH: usize = 15;
/// Marks the text, and tells it from a list of ids.
const MARK: char = '~';

/// Whether a message holds ids in this form.
pub(super) fn is_set(text: &str) -> bool {
    text.starts_with(MARK)
}

/// Ids as a message. Shortest when they ascend; any order comes back as it is.
pub(super) fn encode(ids: &[SalesforceId]) -> String {
    let mut bytes = Vec::with_capacity(ids.len() * 2 + 16);
    let mut before = 0_i128;
    for id in ids {
        let number = number(id);
        // Small steps of either direction become small numbers.
        let step = number - before;
        push(&mut bytes, (step << 1) ^ (step >> 127));
        before = number;
    }
    format!("{MARK}{}", URL_SAFE_NO_PAD.encode(bytes))
}

/// Ids from a message that [`encode`] wrote.
pub(super) fn decode(text: &str) -> Result<Vec<SalesforceId>, MalformedChunk> {
    let text = text.strip_prefix(MARK).ok_or(MalformedChunk)?;
    let bytes = URL_SAFE_NO_PAD.decode(text).map_err(|_| MalformedChunk)?;
    let mut bytes = bytes.as_slice();
    let (mut ids, mut before) = (Vec::new(), 0_i128);
    while !bytes.is_empty() {
        let folded = take(&mut bytes).ok_or(MalformedChunk)?;
        before = before.checked_add((folded >> 1) ^ -(folded & 1)).ok_or(MalformedChunk)?;
        ids.push(id(before).ok_or(MalformedChunk)?);
    }
    if ids.is_empty() { Err(MalformedChunk) } else { Ok(ids) }
}

/// An id as a number of base 62, below 2^90.
fn number(id: &SalesforceId) -> i128 {
    let digit = |byte| DIGITS.binary_search(&byte).map_or(0, |digit| i128::try_from(digit).unwrap_or(0));
    id.as_15().bytes().fold(0, |number, byte| number * 62 + digit(byte))
}

fn id(mut number: i128) -> Option<SalesforceId> {
    let mut text = [b'0'; LENGTH];
    for slot in text.iter_mut().rev() {
        *slot = *DIGITS.get(usize::try_from(number % 62).ok()?)?;
        number /= 62;
    }
    (number == 0).then(|| std::str::from_utf8(&text).ok()?.parse().ok()).flatten()
}

/// Seven bits a byte, the lowest first; the highest bit says that more follow.
fn push(bytes: &mut Vec<u8>, mut number: i128) {
    loop {
        let low = u8::try_from(number & 0x7f).unwrap_or_default();
        number >>= 7;
        if number == 0 {
            return bytes.push(low);
        }
        bytes.push(low | 0x80);
    }
}

fn take(bytes: &mut &[u8]) -> Option<i128> {
    let (mut number, mut shift) = (0_i128, 0_u32);
    loop {
        let (byte, rest) = bytes.split_first()?;
        *bytes = rest;
        if shift > 112 {
            return None;
        }
        number |= i128::from(byte & 0x7f) << shift;
        if byte & 0x80 == 0 {
            return Some(number);
        }
        shift += 7;
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn ids_in_order_take_little_room() {
        let first = number(&"006R0000003FPYx".parse().unwrap());
        let ids: Vec<_> = (0..10_000).map(|step| id(first + step * 40).unwrap()).collect();
        let text = encode(&ids);
        assert!(text.len() < 10_000 * 2, "{}", text.len());
        assert_eq!(decode(&text).unwrap(), ids);
    }

    #[test]
    fn broken_messages_are_refused() {
        for bad in ["", "~", "~!", "~gA", "006R0000003FPYx", "~________________________________"] {
            assert_eq!(decode(bad), Err(MalformedChunk), "{bad:?}");
        }
    }

    proptest! {
        #[test]
        fn any_ids_come_back(texts in proptest::collection::vec("[0-9A-Za-z]{15}", 1..50)) {
            let ids: Vec<SalesforceId> = texts.iter().map(|text| text.parse().unwrap()).collect();
            prop_assert_eq!(decode(&encode(&ids)).unwrap(), ids);
        }

        #[test]
        fn nothing_panics(text in "~[0-9A-Za-z_-]{0,60}") {
            let _ = decode(&text);
        }
    }
}
