//! The WHERE clause of a batch: any caller can send one, and it becomes part of a query.

use shared::salesforce::soql::{MAX_WHERE_CHARS, parse_where};

/// Parses a clause. One that is taken, written out, is the same clause, and stays one condition within parentheses: outside of
/// strings its parentheses close as they open, and there is no word that would end the condition.
///
/// # Panics
/// When that is not so.
pub fn soql(data: &[u8]) {
    let Ok(text) = std::str::from_utf8(data) else { return };
    let clause = match parse_where(text) {
        Ok(clause) => clause.to_string(),
        Err(error) => {
            assert!(!error.to_string().is_empty(), "an error without words");
            return;
        }
    };
    assert!(text.chars().count() <= MAX_WHERE_CHARS, "longer than allowed");
    match parse_where(&clause) {
        Ok(again) => assert_eq!(again.to_string(), clause, "written out, it is another clause"),
        Err(error) => panic!("written out, it is none: {clause}: {error}"),
    }
    let outside = outside_of_strings(&clause);
    let mut depth = 0_i64;
    for character in outside.chars() {
        depth += match character {
            '(' => 1,
            ')' => -1,
            _ => 0,
        };
        assert!(depth >= 0, "it closes what is around it: {clause}");
    }
    assert_eq!(depth, 0, "it does not close: {clause}");
    for word in outside.split(|c: char| !c.is_ascii_alphanumeric() && c != '_' && c != '.') {
        let ends = ["ORDER", "LIMIT", "OFFSET", "GROUP", "HAVING", "FOR", "UPDATE", "ALL", "WITH", "SELECT", "FROM"];
        assert!(!ends.iter().any(|end| word.eq_ignore_ascii_case(end)), "it has the word {word}: {clause}");
    }
}

/// The text without its string literals.
fn outside_of_strings(text: &str) -> String {
    let (mut outside, mut inside, mut escaped) = (String::new(), false, false);
    for character in text.chars() {
        match (inside, escaped, character) {
            (true, true, _) => escaped = false,
            (true, false, '\\') => escaped = true,
            (_, _, '\'') => inside = !inside,
            (false, _, other) => outside.push(other),
            (true, false, _) => {}
        }
    }
    assert!(!inside, "a string does not end: {text}");
    outside
}
