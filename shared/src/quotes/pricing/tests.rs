mod properties;

use rust_decimal::Decimal;

use super::*;

fn decimal(text: &str) -> Decimal {
    text.parse().unwrap()
}

fn default_rules() -> PricingRules {
    PricingRules::parse(DEFAULT_RULES).unwrap()
}

fn line<'a>(quantity: &str, unit_price: &str) -> Line<'a> {
    Line {
        id: "00k000000000001AAA",
        quantity: Some(decimal(quantity)),
        unit_price: Some(decimal(unit_price)),
        ..Line::default()
    }
}

/// The price and the discount of a line in the default rules, US unless `country` says otherwise.
fn price_in(country: &str, line: &Line<'_>) -> (Decimal, Decimal) {
    let rules = default_rules();
    let priced = rules.price(rules.region(Some(country)), line).unwrap();
    (priced.unit_price, priced.discount_percent)
}

fn fault(rules: &PricingRules, line: &Line<'_>) -> (&'static str, PricingProblem) {
    let error = rules.price(rules.region(None), line).unwrap_err();
    assert_eq!(error.line, line.id);
    (error.field, error.problem)
}

#[test]
fn two_lines_of_100_in_the_us_make_180() {
    let rules = default_rules();
    let lines = [line("1", "100.00"), line("1", "100.00")];
    let total: Decimal = lines
        .iter()
        .map(|line| rules.price(rules.region(Some("United States")), line).unwrap())
        .map(|priced| priced.unit_price * priced.quantity)
        .sum();
    assert_eq!(total, decimal("180.00"));
}

#[test]
fn each_region_has_its_discount() {
    for (country, price) in [("US", "90"), ("Germany", "85"), ("Japan", "95")] {
        assert_eq!(price_in(country, &line("1", "100")).0, decimal(price), "{country}");
    }
}

#[test]
fn regions_are_found_by_name_and_code_in_any_case() {
    let rules = default_rules();
    for (country, region) in [
        ("us", "US"),
        ("UNITED STATES", "US"),
        ("de", "EU"),
        ("DEU", "EU"),
        (" germany ", "EU"),
        ("the netherlands", "EU"),
        ("Viet Nam", "APAC"),
        ("jpn", "APAC"),
    ] {
        assert_eq!(rules.region(Some(country)).name(), region, "{country}");
    }
}

#[test]
fn the_default_region_is_for_unknown_and_missing_countries() {
    let rules = default_rules();
    for country in [None, Some(""), Some("  "), Some("Atlantis"), Some("Brazil")] {
        assert_eq!(rules.region(country).name(), "US", "{country:?}");
    }
    let text = DEFAULT_RULES.replace(r#"default_region = "US""#, r#"default_region = "APAC""#);
    let rules = PricingRules::parse(&text).unwrap();
    assert_eq!(rules.region(None).name(), "APAC");
    assert_eq!(rules.region(None).discount_percent(), decimal("5"));
}

#[test]
fn discounts_of_region_family_and_quantity_add_up() {
    let training = Line { product_family: Some("training"), ..line("50", "100") };
    assert_eq!(price_in("France", &training), (decimal("75"), decimal("25")));
    let unknown_family = Line { product_family: Some("None"), ..line("1", "100") };
    assert_eq!(price_in("US", &unknown_family).1, decimal("10"));
}

#[test]
fn a_quantity_discount_starts_at_its_threshold() {
    for (quantity, percent) in
        [("9.99", "10"), ("10", "12"), ("49", "12"), ("50", "15"), ("100", "20"), ("1000000", "20")]
    {
        let line = line(quantity, "100");
        assert_eq!(price_in("US", &line).1, decimal(percent), "{quantity}");
    }
}

#[test]
fn discounts_together_are_at_most_100_percent() {
    let text = r#"
        default_region = "US"
        families = { Gifts = 95 }
        [regions.US]
        discount = 10
        countries = ["US"]
    "#;
    let rules = PricingRules::parse(text).unwrap();
    let gift = Line { product_family: Some("Gifts"), ..line("1", "100") };
    let priced = rules.price(rules.region(None), &gift).unwrap();
    assert_eq!((priced.unit_price, priced.discount_percent), (Decimal::ZERO, Decimal::ONE_HUNDRED));
}

#[test]
fn an_override_replaces_all_discounts_only_where_enabled() {
    let rules = default_rules();
    let enabled = default_rules().with_overrides(true);
    for (percent, price) in [("0", "100"), ("12.5", "87.5"), ("100", "0")] {
        let line = Line { discount_override: Some(decimal(percent)), ..line("100", "100") };
        assert_eq!(rules.price(rules.region(None), &line).unwrap().unit_price, decimal("80"));
        let priced = enabled.price(enabled.region(None), &line).unwrap();
        assert_eq!((priced.unit_price, priced.discount_percent), (decimal(price), decimal(percent)));
    }
}

#[test]
fn an_override_that_is_no_percentage_is_an_error_only_where_it_counts() {
    for percent in ["-0.01", "100.01"] {
        let percent = decimal(percent);
        let line = Line { discount_override: Some(percent), ..line("1", "100") };
        assert!(default_rules().price(default_rules().region(None), &line).is_ok());
        let expected = ("DiscountOverride__c", PricingProblem::NotAPercentage(percent));
        assert_eq!(fault(&default_rules().with_overrides(true), &line), expected);
    }
}

#[test]
fn prices_are_exact() {
    // Less 10 %.
    for (list, net) in [("0.05", "0.045"), ("19.99", "17.991"), ("0.0045", "0.00405"), ("100.00", "90"), ("-5", "-4.5")]
    {
        assert_eq!(price_in("US", &line("1", list)).0.to_string(), net, "{list}");
    }
    let rules = default_rules().with_overrides(true);
    // Prices, and what a field of three decimals stored for 21.999 % of them ("Pesky Decimal Place Digits in Salesforce
    // Currency Fields", OpFocus).
    for (list, quantity, kept) in [("4999.98", "10", "10999.456002"), ("74999.99", "1", "16499.2478001")] {
        let line = Line { discount_override: Some(decimal("78.001")), ..line(quantity, list) };
        let priced = rules.price(rules.region(None), &line).unwrap();
        assert_eq!(priced.unit_price * priced.quantity, decimal(kept), "{list}");
    }
}

#[test]
fn a_price_has_the_18_digits_of_its_field() {
    let rules = default_rules().with_overrides(true);
    for (list, percent, net) in [
        // 33.333… % off, written with as many digits as a rule can have.
        ("100", "33.3333333333333333333333", "66.6666666666666667"),
        ("-100", "33.3333333333333333333333", "-66.6666666666666667"),
        ("9999999999999999.99", "0.5", "9949999999999999.99"),
        ("0.000000000000000001", "50", "0.0000000000000000005"),
    ] {
        let line = Line { discount_override: Some(decimal(percent)), ..line("1", list) };
        let priced = rules.price(rules.region(None), &line).unwrap();
        assert_eq!(priced.unit_price, decimal(net), "{list}");
    }
}

/// The default region's discount of 10 %, and prices shortened as `rule` says.
fn shortened(rule: &str, line: &Line<'_>) -> String {
    let rules = parse_with(rule).unwrap();
    rules.price(rules.region(None), line).unwrap().unit_price.to_string()
}

#[test]
fn rules_shorten_prices_half_away_from_zero() {
    // Less 10 %: 0.045, 0.135 and 17.991. Rounding half to even would give 0.04 for the first.
    for (list, net) in [("0.05", "0.05"), ("-0.05", "-0.05"), ("0.15", "0.14"), ("19.99", "17.99"), ("100", "90")] {
        assert_eq!(shortened("price_decimals = 2", &line("1", list)), net, "{list}");
    }
    assert_eq!(shortened("price_decimals = 0", &line("1", "105")), "95");
}

#[test]
fn a_shortened_price_never_costs_a_line_more_than_half_a_unit() {
    for (rule, quantity, list, net) in [
        // 17.991: two of them at 17.99 are 0.002 off, ten 0.01.
        ("price_decimals = 2", "2", "19.99", "17.99"),
        ("price_decimals = 2", "10", "19.99", "17.991"),
        ("price_decimals = 2", "-10", "19.99", "17.991"),
        ("price_decimals = 2", "100000", "0.0045", "0.00405"),
        // 94.5 and 8.991: a hundred at 95 would be 50 off, three of the others at 9 are 0.027 off.
        ("price_decimals = 0", "100", "105", "94.5"),
        ("price_decimals = 0", "3", "9.99", "9"),
        ("price_decimals = 0", "0", "9.99", "9"),
        ("price_decimals = 18", "1", "0.0045", "0.00405"),
    ] {
        assert_eq!(shortened(rule, &line(quantity, list)), net, "{rule}: {quantity} x {list}");
    }
}

#[test]
fn currencies_have_decimals_of_their_own() {
    let rule = "price_decimals = 2\ncurrencies = { jpy = 0, KWD = 3 }";
    for (currency, net) in [(Some("JPY"), "9"), (Some("KWD"), "8.991"), (Some("USD"), "8.99"), (None, "8.99")] {
        assert_eq!(shortened(rule, &Line { currency, ..line("1", "9.99") }), net, "{currency:?}");
    }
    let rules = parse_with("currencies = { JPY = 0 }").unwrap();
    assert!(rules.name_currencies() && !default_rules().name_currencies());
    assert_eq!(shortened("currencies = { JPY = 0 }", &Line { currency: Some("USD"), ..line("1", "9.99") }), "8.991");
}

#[test]
fn credit_lines_are_priced_like_their_reversals() {
    // 10 % for the US, and 10 % for 100 or more of either sign.
    for (quantity, list, net) in
        [("-1", "100", "90"), ("1", "-100", "-90"), ("-100", "100", "80"), ("-2", "-3", "-2.7")]
    {
        assert_eq!(price_in("US", &line(quantity, list)).0, decimal(net), "{quantity} x {list}");
    }
    let rules = default_rules().with_overrides(true);
    let goodwill = Line { discount_override: Some(Decimal::ZERO), ..line("1", "-50") };
    assert_eq!(rules.price(rules.region(None), &goodwill).unwrap().unit_price, decimal("-50"));
}

#[test]
fn a_price_below_a_cent_is_not_cut() {
    // Rules of 10 % and nothing else: 0.0045 less 10 % is 0.00405, and 100,000 of them cost 405.
    let rules = parse_with("").unwrap();
    let line = line("100000", "0.0045");
    let priced = rules.price(rules.region(None), &line).unwrap();
    assert_eq!((priced.unit_price, priced.unit_price * priced.quantity), (decimal("0.00405"), decimal("405")));
}

#[test]
fn free_items_and_zero_quantities_are_priced() {
    assert_eq!(price_in("US", &line("1", "0")).0, Decimal::ZERO);
    assert_eq!(price_in("US", &line("0", "100")).0, decimal("90"));
}

#[test]
fn a_line_without_price_or_quantity_is_an_error_that_names_the_field() {
    let (rules, complete) = (default_rules(), line("1", "100"));
    assert_eq!(fault(&rules, &Line { unit_price: None, ..complete }), ("UnitPrice", PricingProblem::Missing));
    assert_eq!(fault(&rules, &Line { quantity: None, ..complete }), ("Quantity", PricingProblem::Missing));
}

#[test]
fn rules_can_refuse_credit_lines() {
    let rules = parse_with("credit_lines = \"refuse\"").unwrap();
    let negative = PricingProblem::Negative(decimal("-1"));
    assert_eq!(fault(&rules, &line("1", "-1")), ("UnitPrice", negative));
    assert_eq!(fault(&rules, &line("-1", "1")), ("Quantity", negative));
    assert!(rules.price(rules.region(None), &line("0", "-0")).is_ok());
}

#[test]
fn an_error_reads_as_a_sentence_and_has_salesforces_code() {
    let rules = parse_with("credit_lines = \"refuse\"").unwrap();
    let error = rules.price(rules.region(None), &line("-2", "1")).unwrap_err();
    assert_eq!(error.to_string(), "OpportunityLineItem 00k000000000001AAA: Quantity is negative: -2");
    assert_eq!(error.code(), "NUMBER_OUTSIDE_VALID_RANGE");
}

/// Rules with one region and whatever `more` adds.
fn parse_with(more: &str) -> Result<PricingRules, String> {
    let text = format!("default_region = \"US\"\n{more}\n[regions.US]\ndiscount = 10\ncountries = [\"US\"]\n");
    PricingRules::parse(&text).map_err(|error| error.to_string())
}

#[test]
fn invalid_rules_are_refused_with_a_message_of_one_line() {
    for (more, message) in [
        (
            "[regions.EU]\ndiscount = 100.5\ncountries = []",
            "regions.EU: discount must be from 0 to 100 percent, not 100.5",
        ),
        ("[regions.EU]\ndiscount = -1\ncountries = []", "regions.EU: discount must be from 0 to 100 percent, not -1"),
        ("[regions.EU]\ndiscount = 1\ncountries = [\"us\"]", "country \"US\" is in two regions: EU and US"),
        ("[regions.EU]\ndiscount = 1\ncountries = [\" \"]", "regions.EU.countries: a name is empty"),
        ("[families]\nA = 101", "families.A: discount must be from 0 to 100 percent, not 101"),
        ("[families]\nA = 1\na = 2", "family \"a\" is listed twice"),
        ("[families]\n\"\" = 1", "families: a name is empty"),
        ("quantities = [{ from = -1, discount = 1 }]", "quantities: from must not be negative: -1"),
        (
            "quantities = [{ from = 9, discount = 1 }, { from = 9, discount = 2 }]",
            "quantities: from must ascend, but 9 follows 9",
        ),
        (
            "quantities = [{ from = 1, discount = 2 }, { from = 2, discount = 1 }]",
            "quantities: the discount must not fall as the quantity grows, but from 2 it does",
        ),
        (
            "quantities = [{ from = 1, discount = 101 }]",
            "quantities from 1: discount must be from 0 to 100 percent, not 101",
        ),
        ("price_decimals = 19", "price_decimals: decimals must be from 0 to 18, not 19"),
        ("currencies = { USD = 99 }", "currencies.USD: decimals must be from 0 to 18, not 99"),
        ("currencies = { US = 2 }", "currencies: \"US\" is not an ISO code of three letters"),
        ("currencies = { \"€€\" = 2 }", "currencies: \"€€\" is not an ISO code of three letters"),
        ("currencies = { USD = 2, usd = 2 }", "currency \"usd\" is listed twice"),
        ("quote_status = \" \"", "quote_status: a name is empty"),
        ("quote_valid_days = 36501", "quote_valid_days: must be from 0 to 36500 days, not 36501"),
    ] {
        assert_eq!(parse_with(more).unwrap_err(), message);
    }
    assert_eq!(
        PricingRules::parse("default_region = \"EU\"\nregions = {}").unwrap_err(),
        RulesError::UnknownDefaultRegion("EU".to_owned())
    );
}

#[test]
fn a_syntax_error_names_its_line() {
    for (more, start) in [
        ("discuont = 3", "line 2: unknown field `discuont`"),
        ("[regions.EU]\ndiscount = 1\ncountry = []", "line 4: unknown field `country`"),
        ("[regions.EU]\ncountries = []", "line 2: missing field `discount`"),
        ("\nquantities = [{ from = nan, discount = 1 }]", "line 3: "),
        ("[families]\nA = \"ten\"", "line 3: "),
        ("[families", "line 2: "),
        ("price_decimals = -1", "line 2: "),
        ("price_decimals = 1.5", "line 2: "),
        ("credit_lines = \"maybe\"", "line 2: unknown variant `maybe`"),
        ("quote_valid_days = -1", "line 2: "),
        ("quote_status = 1", "line 2: "),
    ] {
        let message = parse_with(more).unwrap_err();
        assert!(message.starts_with(start) && !message.contains('\n'), "{message}");
    }
}

#[test]
fn percentages_keep_the_decimals_that_are_written() {
    let rules = parse_with("families = { A = 0.1, B = 33.333333 }").unwrap();
    assert_eq!(rules.families.get("a"), Some(&decimal("0.1")));
    assert_eq!(rules.families.get("b"), Some(&decimal("33.333333")));
}

/// The price has more digits than its field: what is rounded to three decimals is the exact one, not the one that was cut to the
/// field's digits before, which left a digit out and put this total beyond half a unit.
#[test]
fn a_price_is_rounded_once() {
    let decimal = |text: &str| text.parse::<Decimal>().unwrap();
    let rules = parse_with("price_decimals = 3").unwrap().with_overrides(true);
    let line = Line {
        unit_price: Some(decimal("95310004.8363924363")),
        quantity: Some(decimal("-799476")),
        discount_override: Some(decimal("33.11")),
        ..Line::default()
    };
    let priced = rules.price(rules.region(None), &line).unwrap();
    assert_eq!(priced.unit_price, decimal("63752862.235062901"));
}
