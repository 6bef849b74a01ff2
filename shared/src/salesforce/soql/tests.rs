use super::parser::{Expression, Value};
use super::*;
use proptest::prelude::*;

#[test]
fn clauses_that_people_write() {
    for (clause, normal) in [
        ("Name LIKE 'Sample Opportunity%'", "Name LIKE 'Sample Opportunity%'"),
        ("stagename='Closed Won' and Amount>1000.50", "stagename = 'Closed Won' AND Amount > 1000.50"),
        ("(A = 1 OR B = 2) AND NOT C = null", "(A = 1 OR B = 2) AND (NOT (C = NULL))"),
        ("CloseDate = LAST_N_DAYS:30", "CloseDate = LAST_N_DAYS:30"),
        (
            "CloseDate >= 2025-12-31 AND CreatedDate < 2024-07-01T00:00:00Z",
            "CloseDate >= 2025-12-31 AND CreatedDate < 2024-07-01T00:00:00Z",
        ),
        ("Account.Owner.Name <> 'O\\'Brien'", "Account.Owner.Name != 'O\\'Brien'"),
        (
            "Id NOT IN ('006R0000003FPYxIAO' , '006R0000003FPYyIAO')",
            "Id NOT IN ('006R0000003FPYxIAO','006R0000003FPYyIAO')",
        ),
        ("IsWon = true", "IsWon = TRUE"),
        ("Name = 'Bücher -- LIMIT 1 /* no comment */'", "Name = 'Bücher -- LIMIT 1 /* no comment */'"),
        ("((((Amount = -5))))", "Amount = -5"),
        ("Tags__c INCLUDES ('a;b','c')", "Tags__c INCLUDES ('a;b','c')"),
    ] {
        assert_eq!(parse_where(clause).map(|parsed| parsed.to_string()), Ok(normal.to_owned()), "{clause}");
    }
}

#[test]
fn everything_else_is_refused_with_its_place() {
    for (clause, character) in [
        ("", 1),
        ("   ", 4),
        ("Name = 'x') OR (Name LIKE '%", 27),
        ("Name = 'x') OR (Name LIKE '%'", 11),
        ("Name = 'x' LIMIT 1", 12),
        ("Name = 'x' ORDER BY Name", 12),
        ("Name = 'x' -- rest", 12),
        ("Name /* c */ = 'x'", 6),
        ("Name = 'x", 8),
        ("Name = 'x''", 11),
        ("(Name = 'x'", 12),
        ("Name = 'x' AND", 15),
        ("A = 1 AND B = 2 OR C = 3", 17),
        ("Name = :name", 8),
        ("Name = x", 8),
        ("Id IN (SELECT OpportunityId FROM Quote)", 8),
        ("Id IN ()", 8),
        ("Name = 'x'; DELETE", 11),
        ("CALENDAR_YEAR(CloseDate) = 2025", 14),
        ("Name LIKE 5", 11),
        ("Amount = 1.2.3", 10),
        ("CloseDate = 2025-13-45", 13),
        ("CloseDate = LAST_N_DAYS:x", 13),
        ("Name = 'ü' ü", 12),
        ("LIMIT = 1", 1),
        ("a..b = 1", 1),
        ("Name = '\\x'", 8),
        ("Name", 5),
    ] {
        let error = parse_where(clause).unwrap_err();
        assert_eq!(error.character, character, "{clause}: {error}");
    }
}

#[test]
fn depth_and_length_are_bounded() {
    let deep = format!("{}A = 1{}", "(".repeat(100_000), ")".repeat(100_000));
    assert!(parse_where(&deep).is_err());
    let nested = format!("{}A = 1{}", "(".repeat(31), ")".repeat(31));
    assert!(parse_where(&nested).is_ok());
    assert!(parse_where(&format!("{}A = 1{}", "(".repeat(33), ")".repeat(33))).is_err());
    assert!(parse_where(&format!("A = '{}'", "x".repeat(4_000))).is_err());
}

#[test]
fn quoted_text_stays_one_literal() {
    for text in ["O'Brien", "a\\", "\\'", "x') OR (Name LIKE '%", "line\nbreak", "ü"] {
        let parsed = parse_where(&format!("Name = {}", quote(text))).unwrap();
        assert!(matches!(parsed.0, Expression::Compare { .. }), "{text:?}");
    }
}

fn expressions() -> impl Strategy<Value = Expression> {
    let operators = prop::sample::select(vec!["=", "!=", "<", "<=", ">", ">="]);
    let literal = prop_oneof![
        ".{0,12}".prop_map(|text| quote(&text.replace(char::is_control, ""))),
        "-?[0-9]{1,9}".prop_map(|n| n),
        Just("NULL".to_owned())
    ];
    let leaf = (
        "[A-Z][a-z]{2,5}(__c|\\.Name)?",
        operators,
        literal.clone(),
        prop::collection::vec(literal, 1..4),
        any::<bool>(),
    )
        .prop_filter("keywords are no fields", |(field, ..)| parse_where(&format!("{field} = 1")).is_ok())
        .prop_map(|(field, operator, one, many, list)| {
            if list {
                Expression::Compare { field, operator: "IN", value: Value::List(many) }
            } else {
                Expression::Compare { field, operator, value: Value::One(one) }
            }
        });
    leaf.prop_recursive(4, 24, 4, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 2..4).prop_map(Expression::All),
            prop::collection::vec(inner.clone(), 2..4).prop_map(Expression::Any),
            inner.prop_map(|operand| Expression::Not(Box::new(operand))),
        ]
    })
}

proptest! {
    #[test]
    fn any_text_is_answered_without_a_panic(text in "\\PC{0,80}") {
        let _ = parse_where(&text);
    }

    #[test]
    fn the_normal_form_reads_as_the_same_expression(expression in expressions()) {
        let clause = WhereClause(expression);
        prop_assert_eq!(parse_where(&clause.to_string()), Ok(clause));
    }

    #[test]
    fn any_text_quoted_is_one_literal(text in any::<String>()) {
        prop_assume!(!text.chars().any(|c| c.is_control() && !"\n\r\t".contains(c)));
        let clause = format!("Name = {}", quote(&text));
        prop_assert!(parse_where(&clause).is_ok());
    }
}
