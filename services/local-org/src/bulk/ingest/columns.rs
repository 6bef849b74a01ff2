//! The header row: which column is which field (Bulk API 2.0 Developer Guide, "Prepare CSV Files", "Relationship Fields in
//! a Header Row").

use std::sync::Arc;

use csv::StringRecord;
use serde_json::{Map, Value, json};

use crate::bulk::Failure;
use crate::bulk::dialect::{Dialect, LineEnding};
use crate::bulk::spec::{IngestSpec, Operation};
use crate::bulk::spool::Spool;
use crate::error::ApiError;
use crate::schema::{FieldDef, ObjectDef, Schema};

/// The value that empties a field.
const NULL: &str = "#N/A";
/// Most columns, and longest header row in characters.
const MAX_COLUMNS: usize = 5_000;
const MAX_HEADER: usize = 32_000;

/// The columns of an ingest job's contents.
#[derive(Debug)]
pub(crate) struct Columns {
    targets: Vec<Target>,
    /// The column with the record's id, of operations that need one.
    id: Option<usize>,
    /// The column with an upsert's external id.
    key: Option<usize>,
}

/// What a column's values are for.
#[derive(Debug)]
pub(super) enum Target {
    /// The record's id or an upsert's external id.
    Record,
    Field {
        name: String,
        label: String,
    },
    /// A field of the parent, which finds it.
    Parent {
        relationship: String,
        /// The parent's object, where the reference does not tell.
        object: Option<String>,
        key: String,
    },
}

impl Columns {
    /// Looks up the names of the header row.
    pub(super) fn read(
        header: &StringRecord,
        spec: &IngestSpec,
        schema: &Schema,
        visible: &dyn Fn(&ObjectDef, &FieldDef) -> bool,
    ) -> Result<Self, Failure> {
        if header.len() > MAX_COLUMNS || header.as_slice().chars().count() + header.len() > MAX_HEADER {
            return Err("InvalidBatch : The header row is too long".to_owned());
        }
        let object = schema.object(&spec.object).ok_or_else(|| not_found(&spec.object))?;
        let mut columns = Self { targets: Vec::with_capacity(header.len()), id: None, key: None };
        for (index, name) in header.iter().enumerate() {
            // Some programs begin UTF-8 files with a byte order mark.
            let name = if index == 0 { name.trim_start_matches('\u{feff}') } else { name };
            let target = columns.target(index, name, spec, &Names { object, schema, visible })?;
            columns.targets.push(target);
        }
        if spec.operation.is_delete() && (columns.id.is_none() || columns.targets.len() > 1) {
            return Err(format!("InvalidBatch : A {} batch must contain only ids", spec.operation.name()));
        }
        Ok(columns)
    }

    fn target(&mut self, index: usize, name: &str, spec: &IngestSpec, names: &Names<'_>) -> Result<Target, Failure> {
        if name.contains('.') {
            return names.parent(name);
        }
        let is_key = spec.external_id.as_deref().is_some_and(|key| key.eq_ignore_ascii_case(name));
        let is_id =
            name.eq_ignore_ascii_case("Id") && (spec.operation == Operation::Update || spec.operation.is_delete());
        if is_key || is_id {
            let column = if is_key { &mut self.key } else { &mut self.id };
            if column.replace(index).is_some() {
                return Err(twice(name));
            }
            return Ok(Target::Record);
        }
        let field = names.field(names.object, name).ok_or_else(|| not_found(name))?;
        let known = |target: &Target| matches!(target, Target::Field { name, .. } if *name == field.name);
        if self.targets.iter().any(known) {
            return Err(twice(name));
        }
        Ok(Target::Field { name: field.name.clone(), label: field.label.clone() })
    }

    /// A row has as many values as the header.
    pub(super) fn check_width(&self, row: &StringRecord) -> Result<(), ApiError> {
        if row.len() == self.targets.len() {
            return Ok(());
        }
        let message = format!("The row has {} values, and the header row has {}", row.len(), self.targets.len());
        Err(ApiError::new(400, "INVALID_CSV_ROW", message))
    }

    /// The row's record id; empty where there is none.
    pub(super) fn id_of<'r>(&self, row: &'r StringRecord) -> &'r str {
        value(row, self.id)
    }

    /// The row's external id; empty where there is none.
    pub(super) fn key_of<'r>(&self, row: &'r StringRecord) -> &'r str {
        value(row, self.key)
    }

    /// The row as a record. Empty values are left out: they change nothing.
    pub(super) fn fields(&self, row: &StringRecord) -> Map<String, Value> {
        let mut fields = Map::with_capacity(self.targets.len());
        for (target, value) in self.targets.iter().zip(row).filter(|(_, value)| !value.is_empty()) {
            match target {
                Target::Record => {}
                Target::Field { name, .. } => {
                    let value = if value == NULL { Value::Null } else { Value::String(value.to_owned()) };
                    fields.insert(name.clone(), value);
                }
                Target::Parent { relationship, .. } if value == NULL => {
                    fields.insert(relationship.clone(), Value::Null);
                }
                Target::Parent { relationship, object: None, key } => {
                    fields.insert(relationship.clone(), json!({key: value}));
                }
                Target::Parent { relationship, object: Some(object), key } => {
                    fields.insert(relationship.clone(), json!({"attributes": {"type": object}, key: value}));
                }
            }
        }
        fields
    }

    /// The column of a field, and the field's label.
    pub(super) fn field(&self, wanted: &str) -> Option<(usize, &str)> {
        self.targets.iter().enumerate().find_map(|(index, target)| match target {
            Target::Field { name, label } if name == wanted => Some((index, label.as_str())),
            _ => None,
        })
    }
}

/// The first line must end as the job says the lines do.
pub(super) fn check_line_ending(contents: &Arc<Spool>, dialect: Dialect) -> Result<(), Failure> {
    // A header has at most 32,000 characters, of at most four bytes each.
    let start = contents.read(0, MAX_HEADER * 4).map_err(|error| format!("InternalServerError : {error}"))?;
    let Some(end) = start.iter().position(|byte| *byte == b'\n') else { return Ok(()) };
    let is_crlf = start.get(..end).is_some_and(|line| line.ends_with(b"\r"));
    if is_crlf == (dialect.ending == LineEnding::Crlf) {
        return Ok(());
    }
    let setting = dialect.ending.name();
    Err(format!("ClientInputError : LineEnding is invalid on user data. Current LineEnding setting is {setting}"))
}

/// The names that a header row can use.
struct Names<'s> {
    object: &'s ObjectDef,
    schema: &'s Schema,
    /// Whether the actor may see a field.
    visible: &'s dyn Fn(&ObjectDef, &FieldDef) -> bool,
}

impl<'s> Names<'s> {
    fn field(&self, object: &'s ObjectDef, name: &str) -> Option<&'s FieldDef> {
        object.field(name).filter(|field| (self.visible)(object, field))
    }

    /// `Relationship.Field`, and `Object:Relationship.Field` where the parent can be of several objects. JSON and XML name
    /// the object of any parent.
    fn parent(&self, name: &str) -> Result<Target, Failure> {
        let lost = || not_found(name);
        let (kind, path) = name.split_once(':').map_or((None, name), |(kind, path)| (Some(kind), path));
        let (relationship, key) = path.split_once('.').ok_or_else(lost)?;
        let leads_there = |field: &&FieldDef| {
            field.relationship_name.as_deref().is_some_and(|known| known.eq_ignore_ascii_case(relationship))
                && (self.visible)(self.object, field)
        };
        let field = self.object.fields.iter().find(leads_there).ok_or_else(lost)?;
        let target = match (kind, field.reference_to.as_slice()) {
            (None, [target]) => target,
            (Some(kind), targets) => {
                targets.iter().find(|target| target.eq_ignore_ascii_case(kind)).ok_or_else(lost)?
            }
            _ => return Err(lost()),
        };
        let target = self.schema.object(target).ok_or_else(lost)?;
        let key = self.field(target, key).filter(|key| key.is_id_lookup()).ok_or_else(lost)?;
        Ok(Target::Parent {
            relationship: field.relationship_name.clone().unwrap_or_default(),
            object: kind.map(|_| target.name.clone()),
            key: key.name.clone(),
        })
    }
}

fn value(row: &StringRecord, column: Option<usize>) -> &str {
    column.and_then(|column| row.get(column)).unwrap_or_default()
}

fn not_found(name: &str) -> Failure {
    format!("InvalidBatch : Field name not found : {name}")
}

fn twice(name: &str) -> Failure {
    format!("InvalidBatch : Field name given twice : {name}")
}
