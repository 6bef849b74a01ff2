//! How a query would be run: what the REST API's `explain` tells.

use rusqlite::{Connection, params_from_iter};

use super::ast::{Condition, Expression, Grouping, Item, Name, Path, Query, Select};
use super::options::ExecuteOptions;
use super::scope::Context;
use super::{aggregates, functions, records, rows};
use crate::error::ApiError;
use crate::schema::Schema;

/// The plan of a query, as SQLite makes it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Explanation {
    /// API name of the object in `FROM`.
    pub(crate) object: String,
    /// Fields of the index by which the records are found; none when all are looked at.
    pub(crate) indexed: Vec<String>,
    /// Other fields of the object in the condition.
    pub(crate) unindexed: Vec<String>,
    /// Records that the condition leaves, and all of the object, those in the recycle bin left out.
    pub(crate) cardinality: u64,
    pub(crate) object_cardinality: u64,
}

/// Explains a query.
///
/// # Errors
/// Those of [`super::execute`].
pub(crate) fn explain(
    conn: &Connection,
    schema: &Schema,
    query: &Query,
    options: &ExecuteOptions<'_>,
) -> Result<Explanation, ApiError> {
    functions::register(conn).map_err(|error| rows::failed(&error))?;
    let context = Context { schema, options, text: &query.text };
    let select = &query.select;
    let object = context.object(&select.from)?;
    // The whole query is checked, and its condition explained.
    if aggregates::count_rows(select).is_none() && aggregates::applies(select) {
        aggregates::members(context, object, select)?;
    } else if aggregates::count_rows(select).is_none() {
        records::plan(context, object, select)?;
    }
    let filtered = only_ids(select, select.filter.clone());
    let plan = records::plan(context, object, &filtered)?;
    let all = records::plan(context, object, &only_ids(select, None))?;
    let mut statement =
        conn.prepare(&format!("EXPLAIN QUERY PLAN {}", plan.sql.text)).map_err(|error| rows::failed(&error))?;
    let steps = statement.query_map(params_from_iter(&plan.sql.values), |row| row.get::<_, String>(3));
    let steps: Vec<String> =
        steps.and_then(Iterator::collect).map_err(|error: rusqlite::Error| rows::failed(&error))?;
    let indexed = steps.iter().find(|step| step.contains(" t0 ")).map_or_else(Vec::new, |step| index_of(step));
    let mut named = Vec::new();
    if let Some(condition) = &select.filter {
        fields_in(condition, &mut named);
    }
    let unindexed = named.into_iter().filter_map(|name| object.field(&name)).map(|field| field.name.clone());
    let mut unindexed: Vec<String> = unindexed.filter(|name| !indexed.contains(name)).collect();
    unindexed.dedup();
    let count = |sql: &super::fragment::Fragment| -> Result<u64, ApiError> {
        let text = format!("SELECT COUNT(*) FROM ({})", sql.text);
        let count = conn.query_row(&text, params_from_iter(&sql.values), |row| row.get::<_, i64>(0));
        count.map(i64::unsigned_abs).map_err(|error| rows::failed(&error))
    };
    Ok(Explanation {
        object: object.name.clone(),
        indexed,
        unindexed,
        cardinality: count(&plan.sql)?,
        object_cardinality: count(&all.sql)?,
    })
}

/// The query for the ids of the records that a condition leaves.
fn only_ids(select: &Select, filter: Option<Condition>) -> Select {
    let id = Path { parents: Vec::new(), name: Name { text: "Id".to_owned(), at: select.from.at() } };
    Select {
        items: vec![Item::Expression { expression: Expression::Field(id), alias: None }],
        from: select.from.clone(),
        alias: select.alias.clone(),
        scope: None,
        filter,
        group_by: Vec::new(),
        grouping: Grouping::Plain,
        having: None,
        order_by: Vec::new(),
        limit: None,
        offset: None,
        purposes: Vec::new(),
    }
}

/// The columns of the index that a step uses: `SEARCH t0 USING INDEX … (Name=? AND …)`.
fn index_of(step: &str) -> Vec<String> {
    if !step.starts_with("SEARCH") {
        return Vec::new();
    }
    let columns = step.rsplit_once('(').map_or("", |(_, columns)| columns);
    let columns = columns.split(" AND ").map(|column| column.split(['=', '<', '>', ')']).next().unwrap_or_default());
    columns.map(str::to_owned).filter(|column| !column.is_empty()).collect()
}

/// Names of the object's own fields in a condition.
fn fields_in(condition: &Condition, names: &mut Vec<String>) {
    match condition {
        Condition::And(terms) | Condition::Or(terms) => terms.iter().for_each(|term| fields_in(term, names)),
        Condition::Not(term) => fields_in(term, names),
        Condition::Test { operand: Expression::Field(path), .. } if path.parents.is_empty() => {
            names.push(path.name.text.clone());
        }
        Condition::Test { .. } => {}
    }
}
