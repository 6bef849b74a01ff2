//! Writes a syntax tree as text.

use super::super::ast::{Comparison, Condition, Expression, FieldSet, Item, Literal, Ordering, Purpose, Select, Test};
use super::super::period::{Period, Unit};

pub(crate) fn select(select: &Select) -> String {
    let mut text = format!("SELECT {} FROM {}", list(&select.items, item), select.from);
    let mut push = |clause: &str, rest: String| text.push_str(&format!(" {clause}{rest}"));
    if let Some(alias) = &select.alias {
        push("", alias.text.clone());
    }
    if let Some(filter) = &select.filter {
        push("WHERE ", condition(filter));
    }
    if !select.group_by.is_empty() {
        push("GROUP BY ", list(&select.group_by, Expression::to_string));
    }
    if let Some(having) = &select.having {
        push("HAVING ", condition(having));
    }
    if !select.order_by.is_empty() {
        push("ORDER BY ", list(&select.order_by, ordering));
    }
    if let Some(limit) = select.limit {
        push("LIMIT ", limit.to_string());
    }
    if let Some(offset) = select.offset {
        push("OFFSET ", offset.to_string());
    }
    for purpose in &select.purposes {
        let name = match purpose {
            Purpose::View => "VIEW",
            Purpose::Reference => "REFERENCE",
            Purpose::Update => "UPDATE",
        };
        push("FOR ", name.to_owned());
    }
    text
}

fn list<T>(elements: &[T], print: impl Fn(&T) -> String) -> String {
    elements.iter().map(print).collect::<Vec<_>>().join(", ")
}

fn item(item: &Item) -> String {
    match item {
        Item::Expression { expression, alias: None } => expression.to_string(),
        Item::Expression { expression, alias: Some(alias) } => format!("{expression} {}", alias.text),
        Item::CountRows(_) => "COUNT()".to_owned(),
        Item::Fields(FieldSet::All, _) => "FIELDS(ALL)".to_owned(),
        Item::Fields(FieldSet::Custom, _) => "FIELDS(CUSTOM)".to_owned(),
        Item::Fields(FieldSet::Standard, _) => "FIELDS(STANDARD)".to_owned(),
        Item::Children(child) => format!("({})", select(child)),
    }
}

fn ordering(ordering: &Ordering) -> String {
    let direction = if ordering.descending { " DESC" } else { "" };
    let nulls = if ordering.nulls_last { " NULLS LAST" } else { "" };
    format!("{}{direction}{nulls}", ordering.expression)
}

pub(crate) fn condition(of: &Condition) -> String {
    let enclosed = |term: &Condition| match term {
        Condition::And(_) | Condition::Or(_) => format!("({})", condition(term)),
        Condition::Not(_) | Condition::Test { .. } => condition(term),
    };
    let join = |terms: &[Condition], operator| terms.iter().map(enclosed).collect::<Vec<_>>().join(operator);
    match of {
        Condition::And(terms) => join(terms, " AND "),
        Condition::Or(terms) => join(terms, " OR "),
        Condition::Not(term) => format!("NOT {}", enclosed(term)),
        Condition::Test { operand, test } => format!("{operand} {}", self::test(test)),
    }
}

fn test(test: &Test) -> String {
    let word = |negated: bool, yes: &str, no: &str| if negated { no.to_owned() } else { yes.to_owned() };
    match test {
        Test::Compare(comparison, value) => format!("{} {}", comparison_sign(*comparison), literal(value)),
        Test::Like(value) => format!("LIKE {}", literal(value)),
        Test::In { negated, values } => format!("{} ({})", word(*negated, "IN", "NOT IN"), list(values, literal)),
        Test::InSelect { negated, select } => {
            format!("{} ({})", word(*negated, "IN", "NOT IN"), self::select(select))
        }
        Test::Includes { negated, values } => {
            format!("{} ({})", word(*negated, "INCLUDES", "EXCLUDES"), list(values, literal))
        }
    }
}

fn comparison_sign(comparison: Comparison) -> &'static str {
    match comparison {
        Comparison::Equal => "=",
        Comparison::NotEqual => "!=",
        Comparison::Less => "<",
        Comparison::LessOrEqual => "<=",
        Comparison::Greater => ">",
        Comparison::GreaterOrEqual => ">=",
    }
}

fn literal(literal: &Literal) -> String {
    match literal {
        Literal::Null => "null".to_owned(),
        Literal::Boolean(value) => value.to_string(),
        Literal::Integer(value) => value.to_string(),
        Literal::Decimal(value) => format!("{value:?}"),
        Literal::Currency { code, amount } => format!("{code}{amount}"),
        Literal::Text(text) => format!("'{}'", text.pattern().replace('\'', "\\'")),
        Literal::Date(date) => date.to_string(),
        Literal::DateTime(time) => time.format("%Y-%m-%dT%H:%M:%S%.fZ").to_string(),
        Literal::Period(period) => self::period(*period),
    }
}

fn period(Period { unit, first, last }: Period) -> String {
    let name = match unit {
        Unit::Day => "DAY",
        Unit::Week => "WEEK",
        Unit::Month => "MONTH",
        Unit::Quarter => "QUARTER",
        Unit::Year => "YEAR",
    };
    match (unit, first, last) {
        (Unit::Day, 0, 0) => "TODAY".to_owned(),
        (Unit::Day, first, 0) => format!("LAST_N_DAYS:{}", -first),
        (_, 0, 0) => format!("THIS_{name}"),
        (_, 1, last) => format!("NEXT_N_{name}S:{last}"),
        (_, first, last) if first == last => format!("N_{name}S_AGO:{}", -first),
        (_, first, _) => format!("LAST_N_{name}S:{}", -first),
    }
}
