//! How many decimals a price has.

use rust_decimal::{Decimal, RoundingStrategy};

/// Digits of a currency field, decimals included (Object Reference, "Currency Field Type").
const FIELD_DIGITS: u32 = 18;

/// As Salesforce rounds.
const HALF_AWAY_FROM_ZERO: RoundingStrategy = RoundingStrategy::MidpointAwayFromZero;

/// `list_price` less `discount_percent`, with all the decimals that it comes to: more than the field has digits for, where
/// the list price fills them. The result is never larger than the list price, so no value overflows.
pub(super) fn discounted(list_price: Decimal, discount_percent: Decimal) -> Decimal {
    list_price * (Decimal::ONE - discount_percent / Decimal::ONE_HUNDRED)
}

/// `price` with the digits that the field can hold.
pub(super) fn fitting(price: Decimal) -> Decimal {
    price.round_sf_with_strategy(FIELD_DIGITS, HALF_AWAY_FROM_ZERO).unwrap_or(price).normalize()
}

/// `price` rounded to `decimals`, or to as few more as it takes for the line's total, `quantity` times that price, to stay
/// within half a unit of its last decimal: five thousandths for two decimals. Where the digits of the field do not
/// suffice for that, it has all of them.
pub(super) fn rounded(price: Decimal, quantity: Decimal, decimals: u32) -> Decimal {
    let half_a_unit = Decimal::new(5, decimals + 1);
    let fits = |shorter: &Decimal| {
        (price - shorter).checked_mul(quantity).is_some_and(|difference| difference.abs() <= half_a_unit)
    };
    let longest = fitting(price);
    (decimals..longest.scale())
        .map(|decimals| price.round_dp_with_strategy(decimals, HALF_AWAY_FROM_ZERO))
        .find(fits)
        .unwrap_or(longest)
}
