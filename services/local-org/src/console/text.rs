//! Numbers, times and texts as people read them.

use chrono::{DateTime, SecondsFormat, Utc};
use rust_decimal::{Decimal, RoundingStrategy};
use serde_json::Number;

/// Longest text that is shown whole, in characters.
const LONGEST: usize = 200;

/// A moment, for `<time>`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Moment {
    /// For machines.
    pub(super) datetime: String,
    /// For people.
    pub(super) text: String,
}

impl From<DateTime<Utc>> for Moment {
    fn from(at: DateTime<Utc>) -> Self {
        Self {
            datetime: at.to_rfc3339_opts(SecondsFormat::Millis, true),
            text: at.format("%Y-%m-%d %H:%M:%S").to_string(),
        }
    }
}

/// What is shown of many: the first ones, and what is said of the rest.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Extent {
    /// The number of all.
    pub(super) total: String,
    /// What is said where not all are shown.
    pub(super) note: Option<String>,
}

impl Extent {
    /// Of `total` things, of which the newest `shown` are on the page.
    pub(super) fn newest(shown: usize, total: usize) -> Self {
        let note = (shown < total).then(|| format!("The newest {shown} of {}.", grouped(total as u64)));
        Self { total: grouped(total as u64), note }
    }
}

/// A number: `3,000`.
pub(super) fn grouped(number: u64) -> String {
    group(&number.to_string())
}

fn group(digits: &str) -> String {
    let mut text = String::with_capacity(digits.len() + digits.len() / 3);
    for (index, digit) in digits.chars().enumerate() {
        if index > 0 && (digits.len() - index).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

/// A number and what it counts: `1 event`, `3,000 events`.
pub(super) fn counted(number: u64, one: &str) -> String {
    let plural = if number == 1 { "" } else { "s" };
    format!("{} {one}{plural}", grouped(number))
}

/// An amount of money: `1,234.50`. What is beyond decimals is left as it is.
pub(super) fn amount(number: &Number) -> String {
    let text = number.to_string();
    let Ok(amount) = text.parse().or_else(|_| Decimal::from_scientific(&text)) else { return text };
    let amount = format!("{:.2}", amount.round_dp_with_strategy(2, RoundingStrategy::MidpointAwayFromZero));
    let (sign, amount) = amount.strip_prefix('-').map_or(("", amount.as_str()), |amount| ("-", amount));
    let (whole, cents) = amount.split_once('.').unwrap_or((amount, "00"));
    format!("{sign}{}.{cents}", group(whole))
}

/// A text, cut where it is very long.
pub(super) fn shortened(text: &str) -> String {
    match text.char_indices().nth(LONGEST) {
        Some((end, _)) => format!("{}…", text.get(..end).unwrap_or(text)),
        None => text.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::Value;

    use super::*;

    #[test]
    fn numbers_are_grouped() {
        let written: Vec<_> = [0, 7, 999, 1_000, 1_234_567].into_iter().map(grouped).collect();
        assert_eq!(written, ["0", "7", "999", "1,000", "1,234,567"]);
        assert_eq!((counted(1, "event"), counted(2_000, "event")), ("1 event".to_owned(), "2,000 events".to_owned()));
    }

    #[test]
    fn amounts_have_two_decimals() {
        for (json, text) in [
            ("180.0", "180.00"),
            ("0", "0.00"),
            ("1234567.895", "1,234,567.90"),
            ("-1000.5", "-1,000.50"),
            ("1e300", "1e300"),
        ] {
            let number: Value = serde_json::from_str(json).expect("a number");
            assert_eq!(amount(number.as_number().expect("a number")).replace("1e+300", "1e300"), text);
        }
    }

    #[test]
    fn long_texts_are_cut_between_characters() {
        assert_eq!(shortened("short"), "short");
        let whole = "é".repeat(LONGEST);
        assert_eq!(shortened(&whole), whole);
        assert_eq!(shortened(&format!("{whole}é")), format!("{whole}…"));
    }

    #[test]
    fn what_is_left_out_is_said() {
        assert_eq!(Extent::newest(50, 1_234).note.as_deref(), Some("The newest 50 of 1,234."));
        assert_eq!(Extent::newest(2, 2).note, None);
    }
}
