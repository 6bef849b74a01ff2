//! Looks up the names of one `SELECT`: its object, fields, and parents, which become joins.

use rusqlite::types::Value;

use super::ast::{Name, Path, Place, Select};
use super::failure;
use super::fragment::{Fragment, quoted};
use super::options::ExecuteOptions;
use crate::error::ApiError;
use crate::schema::{FieldDef, FieldType, ObjectDef, Schema};

/// Most relationships in one path (SOQL and SOSL Reference, "Understanding Relationship Query Limitations").
const MAX_PATH: usize = 5;

/// Most parents in one query (same page).
const MAX_JOINS: usize = 55;

/// What every part of a query's execution needs to know.
#[derive(Clone, Copy)]
pub(super) struct Context<'a> {
    pub(super) schema: &'a Schema,
    pub(super) options: &'a ExecuteOptions<'a>,
    /// The query's text.
    pub(super) text: &'a str,
}

impl<'a> Context<'a> {
    pub(super) fn malformed(&self, at: Place, message: impl AsRef<str>) -> ApiError {
        failure::malformed(self.text, at, message)
    }

    pub(super) fn error(&self, at: Place, code: &str, message: impl AsRef<str>) -> ApiError {
        failure::at(self.text, at, code, message)
    }

    /// The object that a query is on.
    pub(super) fn object(&self, from: &Path) -> Result<&'a ObjectDef, ApiError> {
        let found = if from.parents.is_empty() { self.schema.object(&from.name.text) } else { None };
        let found = found.filter(|object| self.exists(object));
        if let Some(event) = found.filter(|object| object.is_event()) {
            let message = format!("entity type {} does not support query", event.name);
            return Err(self.error(from.at(), "INVALID_TYPE_FOR_OPERATION", message));
        }
        found.ok_or_else(|| {
            let message = format!(
                "sObject type '{from}' is not supported. If you are attempting to use a custom object, be sure to \
                 append the '__c' after the entity name. Please reference your WSDL or the describe call for the \
                 appropriate names."
            );
            self.error(from.at(), "INVALID_TYPE", message)
        })
    }

    /// Whether the caller may see the object at all: then at least its id.
    fn exists(&self, object: &ObjectDef) -> bool {
        object.fields.first().is_some_and(|id| (self.options.visible)(object, id))
    }

    /// The object's table, or those of its rows that exist for the caller.
    fn table_sql(&self, object: &ObjectDef) -> String {
        let table = quoted(&object.name);
        match (self.options.only)(object) {
            // An id, which needs no escaping; it is the org's and not the query's.
            Some((field, value)) => {
                format!("(SELECT * FROM {table} WHERE {} = '{}')", quoted(field), value.replace('\'', "''"))
            }
            None => table,
        }
    }

    /// The fields that the caller may see.
    pub(super) fn fields(self, object: &'a ObjectDef) -> impl Iterator<Item = &'a FieldDef> {
        let visible = self.options.visible;
        object.fields.iter().filter(move |field| visible(object, field))
    }
}

/// The names that one `SELECT` can use.
pub(super) struct Scope<'a> {
    pub(super) context: Context<'a>,
    pub(super) object: &'a ObjectDef,
    alias: Option<String>,
    joins: Vec<Join<'a>>,
}

struct Join<'a> {
    /// Number of the child's table.
    child: usize,
    via: &'a FieldDef,
    parent: &'a ObjectDef,
}

/// A field of one of the tables.
#[derive(Clone, Copy)]
pub(super) struct Column<'a> {
    /// Number of the table; 0 is the query's object.
    pub(super) table: usize,
    pub(super) object: &'a ObjectDef,
    pub(super) field: &'a FieldDef,
}

impl Column<'_> {
    pub(super) fn sql(&self) -> String {
        format!("t{}.{}", self.table, quoted(&self.field.name))
    }

    /// Whether it can be null, in the table itself or because there is no parent.
    pub(super) fn nullable(&self) -> bool {
        let never = matches!(self.field.kind, FieldType::Id | FieldType::Boolean) || !self.field.nillable;
        self.table != 0 || !never
    }
}

/// One step from a record to its parent.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Hop {
    /// Relationship name in the schema's casing.
    pub(super) relationship: String,
    /// API name of the parent's object.
    pub(super) object: String,
    /// Number of the parent's table.
    pub(super) table: usize,
}

/// A field and the way to it.
pub(super) struct Resolved<'a> {
    pub(super) hops: Vec<Hop>,
    pub(super) column: Column<'a>,
}

impl<'a> Scope<'a> {
    pub(super) fn new(context: Context<'a>, object: &'a ObjectDef, select: &Select) -> Self {
        let alias = select.alias.as_ref().map(|alias| alias.text.clone());
        Self { context, object, alias, joins: Vec::new() }
    }

    /// `FROM` with the joins that the fields looked up so far need.
    pub(super) fn tables_sql(&self) -> String {
        let mut sql = format!(" FROM {} AS t0", self.context.table_sql(self.object));
        for (index, join) in self.joins.iter().enumerate() {
            let (table, parent) = (index + 1, self.context.table_sql(join.parent));
            let via = quoted(&join.via.name);
            sql.push_str(&format!(" LEFT JOIN {parent} AS t{table} ON t{table}.\"Id\" = t{}.{via}", join.child));
        }
        sql
    }

    /// The condition that leaves out records in the recycle bin, unless they are asked for. The plus sign keeps SQLite
    /// from choosing an index for it, since nearly all records meet it.
    pub(super) fn not_deleted(&self) -> Option<&'static str> {
        (!self.context.options.include_deleted).then_some("+t0.\"IsDeleted\" = 0")
    }

    /// The conditions on all records of the query: those in the recycle bin are left out, and those beyond its scope.
    ///
    /// # Errors
    /// `INVALID_QUERY_SCOPE`.
    pub(super) fn standing(&self, select: &Select) -> Result<Vec<Fragment>, ApiError> {
        let mut terms: Vec<Fragment> = self.not_deleted().map(|text| Fragment::new(text, [])).into_iter().collect();
        if let Some(scope) = &select.scope {
            terms.extend(self.owned(scope)?);
        }
        Ok(terms)
    }

    /// The condition of `USING SCOPE`. There are neither groups nor teams, territories and delegation here.
    fn owned(&self, scope: &Name) -> Result<Option<Fragment>, ApiError> {
        let wrong = || {
            let message = format!("The specified scope is invalid for {}: {}", self.object.name, scope.text);
            self.context.error(scope.at, "INVALID_QUERY_SCOPE", message)
        };
        match scope.text.to_ascii_lowercase().as_str() {
            "everything" => Ok(None),
            "mine" | "mine_and_my_groups" => {
                let owner = self.context.fields(self.object).find(|field| field.name == "OwnerId").ok_or_else(wrong)?;
                let user = self.context.options.user.unwrap_or_default().to_owned();
                Ok(Some(Fragment::new(format!("t0.{} IS ?", quoted(&owner.name)), [Value::Text(user)])))
            }
            _ => Err(wrong()),
        }
    }

    /// Looks up a field.
    pub(super) fn resolve(&mut self, path: &Path) -> Result<Resolved<'a>, ApiError> {
        let parents = self.without_alias(&path.parents);
        if parents.len() > MAX_PATH {
            let message = format!("A field path can have at most {MAX_PATH} relationships: {path}");
            return Err(self.context.malformed(path.at(), message));
        }
        let mut object = self.object;
        let mut table = 0;
        let mut hops = Vec::new();
        for name in parents {
            let via = self.parent_field(object, name).ok_or_else(|| self.no_such_relationship(path, name))?;
            let targets = via.reference_to.iter();
            let parent = targets.into_iter().find_map(|target| self.context.schema.object(target));
            let parent = parent.filter(|parent| self.context.exists(parent));
            object = parent.ok_or_else(|| self.no_such_relationship(path, name))?;
            table = self.join(table, via, object, path)?;
            let relationship = via.relationship_name.clone().unwrap_or_default();
            hops.push(Hop { relationship, object: object.name.clone(), table });
        }
        let named = |field: &&FieldDef| field.name.eq_ignore_ascii_case(&path.name.text);
        let field = self.context.fields(object).find(named).ok_or_else(|| {
            let message = format!(
                "No such column '{}' on entity '{}'. If you are attempting to use a custom field, be sure to append \
                 the '__c' after the custom field name. Please reference your WSDL or the describe call for the \
                 appropriate names.",
                path.name.text, object.name
            );
            self.context.error(path.at(), "INVALID_FIELD", message)
        })?;
        Ok(Resolved { hops, column: Column { table, object, field } })
    }

    /// The child object of a relationship, which may follow the object's alias, and its field that points back.
    pub(super) fn children(&self, from: &Path) -> Result<(&'a ObjectDef, &'a FieldDef), ApiError> {
        let named = |field: &FieldDef| {
            field.child_relationship_name.as_deref().is_some_and(|name| name.eq_ignore_ascii_case(&from.name.text))
        };
        let own = self.without_alias(&from.parents).is_empty();
        let mut children = self.context.schema.children_of(&self.object.name);
        let found = children.find(|(child, field)| own && named(field) && (self.context.options.visible)(child, field));
        found.ok_or_else(|| {
            let message = format!(
                "Didn't understand relationship '{from}' in FROM part of query call. If you are attempting to use a \
                 custom relationship, be sure to append the '__r' after the custom relationship name. Please \
                 reference your WSDL or the describe call for the appropriate names."
            );
            self.context.error(from.at(), "INVALID_TYPE", message)
        })
    }

    /// A path's parents without the object's alias or name at its head.
    fn without_alias<'p>(&self, parents: &'p [Name]) -> &'p [Name] {
        let Some((first, rest)) = parents.split_first() else { return parents };
        let is_alias = self.alias.as_deref().is_some_and(|alias| alias.eq_ignore_ascii_case(&first.text));
        let is_object =
            || first.text.eq_ignore_ascii_case(&self.object.name) && self.parent_field(self.object, first).is_none();
        if is_alias || is_object() { rest } else { parents }
    }

    fn parent_field(&self, object: &'a ObjectDef, relationship: &Name) -> Option<&'a FieldDef> {
        self.context.fields(object).find(|field| {
            field.relationship_name.as_deref().is_some_and(|name| name.eq_ignore_ascii_case(&relationship.text))
        })
    }

    fn no_such_relationship(&self, path: &Path, name: &Name) -> ApiError {
        let message = format!(
            "Didn't understand relationship '{}' in field path. If you are attempting to use a custom relationship, \
             be sure to append the '__r' after the custom relationship name. Please reference your WSDL or the \
             describe call for the appropriate names.",
            name.text
        );
        self.context.error(path.at(), "INVALID_FIELD", message)
    }

    /// The number of the parent's table, which is joined at its first use.
    fn join(&mut self, child: usize, via: &'a FieldDef, parent: &'a ObjectDef, path: &Path) -> Result<usize, ApiError> {
        let known = self.joins.iter().position(|join| join.child == child && join.via.name == via.name);
        if let Some(index) = known {
            return Ok(index + 1);
        }
        if self.joins.len() == MAX_JOINS {
            let message = format!("A query can use at most {MAX_JOINS} parent relationships");
            return Err(self.context.malformed(path.at(), message));
        }
        self.joins.push(Join { child, via, parent });
        Ok(self.joins.len())
    }
}
