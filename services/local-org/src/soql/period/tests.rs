use super::Period;

/// First day and first day after the literal on Friday, 15 November 2024.
fn bounds(literal: &str) -> (String, String) {
    let (name, number) = match literal.split_once(':') {
        Some((name, number)) => (name, Some(number.parse().unwrap())),
        None => (literal, None),
    };
    let period = Period::named(name, number).unwrap_or_else(|| panic!("{literal}"));
    let (start, end) = period.bounds("2024-11-15".parse().unwrap()).unwrap();
    (start.to_string(), end.to_string())
}

#[test]
fn every_literal() {
    for (literal, start, end) in [
        ("TODAY", "2024-11-15", "2024-11-16"),
        ("YESTERDAY", "2024-11-14", "2024-11-15"),
        ("TOMORROW", "2024-11-16", "2024-11-17"),
        ("LAST_90_DAYS", "2024-08-17", "2024-11-16"),
        ("NEXT_90_DAYS", "2024-11-16", "2025-02-14"),
        ("LAST_N_DAYS:0", "2024-11-15", "2024-11-16"),
        ("LAST_N_DAYS:7", "2024-11-08", "2024-11-16"),
        ("NEXT_N_DAYS:7", "2024-11-16", "2024-11-23"),
        ("N_DAYS_AGO:7", "2024-11-08", "2024-11-09"),
        ("LAST_WEEK", "2024-11-03", "2024-11-10"),
        ("THIS_WEEK", "2024-11-10", "2024-11-17"),
        ("NEXT_WEEK", "2024-11-17", "2024-11-24"),
        ("LAST_N_WEEKS:2", "2024-10-27", "2024-11-10"),
        ("NEXT_N_WEEKS:2", "2024-11-17", "2024-12-01"),
        ("N_WEEKS_AGO:2", "2024-10-27", "2024-11-03"),
        ("LAST_MONTH", "2024-10-01", "2024-11-01"),
        ("THIS_MONTH", "2024-11-01", "2024-12-01"),
        ("NEXT_MONTH", "2024-12-01", "2025-01-01"),
        ("LAST_N_MONTHS:12", "2023-11-01", "2024-11-01"),
        ("NEXT_N_MONTHS:2", "2024-12-01", "2025-02-01"),
        ("N_MONTHS_AGO:9", "2024-02-01", "2024-03-01"),
        ("LAST_QUARTER", "2024-07-01", "2024-10-01"),
        ("THIS_QUARTER", "2024-10-01", "2025-01-01"),
        ("NEXT_QUARTER", "2025-01-01", "2025-04-01"),
        ("LAST_N_QUARTERS:4", "2023-10-01", "2024-10-01"),
        ("NEXT_N_QUARTERS:2", "2025-01-01", "2025-07-01"),
        ("N_QUARTERS_AGO:1", "2024-07-01", "2024-10-01"),
        ("LAST_YEAR", "2023-01-01", "2024-01-01"),
        ("THIS_YEAR", "2024-01-01", "2025-01-01"),
        ("NEXT_YEAR", "2025-01-01", "2026-01-01"),
        ("LAST_N_YEARS:3", "2021-01-01", "2024-01-01"),
        ("NEXT_N_YEARS:3", "2025-01-01", "2028-01-01"),
        ("N_YEARS_AGO:3", "2021-01-01", "2022-01-01"),
        ("THIS_FISCAL_QUARTER", "2024-10-01", "2025-01-01"),
        ("NEXT_FISCAL_YEAR", "2025-01-01", "2026-01-01"),
        ("LAST_N_FISCAL_YEARS:1", "2023-01-01", "2024-01-01"),
        ("N_FISCAL_QUARTERS_AGO:2", "2024-04-01", "2024-07-01"),
    ] {
        assert_eq!(bounds(literal), (start.to_owned(), end.to_owned()), "{literal}");
    }
}

#[test]
fn no_literals() {
    for (name, number) in [
        ("LAST_DAY", None),
        ("THIS_FORTNIGHT", None),
        ("LAST_N_DAYS", None),
        ("TODAY", Some(1)),
        ("LAST_WEEK", Some(1)),
        ("LAST_N_DAY", Some(1)),
        ("N_DAYS", Some(1)),
        ("LAST_N_DAYS", Some(-1)),
        ("", None),
    ] {
        assert_eq!(Period::named(name, number), None, "{name}");
    }
}

#[test]
fn beyond_the_calendar() {
    let today = "2024-11-15".parse().unwrap();
    for name in ["LAST_N_DAYS", "NEXT_N_DAYS", "LAST_N_WEEKS", "NEXT_N_MONTHS", "LAST_N_QUARTERS", "NEXT_N_YEARS"] {
        for number in [10_000_000, i32::MAX] {
            assert_eq!(Period::named(name, Some(number)).unwrap().bounds(today), None, "{name}:{number}");
        }
    }
}
