//! Boolean expressions of `WHERE` and `HAVING`.

use super::super::ast::{Comparison, Condition, Literal, Test};
use super::super::lexer::TokenKind;
use super::{Parser, is_word};
use crate::error::ApiError;

impl Parser<'_> {
    /// Terms joined by `AND` only or by `OR` only: mixing the two needs parentheses.
    pub(super) fn condition(&mut self) -> Result<Condition, ApiError> {
        let first = self.term()?;
        let (keyword, other) = if self.peek_word("AND") { ("AND", "OR") } else { ("OR", "AND") };
        let mut terms = vec![first];
        while self.take_word(keyword) {
            terms.push(self.term()?);
        }
        if self.peek_word(other) {
            return Err(self.unexpected());
        }
        if terms.len() > 1 {
            return Ok(if keyword == "AND" { Condition::And(terms) } else { Condition::Or(terms) });
        }
        terms.pop().ok_or_else(|| self.unexpected())
    }

    fn term(&mut self) -> Result<Condition, ApiError> {
        if self.take_word("NOT") {
            return Ok(Condition::Not(Box::new(self.nested(Self::term)?)));
        }
        if self.take_symbol("(") {
            let condition = self.nested(Self::condition)?;
            self.expect_symbol(")")?;
            return Ok(condition);
        }
        Ok(Condition::Test { operand: self.expression()?, test: self.test()? })
    }

    fn test(&mut self) -> Result<Test, ApiError> {
        if let Some(comparison) = self.comparison() {
            self.advance();
            return Ok(Test::Compare(comparison, self.literal()?));
        }
        if self.take_word("LIKE") {
            return Ok(Test::Like(self.literal()?));
        }
        if self.take_word("IN") {
            return self.membership(false);
        }
        if self.peek_word("NOT") && is_word(self.peek_at(1), "IN") {
            self.next += 2;
            return self.membership(true);
        }
        if self.peek_word("INCLUDES") || self.peek_word("EXCLUDES") {
            let negated = self.peek_word("EXCLUDES");
            self.advance();
            self.expect_symbol("(")?;
            return Ok(Test::Includes { negated, values: self.values()? });
        }
        Err(self.unexpected())
    }

    fn comparison(&self) -> Option<Comparison> {
        let token = self.peek();
        if token.kind != TokenKind::Symbol {
            return None;
        }
        Some(match token.text {
            "=" => Comparison::Equal,
            "!=" | "<>" => Comparison::NotEqual,
            "<" => Comparison::Less,
            "<=" => Comparison::LessOrEqual,
            ">" => Comparison::Greater,
            ">=" => Comparison::GreaterOrEqual,
            _ => return None,
        })
    }

    fn membership(&mut self, negated: bool) -> Result<Test, ApiError> {
        if self.peek_symbol(":") {
            return Err(self.bind_variable());
        }
        self.expect_symbol("(")?;
        if !self.peek_word("SELECT") {
            return Ok(Test::In { negated, values: self.values()? });
        }
        let select = self.nested(Self::select)?;
        self.expect_symbol(")")?;
        Ok(Test::InSelect { negated, select: Box::new(select) })
    }

    /// Values up to and with the closing parenthesis.
    fn values(&mut self) -> Result<Vec<Literal>, ApiError> {
        let values = self.list(Self::literal)?;
        self.expect_symbol(")")?;
        Ok(values)
    }
}
