use std::fs;
use std::path::PathBuf;

use tempfile::TempDir;

use super::*;
use crate::schema::{FieldType, OnDelete, Publish};

mod events;

/// A project with these files under `force-app/main/default`.
struct Project {
    dir: TempDir,
}

impl Project {
    fn new(files: &[(&str, &str)]) -> Self {
        let dir = tempfile::tempdir().unwrap();
        fs::write(
            dir.path().join("sfdx-project.json"),
            r#"{"packageDirectories": [{"path": "force-app", "default": true}], "sourceApiVersion": "62.0"}"#,
        )
        .unwrap();
        let this = Self { dir };
        fs::create_dir_all(this.source()).unwrap();
        for (path, text) in files {
            let path = this.source().join(path);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, text).unwrap();
        }
        this
    }

    fn source(&self) -> PathBuf {
        self.dir.path().join("force-app/main/default")
    }

    fn load(&self) -> Result<(Schema, Deployed), MetadataError> {
        let mut schema = standard();
        load(self.dir.path(), &mut schema).map(|deployed| (schema, deployed))
    }

    #[track_caller]
    fn problem(&self) -> String {
        self.load().unwrap_err().to_string()
    }
}

fn field(name: &str, rest: &str) -> String {
    format!(
        r#"<?xml version="1.0" encoding="UTF-8"?>
<CustomField xmlns="http://soap.sforce.com/2006/04/metadata">
    <fullName>{name}</fullName>
    <label>Some Label</label>
    {rest}
</CustomField>"#
    )
}

const JOB_KEY: &str = "<type>Text</type><length>80</length><externalId>true</externalId><unique>true</unique>
    <caseSensitive>true</caseSensitive><required>false</required>";

#[test]
fn fields_and_permission_sets_of_a_project() {
    let project = Project::new(&[
        ("objects/Quote/fields/QuoteJobKey__c.field-meta.xml", &field("QuoteJobKey__c", JOB_KEY)),
        (
            "objects/OpportunityLineItem/fields/DiscountOverride__c.field-meta.xml",
            &field("DiscountOverride__c", "<type>Percent</type><precision>5</precision><scale>2</scale>"),
        ),
        (
            "permissionsets/Quote_Generation.permissionset-meta.xml",
            r#"<PermissionSet xmlns="http://soap.sforce.com/2006/04/metadata">
                <label>Quote Generation</label>
                <hasActivationRequired>true</hasActivationRequired>
                <fieldPermissions><editable>false</editable><field>Quote.QuoteJobKey__c</field><readable>true</readable></fieldPermissions>
                <objectPermissions><allowRead>true</allowRead><object>Opportunity</object></objectPermissions>
                <userPermissions><enabled>false</enabled><name>ModifyAllData</name></userPermissions>
            </PermissionSet>"#,
        ),
        (
            "objects/Done__c/Done__c.object-meta.xml",
            "<CustomObject><customSettingsType>List</customSettingsType><label>Done</label></CustomObject>",
        ),
        ("objects/Done__c/fields/Status__c.field-meta.xml", &field("Status__c", "<type>Text</type>")),
        ("classes/Caller.cls-meta.xml", "<ApexClass/>"),
        ("classes/Caller.cls", "public class Caller {}"),
    ]);
    let (schema, deployed) = project.load().unwrap();
    assert_eq!(deployed.custom_fields, ["OpportunityLineItem.DiscountOverride__c", "Quote.QuoteJobKey__c"]);
    assert_eq!(
        deployed.ignored,
        [
            "force-app/main/default/objects/Done__c/Done__c.object-meta.xml",
            "force-app/main/default/objects/Done__c/fields/Status__c.field-meta.xml",
            "force-app/main/default/classes/Caller.cls-meta.xml",
        ]
    );
    let warning = not_deployed(&deployed.ignored, &schema).unwrap();
    for part in ["objects/Done__c/Done__c.object-meta.xml, ", "Status__c.field-meta.xml. ", "Opportunity", "Checkbox"] {
        assert!(warning.contains(part), "{part} is missing in {warning}");
    }
    assert!(!warning.contains("Caller.cls"), "{warning}");
    let key = schema.object("Quote").unwrap().field("quotejobkey__c").unwrap();
    assert_eq!((key.kind, key.length), (FieldType::String, 80));
    assert!(key.external_id && key.unique && key.case_sensitive && key.nillable && key.createable && key.updateable);
    let discount = schema.object("OpportunityLineItem").unwrap().field("DiscountOverride__c").unwrap();
    assert_eq!((discount.kind, discount.precision, discount.scale), (FieldType::Percent, 5, 2));
    assert_eq!(
        deployed.permission_sets,
        [PermissionSet {
            name: "Quote_Generation".to_owned(),
            label: "Quote Generation".to_owned(),
            description: None,
            has_activation_required: true,
            field_permissions: vec![FieldPermission {
                object: "Quote".to_owned(),
                field: "QuoteJobKey__c".to_owned(),
                readable: true,
                editable: false,
            }],
            object_permissions: vec![ObjectPermission {
                object: "Opportunity".to_owned(),
                read: true,
                ..ObjectPermission::default()
            }],
            custom_permissions: Vec::new(),
            modify_all_data: false,
            manage_session_permission_sets: false,
        }]
    );
}

#[test]
fn every_supported_type() {
    let numbers = "<precision>10</precision><scale>3</scale>";
    let types = [
        ("A__c", "<type>TextArea</type>".to_owned(), FieldType::TextArea),
        ("B__c", format!("<type>Number</type>{numbers}"), FieldType::Double),
        ("C__c", format!("<type>Currency</type>{numbers}"), FieldType::Currency),
        ("D__c", "<type>Checkbox</type><defaultValue>true</defaultValue>".to_owned(), FieldType::Boolean),
        ("E__c", "<type>Date</type><required>true</required>".to_owned(), FieldType::Date),
        ("F__c", "<type>DateTime</type>".to_owned(), FieldType::DateTime),
        ("G__c", "<type>Email</type>".to_owned(), FieldType::Email),
        ("H__c", "<type>Phone</type>".to_owned(), FieldType::Phone),
        ("I__c", "<type>Url</type>".to_owned(), FieldType::Url),
        (
            "J__c",
            "<type>Picklist</type><valueSet><restricted>true</restricted><valueSetDefinition><sorted>false</sorted>
                <value><fullName>Gold</fullName><default>false</default></value>
                <value><fullName>Silver</fullName><default>true</default></value>
            </valueSetDefinition></valueSet>"
                .to_owned(),
            FieldType::Picklist,
        ),
        (
            "K__c",
            "<type>Lookup</type><referenceTo>Contact</referenceTo><relationshipName>Deals</relationshipName>
                <deleteConstraint>Cascade</deleteConstraint>"
                .to_owned(),
            FieldType::Reference,
        ),
    ];
    let files: Vec<(String, String)> = types
        .iter()
        .map(|(name, rest, _)| (format!("objects/Account/fields/{name}.field-meta.xml"), field(name, rest)))
        .collect();
    let files: Vec<(&str, &str)> = files.iter().map(|(path, text)| (path.as_str(), text.as_str())).collect();
    let (schema, deployed) = Project::new(&files).load().unwrap();
    assert_eq!(deployed.ignored, [""; 0]);
    let account = schema.object("Account").unwrap();
    for (name, _, kind) in types {
        assert_eq!(account.field(name).unwrap().kind, kind, "{name}");
    }
    assert_eq!(account.field("D__c").unwrap().default_value.as_deref(), Some("true"));
    assert!(account.field("E__c").unwrap().is_required_on_create());
    let tier = account.field("J__c").unwrap();
    assert_eq!((tier.picklist.len(), tier.restricted, tier.default_value.as_deref()), (2, true, Some("Silver")));
    let lookup = account.field("K__c").unwrap();
    assert_eq!(lookup.relationship_name.as_deref(), Some("K__r"));
    assert_eq!(lookup.child_relationship_name.as_deref(), Some("Deals__r"));
    assert_eq!(
        (lookup.on_delete, lookup.reference_to.as_slice()),
        (OnDelete::Cascade, ["Contact".to_owned()].as_slice())
    );
}

#[test]
fn every_type_that_is_said_to_be_known_is() {
    let rest = "<length>80</length><precision>10</precision><scale>3</scale><defaultValue>false</defaultValue>
        <valueSet/><referenceTo>Contact</referenceTo><displayFormat>N-{000}</displayFormat>";
    for kind in field::TYPES {
        let text = field("A__c", &format!("<type>{kind}</type>{rest}"));
        let project = Project::new(&[("objects/Account/fields/A__c.field-meta.xml", &text)]);
        let (schema, deployed) = project.load().unwrap();
        assert_eq!(deployed.custom_fields, ["Account.A__c"], "{kind}");
        assert_eq!(not_deployed(&deployed.ignored, &schema), None);
    }
}

#[test]
fn classes_and_labels_of_known_objects_are_not_warned_about() {
    let ignored = ["a/classes/Caller.cls-meta.xml", "a/objects/Account/Account.object-meta.xml"].map(str::to_owned);
    assert_eq!(not_deployed(&ignored, &standard()), None);
    let many: Vec<String> =
        (0..25).map(|number| format!("a/objects/X{number}__c/X{number}__c.object-meta.xml")).collect();
    let warning = not_deployed(&many, &standard()).unwrap();
    assert!(warning.contains("X19__c.object-meta.xml and 5 more. ") && !warning.contains("X20__c"), "{warning}");
}

#[test]
fn types_that_are_not_supported_are_listed() {
    let project = Project::new(&[
        ("objects/Quote/fields/Sum__c.field-meta.xml", &field("Sum__c", "<type>Summary</type>")),
        ("objects/Quote/fields/Twice__c.field-meta.xml", &field("Twice__c", "<type>Number</type><formula>1</formula>")),
        ("objects/Quote/fields/Status.field-meta.xml", &field("Status", "<type>Picklist</type>")),
    ]);
    let (schema, deployed) = project.load().unwrap();
    assert_eq!((deployed.custom_fields.len(), deployed.ignored.len()), (0, 3));
    assert!(schema.object("Quote").unwrap().field("Sum__c").is_none());
}

#[test]
fn problems_name_the_file() {
    let path = "objects/Quote/fields/Key__c.field-meta.xml";
    for (text, problem) in [
        (field("Key__c", "<type>Text</type>"), "length is missing"),
        (field("Key__c", "<type>Text</type><length>0</length>"), "length must be between 1 and 255"),
        (field("Key__c", "<type>Text</type><length>many</length>"), "length cannot be \"many\""),
        (field("Key__c", ""), "type is missing"),
        (field("Other__c", "<type>Date</type>"), "fullName Other__c is not the name of the file"),
        (field("Key__c", "<type>Number</type><precision>20</precision><scale>0</scale>"), "at most 18 digits"),
        ("<CustomField".to_owned(), "no valid XML"),
        ("<CustomObject/>".to_owned(), "the root element must be CustomField"),
    ] {
        let found = Project::new(&[(path, &text)]).problem();
        assert!(found.contains("Key__c.field-meta.xml: ") && found.contains(problem), "{found}");
    }
    let set = "<PermissionSet><label>Set</label><fieldPermissions><field>Quote.Nothing__c</field></fieldPermissions></PermissionSet>";
    let found = Project::new(&[("permissionsets/Set.permissionset-meta.xml", set)]).problem();
    assert!(found.ends_with("Set.permissionset-meta.xml: no CustomField named Quote.Nothing__c found"), "{found}");
}

#[test]
fn a_folder_without_project() {
    let dir = tempfile::tempdir().unwrap();
    let error = load(dir.path(), &mut standard()).unwrap_err();
    assert!(error.to_string().ends_with("sfdx-project.json: cannot be read"), "{error}");
    fs::write(dir.path().join("sfdx-project.json"), "{}").unwrap();
    let error = load(dir.path(), &mut standard()).unwrap_err();
    assert!(error.to_string().ends_with("sfdx-project.json: no valid project file"), "{error}");
}

#[test]
fn the_standard_schema_is_sound() {
    let schema = standard();
    for object in schema.objects() {
        assert_eq!(object.fields[0].name, "Id", "{}", object.name);
        assert_eq!(object.key_prefix.len(), 3);
        assert!(object.fields.iter().filter(|field| field.name_field).count() <= 1);
        for field in &object.fields {
            assert!(object.fields.iter().filter(|other| other.name == field.name).count() == 1);
            assert!(!field.restricted || !field.picklist.is_empty());
            for target in &field.reference_to {
                assert!(schema.object(target).is_some(), "{}.{} -> {target}", object.name, field.name);
            }
        }
        assert_eq!(schema.object_by_prefix(&object.key_prefix).unwrap().name, object.name);
    }
}

#[test]
fn labels() {
    let schema = standard();
    let label = |object: &str, field: &str| schema.object(object).unwrap().field(field).unwrap().label.clone();
    assert_eq!(label("Account", "Name"), "Account Name");
    assert_eq!(label("Contact", "AccountId"), "Account ID");
    assert_eq!(label("QuoteLineItem", "Product2Id"), "Product ID");
    assert_eq!(label("Opportunity", "CloseDate"), "Close Date");
    let opportunity = schema.object("Opportunity").unwrap();
    assert_eq!((opportunity.label.as_str(), opportunity.label_plural.as_str()), ("Opportunity", "Opportunities"));
    assert_eq!(schema.object("Product2").unwrap().label, "Product");
}

/// A custom object in source format.
fn object(rest: &str) -> String {
    format!(
        r#"<CustomObject xmlns="http://soap.sforce.com/2006/04/metadata"><label>Thing</label>
        <pluralLabel>Things</pluralLabel>{rest}</CustomObject>"#
    )
}

const TEXT_NAME: &str = "<nameField><label>Thing Name</label><type>Text</type></nameField>";

#[test]
fn custom_objects_with_fields_and_details() {
    let parent = "<referenceTo>Thing__c</referenceTo><relationshipName>Parts</relationshipName>";
    let project = Project::new(&[
        ("objects/Thing__c/Thing__c.object-meta.xml", &object(TEXT_NAME)),
        (
            "objects/Thing__c/fields/Note__c.field-meta.xml",
            &field("Note__c", "<type>Html</type><length>32768</length>"),
        ),
        (
            "objects/Thing__c/fields/No__c.field-meta.xml",
            &field("No__c", "<type>AutoNumber</type><displayFormat>N-{000}</displayFormat>"),
        ),
        (
            "objects/APart__c/APart__c.object-meta.xml",
            &object("<nameField><label>No</label><type>AutoNumber</type></nameField>"),
        ),
        (
            "objects/APart__c/fields/Thing__c.field-meta.xml",
            &field("Thing__c", &format!("<type>MasterDetail</type>{parent}")),
        ),
    ]);
    let (schema, deployed) = project.load().unwrap();
    assert_eq!(deployed.custom_objects, ["APart__c", "Thing__c"]);
    assert_eq!(deployed.ignored, [""; 0]);
    let thing = schema.object("Thing__c").unwrap();
    assert_eq!((thing.label.as_str(), thing.label_plural.as_str(), thing.writable), ("Thing", "Things", true));
    let names: Vec<_> = thing.fields.iter().map(|field| field.name.as_str()).collect();
    assert_eq!(names[..4], ["Id", "IsDeleted", "OwnerId", "Name"]);
    assert_eq!(names[names.len() - 2..], ["No__c", "Note__c"]);
    assert!(thing.field("Name").unwrap().name_field && !thing.field("Name").unwrap().is_required_on_create());
    assert_eq!(thing.field("No__c").unwrap().auto_number.as_deref(), Some("N-{000}"));
    let part = schema.object("APart__c").unwrap();
    assert!(part.field("OwnerId").is_none(), "it belongs to its master's owner");
    assert_eq!(part.field("Name").unwrap().auto_number.as_deref(), Some("{0}"));
    let master = part.field("Thing__c").unwrap();
    assert_eq!((master.on_delete, master.nillable, master.updateable), (OnDelete::Cascade, false, false));
    assert_eq!(schema.children_of("Thing__c").count(), 1);
    let lookup = "<type>Lookup</type><required>true</required><deleteConstraint>Cascade</deleteConstraint>
        <referenceTo>Account</referenceTo>";
    let with_lookup = Project::new(&[
        ("objects/Thing__c/Thing__c.object-meta.xml", &object(TEXT_NAME)),
        ("objects/Thing__c/fields/Account__c.field-meta.xml", &field("Account__c", lookup)),
    ]);
    let of_lookup = with_lookup.load().unwrap().0;
    assert!(of_lookup.object("Thing__c").unwrap().field("OwnerId").is_some(), "a lookup makes no detail");
    assert!(thing.key_prefix.starts_with('a') && thing.key_prefix != part.key_prefix);
    // Not by the order in which objects are deployed.
    let alone = Project::new(&[("objects/Thing__c/Thing__c.object-meta.xml", &object(TEXT_NAME))]).load().unwrap().0;
    assert_eq!(alone.object("Thing__c").unwrap().key_prefix, thing.key_prefix);
}

#[test]
fn custom_objects_that_a_deploy_refuses() {
    for (rest, problem) in [
        ("", "nameField"),
        ("<nameField><type>Text</type></nameField>", "label is missing"),
        ("<nameField><label>N</label><type>Date</type></nameField>", "cannot be \"Date\""),
        (
            "<nameField><label>N</label><type>AutoNumber</type><displayFormat>{x}</displayFormat></nameField>",
            "displayFormat",
        ),
    ] {
        let problems = Project::new(&[("objects/Thing__c/Thing__c.object-meta.xml", &object(rest))]).problem();
        assert!(problems.contains(problem), "{problems}");
    }
    let orphan = field("Lost__c", "<type>MasterDetail</type><referenceTo>No__c</referenceTo>");
    let project = Project::new(&[
        ("objects/Thing__c/Thing__c.object-meta.xml", &object(TEXT_NAME)),
        ("objects/Thing__c/fields/Lost__c.field-meta.xml", &orphan),
    ]);
    assert!(project.problem().contains("no CustomObject named No__c found"));
}

#[test]
fn names_that_no_object_or_field_can_have() {
    for name in ["1x", "a b", "a\"b", "a__b", "a_", "_a", &"x".repeat(41)] {
        let path = format!("objects/Thing__c/fields/{name}__c.field-meta.xml");
        let project = Project::new(&[
            ("objects/Thing__c/Thing__c.object-meta.xml", &object(TEXT_NAME)),
            (&path, &field(&format!("{name}__c"), "<type>Date</type>")),
        ]);
        let problem = project.problem();
        assert!(problem.contains("can only contain underscores"), "{problem}");
    }
}
