//! Queries that parse, and queries that do not, with the place of the error.

use super::super::ast::{Condition, Item, Literal, Select, Test};
use super::super::period::Period;
use super::{MAX_CHARACTERS, MAX_DEPTH, parse};

fn select(text: &str) -> Select {
    parse(text).unwrap_or_else(|error| panic!("{text}: {error}")).select
}

/// The literal on the right side of `f = …`.
fn literal(text: &str) -> Literal {
    match select(&format!("SELECT f FROM o WHERE f = {text}")).filter {
        Some(Condition::Test { test: Test::Compare(_, literal), .. }) => literal,
        other => panic!("{text}: {other:?}"),
    }
}

fn value(text: &str) -> String {
    match literal(text) {
        Literal::Text(text) => text.value(),
        other => panic!("{text}: {other:?}"),
    }
}

#[test]
fn accepted() {
    for text in [
        "SELECT Id FROM Account",
        "select\n\tId\r\nfrom\u{a0}Account  ",
        "SELECT Id,Name FROM Account a",
        "SELECT Id FROM Group",
        "SELECT Id FROM Order o ORDER BY o.Id",
        "SELECT Order, For, Update, Offset, All, Using FROM Account",
        "SELECT a.Group.Limit FROM Account a",
        "SELECT Id FROM Account WHERE(Name='x')AND(NOT(Name!='y'))",
        "SELECT Id FROM Account WHERE Name='x'OR Name='y'",
        "SELECT Id FROM Account WHERE Amount>-1 AND Amount<+.5 AND Amount<>1.",
        "SELECT Id FROM Account WHERE a IN(1)AND b NOT IN(2,3)",
        "SELECT Id FROM Account WHERE a INCLUDES ('x;y', 'z') AND b EXCLUDES ('q')",
        "SELECT Id FROM Account WHERE a = 1 OR (b = 2 AND c = 3) OR NOT d = 4",
        "SELECT Id FROM Account WITH SECURITY_ENFORCED ORDER BY Id",
        "SELECT Id FROM Account LIMIT 0 OFFSET 2000 FOR VIEW FOR REFERENCE",
        "SELECT Id FROM Account FOR UPDATE",
        "SELECT Id FROM Account UPDATE VIEWSTAT",
        "SELECT COUNT() FROM Account",
        "SELECT count ( Id ) FROM Account",
        "SELECT COUNT(Id) total, MAX(a.Name) FROM Account a GROUP BY Owner.Name, CALENDAR_YEAR(CreatedDate) HAVING COUNT(Id) > 1",
    ] {
        select(text);
    }
}

#[test]
fn refused() {
    for (text, column, message) in [
        ("SELECT", 7, "unexpected token: '<EOF>'"),
        ("SELECT FROM Account", 8, "unexpected token: 'FROM'"),
        ("SELECT Id, FROM Account", 12, "unexpected token: 'FROM'"),
        ("SELECT Id Account", 18, "unexpected token: '<EOF>'"),
        ("SELECT Id FROM", 15, "unexpected token: '<EOF>'"),
        ("SELECT * FROM Account", 8, "unexpected token: '*'"),
        ("SELECT Id FROM Account;", 23, "unexpected token: ';'"),
        ("SELECT Id FROM Account, Contact", 23, "unexpected token: ','"),
        ("SELECT Id FROM Account a b", 26, "unexpected token: 'b'"),
        ("SELECT Id FROM Account WHERE", 29, "unexpected token: '<EOF>'"),
        ("SELECT Id FROM Account WHERE Name", 34, "unexpected token: '<EOF>'"),
        ("SELECT Id FROM Account WHERE Name =", 36, "unexpected token: '<EOF>'"),
        ("SELECT Id FROM Account WHERE Name == 'x'", 36, "unexpected token: '='"),
        ("SELECT Id FROM Account WHERE Name = \"x\"", 37, "unexpected token: '\"'"),
        ("SELECT Id FROM Account WHERE Name = x", 37, "unexpected token: 'x'"),
        ("SELECT Id FROM Account WHERE Name = :x", 37, "Bind variables only allowed in Apex code"),
        ("SELECT Id FROM Account WHERE Name IN :x", 38, "Bind variables only allowed in Apex code"),
        ("SELECT Id FROM Account WHERE Name IN ()", 39, "unexpected token: ')'"),
        ("SELECT Id FROM Account WHERE Name IN ('x',)", 43, "unexpected token: ')'"),
        ("SELECT Id FROM Account WHERE Name NOT LIKE 'x'", 35, "unexpected token: 'NOT'"),
        ("SELECT Id FROM Account WHERE 'x' = Name", 30, "unexpected token: ''x''"),
        ("SELECT Id FROM Account WHERE a = 1 AND b = 2 OR c = 3", 46, "unexpected token: 'OR'"),
        ("SELECT Id FROM Account WHERE a = 1 OR b = 2 AND c = 3", 45, "unexpected token: 'AND'"),
        ("SELECT Id FROM Account WHERE (a = 1", 36, "unexpected token: '<EOF>'"),
        ("SELECT Id FROM Account WHERE a = 1)", 35, "unexpected token: ')'"),
        ("SELECT Id FROM Account WHERE a = 12abc", 34, "unexpected token: '12abc'"),
        ("SELECT Id FROM Account WHERE a = 1.2.3", 34, "unexpected token: '1.2.3'"),
        ("SELECT Id FROM Account WHERE a = 1e999", 34, "unexpected token: '1e999'"),
        ("SELECT Id FROM Account WHERE a = 2025-02-30", 34, "Invalid date or dateTime: 2025-02-30"),
        ("SELECT Id FROM Account WHERE a = 1699-12-31", 34, "Invalid date or dateTime"),
        ("SELECT Id FROM Account WHERE a = 2025-01-01T00:00:00", 34, "Invalid date or dateTime"),
        ("SELECT Id FROM Account WHERE a = 2025-01-01T24:00:00Z", 34, "Invalid date or dateTime"),
        ("SELECT Id FROM Account WHERE a = 2025-01-01T00:00:00+1:00", 34, "Invalid date or dateTime"),
        ("SELECT Id FROM Account WHERE a = 2025-01-01T00:00:00+15:00", 34, "Invalid date or dateTime"),
        ("SELECT Id FROM Account WHERE a = LAST_N_DAYS", 34, "unexpected token: 'LAST_N_DAYS'"),
        ("SELECT Id FROM Account WHERE a = LAST_N_DAYS:-1", 34, "unexpected token: 'LAST_N_DAYS'"),
        ("SELECT Id FROM Account WHERE a = TODAY:1", 34, "unexpected token: 'TODAY'"),
        ("SELECT Id FROM Account WHERE a = 'x", 34, "unclosed string"),
        (
            r"SELECT Id FROM Account WHERE a = 'x\d'",
            34,
            r"Invalid string literal 'x\d. Illegal character sequence '\d' in string literal.",
        ),
        (r"SELECT Id FROM Account WHERE a = '\u12G4'", 34, "Illegal character sequence"),
        (r"SELECT Id FROM Account WHERE a = '\uD800x'", 34, "Illegal character sequence"),
        (r"SELECT Id FROM Account WHERE a = '\uDC00'", 34, "Illegal character sequence"),
        (r"SELECT Id FROM Account WHERE a = '\", 34, "Illegal character sequence"),
        ("SELECT Id FROM Account LIMIT x", 30, "unexpected token: 'x'"),
        ("SELECT Id FROM Account LIMIT -1", 30, "unexpected token: '-1'"),
        ("SELECT Id FROM Account LIMIT 1.5", 30, "unexpected token: '1.5'"),
        ("SELECT Id FROM Account LIMIT 99999999999", 30, "numeric value out of range: 99999999999"),
        ("SELECT Id FROM Account OFFSET 1 LIMIT 1", 33, "unexpected token: 'LIMIT'"),
        ("SELECT Id FROM Account ORDER BY", 32, "unexpected token: '<EOF>'"),
        ("SELECT Id FROM Account ORDER BY Id NULLS", 41, "unexpected token: '<EOF>'"),
        ("SELECT Id FROM Account GROUP Id", 30, "unexpected token: 'Id'"),
        ("SELECT SHOUT(Amount) FROM Opportunity", 8, "unsupported function: 'SHOUT'"),
        ("SELECT MAX() FROM Account", 12, "unexpected token: ')'"),
        ("SELECT FIELDS(SOME) FROM Account", 15, "unexpected token: 'SOME'"),
        ("SELECT TYPEOF What WHEN Account THEN Id END FROM Event", 8, "TYPEOF is not supported by this org"),
        ("SELECT Id FROM Account USING mine", 30, "unexpected token: 'mine'"),
        ("SELECT Id FROM Account WITH DATA CATEGORY x__c AT y__c", 29, "unexpected token: 'DATA'"),
        ("SELECT Id FROM Account FOR FUN", 28, "unexpected token: 'FUN'"),
        ("SELECT Id FROM Account ALL ROWS", 24, "unexpected token: 'ALL'"),
        ("SELECT (SELECT Id FROM Contacts FROM Account", 33, "unexpected token: 'FROM'"),
        ("SELECT Id FROM Account SELECT Id FROM Account", 24, "unexpected token: 'SELECT'"),
        ("SELECT Id FROM Account WHERE Näme = 'x'", 31, "unexpected token: 'ä'"),
        ("SELECT Id FROM Account WHERE a = 'ää' AND = 1", 43, "unexpected token: '='"),
    ] {
        let error = parse(text).expect_err(text);
        assert_eq!((error.status, error.code.as_str()), (400, "MALFORMED_QUERY"), "{text}: {error}");
        assert!(error.message.contains(&format!("ERROR at Row:1:Column:{column}\n")), "{text}: {error}");
        assert!(error.message.contains(message), "{text}: {error}");
    }
}

#[test]
fn no_select() {
    for (text, message) in [("SELEKT Id FROM Account", "unexpected token: SELEKT"), ("", "unexpected token: <EOF>")] {
        assert_eq!(parse(text).expect_err(text).message, message);
    }
}

#[test]
fn too_much() {
    let offset = parse("SELECT Id FROM Account OFFSET 2001").expect_err("offset");
    assert_eq!(offset.code, "NUMBER_OUTSIDE_VALID_RANGE");
    assert!(offset.message.ends_with("Column:31\nMaximum SOQL offset allowed is 2000"), "{offset}");

    let query = |length: usize| format!("SELECT Id{}FROM Account", " ".repeat(length - "SELECT IdFROM Account".len()));
    assert!(parse(&query(MAX_CHARACTERS)).is_ok());
    assert_eq!(parse(&query(MAX_CHARACTERS + 1)).expect_err("length").code, "MALFORMED_QUERY");

    let text = |length: usize| format!("SELECT Id FROM Account WHERE Name = '{}'", r"\%ü".repeat(length / 2));
    assert!(parse(&text(4_000)).is_ok());
    assert!(parse(&text(4_002)).is_err());
}

#[test]
fn nesting_is_bounded() {
    let nested = |open: &str, close: &str, depth: usize| {
        parse(&format!("SELECT Id FROM Account WHERE {}a = 1{}", open.repeat(depth), close.repeat(depth)))
    };
    assert!(nested("(", ")", MAX_DEPTH).is_ok());
    assert!(nested("NOT ", "", MAX_DEPTH).is_ok());
    for (open, close) in [("(", ")"), ("NOT ", ""), ("NOT (", ")"), ("Id IN (SELECT Id FROM Account WHERE ", ")")] {
        let error = nested(open, close, 2_700).expect_err(open);
        assert!(error.message.ends_with("nested more than 64 levels deep"), "{error}");
    }
    let children = format!("SELECT {}", "(SELECT ".repeat(12_000));
    assert!(parse(&children).expect_err("children").message.contains("nested more than"));
}

#[test]
fn strings() {
    assert_eq!(value(r#"'\' \" \\ \n \r \t \b \f \_ \% %_'"#), "' \" \\ \n \r \t \u{8} \u{c} _ % %_");
    assert_eq!(value(r"'\u00e9\u00E9\uD83D\uDE00'"), "éé😀");
    assert_eq!(value("'é\n😀'"), "é\n😀");
    assert_eq!(value("''"), "");
    let Literal::Text(pattern) = literal(r"'50\% _\_ \\% \u0025'") else { panic!() };
    assert_eq!(pattern.pattern(), r"50\% _\_ \\% \%");
}

#[test]
fn numbers_dates_and_words() {
    for (text, expected) in [
        ("5", Literal::Integer(5)),
        ("-5", Literal::Integer(-5)),
        ("+5", Literal::Integer(5)),
        ("-0.5", Literal::Decimal(-0.5)),
        (".5", Literal::Decimal(0.5)),
        ("1e3", Literal::Decimal(1000.0)),
        ("1.5E-1", Literal::Decimal(0.15)),
        ("99999999999999999999", Literal::Decimal(1e20)),
        ("USD5000", Literal::Currency { code: "USD".to_owned(), amount: 5000.0 }),
        ("eur0.25", Literal::Currency { code: "EUR".to_owned(), amount: 0.25 }),
        ("TRUE", Literal::Boolean(true)),
        ("false", Literal::Boolean(false)),
        ("Null", Literal::Null),
        ("today", Literal::Period(Period::named("TODAY", None).unwrap())),
        ("Last_N_Fiscal_Quarters:2", Literal::Period(Period::named("LAST_N_QUARTERS", Some(2)).unwrap())),
    ] {
        assert_eq!(literal(text), expected, "{text}");
    }
    assert_eq!(literal("2024-02-29"), Literal::Date("2024-02-29".parse().unwrap()));
    for text in [
        "2024-07-01T12:00:00Z",
        "2024-07-01T12:00:00.000Z",
        "2024-07-01t12:00:00z",
        "2024-07-01T12:00:00+00:00",
        "2024-07-01T12:00:00-0000",
        "2024-07-01T14:30:00+02:30",
        "2024-07-01T14:30:00+0230",
        "2024-06-30T22:00:00-14",
    ] {
        assert_eq!(literal(text), Literal::DateTime("2024-07-01T12:00:00Z".parse().unwrap()), "{text}");
    }
}

#[test]
fn aliases_and_clauses() {
    let parsed = select(
        "SELECT COUNT(Id) n FROM Account a WHERE a.Name != null GROUP BY a.Name ORDER BY a.Name DESC NULLS LAST LIMIT 3",
    );
    assert_eq!(parsed.alias.map(|alias| alias.text).as_deref(), Some("a"));
    assert!(matches!(&parsed.items[..], [Item::Expression { alias: Some(alias), .. }] if alias.text == "n"));
    assert_eq!((parsed.limit, parsed.offset), (Some(3), None));
    assert!(matches!(&parsed.order_by[..], [order] if order.descending && order.nulls_last));
    assert_eq!(parsed.order_by[0].expression.to_string(), "a.Name");
}
