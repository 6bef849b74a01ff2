use proptest::prelude::*;

use super::ast::{Expr, Literal, Operand, Operator, Select, SetOperator};
use super::{MAX_DEPTH, MAX_WHERE_CHARS, WhereClause, like_escape, list, parse_where, quote};

#[test]
fn values_become_literals() {
    assert_eq!(quote("O'Brien \"x\" \\ %_"), r#"'O\'Brien \"x\" \\ %_'"#);
    assert_eq!(quote("a\nb\r\t\u{8}\u{c}\u{0}\u{7f}é"), r"'a\nb\r\t\b\f\u0000\u007Fé'");
    assert_eq!(like_escape("50%_'\\"), r"50\%\_\'\\");
    assert_eq!(list(["a", "b'"]), r"('a','b\'')");
}

/// Input and its normal form.
const GOOD: &[(&str, &str)] = &[
    ("Name = 'x'", "Name = 'x'"),
    ("  Name='x'\n", "Name = 'x'"),
    ("StageName <> 'Closed Won'", "StageName != 'Closed Won'"),
    ("Account.Owner.Name like 'A\\%b%'", "Account.Owner.Name LIKE 'A\\%b%'"),
    ("Amount >= -1.50 and Amount < +2", "Amount >= -1.50 AND Amount < +2"),
    ("IsPrivate = false", "IsPrivate = FALSE"),
    ("NextStep != null", "NextStep != NULL"),
    ("CloseDate > 2026-01-31", "CloseDate > 2026-01-31"),
    ("CreatedDate>=2026-07-01T00:00:00Z", "CreatedDate >= 2026-07-01T00:00:00Z"),
    ("CreatedDate>=2026-07-01T00:00:00.000+01:00", "CreatedDate >= 2026-07-01T00:00:00.000+01:00"),
    ("CloseDate = last_n_days:30", "CloseDate = LAST_N_DAYS:30"),
    ("CloseDate = THIS_FISCAL_QUARTER", "CloseDate = THIS_FISCAL_QUARTER"),
    ("CloseDate < N_MONTHS_AGO:2", "CloseDate < N_MONTHS_AGO:2"),
    ("CloseDate = Tomorrow", "CloseDate = TOMORROW"),
    ("Id IN ('006R0000003FPYx','006R0000003FPYy')", "Id IN ('006R0000003FPYx', '006R0000003FPYy')"),
    ("Amount not  in(1,2, null)", "Amount NOT IN (1, 2, NULL)"),
    ("Tags__c INCLUDES ('a;b', 'c')", "Tags__c INCLUDES ('a;b', 'c')"),
    ("Tags__c EXCLUDES ('a')", "Tags__c EXCLUDES ('a')"),
    ("((A = 1))", "A = 1"),
    ("(A = 1 OR B = 2) AND C = 3", "(A = 1 OR B = 2) AND C = 3"),
    ("A = 1 OR B = 2 OR C = 3", "A = 1 OR B = 2 OR C = 3"),
    ("NOT A = 1", "NOT A = 1"),
    ("A = 1 AND NOT B = 2", "A = 1 AND (NOT B = 2)"),
    ("NOT (A = 1 OR B = 2)", "NOT (A = 1 OR B = 2)"),
    ("NOT A = 1 OR B = 2", "(NOT A = 1) OR B = 2"),
    ("Name = 'O\\'Brien -- ; /* LIMIT 1 */ OR 1=1'", "Name = 'O\\'Brien -- ; /* LIMIT 1 */ OR 1=1'"),
    ("Name = '\\u00e9é日本'", "Name = '\\u00e9é日本'"),
    ("Name = ''", "Name = ''"),
    ("Amount = 1e3 OR Amount = 1.5E-2", "Amount = 1000 OR Amount = 0.015"),
    ("Amount > .5 AND Amount < -.25", "Amount > 0.5 AND Amount < -0.25"),
    ("Amount > usd5000.50", "Amount > USD5000.50"),
    ("CreatedDate > 2025-01-01T00:00:00.000+0000", "CreatedDate > 2025-01-01T00:00:00.000+00:00"),
    ("CreatedDate > 2025-01-01t00:00:00z", "CreatedDate > 2025-01-01T00:00:00Z"),
    ("CreatedDate > 2025-01-01T00:00:00-08", "CreatedDate > 2025-01-01T00:00:00-08:00"),
    ("calendar_year( CloseDate )=2025", "CALENDAR_YEAR(CloseDate) = 2025"),
    (
        "HOUR_IN_DAY(converttimezone(Account.CreatedDate)) IN (8, 9)",
        "HOUR_IN_DAY(convertTimezone(Account.CreatedDate)) IN (8, 9)",
    ),
    ("tolabel(StageName) LIKE 'x%'", "toLabel(StageName) LIKE 'x%'"),
    ("Day_Only = 1 AND toLabel = 2", "Day_Only = 1 AND toLabel = 2"),
    ("id in(select OpportunityId from Order)", "id IN (SELECT OpportunityId FROM Order)"),
    (
        "Id NOT IN (SELECT Opp__c FROM Thing__c WHERE A = 1 AND (B = 2 OR C = 3))",
        "Id NOT IN (SELECT Opp__c FROM Thing__c WHERE A = 1 AND (B = 2 OR C = 3))",
    ),
    ("((A = 1 AND Id IN (SELECT B FROM C)) AND D = 2)", "A = 1 AND Id IN (SELECT B FROM C) AND D = 2"),
    ("A = 1 OR (B = 2 OR C = 3)", "A = 1 OR B = 2 OR C = 3"),
];

#[test]
fn a_term_keeps_subqueries_at_the_top_level() {
    for (text, term) in [
        ("A = 1", "A = 1"),
        ("A = 1 AND Id IN (SELECT B FROM C)", "A = 1 AND Id IN (SELECT B FROM C)"),
        ("A = 1 OR B = 2", "(A = 1 OR B = 2)"),
        ("NOT A = 1", "(NOT A = 1)"),
    ] {
        assert_eq!(parse_where(text).unwrap().term().to_string(), term);
    }
    let clause = parse_where("A = 1 AND Id NOT IN (SELECT B FROM Quote)").unwrap();
    assert!(clause.has_subquery_on("QUOTE") && !clause.has_subquery_on("Opportunity"));
}

#[test]
fn the_normal_form_of_what_is_accepted_is_accepted() {
    // Blanks make it longer, and parentheses around NOT deeper.
    let long = |count: usize| vec!["A=1"; count].join(" OR ");
    let longest = (1..1_000).rev().find(|count| long(*count).len() <= MAX_WHERE_CHARS).unwrap();
    let error = parse_where(&long(longest)).unwrap_err();
    assert_eq!(error.to_string(), "at character 1: written out in full, the condition is longer than 4000 characters");
    let nested = |depth: usize| format!("{}A = 1", "NOT ".repeat(depth));
    assert!(parse_where(&nested(15)).is_ok());
    let error = parse_where(&nested(20)).unwrap_err();
    assert!(error.message.starts_with("written out in full, the condition is nested deeper"), "{error}");
}

#[test]
fn conditions_get_a_normal_form() {
    for (text, normal) in GOOD {
        let clause = parse_where(text).unwrap_or_else(|error| panic!("{text}: {error}"));
        assert_eq!(clause.to_string(), *normal);
        assert_eq!(parse_where(normal).unwrap(), clause, "{normal}");
    }
}

/// Input, character at which it is refused, and a part of the message.
const BAD: &[(&str, usize, &str)] = &[
    ("", 1, "empty"),
    ("   ", 4, "empty"),
    ("WHERE Name = 'x'", 1, "without the word WHERE"),
    ("Name = 'x') OR (Name LIKE '%", 11, "closes none"),
    ("Name = 'x') OR (Name LIKE '%'", 11, "closes none"),
    ("Name = 'x' OR Name LIKE '%' LIMIT 1", 29, "`LIMIT` is not allowed"),
    ("Name = 'x' ORDER BY Name", 12, "`ORDER` is not allowed"),
    ("Name = 'x' GROUP BY Name", 12, "`GROUP` is not allowed"),
    ("Name = 'x' WITH SECURITY_ENFORCED", 12, "`WITH` is not allowed"),
    ("Name = 'x' FOR UPDATE", 12, "`FOR` is not allowed"),
    ("Name = 'x' ALL ROWS", 12, "`ALL` is not allowed"),
    ("Name = 'x'; DELETE", 11, "semicolons"),
    ("Name = 'x' -- c", 12, "comments"),
    ("Name = 'x' // c", 12, "comments"),
    ("/* c */ Name = 'x'", 1, "comments"),
    ("A = 5 --", 7, "comments"),
    ("A = 5--", 5, "expected a number"),
    ("Name = 'x", 8, "not closed"),
    ("Name = 'x\\'", 8, "not closed"),
    ("Name = 'a\\x'", 10, "escape"),
    ("Name = '\\u12g4'", 9, "escape"),
    ("Name = 'a\nb'", 10, "control characters"),
    ("(Name = 'x'", 12, "expected `)`, found the end"),
    ("A = 1 AND B = 2 OR C = 3", 17, "need parentheses"),
    ("A = 1 OR B = 2 AND C = 3", 16, "need parentheses"),
    ("Name = :name", 8, "bind variables"),
    ("Name = name", 8, "text needs single quotes"),
    ("Name = \"x\"", 8, "single quotes"),
    ("Name 'x'", 6, "expected an operator"),
    ("Name = ", 8, "found the end"),
    ("Name = 'x' 'y'", 12, "expected AND, OR or the end"),
    ("Name = 'x' Name = 'y'", 12, "expected AND, OR or the end, found `Name`"),
    ("Name LIKE 5", 11, "expected text"),
    ("Id IN ()", 8, "expected a value"),
    ("Id IN ('a',)", 12, "expected a value"),
    ("Id IN 'a'", 7, "expected `(`"),
    ("Id NOT LIKE 'x'", 8, "expected IN"),
    ("Tags__c INCLUDES (1)", 19, "expected text"),
    ("COUNT(CloseDate) = 2026", 1, "not a function"),
    ("CloseDate = 2026-13-01", 13, "expected a number, a date"),
    ("CloseDate = 2026-01-01T00:00", 13, "expected a number, a date"),
    ("CloseDate = LAST_N_DAYS", 13, "expected a value"),
    ("CloseDate = LAST_N_DAYS:x", 13, "expected a value"),
    ("Amount = 1.", 10, "expected a number"),
    ("Amount = 1e5e", 10, "expected a number"),
    ("Amount = 1e30", 10, "28 digits"),
    ("1 = 1", 1, "expected a field"),
    ("'a' = 'a'", 1, "expected a field"),
    ("A..B = 1", 1, "not a field"),
    ("A. = 1", 1, "not a field"),
    ("A.B.C.D.E.F.G = 1", 1, "relationships"),
    ("AND = 1", 1, "expected a field"),
    ("SELECT Id FROM A", 1, "expected a field"),
    ("A = 1 AND", 10, "expected a field"),
    ("é = 1", 1, "unexpected character"),
    ("Name = 'é' é", 12, "unexpected character"),
    ("Name\u{a0}= 1", 5, "unexpected character"),
    ("A = 1 ! B", 7, "unexpected character"),
    ("{0} = 1", 1, "unexpected character"),
];

#[test]
fn everything_else_is_refused_with_its_position() {
    for (text, position, message) in BAD {
        let error = parse_where(text).expect_err(text);
        assert_eq!(error.position, *position, "{text}: {error}");
        assert!(error.message.contains(message), "{text}: {error}");
        assert_eq!(text[..error.byte].chars().count() + 1, error.position, "{text}");
    }
    let error = parse_where("Name = 'é' LIMIT 1").unwrap_err();
    assert_eq!((error.byte, error.position), (12, 12));
    assert_eq!(error.to_string(), "at character 12: `LIMIT` is not allowed here: give one condition only");
}

#[test]
fn fields_are_told_with_their_object_and_place() {
    let text = "Name = 'é' AND (toLabel(StageName) = 'x' OR CALENDAR_YEAR(convertTimezone(CreatedDate)) = 2026 OR \
                Account.Owner.Name = 'y') AND Id NOT IN (SELECT OpportunityId FROM Quote WHERE Status = 'z')";
    let clause = parse_where(text).unwrap();
    let found: Vec<_> =
        clause.fields().iter().map(|field| (field.object.as_deref(), field.path.as_str(), field.position)).collect();
    let at = |name: &str| text.find(name).map(|byte| text[..byte].chars().count() + 1).unwrap();
    let expected = [
        (None, "Name", 1),
        (None, "StageName", at("StageName")),
        (None, "CreatedDate", at("CreatedDate")),
        (None, "Account.Owner.Name", at("Account.Owner.Name")),
        (None, "Id", at("Id NOT")),
        (Some("Quote"), "OpportunityId", at("OpportunityId")),
        (Some("Quote"), "Status", at("Status")),
    ];
    assert_eq!(found, expected);
    // The same condition, whatever its fields' places.
    assert_eq!(parse_where(&clause.to_string()).unwrap(), clause);
}

#[test]
fn length_and_depth_are_bounded() {
    let text = |length: usize| format!("Name = '{}'", "é".repeat(length - 9));
    assert!(parse_where(&text(MAX_WHERE_CHARS)).is_ok());
    assert_eq!(parse_where(&text(MAX_WHERE_CHARS + 1)).unwrap_err().position, MAX_WHERE_CHARS + 1);

    let nested = |depth: usize| format!("{}A = 1{}", "(".repeat(depth), ")".repeat(depth));
    assert!(parse_where(&nested(MAX_DEPTH - 1)).is_ok());
    assert!(parse_where(&nested(MAX_DEPTH)).unwrap_err().message.contains("nested"));
    assert!(parse_where(&format!("{}A = 1", "NOT ".repeat(MAX_DEPTH))).is_err());
    assert!(parse_where(&"(".repeat(MAX_WHERE_CHARS)).is_err());
}

fn literal() -> impl Strategy<Value = Literal> {
    let bare = prop::sample::select(vec![
        "NULL",
        "TRUE",
        "-1.5",
        "0",
        "2026-02-28",
        "2026-02-28T10:00:00Z",
        "TODAY",
        "LAST_N_DAYS:7",
        "USD5000",
    ]);
    prop_oneof![text(), bare.prop_map(|text| Literal::Bare(text.to_owned()))]
}

fn text() -> impl Strategy<Value = Literal> {
    any::<String>().prop_map(|text| {
        let text: String = text.chars().take(6).filter(|c| !c.is_control()).collect();
        Literal::Text(like_escape(&text))
    })
}

fn field() -> impl Strategy<Value = String> {
    "[A-Z][a-z0-9]{0,4}(__c)?(\\.[A-Z][a-z]{3}){0,3}"
        .prop_filter("reserved", |name| parse_where(&format!("{name} = 1")).is_ok())
}

fn operand() -> impl Strategy<Value = Operand> {
    let name = || field().prop_filter("reserved", |name| !name.eq_ignore_ascii_case("convertTimezone"));
    let of_dates = (prop::sample::select(vec!["CALENDAR_YEAR", "DAY_ONLY", "WEEK_IN_YEAR"]), name(), any::<bool>());
    prop_oneof![
        3 => field().prop_map(Operand::Field),
        1 => of_dates.prop_map(|(function, field, in_user_zone)| Operand::Call { function, field, in_user_zone }),
        1 => name().prop_map(|field| Operand::Call { function: "toLabel", field, in_user_zone: false }),
    ]
}

/// Without subqueries.
fn plain_expr() -> impl Strategy<Value = Expr> {
    let operator =
        prop::sample::select(vec![Operator::Equal, Operator::NotEqual, Operator::Less, Operator::GreaterOrEqual]);
    let set = prop::sample::select(vec![SetOperator::In, SetOperator::NotIn]);
    let texts = prop::sample::select(vec![SetOperator::Includes, SetOperator::Excludes]);
    let leaf = prop_oneof![
        (operand(), operator, literal()).prop_map(|(left, operator, value)| Expr::Compare { left, operator, value }),
        (operand(), text()).prop_map(|(left, value)| Expr::Compare { left, operator: Operator::Like, value }),
        (operand(), set, prop::collection::vec(literal(), 1..4)).prop_map(|(left, operator, values)| Expr::Member {
            left,
            operator,
            values
        }),
        (operand(), texts, prop::collection::vec(text(), 1..4)).prop_map(|(left, operator, values)| Expr::Member {
            left,
            operator,
            values
        }),
    ];
    leaf.prop_recursive(5, 24, 3, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 2..4).prop_map(Expr::and),
            prop::collection::vec(inner.clone(), 2..4).prop_map(Expr::or),
            inner.prop_map(|inner| Expr::Not(Box::new(inner))),
        ]
    })
}

fn expr() -> impl Strategy<Value = Expr> {
    let name = || "[A-Z][a-z0-9]{0,4}__c";
    let semi_join = (name(), any::<bool>(), name(), name(), prop::option::of(plain_expr())).prop_map(
        |(left, negated, field, object, filter)| {
            let select = Select { field, object, filter: filter.map(Box::new) };
            Expr::SemiJoin { field: left, negated, select }
        },
    );
    (plain_expr(), prop::collection::vec(semi_join, 0..=2)).prop_map(|(plain, semi_joins)| {
        let mut parts = vec![plain];
        parts.extend(semi_joins);
        Expr::and(parts)
    })
}

proptest! {
    #[test]
    fn the_normal_form_parses_to_the_same_tree(expr in expr()) {
        let clause = WhereClause { expr, fields: Vec::new() };
        let text = clause.to_string();
        prop_assume!(text.chars().count() <= MAX_WHERE_CHARS);
        prop_assert_eq!(parse_where(&text).unwrap(), clause);
        check(&text)?;
    }

    #[test]
    fn arbitrary_text_never_panics(text in ".{0,60}") {
        check(&text)?;
    }

    #[test]
    fn nearly_right_text_never_panics(parts in prop::collection::vec(prop::sample::select(vec![
        "Name", "A.B", "=", "!=", "<", "LIKE", "IN", "NOT", "AND", "OR", "(", ")", ",", "'x'", "'", "\\", "5", "-",
        "2026-01-01", "TODAY", "N_DAYS_AGO:3", "NULL", ":", ";", "--", "LIMIT", "é", "\u{1f600}",
        "(SELECT Id FROM Quote", "SELECT", "FROM", "WHERE", "DAY_ONLY(", "convertTimezone(", "USD5", "1e3", ".5", "T00:00:00+0000",
    ]), 0..14)) {
        check(&parts.join(" "))?;
        check(&parts.concat())?;
    }

    #[test]
    fn quoted_values_stay_one_value(text in any::<String>()) {
        let clause = parse_where(&format!("Name = {}", quote(&text))).unwrap();
        let one_value = matches!(clause.expr, Expr::Compare { value: Literal::Text(_), .. });
        prop_assert!(one_value);
    }
}

/// What is accepted keeps its tree; what is refused is refused within the text.
fn check(text: &str) -> Result<(), TestCaseError> {
    match parse_where(text) {
        Ok(clause) => {
            let normal = clause.to_string();
            prop_assert_eq!(parse_where(&normal).unwrap(), clause);
            // Beside another condition it stays what it is: the last part is that condition, those before are its own.
            let beside = format!("{} AND Id > '006000000000001AAA'", parse_where(&normal).unwrap().term());
            if beside.chars().count() <= MAX_WHERE_CHARS {
                let Expr::And(mut parts) = parse_where(&beside).unwrap().expr else {
                    return Err(TestCaseError::fail(beside));
                };
                prop_assert_eq!(parts.pop().unwrap().to_string(), "Id > '006000000000001AAA'");
                prop_assert_eq!(Expr::and(parts), parse_where(&normal).unwrap().expr);
            }
        }
        Err(error) => {
            prop_assert!(text.is_char_boundary(error.byte));
            prop_assert!(error.position <= text.chars().count() + 1);
        }
    }
    Ok(())
}
