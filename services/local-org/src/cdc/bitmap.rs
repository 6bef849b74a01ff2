//! Sets of fields as bitmaps (Change Data Capture Developer Guide, "Change Event Header Fields"): `0x` and the bits of
//! the schema's fields in hexadecimal, the least significant bit for the first field; for parts of a compound field its
//! index, a minus, and the bits of the parts.

use std::collections::{BTreeMap, BTreeSet};

/// A set of fields and parts of fields, by index.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct FieldSet {
    fields: BTreeSet<usize>,
    parts: BTreeMap<usize, BTreeSet<usize>>,
}

impl FieldSet {
    pub(super) fn add(&mut self, field: usize) {
        self.fields.insert(field);
    }

    pub(super) fn add_part(&mut self, field: usize, part: usize) {
        self.parts.entry(field).or_default().insert(part);
    }

    /// Fields, and parts of fields, in all.
    pub(super) fn len(&self) -> usize {
        self.fields.len() + self.parts.values().map(BTreeSet::len).sum::<usize>()
    }

    /// The set of these bitmaps; none when one of them is no bitmap.
    pub(super) fn parse<'b>(bitmaps: impl IntoIterator<Item = &'b str>) -> Option<Self> {
        let mut set = Self::default();
        for bitmap in bitmaps {
            match bitmap.split_once('-') {
                None => set.fields.extend(bits(bitmap)?),
                Some((field, parts)) => set.parts.entry(field.parse().ok()?).or_default().extend(bits(parts)?),
            }
        }
        Some(set)
    }

    /// The fields, each with the parts that are meant; with none when the whole field is. In the order of the schema.
    pub(super) fn iter(&self) -> impl Iterator<Item = (usize, Vec<usize>)> {
        let whole = self.fields.iter().map(|field| (*field, Vec::new()));
        let parts = self.parts.iter().map(|(field, parts)| (*field, parts.iter().copied().collect()));
        let mut all: Vec<_> = whole.chain(parts).collect();
        all.sort_unstable();
        all.into_iter()
    }

    /// The bitmaps: that of whole fields first, if there are any.
    pub(super) fn bitmaps(&self) -> Vec<String> {
        let whole = (!self.fields.is_empty()).then(|| hex(&self.fields));
        let parts = self.parts.iter().map(|(field, parts)| format!("{field}-{}", hex(parts)));
        whole.into_iter().chain(parts).collect()
    }
}

/// Whole bytes, the most significant first, in upper case.
fn hex(bits: &BTreeSet<usize>) -> String {
    let mut bytes = vec![0u8; bits.last().map_or(0, |last| last / 8 + 1)];
    let last = bytes.len().saturating_sub(1);
    for bit in bits {
        if let Some(byte) = bytes.get_mut(last - bit / 8) {
            *byte |= 1 << (bit % 8);
        }
    }
    let digits: String = bytes.iter().map(|byte| format!("{byte:02X}")).collect();
    format!("0x{digits}")
}

/// The bits that are set in hexadecimal digits.
fn bits(hex: &str) -> Option<Vec<usize>> {
    let mut bits = Vec::new();
    for (place, digit) in hex.strip_prefix("0x")?.chars().rev().enumerate() {
        let digit = digit.to_digit(16)?;
        bits.extend((0..4).filter(|bit| digit >> bit & 1 == 1).map(|bit| place * 4 + bit));
    }
    Some(bits)
}

#[cfg(test)]
mod tests {
    use super::FieldSet;

    fn bitmaps(fields: &[usize], parts: &[(usize, usize)]) -> Vec<String> {
        let mut set = FieldSet::default();
        fields.iter().for_each(|&field| set.add(field));
        parts.iter().for_each(|&(field, part)| set.add_part(field, part));
        set.bitmaps()
    }

    #[test]
    fn documented_vectors() {
        assert_eq!(bitmaps(&[7, 22], &[]), ["0x400080"]);
        assert_eq!(bitmaps(&[6, 15, 16, 17, 18, 19, 20], &[]), ["0x1F8040"]);
        let fields = [5, 6, 7, 10, 24, 26, 29, 30];
        assert_eq!(bitmaps(&fields, &[(4, 4), (7, 1), (7, 2)]), ["0x650004E0", "4-0x10", "7-0x06"]);
    }

    #[test]
    fn are_read_back() {
        let read =
            |bitmaps: &[&str]| FieldSet::parse(bitmaps.iter().copied()).map(|set| set.iter().collect::<Vec<_>>());
        let set = read(&["0x400080", "4-0x10", "7-0x06"]).expect("bitmaps");
        assert_eq!(set, [(4, vec![4]), (7, vec![]), (7, vec![1, 2]), (22, vec![])]);
        assert_eq!(read(&["0x0100000000"]), Some(vec![(32, vec![])]));
        assert_eq!(read(&[]), Some(vec![]));
        for wrong in ["400080", "0xG1", "a-0x01", "4-10"] {
            assert_eq!(read(&[wrong]), None, "{wrong}");
        }
    }

    #[test]
    fn digits_are_even_and_of_any_number() {
        assert_eq!(bitmaps(&[1], &[]), ["0x02"]);
        assert_eq!(bitmaps(&[6, 8, 9, 17, 18, 25, 27], &[]), ["0x0A060340"]);
        assert_eq!(bitmaps(&[7, 25], &[]), ["0x02000080"]);
        assert_eq!(bitmaps(&[32], &[]), ["0x0100000000"]);
        assert_eq!(bitmaps(&[], &[]), [""; 0]);
        assert_eq!(bitmaps(&[], &[(4, 0)]), ["4-0x01"]);
    }
}
