//! Duplicate rules: a record that has the same value in a field as another one is refused, unless the caller insists.

use serde_json::{Map, Value, json};

use super::{Org, Tx, convert, ddl};
use crate::error::ApiError;
use crate::schema::{FieldDef, ObjectDef, Schema};
use crate::settings::DuplicateRule;

/// Most records that an answer lists.
const MATCHES: u32 = 5;

impl Tx<'_> {
    /// Refuses a create, or an update of record `own_id`, that gives a record the value that another one has in a field
    /// with a rule. Values that cannot be stored are left to the write itself.
    ///
    /// # Errors
    /// `DUPLICATES_DETECTED` with the records that were found.
    pub(crate) fn check_duplicates(
        &mut self,
        rules: &[DuplicateRule],
        object: &str,
        fields: &Map<String, Value>,
        own_id: Option<&str>,
    ) -> Result<(), ApiError> {
        for rule in rules.iter().filter(|rule| rule.object.eq_ignore_ascii_case(object)) {
            let (object, field) = rule.find(&self.catalog.schema)?;
            let given = fields.iter().find(|(name, _)| name.eq_ignore_ascii_case(&field.name));
            let Some((_, value)) = given.filter(|(_, value)| !value.is_null()) else { continue };
            let Ok(stored) = convert::to_stored(&self.catalog.schema, field, value) else { continue };
            let ids = self.ids_with(object, field, &stored, MATCHES)?;
            let others: Vec<&str> = ids.iter().map(String::as_str).filter(|id| Some(*id) != own_id).collect();
            if !others.is_empty() {
                return Err(detected(rule, object, &others));
            }
        }
        Ok(())
    }
}

impl Tx<'_> {
    /// The record that an upsert with this key would change. What is wrong with the key is the upsert's to say.
    pub(crate) fn matching(&mut self, object: &str, field: &str, value: &str) -> Option<String> {
        let object = self.object(object).ok()?;
        let field = object.field(field)?;
        self.find_one(object, field, value).ok()?
    }
}

impl Org {
    /// Makes the look-ups of a rule fast.
    ///
    /// # Errors
    /// When the rule's object or field does not exist, or the database fails.
    pub(crate) fn prepare_duplicate_rule(&self, rule: &DuplicateRule) -> Result<(), ApiError> {
        let schema = self.schema();
        let (object, field) = rule.find(&schema)?;
        self.transaction(&self.admin(), |tx| {
            tx.connection.execute(&ddl::index_of(object, field), [])?;
            Ok(())
        })
    }
}

impl DuplicateRule {
    fn find<'s>(&self, schema: &'s Schema) -> Result<(&'s ObjectDef, &'s FieldDef), ApiError> {
        let object = schema.object(&self.object).ok_or_else(|| {
            ApiError::new(400, "INVALID_TYPE", format!("duplicateRules: there is no object '{}'", self.object))
        })?;
        let field = object.field(&self.field).ok_or_else(|| ApiError::no_such_field(&object.name, &self.field))?;
        Ok((object, field))
    }
}

fn detected(rule: &DuplicateRule, object: &ObjectDef, ids: &[&str]) -> ApiError {
    let message = "Use one of these records?";
    let records: Vec<Value> = ids
        .iter()
        .map(|id| {
            json!({
                "additionalInformation": [],
                "fieldDiffs": [],
                "matchConfidence": 100.0,
                "record": {"attributes": {"type": object.name}, "Id": id},
            })
        })
        .collect();
    let name = format!("{}_{}", object.name, rule.field);
    let result = json!({
        "allowSave": true,
        "duplicateRule": format!("{name}_Duplicate_Rule"),
        "duplicateRuleEntityType": object.name,
        "errorMessage": message,
        "matchResults": [{
            "entityType": object.name,
            "errors": [],
            "matchEngine": "ExactMatchEngine",
            "rule": format!("{name}_Match_Rule"),
            "size": records.len(),
            "success": true,
            "matchRecords": records,
        }],
    });
    ApiError::new(400, "DUPLICATES_DETECTED", message).with_duplicates(result)
}
