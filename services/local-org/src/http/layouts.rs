//! `describe/layouts`, `describe/compactLayouts`, `describe/approvalLayouts` and `listviews` of an object.
//!
//! A local org keeps the layouts that are deployed, and runs none: it answers with one that has all the fields that the
//! caller sees, two in a row, as Salesforce makes for a new object. There are no approval processes and list views.

use serde_json::{Value, json};

use super::answer::{Answer, not_found};
use super::call::Call;
use super::describe::{self, MASTER};
use super::resource::LayoutKind as Kind;
use super::work::Context;
use crate::error::ApiError;
use crate::schema::{FieldDef, FieldType, ObjectDef, Schema};
use crate::store::Access;

/// Fields on a page that nobody enters stand in a section of their own.
const SYSTEM: [&str; 5] = ["CreatedById", "CreatedDate", "LastModifiedById", "LastModifiedDate", "SystemModstamp"];

/// The layouts of an object, or the one of a record type, of which each object has one.
pub(crate) fn answer(
    cx: &Context<'_>,
    access: &Access,
    call: &Call,
    object: &str,
    kind: Kind,
    record_type: Option<&str>,
) -> Result<Answer, ApiError> {
    let schema = cx.org.store.schema();
    let object = describe::find(&schema, access, object)?;
    if object.is_event() || !object.writable {
        return Err(not_found());
    }
    if record_type.is_some_and(|id| crate::id::normalise(id).as_deref() != Some(MASTER)) {
        return Err(not_found());
    }
    let fields: Vec<&FieldDef> = object.fields.iter().filter(|field| access.sees(object, field)).collect();
    let path = format!("{}/sobjects/{}/describe", call.version.path(), object.name);
    Ok(Answer::ok(match (kind, record_type) {
        (Kind::Approval, _) => json!({"approvalLayouts": []}),
        (Kind::Compact, None) => compact(object, &fields, &path),
        (Kind::Compact, Some(_)) => compact_layout(object, &fields),
        (Kind::Full, None) => json!({
            "layouts": [layout(object, &fields, access, &schema)],
            "recordTypeMappings": [{
                "active": true, "available": true, "defaultRecordTypeMapping": true, "developerName": "Master",
                "layoutId": layout_id(), "master": true, "name": "Master", "picklistsForRecordType": [],
                "recordTypeId": MASTER, "urls": {"layout": format!("{path}/layouts/{MASTER}")},
            }],
            "recordTypeSelectorRequired": [false],
        }),
        (Kind::Full, Some(_)) => layout(object, &fields, access, &schema),
    }))
}

/// `listviews`
pub(crate) fn list_views(cx: &Context<'_>, access: &Access, object: &str) -> Result<Answer, ApiError> {
    let schema = cx.org.store.schema();
    let object = describe::find(&schema, access, object)?;
    Ok(Answer::ok(json!({
        "done": true, "listviews": [], "nextRecordsUrl": null, "size": 0, "sobjectType": object.name,
    })))
}

/// Id of the one layout of each object.
fn layout_id() -> String {
    crate::id::generate("00h", 1)
}

fn layout(object: &ObjectDef, fields: &[&FieldDef], access: &Access, schema: &Schema) -> Value {
    let shown = |field: &&&FieldDef| field.kind != FieldType::Id && field.name != "IsDeleted";
    let (system, own): (Vec<&FieldDef>, Vec<&FieldDef>) =
        fields.iter().filter(shown).copied().partition(|field| SYSTEM.contains(&field.name.as_str()));
    let sections = |only_editable: bool| -> Vec<Value> {
        let editable = |field: &&&FieldDef| !only_editable || field.createable || field.updateable;
        [("Information", &own), ("System Information", &system)]
            .iter()
            .map(|(heading, fields)| (heading, fields.iter().filter(editable).copied().collect::<Vec<_>>()))
            .filter(|(_, fields)| !fields.is_empty())
            .map(|(heading, fields)| section(object, heading, &fields, access))
            .collect()
    };
    let related: Vec<Value> = schema
        .children_of(&object.name)
        .filter(|(child, field)| access.sees(child, field) && field.child_relationship_name.is_some())
        .map(|(child, field)| {
            json!({
                "accessLevelRequiredForCreate": null, "buttons": [], "columns": [], "customLabel": child.label_plural,
                "field": field.name, "label": child.label_plural, "limitRows": 5,
                "name": field.child_relationship_name, "sobject": child.name, "sort": [],
            })
        })
        .collect();
    json!({
        "buttonLayoutSection": {"detailButtons": []},
        "detailLayoutSections": sections(false),
        "editLayoutSections": sections(true),
        "feedView": null,
        "highlightsPanelLayoutSection": null,
        "id": layout_id(),
        "multirowEditLayoutSections": [],
        "offlineLinks": [],
        "quickActionList": {"quickActionListItems": []},
        "relatedContent": null,
        "relatedLists": related,
        "saveOptions": [],
    })
}

fn section(object: &ObjectDef, heading: &str, fields: &[&FieldDef], access: &Access) -> Value {
    let rows: Vec<Value> = fields
        .chunks(2)
        .map(|row| {
            let items: Vec<Value> = row.iter().map(|field| item(object, field, access)).collect();
            json!({"layoutItems": items, "numItems": row.len()})
        })
        .collect();
    json!({
        "collapsed": false, "columns": 2, "heading": heading, "layoutRows": rows, "layoutSectionId": null,
        "parentLayoutId": layout_id(), "rows": fields.len().div_ceil(2), "tabOrder": "LeftToRight", "useCollapsibleSection": false,
        "useHeading": true,
    })
}

fn item(object: &ObjectDef, field: &FieldDef, access: &Access) -> Value {
    let editable = access.edits(object, field);
    json!({
        "editableForNew": field.createable && editable,
        "editableForUpdate": field.updateable && editable,
        "label": field.label,
        "layoutComponents": [{
            "details": describe::field(object, field, access), "displayLines": 1, "tabOrder": 1, "type": "Field",
            "value": field.name,
        }],
        "placeholder": false,
        "required": field.is_required_on_create(),
    })
}

fn compact(object: &ObjectDef, fields: &[&FieldDef], path: &str) -> Value {
    json!({
        "compactLayouts": [compact_layout(object, fields)],
        "defaultCompactLayoutId": null,
        "recordTypeCompactLayoutMappings": [{
            "available": true, "compactLayoutId": null, "compactLayoutName": "SYSTEM", "recordTypeId": MASTER,
            "recordTypeName": "Master", "urls": {"compactLayout": format!("{path}/compactLayouts/{MASTER}")},
        }],
        "urls": {"primary": format!("{path}/compactLayouts/primary")},
    })
}

/// The one that each object has from the start: the name.
fn compact_layout(object: &ObjectDef, fields: &[&FieldDef]) -> Value {
    let named = fields.iter().filter(|field| field.name_field);
    let items: Vec<Value> = named
        .map(|field| {
            json!({
                "editableForNew": false, "editableForUpdate": false, "label": field.label, "placeholder": false,
                "required": false,
                "layoutComponents": [{
                    "components": [], "details": null, "displayLines": 1, "tabOrder": 0, "type": "Field",
                    "value": field.name,
                }],
            })
        })
        .collect();
    json!({
        "actions": [], "fieldItems": items, "id": null, "imageItems": [], "label": "System Default", "name": "SYSTEM",
        "objectType": object.name,
    })
}
