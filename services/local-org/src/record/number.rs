//! Numbers between SQLite, which stores binary ones, and rules, which count in decimal ones.
//!
//! Both ways go through text where they must: the shortest text that means a binary number is what was written, and
//! what a decimal text is parsed to is the nearest binary number. `from_f64` and `to_f64` of `rust_decimal` are neither.
//! For prices and quantities, which have few digits, a division of whole numbers gives the same in a fraction of the time.

use rust_decimal::Decimal;

/// Powers of ten that binary numbers hold exactly, and as many decimals as prices and quantities have.
const POWERS: [f64; 7] = [1.0, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6];

/// Below this, whole numbers, and decimal numbers of as many digits, are told apart by binary ones.
const EXACT: f64 = 1e15;

/// The decimal number that was stored as this binary one; none where a decimal one cannot be so large.
pub(super) fn written(number: f64) -> Option<Decimal> {
    short(number).or_else(|| number.to_string().parse().ok())
}

/// The number where it is short: the fewest decimals with which a whole number divides to it.
fn short(number: f64) -> Option<Decimal> {
    if number == 0.0 {
        return Some(Decimal::ZERO).filter(|_| number.is_sign_positive());
    }
    POWERS.iter().zip(0..).find_map(|(power, scale)| {
        let whole = (number * power).round();
        // Both are exact, and a division is rounded once: to this number only if that is what the digits mean.
        let fits = whole.abs() < EXACT && whole / power == number;
        fits.then(|| Decimal::new(whole as i64, scale))
    })
}

/// The binary number that is nearest.
pub(super) fn nearest(number: Decimal) -> f64 {
    let power = usize::try_from(number.scale()).ok().and_then(|scale| POWERS.get(scale));
    let whole = i64::try_from(number.mantissa()).ok().filter(|whole| whole.unsigned_abs() < EXACT as u64);
    match (whole, power) {
        (Some(whole), Some(power)) if whole != 0 => whole as f64 / power,
        _ => number.to_string().parse().unwrap_or_default(),
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use rust_decimal::Decimal;

    use super::{nearest, written};

    /// By way of text, which is what both are to be.
    fn parsed(number: f64) -> Option<Decimal> {
        number.to_string().parse().ok()
    }

    fn same(number: f64) {
        let (ours, text) = (written(number), parsed(number));
        assert_eq!(ours, text, "{number}");
        assert_eq!(ours.map(|ours| ours.scale()), text.map(|text| text.scale()), "{number}");
    }

    #[test]
    fn a_number_is_the_one_that_was_written() {
        for number in [0.0, -0.0, 1.0, -1.0, 0.1, 0.063, 89.1, 1e-7, 123_456.789_01, 1e14, 1e15, 1e16, 9.99e27, 1e40] {
            same(number);
        }
        for number in [0.1 + 0.2, 1.0 / 3.0, 2.0 / 3.0, 999_999_999_999_999.9, f64::MAX, f64::MIN_POSITIVE, f64::NAN] {
            same(number);
        }
    }

    proptest! {
        #[test]
        fn short_numbers_are_read_and_written_as_by_text(whole in -2_000_000_000_000_000i64..2_000_000_000_000_000, scale in 0u32..9) {
            let decimal = Decimal::new(whole, scale);
            let number: f64 = decimal.to_string().parse().expect("a number");
            prop_assert_eq!(nearest(decimal).to_bits(), number.to_bits());
            same(number);
        }

        #[test]
        fn any_number_is_read_as_by_text(number in any::<f64>()) {
            same(number);
        }

        #[test]
        fn any_decimal_is_written_as_by_text(low in any::<u32>(), mid in any::<u32>(), high in any::<u32>(), negative in any::<bool>(), scale in 0u32..=28) {
            let decimal = Decimal::from_parts(low, mid, high, negative, scale);
            let number: f64 = decimal.to_string().parse().expect("a number");
            prop_assert_eq!(nearest(decimal).to_bits(), number.to_bits());
        }
    }
}
