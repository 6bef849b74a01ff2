//! The objects (Tooling API Reference; Object Reference, "EntityDefinition", "FieldDefinition").

use crate::schema::{FieldDef, FieldType, ObjectDef};

/// Fields of an object: name and type.
type Fields = &'static [(&'static str, FieldType)];

use FieldType::{Boolean, DateTime, Int, String as Text, TextArea};

const ENTITY: Fields = &[
    ("DurableId", Text),
    ("QualifiedApiName", Text),
    ("DeveloperName", Text),
    ("MasterLabel", Text),
    ("Label", Text),
    ("PluralLabel", Text),
    ("KeyPrefix", Text),
    ("NamespacePrefix", Text),
    ("InternalSharingModel", Text),
    ("IsCustomSetting", Boolean),
    ("IsCustomizable", Boolean),
    ("IsQueryable", Boolean),
    ("IsRetrieveable", Boolean),
    ("IsSearchable", Boolean),
    ("IsLayoutable", Boolean),
    ("IsTriggerable", Boolean),
    ("IsApexTriggerable", Boolean),
    ("IsReplicateable", Boolean),
];
const FIELD: Fields = &[
    ("DurableId", Text),
    ("QualifiedApiName", Text),
    ("DeveloperName", Text),
    ("MasterLabel", Text),
    ("Label", Text),
    ("NamespacePrefix", Text),
    ("DataType", Text),
    ("ValueTypeId", Text),
    ("Length", Int),
    ("Precision", Int),
    ("Scale", Int),
    ("IsNillable", Boolean),
    ("IsCalculated", Boolean),
    ("IsCompound", Boolean),
    ("IsIndexed", Boolean),
    ("IsNameField", Boolean),
    ("RelationshipName", Text),
    ("ReferenceTargetField", Text),
    ("ExtraTypeInfo", Text),
];
const CUSTOM_OBJECT: Fields = &[
    ("DeveloperName", Text),
    ("NamespacePrefix", Text),
    ("Description", TextArea),
    ("ExternalName", Text),
    ("SharingModel", Text),
    ("ManageableState", Text),
];
const CUSTOM_FIELD: Fields = &[
    ("DeveloperName", Text),
    ("FullName", Text),
    ("TableEnumOrId", Text),
    ("NamespacePrefix", Text),
    ("Description", TextArea),
    ("InlineHelpText", TextArea),
    ("Length", Int),
    ("Precision", Int),
    ("Scale", Int),
    ("RelationshipLabel", Text),
    ("ManageableState", Text),
];
const APEX: Fields = &[
    ("Name", Text),
    ("NamespacePrefix", Text),
    ("ApiVersion", FieldType::Double),
    ("Status", Text),
    ("IsValid", Boolean),
    ("BodyCrc", FieldType::Double),
    ("Body", TextArea),
    ("LengthWithoutComments", Int),
    ("ManageableState", Text),
    ("CreatedDate", DateTime),
    ("LastModifiedDate", DateTime),
    ("SystemModstamp", DateTime),
];
const LOG: Fields = &[
    ("Application", Text),
    ("DurationMilliseconds", Int),
    ("Location", Text),
    ("LogLength", Int),
    ("LogUserId", FieldType::Reference),
    ("Operation", Text),
    ("Request", Text),
    ("StartTime", DateTime),
    ("Status", Text),
    ("LastModifiedDate", DateTime),
    ("SystemModstamp", DateTime),
];
const TEST: Fields = &[
    ("ApexClassId", FieldType::Reference),
    ("AsyncApexJobId", FieldType::Reference),
    ("MethodName", Text),
    ("Outcome", Text),
    ("Message", TextArea),
    ("StackTrace", TextArea),
    ("RunTime", Int),
    ("TestTimestamp", DateTime),
];
const NAMED: Fields = &[
    ("Name", Text),
    ("DeveloperName", Text),
    ("MasterLabel", Text),
    ("NamespacePrefix", Text),
    ("ManageableState", Text),
    ("CreatedDate", DateTime),
    ("LastModifiedDate", DateTime),
];

/// Name, first characters of ids, and fields.
const OBJECTS: [(&str, &str, Fields); 13] = [
    ("EntityDefinition", "000", ENTITY),
    ("FieldDefinition", "000", FIELD),
    ("CustomObject", "01I", CUSTOM_OBJECT),
    ("CustomField", "00N", CUSTOM_FIELD),
    ("ApexClass", "01p", APEX),
    ("ApexTrigger", "01q", APEX),
    ("ApexPage", "066", NAMED),
    ("ApexComponent", "099", NAMED),
    ("ApexLog", "07L", LOG),
    ("ApexTestResult", "07M", TEST),
    ("LightningComponentBundle", "0Rb", NAMED),
    ("ValidationRule", "03d", NAMED),
    ("WorkflowRule", "01Q", NAMED),
];

/// All of them.
pub(super) fn all() -> Vec<ObjectDef> {
    OBJECTS.iter().map(|(name, prefix, fields)| object(name, prefix, fields)).collect()
}

fn object(name: &str, prefix: &str, fields: Fields) -> ObjectDef {
    let field = |name: &str, kind| FieldDef {
        name: name.to_owned(),
        label: name.to_owned(),
        kind,
        name_field: name == "DeveloperName",
        createable: false,
        updateable: false,
        ..FieldDef::default()
    };
    let mut all = vec![FieldDef { nillable: false, ..field("Id", FieldType::Id) }, field("IsDeleted", Boolean)];
    all.extend(fields.iter().map(|(name, kind)| field(name, *kind)));
    if matches!(name, "FieldDefinition" | "CustomField") {
        all.push(FieldDef {
            reference_to: vec!["EntityDefinition".to_owned()],
            relationship_name: Some("EntityDefinition".to_owned()),
            child_relationship_name: Some(if name == "CustomField" { "CustomFields" } else { "Fields" }.to_owned()),
            // Names of objects, which are the ids of their definitions.
            ..field("EntityDefinitionId", Text)
        });
    }
    ObjectDef {
        name: name.to_owned(),
        label: name.to_owned(),
        label_plural: name.to_owned(),
        key_prefix: prefix.to_owned(),
        fields: all,
        writable: false,
        publish: None,
    }
}
