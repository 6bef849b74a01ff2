//! How a query would be run: what the REST API's `explain` tells.

use rusqlite::{Connection, params_from_iter};

use super::ast::{Comparison, Condition, Expression, Grouping, Item, Literal, Name, Path, Query, Select, Test};
use super::options::ExecuteOptions;
use super::scope::Context;
use super::{aggregates, functions, records, rows};
use crate::error::ApiError;
use crate::schema::{FieldDef, FieldType, ObjectDef, Schema};

/// The plan of a query, as far as the fields of its condition tell.
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
    let indexed = select.filter.as_ref().map_or_else(Vec::new, |condition| index_for(object, condition));
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

/// The field of the condition by whose index an org finds the records, if there is one: a term that all records must meet
/// and that is no inequality (Salesforce Help, "Query Plan"; "Make SOQL query selective").
fn index_for(object: &ObjectDef, condition: &Condition) -> Vec<String> {
    let terms = match condition {
        Condition::And(terms) => terms.as_slice(),
        other => std::slice::from_ref(other),
    };
    let field = terms.iter().find_map(|term| match term {
        Condition::Test { operand: Expression::Field(path), test } if path.parents.is_empty() && is_selective(test) => {
            object.field(&path.name.text).filter(|field| is_indexed(field))
        }
        _ => None,
    });
    field.map(|field| field.name.clone()).into_iter().collect()
}

fn is_selective(test: &Test) -> bool {
    match test {
        Test::Compare(Comparison::NotEqual, _) | Test::Compare(_, Literal::Null) => false,
        Test::Compare(..) | Test::In { negated: false, .. } | Test::InSelect { negated: false, .. } => true,
        _ => false,
    }
}

/// Whether each org has an index on the field.
fn is_indexed(field: &FieldDef) -> bool {
    field.is_id_lookup()
        || field.kind == FieldType::Reference
        || field.name_field
        || matches!(field.name.as_str(), "CreatedDate" | "SystemModstamp")
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
