//! `field IN (SELECT …)` and `field NOT IN (SELECT …)`.

use super::ast::{Expression, Item, Select};
use super::filter::{Clause, filter};
use super::fragment::Fragment;
use super::operand::{Operand, Use};
use super::scope::{Column, Context, Scope};
use crate::error::ApiError;
use crate::schema::FieldType;

/// Translates a semi-join or anti-join whose left side is looked up already.
pub(super) fn translate(
    context: Context<'_>,
    left: &Operand<'_>,
    negated: bool,
    select: &Select,
) -> Result<Fragment, ApiError> {
    let malformed = |message: &str| Err(context.malformed(left.at, message));
    if !is_id(&left.column) || left.column.table != 0 {
        return malformed("The left operand of a semi join must be an id or reference field of the queried object");
    }
    let object = context.object(&select.from)?;
    if object.name == left.column.object.name {
        return malformed("The inner and outer selects should not be on the same object type");
    }
    if has_clauses(select) {
        return malformed("Semi join sub-selects can only have a WHERE clause");
    }
    let mut scope = Scope::new(context, object, select);
    let [Item::Expression { expression: expression @ Expression::Field(_), alias: None }] = select.items.as_slice()
    else {
        return malformed("Semi join sub-selects must select exactly one field");
    };
    let selected = Operand::resolve(&mut scope, expression, Use::Select)?;
    if !is_id(&selected.column) || selected.column.table != 0 {
        let message = format!("semi join sub-selects can only query id fields, cannot use: '{expression}'");
        return malformed(&message);
    }
    if !same_target(&left.column, &selected.column) {
        let message = format!(
            "The selected field '{expression}' in the subquery and the left operand field in the where expression in \
             the outer query '{}' should point to the same object type",
            left.column.field.name
        );
        return malformed(&message);
    }

    let mut terms = vec![Fragment::new(format!("{} IS NOT NULL", selected.sql), [])];
    terms.extend(scope.not_deleted().map(|text| Fragment::new(text, [])));
    if let Some(condition) = &select.filter {
        terms.push(filter(&mut scope, condition, Clause::InnerWhere)?);
    }
    let from = scope.tables_sql();
    let mut sql = Fragment::new(format!("{} IN (SELECT {}{from} WHERE ", left.sql, selected.sql), []);
    sql.append(Fragment::join(terms, " AND "));
    sql.push(")");
    Ok(if negated { sql.negated() } else { sql })
}

fn has_clauses(select: &Select) -> bool {
    select.scope.is_some()
        || !select.group_by.is_empty()
        || select.having.is_some()
        || !select.order_by.is_empty()
        || select.limit.is_some()
        || select.offset.is_some()
        || !select.purposes.is_empty()
}

fn is_id(column: &Column<'_>) -> bool {
    matches!(column.field.kind, FieldType::Id | FieldType::Reference)
}

/// Whether two id fields can hold the id of the same record.
fn same_target(left: &Column<'_>, right: &Column<'_>) -> bool {
    targets(left).any(|target| targets(right).any(|other| other.eq_ignore_ascii_case(target)))
}

fn targets<'a>(column: &Column<'a>) -> impl Iterator<Item = &'a str> {
    let own = (column.field.kind == FieldType::Id).then_some(column.object.name.as_str());
    own.into_iter().chain(column.field.reference_to.iter().map(String::as_str))
}
