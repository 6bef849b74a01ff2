//! `sobjects` and `sobjects/X/describe`: objects and fields, with the members that clients read.

use serde_json::{Value, json};

use super::answer::{Answer, not_found};
use super::call::Call;
use super::work::Context;
use crate::error::ApiError;
use crate::schema::{FieldDef, FieldType, ObjectDef, OnDelete, Schema};
use crate::store::{Access, Operation, is_protected};
use crate::version::Version;

/// `sobjects`
pub(crate) fn global(cx: &Context<'_>, access: &Access, call: &Call) -> Answer {
    if call.conditions.knows(cx.org.store.schema_since()) {
        return Answer::empty(304);
    }
    let schema = cx.org.store.schema();
    let objects = schema.objects().filter(|object| access.reads(object));
    let objects: Vec<_> = objects.map(|object| summary(object, access, call.version)).collect();
    Answer::ok(json!({"encoding": "UTF-8", "maxBatchSize": 200, "sobjects": objects}))
}

/// `sobjects/X`
pub(crate) fn basic(cx: &Context<'_>, access: &Access, call: &Call, object: &str) -> Result<Answer, ApiError> {
    let schema = cx.org.store.schema();
    let object = find(&schema, access, object)?;
    Ok(Answer::ok(json!({"objectDescribe": summary(object, access, call.version), "recentItems": []})))
}

/// `sobjects/X/describe`
pub(crate) fn sobject(cx: &Context<'_>, access: &Access, call: &Call, object: &str) -> Result<Answer, ApiError> {
    let schema = cx.org.store.schema();
    let object = find(&schema, access, object)?;
    if call.conditions.knows(cx.org.store.schema_since()) {
        return Ok(Answer::empty(304));
    }
    let mut describe = summary(object, access, call.version);
    let fields = object.fields.iter().filter(|field| access.sees(object, field));
    describe["fields"] = fields.map(|described| field(object, described, access)).collect();
    let children = schema.children_of(&object.name).filter(|(child, field)| access.sees(child, field));
    describe["childRelationships"] = children.map(|(child, field)| child_relationship(child, field)).collect();
    let path = format!("{}/sobjects/{}/describe", call.version.path(), object.name);
    let layout = format!("{path}/layouts/{MASTER}");
    describe["recordTypeInfos"] = json!([{
        "active": true, "available": true, "defaultRecordTypeMapping": true, "developerName": "Master",
        "master": true, "name": "Master", "recordTypeId": MASTER, "urls": {"layout": layout},
    }]);
    whole(object, &mut describe, &path);
    Ok(Answer::ok(describe))
}

/// What only the describe of one object has.
fn whole(object: &ObjectDef, describe: &mut Value, path: &str) {
    let is_shown = object.writable && !object.is_event();
    for name in ["actionOverrides", "namedLayoutInfos"] {
        describe[name] = json!([]);
    }
    for name in ["defaultImplementation", "extendedBy", "extendsInterfaces", "implementedBy", "implementsInterfaces"] {
        describe[name] = Value::Null;
    }
    for name in ["listviewable", "lookupLayoutable", "networkScopeFieldName"] {
        describe[name] = Value::Null;
    }
    for name in ["compactLayoutable", "searchLayoutable"] {
        describe[name] = json!(is_shown);
    }
    describe["sobjectDescribeOption"] = json!("FULL");
    let scopes = [("everything", "All"), ("mine", "My")];
    let owned = object.field("OwnerId").is_some();
    let scopes = scopes.iter().filter(|(name, _)| *name == "everything" || owned);
    describe["supportedScopes"] = scopes
        .map(|(name, label)| json!({"label": format!("{label} {}", object.label_plural), "name": name}))
        .collect();
    if is_shown {
        for name in ["approvalLayouts", "compactLayouts", "layouts"] {
            describe["urls"][name] = json!(format!("{path}/{name}"));
        }
        describe["urls"]["listviews"] = json!(path.replace("/describe", "/listviews"));
    }
}

/// The record type of all records of objects without record types of their own.
pub(crate) const MASTER: &str = "012000000000000AAA";

pub(crate) fn find<'s>(schema: &'s Schema, access: &Access, name: &str) -> Result<&'s ObjectDef, ApiError> {
    schema.object(name).filter(|object| access.reads(object)).ok_or_else(not_found)
}

fn summary(object: &ObjectDef, access: &Access, version: Version) -> Value {
    let can = |operation| object.writable && access.allows(object, operation);
    let deletable = can(Operation::Delete);
    let path = format!("{}/sobjects/{}", version.path(), object.name);
    // Platform events can be published, and nothing else.
    let is_stored = !object.is_event();
    let is_changeable = object.writable && is_stored;
    json!({
        "name": object.name, "label": object.label, "labelPlural": object.label_plural,
        "keyPrefix": object.key_prefix, "custom": object.is_custom(), "customSetting": false,
        "queryable": is_stored, "retrieveable": is_stored, "searchable": is_changeable,
        "createable": can(Operation::Create), "updateable": is_stored && can(Operation::Update), "deletable": deletable,
        "undeletable": deletable, "mergeable": false, "triggerable": !is_stored, "layoutable": is_changeable,
        "activateable": false, "deprecatedAndHidden": false, "feedEnabled": false, "mruEnabled": false,
        "hasSubtypes": false, "isSubtype": false, "isInterface": false, "deepCloneable": false,
        "associateEntityType": null, "associateParentEntity": null,
        "replicateable": is_stored && object.field("SystemModstamp").is_some(),
        "urls": {
            "sobject": path, "describe": format!("{path}/describe"), "rowTemplate": format!("{path}/{{ID}}"),
        },
    })
}

fn child_relationship(child: &ObjectDef, field: &FieldDef) -> Value {
    json!({
        "childSObject": child.name, "field": field.name, "relationshipName": field.child_relationship_name,
        "cascadeDelete": field.on_delete == OnDelete::Cascade,
        "restrictedDelete": field.on_delete == OnDelete::Restrict,
        "deprecatedAndHidden": false, "junctionIdListNames": [], "junctionReferenceTo": [],
    })
}

/// What no field of a local org is or has, though clients may read it.
const NEVER: [&str; 13] = [
    "aiPredictionField",
    "calculated",
    "dependentPicklist",
    "deprecatedAndHidden",
    "displayLocationInDecimal",
    "encrypted",
    "formulaTreatNullNumberAsZero",
    "highScaleNumber",
    "htmlFormatted",
    "namePointing",
    "queryByDistance",
    "searchPrefilterable",
    "writeRequiresMasterRead",
];
const NOTHING: [&str; 10] = [
    "calculatedFormula",
    "compoundFieldName",
    "controllerName",
    "defaultValueFormula",
    "extraTypeInfo",
    "filteredLookupInfo",
    "inlineHelpText",
    "mask",
    "maskType",
    "referenceTargetField",
];

/// Whether a custom field makes its object the detail of another.
fn is_detail(field: &FieldDef) -> bool {
    field.is_custom() && field.on_delete == OnDelete::Cascade
}

pub(crate) fn field(object: &ObjectDef, field: &FieldDef, access: &Access) -> Value {
    let editable = access.edits(object, field);
    let (kind, soap) = types(field.kind);
    let is_int = field.kind == FieldType::Int;
    let picklist: Vec<_> = field.picklist.iter().map(|value| picklist_value(field, value)).collect();
    let mut describe = json!({
        "name": field.name, "label": field.label, "type": kind, "soapType": soap,
        "length": field.length, "byteLength": field.length.saturating_mul(3),
        "digits": if is_int { field.precision } else { 0 },
        "precision": if is_int { 0 } else { field.precision }, "scale": field.scale,
        "nillable": field.nillable, "createable": field.createable && editable,
        "updateable": field.updateable && editable,
        "defaultedOnCreate": field.defaulted_on_create, "defaultValue": field.default_value,
        "externalId": field.external_id, "idLookup": field.is_id_lookup(), "unique": field.unique,
        "caseSensitive": field.case_sensitive, "custom": field.is_custom(), "nameField": field.name_field,
        "autoNumber": field.auto_number.is_some(), "permissionable": is_protected(object, field),
        "picklistValues": picklist, "restrictedPicklist": field.restricted,
    });
    describe["referenceTo"] = json!(field.reference_to);
    describe["relationshipName"] = json!(field.relationship_name);
    describe["polymorphicForeignKey"] = json!(field.reference_to.len() > 1);
    describe["cascadeDelete"] = json!(field.on_delete == OnDelete::Cascade);
    describe["restrictedDelete"] = json!(field.on_delete == OnDelete::Restrict);
    let is_long_text = field.kind == FieldType::TextArea && field.length > 255;
    for usage in ["aggregatable", "filterable", "groupable", "sortable"] {
        describe[usage] = json!(!is_long_text);
    }
    // The number of the master in a master-detail relationship, of which an object has one here.
    describe["relationshipOrder"] = if is_detail(field) { json!(0) } else { Value::Null };
    NEVER.iter().for_each(|name| describe[*name] = json!(false));
    NOTHING.iter().for_each(|name| describe[*name] = Value::Null);
    describe
}

fn picklist_value(field: &FieldDef, value: &str) -> Value {
    let is_default = field.default_value.as_deref() == Some(value);
    json!({"active": true, "defaultValue": is_default, "label": value, "validFor": null, "value": value})
}

/// Names of a type in describe and in SOAP.
fn types(kind: FieldType) -> (&'static str, &'static str) {
    match kind {
        FieldType::Id => ("id", "tns:ID"),
        FieldType::Reference => ("reference", "tns:ID"),
        FieldType::String => ("string", "xsd:string"),
        FieldType::TextArea => ("textarea", "xsd:string"),
        FieldType::Email => ("email", "xsd:string"),
        FieldType::Phone => ("phone", "xsd:string"),
        FieldType::Url => ("url", "xsd:string"),
        FieldType::Picklist => ("picklist", "xsd:string"),
        FieldType::Boolean => ("boolean", "xsd:boolean"),
        FieldType::Int => ("int", "xsd:int"),
        FieldType::Double => ("double", "xsd:double"),
        FieldType::Currency => ("currency", "xsd:double"),
        FieldType::Percent => ("percent", "xsd:double"),
        FieldType::Date => ("date", "xsd:date"),
        FieldType::DateTime => ("datetime", "xsd:dateTime"),
    }
}
