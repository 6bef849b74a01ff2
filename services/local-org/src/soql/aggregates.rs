//! Queries that return groups and totals: `COUNT()`, aggregate functions and `GROUP BY`.

use rusqlite::Connection;
use rusqlite::types::Value as Stored;
use serde_json::{Map, Value, json};

use super::ast::{Expression, Grouping, Item, Name, Place, Select};
use super::filter::{Clause, filter};
use super::fragment::Fragment;
use super::operand::{Operand, Use};
use super::rows;
use super::scope::{Context, Scope};
use super::subtotals::{Groups, Statement};
use crate::error::ApiError;
use crate::schema::{FieldType, ObjectDef};

/// Whether the query returns groups or totals rather than records.
pub(super) fn applies(select: &Select) -> bool {
    let aggregated = |item: &Item| match item {
        Item::Expression { expression, .. } => expression.is_aggregate(),
        Item::CountRows(_) => true,
        Item::Fields(..) | Item::Children(_) => false,
    };
    !select.group_by.is_empty() || select.having.is_some() || select.items.iter().any(aggregated)
}

/// Where `COUNT()` stands in the select list, if it does.
pub(super) fn count_rows(select: &Select) -> Option<Place> {
    select.items.iter().find_map(|item| if let Item::CountRows(at) = item { Some(*at) } else { None })
}

/// Runs a query with `COUNT()`, which stands at `at`.
pub(super) fn count(
    conn: &Connection,
    context: Context<'_>,
    object: &ObjectDef,
    select: &Select,
    at: Place,
) -> Result<usize, ApiError> {
    let alone = select.items.len() == 1 && select.group_by.is_empty() && select.having.is_none();
    if !alone || !select.order_by.is_empty() {
        let message = "COUNT() must be the only element of the select list, without GROUP BY and ORDER BY";
        return Err(context.malformed(at, message));
    }
    let mut scope = Scope::new(context, object, select);
    let condition = where_sql(&mut scope, select)?;
    let mut sql = Fragment::new("SELECT COUNT(*) FROM (SELECT 1", []);
    sql.push(&scope.tables_sql());
    sql.append(condition);
    sql.append(Fragment::limit(select.limit, select.offset));
    sql.push(")");
    let rows = rows::fetch(conn, &sql)?;
    Ok(match rows.first().and_then(|row| row.first()) {
        Some(Stored::Integer(count)) => usize::try_from(*count).unwrap_or(usize::MAX),
        _ => 0,
    })
}

/// Runs any other query for groups or totals.
pub(super) fn run(
    conn: &Connection,
    context: Context<'_>,
    object: &ObjectDef,
    select: &Select,
) -> Result<Vec<Value>, ApiError> {
    let plan = plan(context, object, select)?;
    let rows = rows::fetch(conn, &plan.sql)?;
    Ok(rows.iter().map(|row| plan.json(row)).collect())
}

/// Name and type of each member that [`run`] gives, in the order of the query.
pub(super) fn members(
    context: Context<'_>,
    object: &ObjectDef,
    select: &Select,
) -> Result<Vec<(String, FieldType)>, ApiError> {
    Ok(plan(context, object, select)?.members)
}

struct Plan {
    sql: Fragment,
    /// Name and type of each column.
    members: Vec<(String, FieldType)>,
}

fn plan(context: Context<'_>, object: &ObjectDef, select: &Select) -> Result<Plan, ApiError> {
    let mut scope = Scope::new(context, object, select);
    if select.group_by.is_empty() {
        check_ungrouped(context, select)?;
    }
    let mut grouped = Vec::new();
    for expression in &select.group_by {
        if expression.is_aggregate() {
            let message = format!("Aggregate functions are not allowed in GROUP BY: {expression}");
            return Err(context.malformed(expression.at(), message));
        }
        grouped.push(Operand::resolve(&mut scope, expression, Use::Group)?.sql);
    }
    let groups = Groups { fields: &grouped, grouping: select.grouping };
    let mut columns = Vec::new();
    let mut members = Vec::new();
    let mut names = Names::default();
    for item in &select.items {
        let Item::Expression { expression, alias } = item else {
            return Err(context.malformed(at(item), "Only fields and aggregate functions can be grouped"));
        };
        let (operand, column) = groups.resolve(&mut scope, expression, Use::Select, "Field")?;
        let field = matches!(expression, Expression::Field(_)).then_some(operand.column.field.name.as_str());
        let name = names.next(alias.as_ref(), field);
        if members.iter().any(|(known, _): &(String, FieldType)| known.eq_ignore_ascii_case(&name)) {
            return Err(context.malformed(expression.at(), format!("duplicate alias: {name}")));
        }
        members.push((name, operand.kind));
        columns.push(column);
    }
    let condition = where_sql(&mut scope, select)?;
    // In subtotals a field has no value that a condition could look at.
    let fields: &[String] = if select.grouping == Grouping::Plain { &grouped } else { &[] };
    let having = select.having.as_ref().map(|having| filter(&mut scope, having, Clause::Having(fields)));
    let having = having.transpose()?;
    let mut order = Vec::new();
    for ordering in &select.order_by {
        let (operand, column) = groups.resolve(&mut scope, &ordering.expression, Use::Sort, "Ordered field")?;
        order.push((operand, column, ordering));
    }
    let statement = Statement { from: scope.tables_sql(), condition, having, columns: &columns, order: &order };
    let mut sql = match select.grouping {
        Grouping::Plain => statement.plain(&grouped),
        _ => statement.with_subtotals(&groups),
    };
    sql.append(Fragment::limit(select.limit, select.offset));
    Ok(Plan { sql, members })
}

impl Plan {
    fn json(&self, row: &[Stored]) -> Value {
        let mut group = Map::new();
        group.insert("attributes".to_owned(), json!({ "type": "AggregateResult" }));
        for ((name, kind), stored) in self.members.iter().zip(row) {
            group.insert(name.clone(), rows::json(*kind, stored));
        }
        Value::Object(group)
    }
}

/// Names for the members of a group.
#[derive(Default)]
struct Names {
    unnamed: usize,
}

impl Names {
    /// The alias, or the field's name, or the next of `expr0`, `expr1`, …
    fn next(&mut self, alias: Option<&Name>, field: Option<&str>) -> String {
        if let Some(name) = alias.map(|alias| alias.text.as_str()).or(field) {
            return name.to_owned();
        }
        let name = format!("expr{}", self.unnamed);
        self.unnamed += 1;
        name
    }
}

/// Rules for a query whose result is one total.
fn check_ungrouped(context: Context<'_>, select: &Select) -> Result<(), ApiError> {
    let at = select.from.at();
    if select.having.is_some() {
        return Err(context.malformed(at, "HAVING requires GROUP BY"));
    }
    for (clause, used) in [("LIMIT", select.limit.is_some()), ("OFFSET", select.offset.is_some())] {
        if used {
            let message = format!("Non-grouped query that uses overall aggregate functions cannot also use {clause}");
            return Err(context.malformed(at, message));
        }
    }
    Ok(())
}

fn where_sql(scope: &mut Scope<'_>, select: &Select) -> Result<Fragment, ApiError> {
    let mut terms = scope.standing(select)?;
    if let Some(condition) = &select.filter {
        terms.push(filter(scope, condition, Clause::Where)?);
    }
    if terms.is_empty() {
        return Ok(Fragment::default());
    }
    let mut sql = Fragment::new(" WHERE ", []);
    sql.append(Fragment::join(terms, " AND "));
    Ok(sql)
}

fn at(item: &Item) -> Place {
    match item {
        Item::Expression { expression, .. } => expression.at(),
        Item::CountRows(at) | Item::Fields(_, at) => *at,
        Item::Children(select) => select.from.at(),
    }
}
