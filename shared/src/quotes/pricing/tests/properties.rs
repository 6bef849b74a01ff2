//! What holds for all amounts.

use proptest::prelude::*;

use super::*;

fn cents(max: i64) -> impl Strategy<Value = Decimal> {
    (0..=max).prop_map(|cents| Decimal::new(cents, 2))
}

prop_compose! {
    fn any_line()(
        unit_price in cents(10_000_000_000_000_000),
        quantity in cents(100_000_000),
        product_family in prop::sample::select(vec![None, Some("Support"), Some("TRAINING"), Some("Other")]),
        discount_override in prop::option::of(cents(10_000)),
    ) -> Line<'static> {
        Line {
            unit_price: Some(unit_price), quantity: Some(quantity), product_family, discount_override, ..Line::default()
        }
    }
}

fn any_country() -> impl Strategy<Value = Option<&'static str>> {
    prop::sample::select(vec![None, Some("US"), Some("FR"), Some("Japan"), Some("Chile")])
}

/// Any amount that a field of an org holds: up to 16 digits before the point and 18 in all, of either sign.
fn field_amount(whole_digits: u32) -> impl Strategy<Value = Decimal> {
    (any::<i64>(), 0..=18_u32).prop_map(move |(digits, scale)| {
        let largest = 10_i64.pow((whole_digits + scale).min(18));
        Decimal::new(digits % largest, scale)
    })
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn a_discount_never_raises_a_price_nor_turns_its_sign(
        line in any_line(), country in any_country(), overrides in any::<bool>(),
    ) {
        let rules = default_rules().with_overrides(overrides);
        let priced = rules.price(rules.region(country), &line).unwrap();
        prop_assert!(priced.unit_price >= Decimal::ZERO);
        prop_assert!(priced.unit_price <= line.unit_price.unwrap());
        prop_assert_eq!(Some(priced.quantity), line.quantity);
    }

    /// In whole numbers, without Decimal: list price in hundredths, what is left in thousandths of a percent, quantity in
    /// hundredths. Amounts of two decimals and discounts of three have an exact product.
    #[test]
    fn a_total_is_the_exact_product(
        price in -1_000_000_000_000_i64..1_000_000_000_000,
        quantity in -100_000_000_i64..100_000_000,
        percent in 0..=100_000_i64,
    ) {
        let rules = default_rules().with_overrides(true);
        let line = Line {
            unit_price: Some(Decimal::new(price, 2)),
            quantity: Some(Decimal::new(quantity, 2)),
            discount_override: Some(Decimal::new(percent, 3)),
            ..Line::default()
        };
        let priced = rules.price(rules.region(None), &line).unwrap();
        let total = (priced.unit_price * priced.quantity).normalize();
        let exact = i128::from(price) * i128::from(quantity) * i128::from(100_000 - percent);
        prop_assert_eq!(total, Decimal::from_i128_with_scale(exact, 9).normalize());
    }

    /// Whatever the org holds and the rules say: no total that a field can hold is off by more than half a unit.
    #[test]
    fn a_total_is_within_half_a_unit_of_the_exact_product(
        price in field_amount(9), quantity in field_amount(6), percent in cents(10_000),
        decimals in prop::option::of(0..=3_u32),
    ) {
        let rule = decimals.map_or_else(String::new, |decimals| format!("price_decimals = {decimals}"));
        let rules = parse_with(&rule).unwrap().with_overrides(true);
        let line = Line {
            unit_price: Some(price), quantity: Some(quantity), discount_override: Some(percent), ..Line::default()
        };
        let priced = rules.price(rules.region(None), &line).unwrap();
        let kept = (Decimal::ONE_HUNDRED - percent) / Decimal::ONE_HUNDRED;
        // One Decimal does not hold all the digits of the product, so the difference of the prices is multiplied.
        let off = ((price * kept - priced.unit_price) * quantity).abs();
        let half_a_unit = Decimal::new(5, decimals.unwrap_or(2) + 1);
        prop_assert!(off <= half_a_unit, "{} x {} less {} %: off by {}", quantity, price, percent, off);
        // And no longer than it has to be.
        if let Some(decimals) = decimals.filter(|_| quantity.abs() <= Decimal::ONE) {
            prop_assert!(priced.unit_price.normalize().scale() <= decimals);
        }
    }

    #[test]
    fn a_line_and_its_reversal_cancel_out(
        price in field_amount(16), quantity in field_amount(6), country in any_country(), decimals in 0..=2_u32,
    ) {
        for rules in [default_rules(), parse_with(&format!("price_decimals = {decimals}")).unwrap()] {
            let priced = |price, quantity| {
                let line = Line { unit_price: Some(price), quantity: Some(quantity), ..Line::default() };
                rules.price(rules.region(country), &line).unwrap()
            };
            let (sold, returned, credited) = (priced(price, quantity), priced(price, -quantity), priced(-price, quantity));
            prop_assert_eq!((sold.unit_price, sold.quantity), (returned.unit_price, -returned.quantity));
            prop_assert_eq!((sold.unit_price, sold.quantity), (-credited.unit_price, credited.quantity));
        }
    }

    #[test]
    fn an_override_wins_over_every_rule(line in any_line(), country in any_country(), percent in cents(10_000)) {
        let rules = default_rules().with_overrides(true);
        let line = Line { discount_override: Some(percent), ..line };
        prop_assert_eq!(rules.price(rules.region(country), &line).unwrap().discount_percent, percent);
    }

    #[test]
    fn a_disabled_override_changes_nothing(line in any_line(), country in any_country()) {
        let rules = default_rules();
        let region = rules.region(country);
        let without = Line { discount_override: None, ..line };
        prop_assert_eq!(rules.price(region, &line).unwrap(), rules.price(region, &without).unwrap());
    }

    #[test]
    fn buying_more_never_costs_more_a_unit(line in any_line(), country in any_country(), more in cents(100_000)) {
        let rules = default_rules();
        let region = rules.region(country);
        let larger = Line { quantity: line.quantity.map(|quantity| quantity + more), ..line };
        let (price, price_of_larger) = (rules.price(region, &line).unwrap(), rules.price(region, &larger).unwrap());
        prop_assert!(price_of_larger.unit_price <= price.unit_price);
        prop_assert!(price_of_larger.discount_percent >= price.discount_percent);
    }

    #[test]
    fn no_amount_makes_pricing_panic(
        price in any::<[u8; 16]>(), quantity in any::<[u8; 16]>(), percent in any::<[u8; 16]>(), overrides in any::<bool>(),
        rule in prop::sample::select(vec!["", "price_decimals = 0", "price_decimals = 2", "price_decimals = 18"]),
    ) {
        let rules = parse_with(rule).unwrap().with_overrides(overrides);
        let [price, quantity, percent] = [price, quantity, percent].map(Decimal::deserialize);
        let line = Line {
            unit_price: Some(price), quantity: Some(quantity), discount_override: Some(percent), ..Line::default()
        };
        if let Ok(priced) = rules.price(rules.region(None), &line) {
            prop_assert!(priced.unit_price.abs() <= price.abs().ceil());
        }
    }

    #[test]
    fn no_text_makes_parsing_panic(text in ".{0,200}") {
        let _ = PricingRules::parse(&text);
    }
}
