//! Translates conditions to SQL.
//!
//! SOQL has two truth values, SQL three: a comparison here may give SQL's `NULL` where SOQL says false, which makes no
//! difference to `AND`, `OR` and `WHERE`, and `NOT` takes it away with `IS NOT TRUE`. `!=` is SQLite's `IS NOT`, which
//! treats null as a value. Equality with a value is `=` and not `IS`: only of `=` SQLite knows that it holds for no null,
//! so that an index without nulls serves it.

use rusqlite::types::Value;

use super::ast::{Comparison, Condition, Expression, Function, Literal, Test};
use super::fragment::Fragment;
use super::functions::upper;
use super::operand::{Operand, Use};
use super::scope::Scope;
use super::semi_join;
use super::value::{self, Bound, Mismatch};
use crate::error::ApiError;
use crate::schema::FieldType;

/// Where a condition stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Clause<'g> {
    /// `WHERE`.
    Where,
    /// `WHERE` of a semi-join's inner query.
    InnerWhere,
    /// `HAVING`, with the SQL of what is grouped by.
    Having(&'g [String]),
}

/// Translates a condition.
pub(super) fn filter(scope: &mut Scope<'_>, condition: &Condition, clause: Clause<'_>) -> Result<Fragment, ApiError> {
    Filter { scope, clause, semi_joins: 0 }.condition(condition, false)
}

/// Most semi-joins and anti-joins in one condition (SOQL and SOSL Reference, "Semi-Joins with IN and Anti-Joins with
/// NOT IN").
const MAX_SEMI_JOINS: usize = 2;

struct Filter<'s, 'a, 'g> {
    scope: &'s mut Scope<'a>,
    clause: Clause<'g>,
    semi_joins: usize,
}

impl<'a> Filter<'_, 'a, '_> {
    fn condition(&mut self, condition: &Condition, in_or: bool) -> Result<Fragment, ApiError> {
        match condition {
            Condition::And(terms) => self.join(terms, in_or, " AND "),
            Condition::Or(terms) => self.join(terms, true, " OR "),
            Condition::Not(term) => Ok(self.condition(term, in_or)?.negated()),
            Condition::Test { operand, test } => self.test(operand, test, in_or),
        }
    }

    fn join(&mut self, terms: &[Condition], in_or: bool, operator: &str) -> Result<Fragment, ApiError> {
        let terms: Result<_, _> = terms.iter().map(|term| self.condition(term, in_or)).collect();
        Ok(Fragment::join(terms?, operator))
    }

    /// The left side of a comparison, checked against what the clause allows.
    fn operand(&mut self, expression: &Expression) -> Result<Operand<'a>, ApiError> {
        let context = self.scope.context;
        let operand = Operand::resolve(self.scope, expression, Use::Filter)?;
        if let Expression::Call { function, .. } = expression
            && matches!(function, Function::Format(_) | Function::ConvertCurrency | Function::Grouping)
        {
            let message = format!("Function is not allowed in a condition: {expression}");
            return Err(context.malformed(operand.at, message));
        }
        match self.clause {
            Clause::Where | Clause::InnerWhere if expression.is_aggregate() => {
                Err(context.malformed(operand.at, "Aggregate functions are only allowed in HAVING"))
            }
            Clause::Having(grouped) if !expression.is_aggregate() && !grouped.contains(&operand.sql) => {
                Err(context.malformed(operand.at, format!("Field must be grouped or aggregated: {expression}")))
            }
            _ => Ok(operand),
        }
    }

    fn test(&mut self, left: &Expression, test: &Test, in_or: bool) -> Result<Fragment, ApiError> {
        if matches!(test, Test::InSelect { .. }) {
            self.check_semi_join(left, in_or)?;
        }
        let operand = &self.operand(left)?;
        match test {
            Test::Compare(comparison, literal) => self.compare(operand, *comparison, literal),
            Test::Like(literal) => self.like(operand, literal),
            Test::In { negated, values } => self.membership(operand, *negated, values),
            Test::InSelect { negated, select } => semi_join::translate(self.scope.context, operand, *negated, select),
            Test::Includes { .. } => {
                // The schema has no multi-select picklists, so no field allows it.
                let message = "includes or excludes operator is only valid on multipicklist field";
                Err(self.scope.context.error(operand.at, "INVALID_QUERY_FILTER_OPERATOR", message))
            }
        }
    }

    fn compare(&self, operand: &Operand<'_>, comparison: Comparison, literal: &Literal) -> Result<Fragment, ApiError> {
        let equality = matches!(comparison, Comparison::Equal | Comparison::NotEqual);
        if operand.kind == FieldType::Boolean && !equality {
            return Err(self.invalid_operator(operand));
        }
        Ok(match self.bind(operand, literal)? {
            Bound::Value(value) => match comparison {
                Comparison::Equal => equal(operand, value),
                Comparison::NotEqual => not_equal(operand, value),
                Comparison::Less => ordered(operand, "<", value),
                Comparison::LessOrEqual => ordered(operand, "<=", value),
                Comparison::Greater => ordered(operand, ">", value),
                Comparison::GreaterOrEqual => ordered(operand, ">=", value),
            },
            Bound::Range(start, end) => match comparison {
                Comparison::Equal => within(operand, start, end),
                Comparison::NotEqual => within(operand, start, end).negated(),
                Comparison::Less => ordered(operand, "<", start),
                Comparison::LessOrEqual => ordered(operand, "<", end),
                Comparison::Greater => ordered(operand, ">=", end),
                Comparison::GreaterOrEqual => ordered(operand, ">=", start),
            },
        })
    }

    fn like(&self, operand: &Operand<'_>, literal: &Literal) -> Result<Fragment, ApiError> {
        if !super::operand::is_text(operand.kind) {
            return Err(self.invalid_operator(operand));
        }
        let Literal::Text(text) = literal else { return Err(self.wrong_type(operand)) };
        let (sql, pattern) = (&operand.sql, text.pattern());
        Ok(if operand.case_sensitive {
            let matched = Fragment::new(format!("{sql} GLOB ?"), [Value::Text(glob(pattern))]);
            starting_so(sql, literal_start(pattern), matched)
        } else if pattern.is_ascii() {
            let matched = Fragment::new(format!("{sql} LIKE ? ESCAPE '\\'"), [Value::Text(pattern.to_owned())]);
            // In lower case, as the collation compares.
            starting_so(&format!("{sql} COLLATE NOCASE"), literal_start(pattern).to_ascii_lowercase(), matched)
        } else {
            Fragment::new(format!("soql_upper({sql}) LIKE ? ESCAPE '\\'"), [Value::Text(upper(pattern))])
        })
    }

    fn membership(&self, operand: &Operand<'_>, negated: bool, literals: &[Literal]) -> Result<Fragment, ApiError> {
        let mut values = Vec::new();
        let mut terms = Vec::new();
        for literal in literals {
            match self.bind(operand, literal)? {
                Bound::Value(value) => values.push(value),
                Bound::Range(start, end) => terms.push(within(operand, start, end)),
            }
        }
        match values.pop() {
            Some(value) if values.is_empty() => terms.push(equal(operand, value)),
            Some(value) => {
                values.push(value);
                terms.push(listed(operand, values));
            }
            None => {}
        }
        let found = Fragment::join(terms, " OR ");
        Ok(if negated { found.negated() } else { found })
    }

    fn bind(&self, operand: &Operand<'_>, literal: &Literal) -> Result<Bound, ApiError> {
        let context = self.scope.context;
        value::bind(operand.kind, literal, context.options.now.date_naive()).map_err(|mismatch| match mismatch {
            Mismatch::Type => self.wrong_type(operand),
            Mismatch::Id(id) => {
                context.error(operand.at, "INVALID_QUERY_FILTER_OPERATOR", format!("invalid ID field: {id}"))
            }
            Mismatch::Currency(code) => {
                context.error(operand.at, "INVALID_FIELD", format!("{code} is not an active currency of this org"))
            }
            Mismatch::Period => {
                context.error(operand.at, "NUMBER_OUTSIDE_VALID_RANGE", "date literal is outside the calendar")
            }
        })
    }

    fn wrong_type(&self, operand: &Operand<'_>) -> ApiError {
        let (kind, quotes) = value::described(operand.kind);
        let quotes = if quotes { "should be" } else { "should not be" };
        let name = &operand.column.field.name;
        let message = format!(
            "value of filter criterion for field '{name}' must be of type {kind} and {quotes} enclosed in quotes"
        );
        self.scope.context.error(operand.at, "INVALID_FIELD", message)
    }

    fn invalid_operator(&self, operand: &Operand<'_>) -> ApiError {
        let kind = value::described(operand.kind).0.to_lowercase();
        let message = format!("invalid operator on {kind} field");
        self.scope.context.error(operand.at, "INVALID_QUERY_FILTER_OPERATOR", message)
    }

    fn check_semi_join(&mut self, left: &Expression, in_or: bool) -> Result<(), ApiError> {
        self.semi_joins += 1;
        let refused = match self.clause {
            Clause::InnerWhere => "Nesting of semi join sub-selects is not supported",
            Clause::Having(_) => "Semi join sub-selects are not supported in HAVING",
            Clause::Where if in_or => "Semi join sub-selects are not allowed with the 'OR' operator",
            Clause::Where if self.semi_joins > MAX_SEMI_JOINS => "Maximum 2 semi join sub-selects are allowed",
            Clause::Where => return Ok(()),
        };
        Err(self.scope.context.malformed(left.at(), refused))
    }
}

/// Whether the value is null: in SOQL the empty string is, too.
fn is_null(value: &Value) -> bool {
    matches!(value, Value::Null) || matches!(value, Value::Text(text) if text.is_empty())
}

fn equal(operand: &Operand<'_>, value: Value) -> Fragment {
    if is_null(&value) {
        return Fragment::new(format!("{} IS NULL", operand.sql), []);
    }
    let (sql, value) = folded(operand, value);
    Fragment::new(format!("{sql} = ?"), [value])
}

fn not_equal(operand: &Operand<'_>, value: Value) -> Fragment {
    if is_null(&value) {
        return Fragment::new(format!("{} IS NOT NULL", operand.sql), []);
    }
    let (sql, value) = folded(operand, value);
    Fragment::new(format!("{sql} IS NOT ?"), [value])
}

/// Both sides so that SQLite compares them as SOQL does. ASCII needs no function, so that an index on the column with
/// collation `NOCASE` can serve.
fn folded(operand: &Operand<'_>, value: Value) -> (String, Value) {
    let sql = &operand.sql;
    match value {
        Value::Text(text) if operand.folds_case() && !text.is_ascii() => {
            (format!("soql_upper({sql})"), Value::Text(upper(&text)))
        }
        value if operand.folds_case() => (format!("{sql} COLLATE NOCASE"), value),
        value => (sql.clone(), value),
    }
}

/// `<`, `<=`, `>` or `>=`, in the order of `ORDER BY`.
fn ordered(operand: &Operand<'_>, operator: &str, value: Value) -> Fragment {
    let sql = &operand.sql;
    match value {
        Value::Text(text) if operand.folds_case() => {
            Fragment::new(format!("soql_upper({sql}) {operator} ?"), [Value::Text(upper(&text))])
        }
        value => Fragment::new(format!("{sql} {operator} ?"), [value]),
    }
}

fn within(operand: &Operand<'_>, start: Value, end: Value) -> Fragment {
    let sql = &operand.sql;
    Fragment::new(format!("({sql} >= ? AND {sql} < ?)"), [start, end])
}

/// `IN` with the values as one JSON array: their number has no limit then, and does not change the SQL.
fn listed(operand: &Operand<'_>, values: Vec<Value>) -> Fragment {
    let (nulls, values): (Vec<_>, Vec<_>) = values.into_iter().partition(is_null);
    let fold = operand.folds_case();
    let ascii = values.iter().all(|value| !matches!(value, Value::Text(text) if !text.is_ascii()));
    let json = values.into_iter().map(|value| match value {
        Value::Text(text) if fold && !ascii => upper(&text).into(),
        Value::Text(text) => text.into(),
        Value::Integer(integer) => integer.into(),
        Value::Real(real) => real.into(),
        Value::Null | Value::Blob(_) => serde_json::Value::Null,
    });
    let list = Value::Text(serde_json::Value::Array(json.collect()).to_string());
    let sql = &operand.sql;
    let left = match (fold, ascii) {
        (true, false) => format!("soql_upper({sql})"),
        (true, true) => format!("{sql} COLLATE NOCASE"),
        (false, _) => sql.clone(),
    };
    let found = format!("{left} IN (SELECT value FROM json_each(?))");
    let text = if nulls.is_empty() { found } else { format!("({found} OR {sql} IS NULL)") };
    Fragment::new(text, [list])
}

/// The test of a pattern, and with it the range of what starts as the pattern does: an index can serve that, and plans
/// do not look at the pattern (`store::ddl::connect`).
fn starting_so(sql: &str, start: String, matched: Fragment) -> Fragment {
    let Some(end) = after_all_with(&start) else { return matched };
    let mut range = Fragment::new(format!("({sql} >= ? AND {sql} < ? AND "), [Value::Text(start), Value::Text(end)]);
    range.append(matched);
    range.push(")");
    range
}

/// What a `LIKE` pattern has in front of its first wildcard.
fn literal_start(pattern: &str) -> String {
    let mut start = String::new();
    let mut chars = pattern.chars();
    while let Some(c) = chars.next() {
        match c {
            '%' | '_' => break,
            '\\' => start.extend(chars.next()),
            c => start.push(c),
        }
    }
    start
}

/// The first text behind all that start so, in the order of code points; none where nothing is behind them.
fn after_all_with(start: &str) -> Option<String> {
    let mut chars: Vec<char> = start.chars().collect();
    while let Some(last) = chars.pop() {
        if let Some(next) = (last..=char::MAX).nth(1) {
            chars.push(next);
            return Some(chars.into_iter().collect());
        }
    }
    None
}

/// A `LIKE` pattern for SQLite's `GLOB`, which regards case.
fn glob(pattern: &str) -> String {
    let mut glob = String::new();
    let mut chars = pattern.chars();
    while let Some(c) = chars.next() {
        let literal = match c {
            '%' => {
                glob.push('*');
                continue;
            }
            '_' => {
                glob.push('?');
                continue;
            }
            '\\' => chars.next(),
            c => Some(c),
        };
        match literal {
            Some(c @ ('*' | '?' | '[')) => glob.extend(['[', c, ']']),
            Some(c) => glob.push(c),
            None => {}
        }
    }
    glob
}
