//! The WHERE clause that a caller sends: one boolean expression and nothing else.

use super::lexer::{Spanned, Token, lex};
use chrono::{DateTime, NaiveDate};
use std::fmt;

/// Longest clause (SOQL and SOSL Reference, limits).
const MAX_LENGTH: usize = 4_000;
/// Deepest nesting of parentheses and NOT.
const MAX_DEPTH: usize = 32;

/// A boolean expression over fields. `Display` gives it back in normal form, which reads as the same expression.
#[derive(Debug, Clone, PartialEq)]
pub struct WhereClause(pub(super) Expression);

#[derive(Debug, Clone, PartialEq)]
pub(super) enum Expression {
    All(Vec<Expression>),
    Any(Vec<Expression>),
    Not(Box<Expression>),
    Compare { field: String, operator: &'static str, value: Value },
}

#[derive(Debug, Clone, PartialEq)]
pub(super) enum Value {
    /// String, number, date, boolean, null or date literal, as SOQL writes it.
    One(String),
    List(Vec<String>),
}

/// Why a clause is refused, and where.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{message} (at character {character})")]
pub struct WhereError {
    /// Byte offset in the clause.
    pub offset: usize,
    /// The same place counted in characters from 1.
    pub character: usize,
    /// What is wrong.
    pub message: String,
}

impl WhereError {
    pub(super) fn at(text: &str, offset: usize, message: impl Into<String>) -> Self {
        let character = text.char_indices().take_while(|(at, _)| *at < offset).count() + 1;
        Self { offset, character, message: message.into() }
    }
}

/// Reads a clause such as `StageName = 'Closed Won' AND Amount > 1000`.
///
/// # Errors
/// [`WhereError`] for everything that is not exactly one boolean expression: comments, `LIMIT` and other clauses, open
/// quotes or parentheses, subqueries, bind variables, `AND` mixed with `OR` without parentheses.
pub fn parse_where(text: &str) -> Result<WhereClause, WhereError> {
    if text.chars().count() > MAX_LENGTH {
        return Err(WhereError::at(text, 0, format!("the clause is longer than {MAX_LENGTH} characters")));
    }
    let mut parser = Parser { text, tokens: lex(text)?, next: 0 };
    let expression = parser.expression(0)?;
    match parser.peek() {
        None => Ok(WhereClause(expression)),
        Some(Token::Symbol(")")) => Err(parser.fail("this parenthesis closes nothing")),
        Some(_) => Err(parser.fail("expected the end of the clause, AND or OR")),
    }
}

struct Parser<'a> {
    text: &'a str,
    tokens: Vec<Spanned>,
    next: usize,
}

impl Parser<'_> {
    fn peek(&self) -> Option<&Token> {
        self.tokens.get(self.next).map(|(_, token)| token)
    }

    fn fail(&self, message: impl Into<String>) -> WhereError {
        let offset = self.tokens.get(self.next).map_or(self.text.len(), |(offset, _)| *offset);
        WhereError::at(self.text, offset, message)
    }

    /// Takes the word when it is this keyword.
    fn keyword(&mut self, keyword: &str) -> bool {
        let found = matches!(self.peek(), Some(Token::Word(word)) if word.eq_ignore_ascii_case(keyword));
        self.next += usize::from(found);
        found
    }

    fn symbol(&mut self, symbol: &str) -> bool {
        let found = matches!(self.peek(), Some(Token::Symbol(found)) if *found == symbol);
        self.next += usize::from(found);
        found
    }

    fn expression(&mut self, depth: usize) -> Result<Expression, WhereError> {
        let first = self.operand(depth)?;
        let all = match self.peek() {
            Some(Token::Word(word)) if word.eq_ignore_ascii_case("AND") => true,
            Some(Token::Word(word)) if word.eq_ignore_ascii_case("OR") => false,
            _ => return Ok(first),
        };
        let (own, other) = if all { ("AND", "OR") } else { ("OR", "AND") };
        let mut operands = vec![first];
        while self.keyword(own) {
            operands.push(self.operand(depth)?);
        }
        if matches!(self.peek(), Some(Token::Word(word)) if word.eq_ignore_ascii_case(other)) {
            return Err(self.fail("AND and OR need parentheses when both are used"));
        }
        Ok(if all { Expression::All(operands) } else { Expression::Any(operands) })
    }

    fn operand(&mut self, depth: usize) -> Result<Expression, WhereError> {
        if depth >= MAX_DEPTH {
            return Err(self.fail(format!("more than {MAX_DEPTH} levels of parentheses")));
        }
        if self.keyword("NOT") {
            return Ok(Expression::Not(Box::new(self.operand(depth + 1)?)));
        }
        if self.symbol("(") {
            let inner = self.expression(depth + 1)?;
            return if self.symbol(")") { Ok(inner) } else { Err(self.fail("expected a closing parenthesis")) };
        }
        self.comparison()
    }

    fn comparison(&mut self) -> Result<Expression, WhereError> {
        let field = match self.peek() {
            Some(Token::Word(word)) if is_field(word) => word.clone(),
            Some(Token::Word(word)) if is_reserved(word) => {
                return Err(self.fail(format!("expected a condition before {}", word.to_ascii_uppercase())));
            }
            _ => return Err(self.fail("expected a field, NOT or a parenthesis")),
        };
        self.next += 1;
        let operator = self.operator(&field)?;
        let value = if matches!(operator, "IN" | "NOT IN" | "INCLUDES" | "EXCLUDES") {
            Value::List(self.list()?)
        } else {
            Value::One(self.literal(operator == "LIKE")?)
        };
        Ok(Expression::Compare { field, operator, value })
    }

    fn operator(&mut self, field: &str) -> Result<&'static str, WhereError> {
        for (symbol, operator) in
            [("=", "="), ("!=", "!="), ("<>", "!="), ("<=", "<="), (">=", ">="), ("<", "<"), (">", ">")]
        {
            if self.symbol(symbol) {
                return Ok(operator);
            }
        }
        for operator in ["LIKE", "IN", "INCLUDES", "EXCLUDES"] {
            if self.keyword(operator) {
                return Ok(operator);
            }
        }
        if self.keyword("NOT") {
            return if self.keyword("IN") { Ok("NOT IN") } else { Err(self.fail("expected IN after NOT")) };
        }
        match self.peek() {
            Some(Token::Symbol("(")) => Err(self.fail(format!("functions such as {field}() are not allowed"))),
            _ => Err(self.fail(format!("expected an operator after {field}"))),
        }
    }

    fn list(&mut self) -> Result<Vec<String>, WhereError> {
        if !self.symbol("(") {
            return Err(self.fail("expected a list in parentheses"));
        }
        if matches!(self.peek(), Some(Token::Word(word)) if word.eq_ignore_ascii_case("SELECT")) {
            return Err(self.fail("subqueries are not allowed"));
        }
        let mut values = vec![self.literal(false)?];
        while self.symbol(",") {
            values.push(self.literal(false)?);
        }
        if self.symbol(")") { Ok(values) } else { Err(self.fail("expected a comma or a closing parenthesis")) }
    }

    fn literal(&mut self, text_only: bool) -> Result<String, WhereError> {
        let literal = match self.peek() {
            Some(Token::Text(text)) => text.clone(),
            _ if text_only => return Err(self.fail("LIKE needs a string")),
            Some(Token::Number(number)) if is_number(number) || is_date(number) => number.clone(),
            Some(Token::Number(number)) => return Err(self.fail(format!("{number} is no number, date or date-time"))),
            Some(Token::Word(word)) => date_or_constant(word)
                .ok_or_else(|| self.fail(format!("{word} is no value; strings need single quotes")))?,
            _ => return Err(self.fail("expected a value")),
        };
        self.next += 1;
        Ok(literal)
    }
}

fn is_reserved(word: &str) -> bool {
    const RESERVED: [&str; 22] = [
        "AND", "OR", "NOT", "IN", "LIKE", "INCLUDES", "EXCLUDES", "SELECT", "FROM", "WHERE", "LIMIT", "OFFSET",
        "ORDER", "GROUP", "HAVING", "FOR", "WITH", "USING", "NULL", "TRUE", "FALSE", "TYPEOF",
    ];
    RESERVED.iter().any(|reserved| word.eq_ignore_ascii_case(reserved))
}

/// A field with at most five parents before it.
fn is_field(word: &str) -> bool {
    let parts: Vec<_> = word.split('.').collect();
    parts.len() <= 6
        && parts.iter().all(|part| {
            part.starts_with(|c: char| c.is_ascii_alphabetic())
                && part.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'_')
                && !is_reserved(part)
        })
}

fn is_number(text: &str) -> bool {
    let digits = text.trim_start_matches(['-', '+']);
    text.len() - digits.len() <= 1
        && digits.len() <= 30
        && digits.bytes().filter(|b| *b == b'.').count() <= 1
        && digits.starts_with(|c: char| c.is_ascii_digit())
        && digits.ends_with(|c: char| c.is_ascii_digit())
        && digits.bytes().all(|b| b.is_ascii_digit() || b == b'.')
}

fn is_date(text: &str) -> bool {
    NaiveDate::parse_from_str(text, "%Y-%m-%d").is_ok_and(|_| text.len() == 10)
        || DateTime::parse_from_rfc3339(text).is_ok()
}

/// `TRUE`, `null`, `TODAY`, `LAST_N_DAYS:30` … in upper case (SOQL and SOSL Reference, "Date Formats and Date Literals").
fn date_or_constant(word: &str) -> Option<String> {
    let word = word.to_ascii_uppercase();
    let known = match word.split_once(':') {
        None => {
            matches!(
                word.as_str(),
                "NULL" | "TRUE" | "FALSE" | "TODAY" | "YESTERDAY" | "TOMORROW" | "LAST_90_DAYS" | "NEXT_90_DAYS"
            ) || word.split_once('_').is_some_and(|(when, unit)| {
                matches!(when, "LAST" | "THIS" | "NEXT")
                    && matches!(unit, "WEEK" | "MONTH" | "QUARTER" | "YEAR" | "FISCAL_QUARTER" | "FISCAL_YEAR")
            })
        }
        Some((name, count)) => {
            const UNITS: [&str; 6] = ["DAYS", "WEEKS", "MONTHS", "QUARTERS", "YEARS", "FISCAL_QUARTERS"];
            let unit = name
                .strip_prefix("LAST_N_")
                .or_else(|| name.strip_prefix("NEXT_N_"))
                .or_else(|| name.strip_prefix("N_").and_then(|rest| rest.strip_suffix("_AGO")));
            unit.is_some_and(|unit| UNITS.contains(&unit) || unit == "FISCAL_YEARS")
                && (1..=5).contains(&count.len())
                && count.bytes().all(|b| b.is_ascii_digit())
        }
    };
    known.then_some(word)
}

impl fmt::Display for WhereClause {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl fmt::Display for Expression {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let joined = |f: &mut fmt::Formatter<'_>, operands: &[Self], word: &str| {
            operands.iter().enumerate().try_for_each(|(index, operand)| {
                let before = if index == 0 { "" } else { word };
                match operand {
                    Self::All(_) | Self::Any(_) => write!(f, "{before}({operand})"),
                    _ => write!(f, "{before}{operand}"),
                }
            })
        };
        match self {
            Self::All(operands) => joined(f, operands, " AND "),
            Self::Any(operands) => joined(f, operands, " OR "),
            Self::Not(operand) => write!(f, "(NOT ({operand}))"),
            Self::Compare { field, operator, value: Value::One(value) } => write!(f, "{field} {operator} {value}"),
            Self::Compare { field, operator, value: Value::List(values) } => {
                write!(f, "{field} {operator} ({})", values.join(","))
            }
        }
    }
}
