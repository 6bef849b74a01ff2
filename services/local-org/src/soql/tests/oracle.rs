//! Random conditions find the same records as a plain evaluation of the tree, with SOQL's rules and no SQL.

use std::cmp::Ordering;

use chrono::NaiveDate;
use proptest::collection::vec;
use proptest::prelude::*;
use proptest::sample::select as one_of;
use serde_json::Value;

use super::super::ast::{Comparison, Condition, Expression, Literal, Name, Path, Place, Test, Text};
use super::super::id;
use super::super::period::Period;
use super::fixture::Org;
use super::generate::combined;
use super::print;

fn text(text: &str) -> Literal {
    Literal::Text(Text(text.to_owned()))
}

/// Constants for a field, near the sample's values.
fn constants(field: &str) -> Vec<Literal> {
    let date = |text: &str| Literal::Date(text.parse().unwrap());
    let mut constants = match field {
        "Name" => ["alpha", "BETA", "Émile", "", "zulu", "B"].map(text).to_vec(),
        "Amount" => vec![Literal::Integer(100), Literal::Decimal(250.5), Literal::Decimal(-1.5), Literal::Integer(0)],
        "IsClosed" => vec![Literal::Boolean(true), Literal::Boolean(false)],
        "CloseDate" => {
            let periods = [("TODAY", None), ("LAST_WEEK", None), ("NEXT_N_DAYS", Some(3)), ("N_YEARS_AGO", Some(1))];
            let periods = periods.map(|(name, number)| Literal::Period(Period::named(name, number).unwrap()));
            [date("2025-06-15"), date("2024-12-31"), date("2025-01-01")].into_iter().chain(periods).collect()
        }
        _ => ["001LO0000000001", "001LO0000000002AAA", ""].map(text).to_vec(),
    };
    constants.push(Literal::Null);
    constants
}

fn leaf() -> impl Strategy<Value = Condition> {
    let all = [
        Comparison::Equal,
        Comparison::NotEqual,
        Comparison::Less,
        Comparison::LessOrEqual,
        Comparison::Greater,
        Comparison::GreaterOrEqual,
    ];
    one_of(&["Name", "Amount", "IsClosed", "CloseDate", "AccountId"]).prop_flat_map(move |field| {
        let constant = one_of(constants(field));
        let comparisons = if field == "IsClosed" { &all[..2] } else { &all[..] };
        let compare = (one_of(comparisons.to_vec()), constant.clone());
        let list = (any::<bool>(), vec(constant, 1..4));
        let patterns = ["%a", "b_ta", "%", "_", "ÉM%", "%\\%%", ""];
        let like = one_of(if field == "Name" { patterns.to_vec() } else { Vec::from(["%"]) });
        let test = prop_oneof![
            3 => compare.prop_map(|(comparison, constant)| Test::Compare(comparison, constant)),
            2 => list.prop_map(|(negated, values)| Test::In { negated, values }),
            u32::from(field == "Name") => like.prop_map(|pattern| Test::Like(text(pattern))),
        ];
        test.prop_map(move |test| {
            let path = Path { parents: Vec::new(), name: Name { text: field.to_owned(), at: Place(0) } };
            Condition::Test { operand: Expression::Field(path), test }
        })
    })
}

fn holds(condition: &Condition, record: &Value) -> bool {
    match condition {
        Condition::And(terms) => terms.iter().all(|term| holds(term, record)),
        Condition::Or(terms) => terms.iter().any(|term| holds(term, record)),
        Condition::Not(term) => !holds(term, record),
        Condition::Test { operand, test } => {
            let value = &record[operand.to_string()];
            match test {
                Test::Compare(comparison, literal) => compare(value, *comparison, literal),
                Test::In { negated, values } => {
                    values.iter().any(|literal| compare(value, Comparison::Equal, literal)) != *negated
                }
                Test::Like(Literal::Text(text)) => {
                    let pattern: Vec<char> = text.pattern().to_uppercase().chars().collect();
                    let value = value.as_str().map(|value| value.to_uppercase().chars().collect::<Vec<_>>());
                    value.is_some_and(|value| like(&value, &pattern))
                }
                _ => unreachable!(),
            }
        }
    }
}

fn like(value: &[char], pattern: &[char]) -> bool {
    match (pattern, value) {
        ([], _) => value.is_empty(),
        (['%', rest @ ..], _) => (0..=value.len()).any(|skipped| like(&value[skipped..], rest)),
        (['_', rest @ ..], [_, value @ ..]) => like(value, rest),
        (['\\', c, rest @ ..], [v, value @ ..]) | ([c, rest @ ..], [v, value @ ..]) => c == v && like(value, rest),
        (_, []) => false,
    }
}

fn compare(value: &Value, comparison: Comparison, literal: &Literal) -> bool {
    if comparison == Comparison::NotEqual {
        return !compare(value, Comparison::Equal, literal);
    }
    if let Literal::Period(period) = literal {
        let Some(date) = value.as_str().map(|date| date.parse::<NaiveDate>().unwrap()) else { return false };
        let (start, end) = period.bounds(NaiveDate::from_ymd_opt(2025, 6, 15).unwrap()).unwrap();
        return match comparison {
            Comparison::Equal => start <= date && date < end,
            Comparison::Less => date < start,
            Comparison::LessOrEqual => date < end,
            Comparison::Greater => date >= end,
            _ => date >= start,
        };
    }
    let null = matches!(literal, Literal::Null);
    if comparison == Comparison::Equal && (null || *literal == text("")) {
        return value.is_null();
    }
    if null || value.is_null() {
        return false;
    }
    let order = order(value, literal);
    match comparison {
        Comparison::Less => order == Ordering::Less,
        Comparison::LessOrEqual => order != Ordering::Greater,
        Comparison::Greater => order == Ordering::Greater,
        Comparison::GreaterOrEqual => order != Ordering::Less,
        _ => order == Ordering::Equal,
    }
}

fn order(value: &Value, literal: &Literal) -> Ordering {
    match literal {
        Literal::Boolean(boolean) => value.as_bool().cmp(&Some(*boolean)),
        Literal::Integer(integer) => value.as_f64().partial_cmp(&Some(*integer as f64)).unwrap(),
        Literal::Decimal(decimal) => value.as_f64().partial_cmp(&Some(*decimal)).unwrap(),
        Literal::Date(date) => value.as_str().cmp(&Some(date.to_string().as_str())),
        Literal::Text(text) => {
            let (value, text) = (value.as_str().unwrap(), text.value());
            match id::long_form(&text) {
                Some(id) => value.cmp(&id),
                None => value.to_uppercase().cmp(&text.to_uppercase()),
            }
        }
        _ => unreachable!(),
    }
}

proptest! {
    #[test]
    fn conditions_mean_what_they_say(condition in combined(leaf())) {
        thread_local! {
            static ORG: Org = Org::sample();
        }
        let soql = |rest: &str| format!("SELECT Name, Amount, IsClosed, CloseDate, AccountId FROM Opportunity{rest} ORDER BY Id");
        let text = print::condition(&condition);
        let (all, found) =
            ORG.with(|org| (org.plain(&soql("")), org.plain(&soql(&format!(" WHERE {text}")))));
        let expected: Vec<_> = all.as_array().unwrap().iter().filter(|record| holds(&condition, record)).collect();
        prop_assert_eq!(found.as_array().unwrap().iter().collect::<Vec<_>>(), expected, "{}", text);
    }
}
