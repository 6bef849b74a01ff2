//! What holds for every text and every tree.

use proptest::collection::vec;
use proptest::prelude::*;
use proptest::sample::select as one_of;

use super::super::parse;
use super::fixture::Org;
use super::generate::{Words, select};
use super::{places, print};

/// Texts that come near to being a query.
fn word_salad() -> impl Strategy<Value = String> {
    let words = vec![
        "SELECT",
        "FROM",
        "WHERE",
        "AND",
        "OR",
        "NOT",
        "IN",
        "LIKE",
        "GROUP BY",
        "ORDER BY",
        "HAVING",
        "LIMIT",
        "OFFSET",
        "NULLS",
        "LAST",
        "FOR",
        "VIEW",
        "Id",
        "Name",
        "Account",
        "COUNT",
        "FIELDS",
        "toLabel",
        "(",
        ")",
        ",",
        ".",
        ":",
        "=",
        "!=",
        "<",
        ">=",
        "'x'",
        "'\\",
        "'",
        "\\u00",
        "5",
        "-1.5e3",
        "1e",
        "2025-06-15",
        "2025-06-15T00:00:00Z",
        "99-99-99T",
        "null",
        "TRUE",
        "TODAY",
        "LAST_N_DAYS:3",
        "é",
        "\u{1F600}",
        "\n",
        "\0",
    ];
    vec(one_of(words), 0..40).prop_map(|words| words.join(" "))
}

proptest! {
    #[test]
    fn parsing_never_panics(text in ".{0,200}") {
        let _ = parse(&text);
        let _ = parse(&format!("SELECT {text}"));
        let _ = parse(&format!("SELECT Id FROM Account WHERE Name = '{text}"));
    }

    #[test]
    fn parsing_word_salad_never_panics(text in word_salad()) {
        let _ = parse(&text);
        let _ = parse(&format!("SELECT Id FROM Account WHERE {text}"));
    }

    #[test]
    fn printed_tree_parses_to_itself(select in select(&Words::any())) {
        let text = print::select(&select);
        let parsed = parse(&text);
        prop_assert_eq!(parsed.map(|query| places::forgotten(query.select)), Ok(select), "{}", text);
    }

    /// SQLite never sees SQL that it does not understand.
    #[test]
    fn executing_never_fails_in_the_database(select in select(&Words::of_schema())) {
        thread_local! {
            static ORG: Org = Org::sample();
        }
        let text = print::select(&select);
        let result = ORG.with(|org| org.query_with(&text, false));
        if let Err(error) = result {
            prop_assert_eq!(error.status, 400, "{}: {}", text, error);
        }
    }
}
