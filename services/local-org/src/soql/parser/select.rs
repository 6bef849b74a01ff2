//! `SELECT … FROM …` and the clauses after the condition.

use super::super::ast::{Expression, FieldSet, Grouping, Item, Name, Ordering, Purpose, Select};
use super::super::failure;
use super::super::lexer::TokenKind;
use super::{Parser, is_symbol, is_word};
use crate::error::ApiError;

/// Largest `OFFSET` (SOQL and SOSL Reference, "OFFSET").
const MAX_OFFSET: u32 = 2_000;

/// Most fields with subtotals (SOQL and SOSL Reference, "GROUP BY ROLLUP").
const MAX_SUBTOTALS: usize = 3;

impl Parser<'_> {
    /// A whole `SELECT`, up to whatever cannot belong to it.
    pub(super) fn select(&mut self) -> Result<Select, ApiError> {
        self.expect_word("SELECT")?;
        let items = self.list(Self::item)?;
        self.expect_word("FROM")?;
        let object = self.any_name()?;
        let from = self.path_from(object)?;
        let alias = self.alias()?;
        let scope = self.scope()?;
        let filter = self.take_word("WHERE").then(|| self.condition()).transpose()?;
        self.security()?;
        let (grouping, group_by) = self.group_by()?;
        let having = self.take_word("HAVING").then(|| self.condition()).transpose()?;
        let order_by = self.order_by()?;
        let limit = self.take_word("LIMIT").then(|| self.count()).transpose()?;
        let offset = self.offset()?;
        let purposes = self.purposes()?;
        Ok(Select { items, from, alias, scope, filter, group_by, grouping, having, order_by, limit, offset, purposes })
    }

    fn item(&mut self) -> Result<Item, ApiError> {
        let at = self.peek().at;
        if self.take_symbol("(") {
            let select = self.nested(Self::select)?;
            self.expect_symbol(")")?;
            return Ok(Item::Children(Box::new(select)));
        }
        if self.peek_word("TYPEOF") && self.peek_at(1).kind == TokenKind::Word {
            return Err(self.error(at, "TYPEOF is not supported by this org"));
        }
        if self.peek_word("COUNT") && is_symbol(self.peek_at(1), "(") && is_symbol(self.peek_at(2), ")") {
            self.next += 3;
            return Ok(Item::CountRows(at));
        }
        if self.peek_word("FIELDS") && is_symbol(self.peek_at(1), "(") {
            self.next += 2;
            let set = self.field_set()?;
            self.expect_symbol(")")?;
            return Ok(Item::Fields(set, at));
        }
        Ok(Item::Expression { expression: self.expression()?, alias: self.alias()? })
    }

    fn field_set(&mut self) -> Result<FieldSet, ApiError> {
        let sets = [("ALL", FieldSet::All), ("CUSTOM", FieldSet::Custom), ("STANDARD", FieldSet::Standard)];
        let found = sets.into_iter().find(|(name, _)| self.peek_word(name));
        let (_, set) = found.ok_or_else(|| self.unexpected())?;
        self.advance();
        Ok(set)
    }

    /// `USING SCOPE name`
    fn scope(&mut self) -> Result<Option<Name>, ApiError> {
        if !self.take_word("USING") {
            return Ok(None);
        }
        self.expect_word("SCOPE")?;
        self.name().map(Some)
    }

    /// `WITH SECURITY_ENFORCED` and the like: the caller's rights always apply here, so nothing is left to do.
    fn security(&mut self) -> Result<(), ApiError> {
        if !self.take_word("WITH") {
            return Ok(());
        }
        let known = ["SECURITY_ENFORCED", "USER_MODE", "SYSTEM_MODE"].iter().any(|mode| self.peek_word(mode));
        if !known {
            return Err(self.unexpected());
        }
        self.advance();
        Ok(())
    }

    fn group_by(&mut self) -> Result<(Grouping, Vec<Expression>), ApiError> {
        if !self.take_word("GROUP") {
            return Ok((Grouping::Plain, Vec::new()));
        }
        self.expect_word("BY")?;
        let subtotals = [("ROLLUP", Grouping::Rollup), ("CUBE", Grouping::Cube)];
        let found = subtotals.into_iter().find(|(name, _)| self.peek_word(name) && is_symbol(self.peek_at(1), "("));
        let Some((name, grouping)) = found else { return Ok((Grouping::Plain, self.list(Self::expression)?)) };
        let at = self.peek().at;
        self.next += 2;
        let fields = self.list(Self::expression)?;
        if fields.len() > MAX_SUBTOTALS {
            let message = format!("GROUP BY {name} can have at most {MAX_SUBTOTALS} fields");
            return Err(self.error(at, message));
        }
        self.expect_symbol(")")?;
        Ok((grouping, fields))
    }

    fn order_by(&mut self) -> Result<Vec<Ordering>, ApiError> {
        if !self.take_word("ORDER") {
            return Ok(Vec::new());
        }
        self.expect_word("BY")?;
        self.list(Self::ordering)
    }

    fn ordering(&mut self) -> Result<Ordering, ApiError> {
        let expression = self.expression()?;
        let descending = self.take_word("DESC");
        if !descending {
            self.take_word("ASC");
        }
        let mut nulls_last = false;
        if self.take_word("NULLS") {
            nulls_last = self.take_word("LAST");
            if !nulls_last {
                self.expect_word("FIRST")?;
            }
        }
        Ok(Ordering { expression, descending, nulls_last })
    }

    fn offset(&mut self) -> Result<Option<u32>, ApiError> {
        if !self.take_word("OFFSET") {
            return Ok(None);
        }
        let at = self.peek().at;
        let offset = self.count()?;
        if offset > MAX_OFFSET {
            let message = format!("Maximum SOQL offset allowed is {MAX_OFFSET}");
            return Err(failure::at(self.text, at, "NUMBER_OUTSIDE_VALID_RANGE", message));
        }
        Ok(Some(offset))
    }

    /// `FOR VIEW`, `FOR REFERENCE`, `FOR UPDATE`, `UPDATE TRACKING`, `UPDATE VIEWSTAT`.
    fn purposes(&mut self) -> Result<Vec<Purpose>, ApiError> {
        let mut purposes = Vec::new();
        while self.take_word("FOR") {
            let known = [("VIEW", Purpose::View), ("REFERENCE", Purpose::Reference), ("UPDATE", Purpose::Update)];
            let found = known.into_iter().find(|(name, _)| self.peek_word(name));
            let (_, purpose) = found.ok_or_else(|| self.unexpected())?;
            self.advance();
            purposes.push(purpose);
        }
        if self.peek_word("UPDATE") && ["TRACKING", "VIEWSTAT"].iter().any(|what| is_word(self.peek_at(1), what)) {
            self.next += 2;
        }
        Ok(purposes)
    }
}
