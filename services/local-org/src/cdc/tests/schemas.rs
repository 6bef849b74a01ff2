use serde_json::{Value, json};

use super::support::Observed;

fn schema(object: &str) -> Value {
    let org = Observed::new();
    let topics = org.org.bus().topics();
    let entity = topics.entities().get(object).unwrap();
    assert_eq!(entity.schema.id().len(), 22);
    serde_json::from_str(entity.schema.json()).unwrap()
}

fn names(schema: &Value) -> Vec<&str> {
    schema["fields"].as_array().unwrap().iter().map(|field| field["name"].as_str().unwrap()).collect()
}

fn field<'s>(schema: &'s Value, name: &str) -> &'s Value {
    schema["fields"].as_array().unwrap().iter().find(|field| field["name"] == name).unwrap()
}

#[test]
fn fields_of_an_opportunity() {
    let schema = schema("Opportunity");
    assert_eq!(
        (&schema["name"], &schema["namespace"]),
        (&json!("OpportunityChangeEvent"), &json!("com.sforce.eventbus"))
    );
    let names = names(&schema);
    assert_eq!(names[..5], ["ChangeEventHeader", "AccountId", "IsPrivate", "Name", "Description"]);
    for left_out in ["Id", "IsDeleted", "SystemModstamp", "LastActivityDate", "LastViewedDate"] {
        assert!(!names.contains(&left_out), "{left_out}");
    }
    assert_eq!(
        field(&schema, "Amount"),
        &json!({"name": "Amount", "type": ["null", "double"], "doc": "Data:Currency", "default": null})
    );
    for (name, kind, doc) in [
        ("AccountId", "string", "ForeignKey:EntityId"),
        ("IsClosed", "boolean", "Data:Boolean"),
        ("StageName", "string", "Data:DynamicEnum"),
        ("CloseDate", "long", "Data:DateOnly"),
        ("PushCount", "int", "Data:Integer"),
        ("CreatedDate", "long", "CreatedDate:DateTime"),
        ("LastModifiedById", "string", "LastModifiedBy:EntityId"),
    ] {
        let field = field(&schema, name);
        assert_eq!((&field["type"], &field["doc"]), (&json!(["null", kind]), &json!(doc)), "{name}");
    }
    let header = &schema["fields"][0];
    assert_eq!(header["doc"], "Data:ComplexValueType");
    assert_eq!(
        names_of_header(header),
        [
            "entityName",
            "recordIds",
            "changeType",
            "changeOrigin",
            "transactionKey",
            "sequenceNumber",
            "commitTimestamp",
            "commitNumber",
            "commitUser",
            "nulledFields",
            "diffFields",
            "changedFields",
        ]
    );
}

fn names_of_header(header: &Value) -> Vec<&str> {
    header["type"]["fields"].as_array().unwrap().iter().map(|field| field["name"].as_str().unwrap()).collect()
}

#[test]
fn compound_fields_of_an_account() {
    let schema = schema("Account");
    assert_eq!(
        names(&schema)[..8],
        ["ChangeEventHeader", "Name", "Type", "ParentId", "BillingAddress", "ShippingAddress", "Phone", "Fax"]
    );
    assert!(!names(&schema).contains(&"LastActivityDate"), "it changes with other records");
    assert_eq!(field(&schema, "Name")["type"][1], "string");
    assert_eq!(field(&schema, "Name")["type"][2]["name"], "Switchable_PersonName");
    assert_eq!(field(&schema, "BillingAddress")["type"][1]["name"], "Address");
    assert_eq!(field(&schema, "ShippingAddress")["type"], json!(["null", "Address"]));
}

#[test]
fn the_same_schema_has_the_same_id() {
    let id = || Observed::new().org.bus().topics().entities().get("Quote").unwrap().schema.id().to_owned();
    assert_eq!(id(), id());
}
