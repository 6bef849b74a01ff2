//! Queries that return records, with parents nested and child records in subqueries.

mod columns;
mod export;
mod found;
mod run;

use rusqlite::types::Value as Stored;

pub(crate) use self::found::Found;
use super::ast::{Expression, FieldSet, Function, Item, Name, Path, Select};
use super::filter::{Clause, filter};
use super::fragment::{Fragment, quoted};
use super::operand::{Operand, Use};
use super::scope::{Context, Hop, Resolved, Scope};
use crate::error::ApiError;
use crate::schema::{FieldDef, FieldType, ObjectDef};

/// Largest `LIMIT` of a query with `FIELDS(ALL)` or `FIELDS(CUSTOM)` (SOQL and SOSL Reference, "FIELDS()").
const MAX_FIELDS_LIMIT: u32 = 200;

/// Deepest nesting of child subqueries, the query itself not counted (SOQL and SOSL Reference, "Understanding
/// Relationship Query Limitations").
const MAX_CHILD_DEPTH: usize = 4;

/// Most child subqueries of one query (same page).
const MAX_CHILD_QUERIES: usize = 20;

/// A query ready to run.
pub(super) struct Plan<'a> {
    context: Context<'a>,
    /// In a child query the first value is the JSON array of the parents' ids, still empty.
    pub(super) sql: Fragment,
    shape: Shape,
    children: Vec<Children<'a>>,
    /// The fields in the order of the query, children left out.
    cells: Vec<Cell>,
}

struct Children<'a> {
    plan: Plan<'a>,
    limit: Option<usize>,
    offset: usize,
}

/// One column of an export.
struct Cell {
    /// Name as a query writes it, in the schema's casing, such as `Account.Name`.
    name: String,
    column: usize,
    kind: FieldType,
}

/// How the columns of a row make up a record.
#[derive(Debug)]
struct Shape {
    object: String,
    id_column: usize,
    members: Vec<(String, Member)>,
}

#[derive(Debug)]
enum Member {
    Field {
        column: usize,
        kind: FieldType,
    },
    Parent(Shape),
    /// Number of the child query.
    Children(usize),
}

/// The column of the record's id.
const ID: usize = 0;

/// How a child query names its parents, of which one value tells all ids.
const AMONG: &str = " IN (SELECT value FROM json_each(?))";

/// The same for a single one, for which SQLite needs no table of ids.
const ALONE: &str = " = ?";

/// The column of the parent's id, in a child query only.
const PARENT_ID: usize = 1;

/// Translates a query for records of an object.
pub(super) fn plan<'a>(context: Context<'a>, object: &'a ObjectDef, select: &Select) -> Result<Plan<'a>, ApiError> {
    let mut planner = Planner::new(context, object, select, None, 0);
    planner.items(select)?;
    let mut plan = planner.finish(select)?;
    plan.sql.append(Fragment::limit(select.limit, select.offset));
    Ok(plan)
}

struct Planner<'a> {
    scope: Scope<'a>,
    /// The field that points to the parent, in a child query.
    parent: Option<&'a FieldDef>,
    depth: usize,
    columns: Vec<String>,
    shape: Shape,
    children: Vec<Children<'a>>,
    cells: Vec<Cell>,
}

impl<'a> Planner<'a> {
    fn new(
        context: Context<'a>,
        object: &'a ObjectDef,
        select: &Select,
        parent: Option<&'a FieldDef>,
        depth: usize,
    ) -> Self {
        let mut columns = vec!["t0.\"Id\"".to_owned()];
        columns.extend(parent.map(|field| format!("t0.{}", quoted(&field.name))));
        Self {
            scope: Scope::new(context, object, select),
            parent,
            depth,
            columns,
            shape: Shape { object: object.name.clone(), id_column: ID, members: Vec::new() },
            children: Vec::new(),
            cells: Vec::new(),
        }
    }

    fn items(&mut self, select: &Select) -> Result<(), ApiError> {
        let context = self.scope.context;
        for item in &select.items {
            match item {
                Item::Expression { expression, alias } => self.expression(expression, alias.as_ref())?,
                Item::Fields(set, _) => self.fields(*set, select.limit)?,
                Item::Children(child) => self.child(child)?,
                Item::CountRows(at) => {
                    return Err(context.malformed(*at, "COUNT() must be the only element of a query's select list"));
                }
            }
        }
        Ok(())
    }

    fn expression(&mut self, expression: &Expression, alias: Option<&Name>) -> Result<(), ApiError> {
        let context = self.scope.context;
        match (expression, alias) {
            (Expression::Field(_), Some(alias)) => {
                Err(context.malformed(alias.at, "only aggregate expressions use field aliasing"))
            }
            (Expression::Field(path), None) => {
                let resolved = self.scope.resolve(path)?;
                self.field(resolved)
            }
            (Expression::Call { function: Function::ToLabel, argument, .. }, alias) => self.label(argument, alias),
            (
                Expression::Call { function: Function::Format(None) | Function::ConvertCurrency, argument, .. },
                alias,
            ) => {
                let operand = Operand::resolve(&mut self.scope, expression, Use::Select)?;
                let resolved = self.scope.resolve(argument)?;
                self.value(operand.sql, operand.kind, resolved, alias)
            }
            (Expression::Call { at, .. }, _) => {
                Err(context.malformed(*at, format!("Function needs a GROUP BY or another place: {expression}")))
            }
        }
    }

    /// `toLabel`: the labels of this org's picklist values are the values themselves.
    fn label(&mut self, argument: &Path, alias: Option<&Name>) -> Result<(), ApiError> {
        let resolved = self.scope.resolve(argument)?;
        let (sql, kind) = (resolved.column.sql(), resolved.column.field.kind);
        self.value(sql, kind, resolved, alias)
    }

    fn fields(&mut self, set: FieldSet, limit: Option<u32>) -> Result<(), ApiError> {
        if set != FieldSet::Standard && limit.is_none_or(|limit| limit > MAX_FIELDS_LIMIT) {
            let message = format!("The SOQL FIELDS function must have a LIMIT of at most {MAX_FIELDS_LIMIT}");
            return Err(ApiError::new(400, "MALFORMED_QUERY", message));
        }
        let object = self.scope.object;
        for field in self.scope.context.fields(object) {
            let custom = field.name.ends_with("__c");
            let wanted = match set {
                FieldSet::All => true,
                FieldSet::Custom => custom,
                FieldSet::Standard => !custom,
            };
            if wanted {
                let column = super::scope::Column { table: 0, object, field };
                self.field(Resolved { hops: Vec::new(), column })?;
            }
        }
        Ok(())
    }

    fn field(&mut self, resolved: Resolved<'a>) -> Result<(), ApiError> {
        let (sql, kind) = (resolved.column.sql(), resolved.column.field.kind);
        self.value(sql, kind, resolved, None)
    }

    /// A value that is made of a field: under an alias, or in the field's place.
    fn value(
        &mut self,
        sql: String,
        kind: FieldType,
        resolved: Resolved<'a>,
        alias: Option<&Name>,
    ) -> Result<(), ApiError> {
        let Resolved { hops, column } = resolved;
        let index = self.column(sql);
        if let Some(alias) = alias {
            self.cells.push(Cell { name: alias.text.clone(), column: index, kind });
            return self.shape.insert(&[], alias.text.clone(), Member::Field { column: index, kind });
        }
        let names: Vec<&str> =
            hops.iter().map(|hop| hop.relationship.as_str()).chain([column.field.name.as_str()]).collect();
        self.cells.push(Cell { name: names.join("."), column: index, kind });
        let mut parents = Vec::new();
        for hop in hops {
            let id_column = self.column(format!("t{}.\"Id\"", hop.table));
            parents.push((hop, id_column));
        }
        let member = Member::Field { column: index, kind };
        self.shape.insert(&parents, column.field.name.clone(), member)
    }

    /// The position of a column in the rows; it is selected once.
    fn column(&mut self, sql: String) -> usize {
        let known = self.columns.iter().position(|column| *column == sql);
        known.unwrap_or_else(|| {
            self.columns.push(sql);
            self.columns.len() - 1
        })
    }

    fn child(&mut self, select: &Select) -> Result<(), ApiError> {
        let context = self.scope.context;
        let at = select.from.at();
        if self.depth == MAX_CHILD_DEPTH {
            return Err(context.malformed(at, "Child subqueries are nested too deeply"));
        }
        if self.children.len() == MAX_CHILD_QUERIES {
            return Err(context.malformed(at, format!("A query can have at most {MAX_CHILD_QUERIES} subqueries")));
        }
        if super::aggregates::applies(select) {
            return Err(context.malformed(at, "Aggregate functions are not allowed in child subqueries"));
        }
        let (object, parent) = self.scope.children(&select.from)?;
        let name = parent.child_relationship_name.clone().unwrap_or_default();
        let mut planner = Planner::new(context, object, select, Some(parent), self.depth + 1);
        planner.items(select)?;
        let plan = planner.finish(select)?;
        let limit = select.limit.and_then(|limit| usize::try_from(limit).ok());
        let offset = select.offset.and_then(|offset| usize::try_from(offset).ok()).unwrap_or(0);
        let member = Member::Children(self.children.len());
        self.children.push(Children { plan, limit, offset });
        self.shape.insert(&[], name, member)
    }

    /// Adds all clauses but `LIMIT` and `OFFSET`, which in a child query apply to each parent on its own.
    fn finish(mut self, select: &Select) -> Result<Plan<'a>, ApiError> {
        let mut terms = Vec::new();
        if let Some(parent) = self.parent {
            let ids = format!("t0.{}{AMONG}", quoted(&parent.name));
            terms.push(Fragment::new(ids, [Stored::Null]));
        }
        terms.extend(self.scope.standing(select)?);
        if let Some(condition) = &select.filter {
            terms.push(filter(&mut self.scope, condition, Clause::Where)?);
        }
        let mut order = Vec::new();
        for ordering in &select.order_by {
            if ordering.expression.is_aggregate() {
                let message = format!("Ordered field must be grouped or aggregated: {}", ordering.expression);
                return Err(self.scope.context.malformed(ordering.expression.at(), message));
            }
            let operand = Operand::resolve(&mut self.scope, &ordering.expression, Use::Sort)?;
            order.push(operand.order_sql(ordering.descending, ordering.nulls_last));
        }
        let mut sql = Fragment::new(format!("SELECT {}{}", self.columns.join(", "), self.scope.tables_sql()), []);
        if !terms.is_empty() {
            sql.push(" WHERE ");
            sql.append(Fragment::join(terms, " AND "));
        }
        if !order.is_empty() {
            sql.push(&format!(" ORDER BY {}", order.join(", ")));
        }
        Ok(Plan { context: self.scope.context, sql, shape: self.shape, children: self.children, cells: self.cells })
    }
}

impl Shape {
    /// Puts a member below the parents, each with the column of its id.
    fn insert(&mut self, parents: &[(Hop, usize)], name: String, member: Member) -> Result<(), ApiError> {
        let Some(((hop, id_column), rest)) = parents.split_first() else {
            if self.members.iter().any(|(known, _)| *known == name) {
                let message = format!("duplicate field selected: {name}");
                return Err(ApiError::new(400, "INVALID_FIELD", message));
            }
            self.members.push((name, member));
            return Ok(());
        };
        let known = self.members.iter().position(|(known, _)| *known == hop.relationship);
        let index = known.unwrap_or_else(|| {
            let shape = Shape { object: hop.object.clone(), id_column: *id_column, members: Vec::new() };
            self.members.push((hop.relationship.clone(), Member::Parent(shape)));
            self.members.len() - 1
        });
        match self.members.get_mut(index) {
            Some((_, Member::Parent(shape))) => shape.insert(rest, name, member),
            _ => {
                let message = format!("duplicate field selected: {}", hop.relationship);
                Err(ApiError::new(400, "INVALID_FIELD", message))
            }
        }
    }
}
