//! Narrows a query to a part of the records that it finds.

use super::ast::{Item, Query, Select};
use super::lexer::{self, TokenKind};
use super::{aggregates, parse};
use crate::error::ApiError;

/// The query with one more condition, if it has nothing but fields and a `WHERE`: what further clauses say of all records
/// would be wrong of a part of them.
///
/// # Errors
/// Those of [`parse`].
pub(crate) fn narrowed(text: &str, condition: &str) -> Result<Option<String>, ApiError> {
    let Query { select, .. } = parse(text)?;
    if !is_plain(&select) {
        return Ok(None);
    }
    let mut depth = 0_usize;
    let mut place = None;
    for token in lexer::tokens(text)? {
        match (&token.kind, token.text.to_ascii_uppercase().as_str()) {
            (TokenKind::Symbol, "(") => depth += 1,
            (TokenKind::Symbol, ")") => depth = depth.saturating_sub(1),
            (TokenKind::Word, "WHERE") if depth == 0 => place = Some(token.at.0),
            (TokenKind::Word, "WITH") if depth == 0 => return Ok(None),
            _ => {}
        }
    }
    Ok(Some(match place.and_then(|place| Some((text.get(..place)?, text.get(place + "WHERE".len()..)?))) {
        Some((before, after)) => format!("{before}WHERE ({}) AND {condition}", after.trim()),
        None => format!("{} WHERE {condition}", text.trim_end()),
    }))
}

fn is_plain(select: &Select) -> bool {
    let Select { items, scope, group_by, having, order_by, limit, offset, purposes, .. } = select;
    scope.is_none()
        && group_by.is_empty()
        && having.is_none()
        && order_by.is_empty()
        && limit.is_none()
        && offset.is_none()
        && purposes.is_empty()
        && !aggregates::applies(select)
        && !items.iter().any(|item| matches!(item, Item::Children(_)))
}

#[cfg(test)]
mod tests {
    use super::narrowed;

    #[test]
    fn a_condition_is_added_where_that_changes_nothing_else() {
        let cases = [
            ("SELECT Id FROM Account", Some("SELECT Id FROM Account WHERE Id > 'x'")),
            (
                "select Id from Account a where Name = 'where (' or Name = null",
                Some("select Id from Account a WHERE (Name = 'where (' or Name = null) AND Id > 'x'"),
            ),
            (
                "SELECT Id FROM Account WHERE Id IN (SELECT AccountId FROM Contact WHERE Name != 'x')",
                Some(
                    "SELECT Id FROM Account WHERE (Id IN (SELECT AccountId FROM Contact WHERE Name != 'x')) AND Id > 'x'",
                ),
            ),
            ("SELECT Id FROM Account ORDER BY Name", None),
            ("SELECT Id FROM Account LIMIT 5", None),
            ("SELECT COUNT(Id) FROM Account", None),
            ("SELECT Id FROM Account WITH SECURITY_ENFORCED", None),
        ];
        for (query, expected) in cases {
            assert_eq!(narrowed(query, "Id > 'x'").unwrap().as_deref(), expected, "{query}");
        }
        assert!(narrowed("SELECT", "Id > 'x'").is_err());
    }
}
