//! Record ids in their two written forms.

/// Characters that stand for the upper-case letters of five characters, lowest bit first.
const CHECKSUM: &[u8; 32] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZ012345";

/// The 18-character form of an id of 15 or 18 characters, or `None` for anything else. Only the first 15 characters
/// count, as in a real org.
pub(super) fn long_form(id: &str) -> Option<String> {
    if !matches!(id.len(), 15 | 18) || !id.bytes().all(|b| b.is_ascii_alphanumeric()) {
        return None;
    }
    let short = id.get(..15)?;
    let bits = |chunk: &[u8]| {
        chunk.iter().enumerate().fold(0_usize, |bits, (k, b)| bits | usize::from(b.is_ascii_uppercase()) << k)
    };
    let mut long = short.to_owned();
    for chunk in short.as_bytes().chunks(5) {
        long.push(char::from(*CHECKSUM.get(bits(chunk))?));
    }
    Some(long)
}

#[cfg(test)]
mod tests {
    use super::long_form;

    #[test]
    fn known_ids() {
        for (short, checksum) in [
            ("0018Z00002rGc7Y", "QAS"),
            ("7508Z00000lSXvx", "QAG"),
            ("006R0000003FPYx", "IAO"),
            ("00D58000000arpq", "EAA"),
            ("000000000000000", "AAA"),
        ] {
            let long = format!("{short}{checksum}");
            assert_eq!(long_form(short).as_deref(), Some(long.as_str()));
            assert_eq!(long_form(&long).as_deref(), Some(long.as_str()));
        }
    }

    #[test]
    fn no_ids() {
        for text in ["", "006", "006R0000003FPY!", "006R0000003FPYxIAO0", "006R0000003FPYé"] {
            assert_eq!(long_form(text), None, "{text}");
        }
    }
}
