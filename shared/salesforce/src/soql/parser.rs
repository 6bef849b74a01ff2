//! Parses a caller's condition. What it does not know, it refuses: only a tree that was understood is written into a
//! query.

use thiserror::Error;

use super::WhereClause;
use super::ast::{Expr, Literal, Operand, Operator, Select, SetOperator};
use super::fields::Seen;
use super::lexer::{Kind, LexError, Lexer, Token};
use super::literal::{self, NotANumber};
use super::names::{self, is_reserved};

/// Longest condition that is accepted, in characters, as it is written and in its normal form.
pub const MAX_WHERE_CHARS: usize = 4_000;

/// Deepest nesting of parentheses, `NOT` and subqueries that is accepted.
pub const MAX_DEPTH: usize = 32;

/// Most subqueries ("Semi-Joins with IN and Anti-Joins with NOT IN", SOQL and SOSL Reference).
pub const MAX_SEMI_JOINS: usize = 2;

/// A field may be reached over this many relationships ("Relationship Query Limitations").
const MAX_RELATIONSHIPS: usize = 5;

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
/// | accepted | |
/// |---|---|
/// | left sides | fields, over up to five relationships; date functions of a field, with `convertTimezone` too; `toLabel` |
/// | operators | `=`, `!=`, `<>`, `<`, `<=`, `>`, `>=`, `LIKE`, `IN`, `NOT IN`, `INCLUDES`, `EXCLUDES` |
/// | values | text, numbers, amounts of a currency (`USD5000`), dates, date-times, date literals, `TRUE`, `FALSE`, `NULL` |
/// | subqueries | `Id IN (SELECT OpportunityId FROM Quote WHERE …)` and `NOT IN`: two at most, not beside `OR`, under `NOT` or in each other |
/// | logic | `AND`, `OR`, `NOT`, parentheses; `AND` and `OR` together need parentheses |
///
/// Everything else is refused: other clauses, other functions, comments, bind variables. The function is pure, and takes
/// any text.
///
/// # Errors
/// [`WhereError`] with the position of the first thing that cannot be accepted.
pub fn parse_where(text: &str) -> Result<WhereClause, WhereError> {
    parse_checked(text).map_err(|LexError { start, message }| {
        let before = text.get(..start).unwrap_or(text);
        WhereError { byte: start, position: before.chars().count() + 1, message }
    })
}

/// Whoever gets the normal form must be able to parse it again, though it may be longer and have more parentheses.
fn parse_checked(text: &str) -> Result<WhereClause, LexError> {
    let clause = parse(text)?;
    match parse(&clause.to_string()) {
        Ok(again) if again == clause => Ok(clause),
        Ok(_) => refuse(0, "the condition is ambiguous"),
        Err(LexError { message, .. }) => refuse(0, format!("written out in full, {message}")),
    }
}

fn parse(text: &str) -> Result<WhereClause, LexError> {
    if let Some((start, _)) = text.char_indices().nth(MAX_WHERE_CHARS) {
        return refuse(start, format!("the condition is longer than {MAX_WHERE_CHARS} characters"));
    }
    let mut lexer = Lexer::new(text);
    let token = lexer.next()?;
    let seen = Seen::default();
    let mut parser = Parser { lexer, token, depth: 0, semi_joins: Vec::new(), in_subquery: false, seen };
    match parser.token.kind {
        Kind::End => return refuse(token.start, "the condition is empty"),
        Kind::Word(word) if word.eq_ignore_ascii_case("WHERE") => {
            return refuse(token.start, "give the condition without the word WHERE");
        }
        _ => {}
    }
    let expr = parser.expression()?;
    match parser.token.kind {
        Kind::End => Ok(WhereClause { expr, fields: parser.seen.placed(text) }),
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
    /// Where the subqueries so far begin.
    semi_joins: Vec<usize>,
    in_subquery: bool,
    /// The fields so far.
    seen: Seen,
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
        let semi_joins = self.semi_joins.len();
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
        if connective == "AND" {
            return Ok(Expr::and(parts));
        }
        self.no_semi_join_since(semi_joins, "stand beside OR")?;
        Ok(Expr::or(parts))
    }

    /// Refuses the first subquery after the first `known` ones.
    fn no_semi_join_since(&self, known: usize, what: &str) -> Result<(), LexError> {
        self.semi_joins.get(known).map_or(Ok(()), |start| refuse(*start, format!("a subquery cannot {what}")))
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
            let semi_joins = self.semi_joins.len();
            let inner = self.operand()?;
            self.no_semi_join_since(semi_joins, "stand under NOT: write NOT IN, or IN")?;
            Expr::Not(Box::new(inner))
        } else {
            self.comparison()?
        };
        self.depth -= 1;
        Ok(expr)
    }

    fn comparison(&mut self) -> Result<Expr, LexError> {
        let start = self.token.start;
        let left = self.left()?;
        if let Kind::Operator(operator) = self.token.kind {
            self.take()?;
            return Ok(Expr::Compare { left, operator, value: self.literal()? });
        }
        if self.at_word("LIKE") {
            self.take()?;
            return Ok(Expr::Compare { left, operator: Operator::Like, value: self.text()? });
        }
        let operator = self.set_operator()?;
        self.expect(Kind::Open, "`(`")?;
        let only_text = matches!(operator, SetOperator::Includes | SetOperator::Excludes);
        if self.at_word("SELECT") && !only_text {
            let Operand::Field(field) = left else { return refuse(start, LEFT_OF_SUBQUERY) };
            if field.contains('.') {
                return refuse(start, LEFT_OF_SUBQUERY);
            }
            let select = self.select()?;
            return Ok(Expr::SemiJoin { field, negated: operator == SetOperator::NotIn, select });
        }
        let mut values = Vec::new();
        loop {
            values.push(if only_text { self.text()? } else { self.literal()? });
            if self.token.kind != Kind::Comma {
                break;
            }
            self.take()?;
        }
        self.expect(Kind::Close, "`,` or `)`")?;
        Ok(Expr::Member { left, operator, values })
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

    /// `SELECT field FROM object [WHERE expression] )`: all that a semi-join may hold.
    fn select(&mut self) -> Result<Select, LexError> {
        let start = self.token.start;
        if self.in_subquery {
            return refuse(start, "a subquery cannot hold another");
        }
        if self.semi_joins.len() == MAX_SEMI_JOINS {
            return refuse(start, format!("at most {MAX_SEMI_JOINS} subqueries are possible"));
        }
        self.semi_joins.push(start);
        self.take()?;
        let (field_at, known) = (self.token.start, self.seen.count());
        let Operand::Field(field) = self.left()? else {
            return refuse(field_at, "a subquery selects a field, not a function");
        };
        if field.contains('.') {
            return refuse(field_at, "a subquery selects a field of the subquery's own object");
        }
        if self.token.kind == Kind::Comma {
            return refuse(self.token.start, "a subquery selects one field");
        }
        if !self.at_word("FROM") {
            return self.unexpected("FROM");
        }
        self.take()?;
        let object = self.object()?;
        let filter = if self.at_word("WHERE") {
            self.take()?;
            self.in_subquery = true;
            let filter = self.expression()?;
            self.in_subquery = false;
            Some(Box::new(filter))
        } else {
            None
        };
        match self.token.kind {
            Kind::Word(word) if is_reserved(word) => {
                refuse(self.token.start, format!("`{}` is not allowed in a subquery", shorten(word)))
            }
            _ if filter.is_some() => self.expect(Kind::Close, "AND, OR or `)`"),
            _ => self.expect(Kind::Close, "WHERE or `)`"),
        }?;
        self.seen.belong_to(known, &object);
        Ok(Select { field, object, filter })
    }

    fn object(&mut self) -> Result<String, LexError> {
        let Kind::Word(word) = self.token.kind else { return self.unexpected("an object") };
        if !names::is_object(word) {
            if is_reserved(word) {
                return self.unexpected("an object");
            }
            return refuse(self.token.start, format!("`{}` is not an object", shorten(word)));
        }
        self.take()?;
        Ok(word.to_owned())
    }

    /// A field, or a function of one.
    fn left(&mut self) -> Result<Operand, LexError> {
        let Token { start, .. } = self.token;
        let field = self.field()?;
        if self.token.kind != Kind::Open {
            self.seen.add(start, &field);
            return Ok(Operand::Field(field));
        }
        let Some((function, takes_dates)) = names::function(&field) else {
            return refuse(start, format!("`{}` is not a function that a condition can use", shorten(&field)));
        };
        self.take()?;
        let mut argument_at = self.token.start;
        let mut field = self.field()?;
        let in_user_zone = takes_dates && field.eq_ignore_ascii_case(names::USER_ZONE) && self.token.kind == Kind::Open;
        if in_user_zone {
            self.take()?;
            argument_at = self.token.start;
            field = self.field()?;
            self.expect(Kind::Close, "`)`")?;
        } else if self.token.kind == Kind::Open {
            let message = format!("`{}` is not a function that `{function}` can have in it", shorten(&field));
            return refuse(argument_at, message);
        }
        self.expect(Kind::Close, "`)`")?;
        self.seen.add(argument_at, &field);
        Ok(Operand::Call { function, field, in_user_zone })
    }

    fn field(&mut self) -> Result<String, LexError> {
        let start = self.token.start;
        let Kind::Word(word) = self.token.kind else { return self.unexpected("a field") };
        if is_reserved(word) {
            return self.unexpected("a field");
        }
        self.take()?;
        if !word.split('.').all(names::is_name) {
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
            Kind::Number(text) => match literal::number_or_date(text) {
                Ok(spelled) => spelled,
                Err(NotANumber::Unexpected(wanted)) => return self.unexpected(wanted),
                Err(NotANumber::OutOfRange(message)) => return refuse(self.token.start, message),
            },
            Kind::Word(word) => match literal::word(word) {
                Some(spelled) => spelled,
                None if is_reserved(word) => return self.unexpected("a value"),
                None => return self.unexpected("a value (text needs single quotes)"),
            },
            _ => return self.unexpected("a value"),
        };
        self.take()?;
        Ok(Literal::Bare(bare))
    }
}

const LEFT_OF_SUBQUERY: &str = "left of a subquery stands Id or a reference of the object itself";

fn refuse<T>(start: usize, message: impl Into<String>) -> Result<T, LexError> {
    Err(LexError { start, message: message.into() })
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
