//! Parses a caller's condition. What it does not know, it refuses: only a tree that was understood is written into a
//! query.

use chrono::{DateTime, NaiveDate};
use thiserror::Error;

use super::WhereClause;
use super::ast::{Expr, Literal, Operator, SetOperator};
use super::lexer::{Kind, LexError, Lexer, Token};

/// Longest condition that is accepted, in characters.
pub const MAX_WHERE_CHARS: usize = 4_000;

/// Deepest nesting of parentheses and `NOT` that is accepted.
pub const MAX_DEPTH: usize = 32;

/// A field may be reached over this many relationships ("Relationship Query Limitations").
const MAX_RELATIONSHIPS: usize = 5;

/// Words that begin or join another part of a query, or belong to the grammar, and so name no field.
const RESERVED: &[&str] = &[
    "ALL", "AND", "ASC", "DESC", "EXCLUDES", "FOR", "FROM", "GROUP", "HAVING", "IN", "INCLUDES", "LIKE", "LIMIT",
    "NOT", "NULL", "NULLS", "OFFSET", "OR", "ORDER", "SELECT", "TRUE", "FALSE", "TYPEOF", "UNION", "UPDATE", "USING",
    "WHERE", "WITH",
];

/// Where and why a condition is refused.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[error("at character {position}: {message}")]
pub struct WhereError {
    /// Byte at which the trouble begins, from 0.
    pub byte: usize,
    /// Character at which the trouble begins, from 1.
    pub position: usize,
    /// What the trouble is.
    pub message: String,
}

/// Parses one boolean expression over fields, as it stands after `WHERE`.
///
/// Fields (with relationship paths), comparison operators, `LIKE`, `IN`, `NOT IN`, `INCLUDES`, `EXCLUDES`, `AND`, `OR`,
/// `NOT`, parentheses and literals are accepted. Other clauses, subqueries, functions, comments and bind variables are
/// not, nor are `AND` and `OR` mixed without parentheses.
///
/// # Errors
/// [`WhereError`] with the position of the first thing that cannot be accepted.
pub fn parse_where(text: &str) -> Result<WhereClause, WhereError> {
    parse(text).map_err(|LexError { start, message }| {
        let before = text.get(..start).unwrap_or(text);
        WhereError { byte: start, position: before.chars().count() + 1, message }
    })
}

fn parse(text: &str) -> Result<WhereClause, LexError> {
    if let Some((start, _)) = text.char_indices().nth(MAX_WHERE_CHARS) {
        return refuse(start, format!("the condition is longer than {MAX_WHERE_CHARS} characters"));
    }
    let mut lexer = Lexer::new(text);
    let token = lexer.next()?;
    let mut parser = Parser { lexer, token, depth: 0 };
    match parser.token.kind {
        Kind::End => return refuse(token.start, "the condition is empty"),
        Kind::Word(word) if word.eq_ignore_ascii_case("WHERE") => {
            return refuse(token.start, "give the condition without the word WHERE");
        }
        _ => {}
    }
    let expr = parser.expression()?;
    match parser.token.kind {
        Kind::End => Ok(WhereClause(expr)),
        Kind::Close => refuse(parser.token.start, "this parenthesis closes none"),
        Kind::Word(word) if is_reserved(word) => {
            refuse(parser.token.start, format!("`{}` is not allowed here: give one condition only", shorten(word)))
        }
        other => refuse(parser.token.start, format!("expected AND, OR or the end, found {}", describe(other))),
    }
}

struct Parser<'a> {
    lexer: Lexer<'a>,
    token: Token<'a>,
    depth: usize,
}

impl<'a> Parser<'a> {
    /// Returns the current token and reads the next.
    fn take(&mut self) -> Result<Token<'a>, LexError> {
        let next = self.lexer.next()?;
        Ok(std::mem::replace(&mut self.token, next))
    }

    fn at_word(&self, keyword: &str) -> bool {
        matches!(self.token.kind, Kind::Word(word) if word.eq_ignore_ascii_case(keyword))
    }

    fn unexpected<T>(&self, wanted: &str) -> Result<T, LexError> {
        refuse(self.token.start, format!("expected {wanted}, found {}", describe(self.token.kind)))
    }

    fn expect(&mut self, kind: Kind<'_>, wanted: &str) -> Result<(), LexError> {
        if self.token.kind != kind {
            return self.unexpected(wanted);
        }
        self.take().map(|_| ())
    }

    /// `operand { AND operand }` or `operand { OR operand }`.
    fn expression(&mut self) -> Result<Expr, LexError> {
        let first = self.operand()?;
        let (connective, other) = match (self.at_word("AND"), self.at_word("OR")) {
            (true, _) => ("AND", "OR"),
            (_, true) => ("OR", "AND"),
            _ => return Ok(first),
        };
        let mut parts = vec![first];
        while self.at_word(connective) {
            self.take()?;
            parts.push(self.operand()?);
        }
        if self.at_word(other) {
            return refuse(self.token.start, "AND and OR together need parentheses");
        }
        Ok(if connective == "AND" { Expr::And(parts) } else { Expr::Or(parts) })
    }

    /// `( expression )`, `NOT operand` or a comparison.
    fn operand(&mut self) -> Result<Expr, LexError> {
        if self.depth >= MAX_DEPTH {
            return refuse(self.token.start, format!("the condition is nested deeper than {MAX_DEPTH} levels"));
        }
        self.depth += 1;
        let expr = if self.token.kind == Kind::Open {
            self.take()?;
            let expr = self.expression()?;
            self.expect(Kind::Close, "`)`")?;
            expr
        } else if self.at_word("NOT") {
            self.take()?;
            Expr::Not(Box::new(self.operand()?))
        } else {
            self.comparison()?
        };
        self.depth -= 1;
        Ok(expr)
    }

    fn comparison(&mut self) -> Result<Expr, LexError> {
        let field = self.field()?;
        if let Kind::Operator(operator) = self.token.kind {
            self.take()?;
            return Ok(Expr::Compare { field, operator, value: self.literal()? });
        }
        if self.at_word("LIKE") {
            self.take()?;
            return Ok(Expr::Compare { field, operator: Operator::Like, value: self.text()? });
        }
        let operator = self.set_operator()?;
        self.expect(Kind::Open, "`(`")?;
        if self.at_word("SELECT") {
            return refuse(self.token.start, "subqueries are not supported");
        }
        let only_text = matches!(operator, SetOperator::Includes | SetOperator::Excludes);
        let mut values = Vec::new();
        loop {
            values.push(if only_text { self.text()? } else { self.literal()? });
            if self.token.kind != Kind::Comma {
                break;
            }
            self.take()?;
        }
        self.expect(Kind::Close, "`,` or `)`")?;
        Ok(Expr::Member { field, operator, values })
    }

    fn set_operator(&mut self) -> Result<SetOperator, LexError> {
        let plain = [("IN", SetOperator::In), ("INCLUDES", SetOperator::Includes), ("EXCLUDES", SetOperator::Excludes)];
        if let Some((_, operator)) = plain.iter().find(|(word, _)| self.at_word(word)) {
            self.take()?;
            return Ok(*operator);
        }
        if !self.at_word("NOT") {
            return self.unexpected("an operator");
        }
        self.take()?;
        if !self.at_word("IN") {
            return self.unexpected("IN");
        }
        self.take()?;
        Ok(SetOperator::NotIn)
    }

    fn field(&mut self) -> Result<String, LexError> {
        let start = self.token.start;
        let Kind::Word(word) = self.token.kind else { return self.unexpected("a field") };
        if is_reserved(word) {
            return self.unexpected("a field");
        }
        self.take()?;
        if self.token.kind == Kind::Open {
            return refuse(start, "functions are not supported");
        }
        let name_ok = |name: &str| {
            name.starts_with(|c: char| c.is_ascii_alphabetic())
                && name.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'_')
        };
        if !word.split('.').all(name_ok) {
            return refuse(start, format!("`{}` is not a field", shorten(word)));
        }
        if word.split('.').count() > MAX_RELATIONSHIPS + 1 {
            return refuse(start, format!("a field can be at most {MAX_RELATIONSHIPS} relationships away"));
        }
        Ok(word.to_owned())
    }

    fn text(&mut self) -> Result<Literal, LexError> {
        match self.token.kind {
            Kind::Text(text) => {
                self.take()?;
                Ok(Literal::Text(text.to_owned()))
            }
            _ => self.unexpected("text in single quotes"),
        }
    }

    fn literal(&mut self) -> Result<Literal, LexError> {
        let bare = match self.token.kind {
            Kind::Text(_) => return self.text(),
            Kind::Number(text) if is_number(text) || is_date(text) => text.to_owned(),
            Kind::Number(_) => return self.unexpected("a number, a date or a date and time"),
            Kind::Word(word) if is_constant(word) || is_date_literal(word) => word.to_ascii_uppercase(),
            Kind::Word(word) if !is_reserved(word) => return self.unexpected("a value (text needs single quotes)"),
            _ => return self.unexpected("a value"),
        };
        self.take()?;
        Ok(Literal::Bare(bare))
    }
}

fn refuse<T>(start: usize, message: impl Into<String>) -> Result<T, LexError> {
    Err(LexError { start, message: message.into() })
}

fn is_reserved(word: &str) -> bool {
    RESERVED.iter().any(|reserved| word.eq_ignore_ascii_case(reserved))
}

fn is_constant(word: &str) -> bool {
    ["TRUE", "FALSE", "NULL"].iter().any(|constant| word.eq_ignore_ascii_case(constant))
}

/// `[+-]digits[.digits]`
fn is_number(text: &str) -> bool {
    let unsigned = text.strip_prefix(['+', '-']).unwrap_or(text);
    let digits = |part: &str| !part.is_empty() && part.bytes().all(|b| b.is_ascii_digit());
    unsigned.split_once('.').map_or_else(|| digits(unsigned), |(whole, part)| digits(whole) && digits(part))
}

/// `2026-01-31`, or with a time and a zone: `2026-01-31T12:00:00Z`, `…+01:00`.
fn is_date(text: &str) -> bool {
    let year_ok = text.len() >= 10 && text.starts_with(|c: char| c.is_ascii_digit());
    let date = || text.len() == 10 && NaiveDate::parse_from_str(text, "%Y-%m-%d").is_ok();
    year_ok && (date() || DateTime::parse_from_rfc3339(text).is_ok())
}

/// "Date Formats and Date Literals in WHERE", SOQL and SOSL Reference.
fn is_date_literal(word: &str) -> bool {
    const DAYS: &[&str] = &["TODAY", "YESTERDAY", "TOMORROW", "LAST_90_DAYS", "NEXT_90_DAYS"];
    const UNITS: &[&str] = &["WEEK", "MONTH", "QUARTER", "YEAR", "FISCAL_QUARTER", "FISCAL_YEAR"];
    const COUNTED: &[&str] = &["DAYS", "WEEKS", "MONTHS", "QUARTERS", "YEARS", "FISCAL_QUARTERS", "FISCAL_YEARS"];
    let word = word.to_ascii_uppercase();
    let Some((name, count)) = word.split_once(':') else {
        let unit = ["LAST_", "THIS_", "NEXT_"].iter().find_map(|prefix| word.strip_prefix(prefix));
        return DAYS.contains(&word.as_str()) || unit.is_some_and(|unit| UNITS.contains(&unit));
    };
    let ahead = ["LAST_N_", "NEXT_N_"].iter().find_map(|prefix| name.strip_prefix(prefix));
    let unit = ahead.or_else(|| name.strip_prefix("N_").and_then(|rest| rest.strip_suffix("_AGO")));
    let count_ok = (1..=9).contains(&count.len()) && count.bytes().all(|b| b.is_ascii_digit());
    count_ok && unit.is_some_and(|unit| COUNTED.contains(&unit))
}

fn describe(kind: Kind<'_>) -> String {
    match kind {
        Kind::Word(word) | Kind::Number(word) => format!("`{}`", shorten(word)),
        Kind::Text(text) => format!("`'{}'`", shorten(text)),
        Kind::Operator(operator) => format!("`{operator}`"),
        Kind::Open => "`(`".to_owned(),
        Kind::Close => "`)`".to_owned(),
        Kind::Comma => "`,`".to_owned(),
        Kind::End => "the end".to_owned(),
    }
}

/// Enough of a caller's text to recognize it in a message.
fn shorten(text: &str) -> String {
    const ENOUGH: usize = 40;
    match text.char_indices().nth(ENOUGH) {
        Some((end, _)) => format!("{}…", text.get(..end).unwrap_or_default()),
        None => text.to_owned(),
    }
}
