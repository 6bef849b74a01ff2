//! Record ids: 15 case-sensitive base-62 characters, or 18 with a checksum that makes them safe to compare without
//! regard to case.

#[cfg(test)]
mod tests;

/// Digits in byte order, so that generated ids sort as they were created.
const DIGITS: &[u8; 62] = b"0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";

/// What each of the three checksum characters is taken from: bit k of the index is set where character k of the
/// five-character group is an upper-case letter.
const CHECKSUM: &[u8; 32] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZ012345";

/// Stands for the instance ("pod") in every id of a local org.
const POD: &str = "LO0";

/// The 18-character form of a 15- or 18-character id, or `None` when it is not an id. The checksum of an 18-character
/// id must fit.
pub fn normalise(id: &str) -> Option<String> {
    let short = id.get(..15)?;
    let full = with_checksum(short)?;
    match id.len() {
        15 => Some(full),
        18 if full.get(15..).is_some_and(|sum| id.get(15..).is_some_and(|given| given.eq_ignore_ascii_case(sum))) => {
            Some(full)
        }
        _ => None,
    }
}

/// The id of the `number`-th record of the object with this three-character prefix, 18 characters. Ids of one prefix
/// grow in byte order with `number`.
pub fn generate(prefix: &str, number: u64) -> String {
    let mut rest = number;
    let mut digits = [b'0'; 9];
    for digit in digits.iter_mut().rev() {
        *digit = DIGITS.get((rest % 62) as usize).copied().unwrap_or(b'0');
        rest /= 62;
    }
    let mut id = String::with_capacity(18);
    id.push_str(prefix);
    id.push_str(POD);
    id.extend(digits.iter().map(|&digit| char::from(digit)));
    append_checksum(&mut id);
    id
}

/// The number that [`generate`] made this id from, or `None` when it made it not.
pub fn number_of(id: &str) -> Option<u64> {
    if id.get(3..6)? != POD {
        return None;
    }
    id.get(6..15)?.bytes().try_fold(0u64, |number, byte| {
        let digit = DIGITS.iter().position(|&digit| digit == byte)?;
        number.checked_mul(62)?.checked_add(digit as u64)
    })
}

/// The first three characters, which tell the object.
pub fn prefix(id: &str) -> &str {
    id.get(..3).unwrap_or_default()
}

/// The 15-character form, which some messages use.
pub fn short(id: &str) -> &str {
    id.get(..15).unwrap_or(id)
}

fn with_checksum(short: &str) -> Option<String> {
    if !short.bytes().all(|byte| byte.is_ascii_alphanumeric()) {
        return None;
    }
    let mut id = String::with_capacity(18);
    id.push_str(short);
    append_checksum(&mut id);
    Some(id)
}

fn append_checksum(id: &mut String) {
    let mut sum = [0usize; 3];
    for (position, byte) in id.bytes().enumerate() {
        if let Some(index) = sum.get_mut(position / 5)
            && byte.is_ascii_uppercase()
        {
            *index |= 1 << (position % 5);
        }
    }
    id.extend(sum.iter().filter_map(|&index| CHECKSUM.get(index)).map(|&byte| char::from(byte)));
}
