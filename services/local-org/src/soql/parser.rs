//! Recursive-descent parser: text to [`ast::Query`].

mod condition;
mod literal;
mod select;
#[cfg(test)]
mod tests;

use super::ast::{Expression, Function, Name, Path, Place, Query};
use super::failure;
use super::lexer::{self, Token, TokenKind};
use crate::error::ApiError;

/// Longest query, in characters (SOQL and SOSL Reference, "SOQL and SOSL Limits").
const MAX_CHARACTERS: usize = 100_000;

/// Deepest nesting of parentheses, `NOT` and subqueries. It keeps this parser, all that walks the tree, and SQLite
/// (expression depth 1,000) far from their stacks' ends.
const MAX_DEPTH: usize = 64;

/// Words that name neither a field nor an alias.
const RESERVED: [&str; 20] = [
    "AND", "ASC", "DESC", "EXCLUDES", "FIRST", "FROM", "GROUP", "HAVING", "IN", "INCLUDES", "LAST", "LIKE", "LIMIT",
    "NOT", "NULL", "NULLS", "OR", "SELECT", "WHERE", "WITH",
];

/// Further words that end a field list or follow the object, and so are no alias there.
const CLAUSES: [&str; 6] = ["ALL", "FOR", "OFFSET", "ORDER", "UPDATE", "USING"];

/// Parses a query.
///
/// # Errors
/// `MALFORMED_QUERY` or `NUMBER_OUTSIDE_VALID_RANGE`, status 400, with row and column in the message.
pub fn parse(text: &str) -> Result<Query, ApiError> {
    if text.chars().nth(MAX_CHARACTERS).is_some() {
        let message = format!("SOQL statements cannot be longer than {MAX_CHARACTERS} characters.");
        return Err(ApiError::new(400, "MALFORMED_QUERY", message));
    }
    let tokens = lexer::tokens(text)?;
    let mut parser = Parser { text, tokens: &tokens, next: 0, depth: 0 };
    if !parser.peek_word("SELECT") {
        // The one error that a real org gives without a position.
        return Err(ApiError::new(400, "MALFORMED_QUERY", format!("unexpected token: {}", parser.peek_text())));
    }
    let select = parser.select()?;
    match parser.peek().kind {
        TokenKind::End => Ok(Query { text: text.to_owned(), select }),
        _ => Err(parser.unexpected()),
    }
}

struct Parser<'a> {
    text: &'a str,
    tokens: &'a [Token<'a>],
    next: usize,
    depth: usize,
}

/// What stands after the end of all tokens.
const END: Token<'static> = Token { kind: TokenKind::End, text: "", at: Place(usize::MAX) };

impl<'a> Parser<'a> {
    fn peek(&self) -> &'a Token<'a> {
        self.peek_at(0)
    }

    fn peek_at(&self, ahead: usize) -> &'a Token<'a> {
        self.tokens.get(self.next + ahead).or(self.tokens.last()).unwrap_or(&END)
    }

    fn peek_text(&self) -> &'a str {
        let token = self.peek();
        if token.kind == TokenKind::End { "<EOF>" } else { token.text }
    }

    fn peek_word(&self, keyword: &str) -> bool {
        is_word(self.peek(), keyword)
    }

    fn peek_symbol(&self, symbol: &str) -> bool {
        is_symbol(self.peek(), symbol)
    }

    fn advance(&mut self) -> &'a Token<'a> {
        let token = self.peek();
        self.next += 1;
        token
    }

    /// Takes the keyword if it is next.
    fn take_word(&mut self, keyword: &str) -> bool {
        let found = self.peek_word(keyword);
        self.next += usize::from(found);
        found
    }

    /// Takes the symbol if it is next.
    fn take_symbol(&mut self, symbol: &str) -> bool {
        let found = self.peek_symbol(symbol);
        self.next += usize::from(found);
        found
    }

    fn expect_word(&mut self, keyword: &str) -> Result<(), ApiError> {
        if self.take_word(keyword) { Ok(()) } else { Err(self.unexpected()) }
    }

    fn expect_symbol(&mut self, symbol: &str) -> Result<(), ApiError> {
        if self.take_symbol(symbol) { Ok(()) } else { Err(self.unexpected()) }
    }

    /// The error for a token that cannot stand where it does.
    fn unexpected(&self) -> ApiError {
        self.error(self.peek().at, format!("unexpected token: '{}'", self.peek_text()))
    }

    fn error(&self, at: Place, message: impl AsRef<str>) -> ApiError {
        failure::malformed(self.text, at, message)
    }

    /// Runs `parse` one level deeper, or refuses when that is too deep.
    fn nested<T>(&mut self, parse: impl FnOnce(&mut Self) -> Result<T, ApiError>) -> Result<T, ApiError> {
        if self.depth == MAX_DEPTH {
            return Err(self.error(self.peek().at, format!("query is nested more than {MAX_DEPTH} levels deep")));
        }
        self.depth += 1;
        let parsed = parse(self)?;
        self.depth -= 1;
        Ok(parsed)
    }

    /// One or more of something, separated by commas.
    fn list<T>(&mut self, mut parse: impl FnMut(&mut Self) -> Result<T, ApiError>) -> Result<Vec<T>, ApiError> {
        let mut elements = vec![parse(self)?];
        while self.take_symbol(",") {
            elements.push(parse(self)?);
        }
        Ok(elements)
    }

    /// A name that is no keyword.
    fn name(&mut self) -> Result<Name, ApiError> {
        if is_any(self.peek(), &RESERVED) {
            return Err(self.unexpected());
        }
        self.any_name()
    }

    /// A name, even one that is a keyword elsewhere: an object may be called `Group`.
    fn any_name(&mut self) -> Result<Name, ApiError> {
        let token = self.peek();
        if token.kind != TokenKind::Word {
            return Err(self.unexpected());
        }
        self.advance();
        Ok(Name { text: token.text.to_owned(), at: token.at })
    }

    /// A field: names joined by dots, the first of them no keyword.
    fn path(&mut self) -> Result<Path, ApiError> {
        let first = self.name()?;
        self.path_from(first)
    }

    /// The rest of a path after its first name.
    fn path_from(&mut self, mut name: Name) -> Result<Path, ApiError> {
        let mut parents = Vec::new();
        while self.take_symbol(".") {
            parents.push(std::mem::replace(&mut name, self.any_name()?));
        }
        Ok(Path { parents, name })
    }

    /// An alias, if one is next.
    fn alias(&mut self) -> Result<Option<Name>, ApiError> {
        let token = self.peek();
        let is_alias = token.kind == TokenKind::Word && !is_any(token, &RESERVED) && !is_any(token, &CLAUSES);
        is_alias.then(|| self.any_name()).transpose()
    }

    /// A field or a function of one.
    fn expression(&mut self) -> Result<Expression, ApiError> {
        if !is_symbol(self.peek_at(1), "(") {
            return Ok(Expression::Field(self.path()?));
        }
        let at = self.peek().at;
        let name = self.name()?;
        let function = Function::named(&name.text)
            .ok_or_else(|| self.error(at, format!("unsupported function: '{}'", name.text)))?;
        self.expect_symbol("(")?;
        if let Function::Format(_) = function {
            return self.format(at);
        }
        // All users of this org are in GMT, so the time in a user's zone is the time.
        let in_user_zone = matches!(function, Function::DatePart(_))
            && self.peek_word("convertTimezone")
            && is_symbol(self.peek_at(1), "(");
        self.next += if in_user_zone { 2 } else { 0 };
        let argument = self.path()?;
        if in_user_zone {
            self.expect_symbol(")")?;
        }
        if function == Function::Distance {
            self.distance()?;
        }
        self.expect_symbol(")")?;
        Ok(Expression::Call { function, argument, at })
    }

    /// The rest of `FORMAT(…)`: a field, an amount that is converted, or an aggregate function.
    fn format(&mut self, at: Place) -> Result<Expression, ApiError> {
        let mut aggregate = None;
        let nested = is_symbol(self.peek_at(1), "(");
        if nested {
            let (inner_at, name) = (self.peek().at, self.name()?);
            match Function::named(&name.text) {
                Some(Function::Aggregate(function)) => aggregate = Some(function),
                Some(Function::ConvertCurrency) => {}
                _ => return Err(self.error(inner_at, format!("FORMAT() does not take this function: {}", name.text))),
            }
            self.expect_symbol("(")?;
        }
        let argument = self.path()?;
        if nested {
            self.expect_symbol(")")?;
        }
        self.expect_symbol(")")?;
        Ok(Expression::Call { function: Function::Format(aggregate), argument, at })
    }

    /// The rest of `DISTANCE(field, GEOLOCATION(latitude, longitude), 'mi')`.
    fn distance(&mut self) -> Result<(), ApiError> {
        self.expect_symbol(",")?;
        if self.peek_word("GEOLOCATION") && is_symbol(self.peek_at(1), "(") {
            self.next += 2;
            self.literal()?;
            self.expect_symbol(",")?;
            self.literal()?;
            self.expect_symbol(")")?;
        } else {
            self.path()?;
        }
        self.expect_symbol(",")?;
        match &self.peek().kind {
            TokenKind::Text(unit) if matches!(unit.value().as_str(), "mi" | "km") => {
                self.advance();
                Ok(())
            }
            _ => Err(self.unexpected()),
        }
    }

    /// A whole number that is not negative.
    fn count(&mut self) -> Result<u32, ApiError> {
        let token = self.peek();
        let digits = token.kind == TokenKind::Number && token.text.bytes().all(|b| b.is_ascii_digit());
        if !digits {
            return Err(self.unexpected());
        }
        let count = token.text.parse();
        let count = count.map_err(|_| self.error(token.at, format!("numeric value out of range: {}", token.text)))?;
        self.advance();
        Ok(count)
    }
}

fn is_word(token: &Token<'_>, keyword: &str) -> bool {
    token.kind == TokenKind::Word && token.text.eq_ignore_ascii_case(keyword)
}

fn is_any(token: &Token<'_>, keywords: &[&str]) -> bool {
    keywords.iter().any(|keyword| is_word(token, keyword))
}

fn is_symbol(token: &Token<'_>, symbol: &str) -> bool {
    token.kind == TokenKind::Symbol && token.text == symbol
}
