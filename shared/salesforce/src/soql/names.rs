//! Words of a condition that are no values: keywords, functions, names.

/// Words that begin or join another part of a query, or belong to the grammar, and so name no field.
const RESERVED: &[&str] = &[
    "ALL", "AND", "ASC", "DESC", "EXCLUDES", "FOR", "FROM", "GROUP", "HAVING", "IN", "INCLUDES", "LIKE", "LIMIT",
    "NOT", "NULL", "NULLS", "OFFSET", "OR", "ORDER", "SELECT", "TRUE", "FALSE", "TYPEOF", "UNION", "UPDATE", "USING",
    "WHERE", "WITH",
];

/// Of those, the ones that are names of objects as well.
const OBJECTS: &[&str] = &["GROUP", "ORDER"];

/// "Date Functions", SOQL and SOSL Reference. They take a date or a date and time.
const DATE_FUNCTIONS: &[&str] = &[
    "CALENDAR_MONTH",
    "CALENDAR_QUARTER",
    "CALENDAR_YEAR",
    "DAY_IN_MONTH",
    "DAY_IN_WEEK",
    "DAY_IN_YEAR",
    "DAY_ONLY",
    "FISCAL_MONTH",
    "FISCAL_QUARTER",
    "FISCAL_YEAR",
    "HOUR_IN_DAY",
    "WEEK_IN_MONTH",
    "WEEK_IN_YEAR",
];

/// What a date function may have around its field: the time in the user's own zone.
pub(super) const USER_ZONE: &str = "convertTimezone";

const LABEL: &str = "toLabel";

pub(super) fn is_reserved(word: &str) -> bool {
    is_one_of(word, RESERVED)
}

/// A function that a condition may use, as the reference spells it, and whether it takes dates.
pub(super) fn function(word: &str) -> Option<(&'static str, bool)> {
    let of_dates = DATE_FUNCTIONS.iter().find(|name| word.eq_ignore_ascii_case(name)).map(|name| (*name, true));
    of_dates.or_else(|| word.eq_ignore_ascii_case(LABEL).then_some((LABEL, false)))
}

/// Whether it can be the name of an object.
pub(super) fn is_object(word: &str) -> bool {
    is_name(word) && (!is_reserved(word) || is_one_of(word, OBJECTS))
}

/// Whether it has the form of an API name.
pub(super) fn is_name(word: &str) -> bool {
    word.starts_with(|c: char| c.is_ascii_alphabetic()) && word.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'_')
}

fn is_one_of(word: &str, words: &[&str]) -> bool {
    words.iter().any(|other| word.eq_ignore_ascii_case(other))
}
