use serde_json::{Value, json};

use crate::support::TestOrg;

fn find<'v>(list: &'v Value, key: &str, name: &str) -> &'v Value {
    list.as_array().expect("a list").iter().find(|item| item[key] == name).expect(name)
}

#[tokio::test]
async fn lists_objects() {
    let org = TestOrg::start().await;
    let reply = org.get("/sobjects/").await;
    assert_eq!((&reply.body["encoding"], &reply.body["maxBatchSize"]), (&json!("UTF-8"), &json!(200)));
    let account = find(&reply.body["sobjects"], "name", "Account");
    assert_eq!((&account["keyPrefix"], &account["queryable"]), (&json!("001"), &json!(true)));
    assert_eq!(
        account["urls"],
        json!({
            "sobject": "/services/data/v62.0/sobjects/Account",
            "describe": "/services/data/v62.0/sobjects/Account/describe",
            "rowTemplate": "/services/data/v62.0/sobjects/Account/{ID}",
        })
    );
}

#[tokio::test]
async fn describes_an_object() {
    let org = TestOrg::start().await;
    let account = org.get("/sobjects/account/describe").await.body;
    assert_eq!(account["name"], "Account");
    let fields = &account["fields"];
    assert_eq!(fields[0]["name"], "Id");
    let key = find(fields, "name", "Key__c");
    for (member, value) in [
        ("type", json!("string")),
        ("soapType", json!("xsd:string")),
        ("length", json!(80)),
        ("externalId", json!(true)),
        ("idLookup", json!(true)),
        ("unique", json!(true)),
        ("custom", json!(true)),
        ("nillable", json!(true)),
        ("createable", json!(true)),
        ("calculated", json!(false)),
        ("compoundFieldName", Value::Null),
    ] {
        assert_eq!(key[member], value, "{member}");
    }
    let rating = find(fields, "name", "Rating__c");
    assert_eq!(rating["restrictedPicklist"], true);
    assert_eq!(
        rating["picklistValues"][0],
        json!({"active": true, "defaultValue": false, "label": "Excellent",
        "validFor": null, "value": "Excellent"})
    );
    let contacts = find(&account["childRelationships"], "childSObject", "Contact");
    assert_eq!((&contacts["relationshipName"], &contacts["field"]), (&json!("Contacts"), &json!("AccountId")));

    let line = org.get("/sobjects/OpportunityLineItem/describe").await.body;
    let parent = find(&line["fields"], "name", "OpportunityId");
    assert_eq!((&parent["referenceTo"], &parent["relationshipName"]), (&json!(["Opportunity"]), &json!("Opportunity")));
}

/// A date that an org sets when somebody has done something with a record.
#[tokio::test]
async fn the_last_activity_can_be_asked_for_and_not_be_set() {
    let org = TestOrg::start().await;
    let id = org.create("Account", json!({"Name": "O'Neill & Sons"})).await;
    for object in ["Account", "Contact", "Opportunity"] {
        let fields = org.get(&format!("/sobjects/{object}/describe")).await.body["fields"].take();
        let field = find(&fields, "name", "LastActivityDate");
        for (member, value) in [
            ("type", json!("date")),
            ("soapType", json!("xsd:date")),
            ("label", json!("Last Activity")),
            ("nillable", json!(true)),
            ("filterable", json!(true)),
            ("sortable", json!(true)),
            ("groupable", json!(true)),
            ("createable", json!(false)),
            ("updateable", json!(false)),
            ("defaultedOnCreate", json!(false)),
            ("custom", json!(false)),
        ] {
            assert_eq!(field[member], value, "{object} {member}");
        }
    }
    // As public clients ask.
    let soql = "SELECT Id, LastActivityDate FROM Account WHERE Name = 'O\\'Neill & Sons' AND LastActivityDate = null \
        ORDER BY LastActivityDate DESC NULLS LAST";
    let found = org.query(soql).await;
    assert_eq!(
        (&found.body["totalSize"], &found.body["records"][0]["LastActivityDate"]),
        (&json!(1), &Value::Null),
        "{}",
        found.text
    );
    assert_eq!(org.query("SELECT Id FROM Account WHERE LastActivityDate > 2020-01-01").await.body["totalSize"], 0);
    let set = json!({"LastActivityDate": "2026-01-01"});
    let refused = org.patch(&format!("/sobjects/Account/{id}"), set.clone()).await;
    assert_eq!(refused.code(), "INVALID_FIELD_FOR_INSERT_UPDATE", "{}", refused.text);
    let created = org.post("/sobjects/Account", json!({"Name": "b", "LastActivityDate": "2026-01-01"})).await;
    assert_eq!(created.code(), "INVALID_FIELD_FOR_INSERT_UPDATE", "{}", created.text);
}

#[tokio::test]
async fn basic_information_is_a_part_of_it() {
    let org = TestOrg::start().await;
    let reply = org.get("/sobjects/Account").await;
    assert_eq!(reply.body["objectDescribe"]["name"], "Account");
    assert_eq!(reply.body["recentItems"], json!([]));
    assert_eq!(org.get("/sobjects/Nothing__c/describe").await.code(), "NOT_FOUND");
    assert_eq!(org.get("/sobjects/Nothing__c").await.status, 404);
}

/// Members that a real org's describe has, as public descriptions of it show them (version 60.0 and later).
const OBJECT: &str = "actionOverrides activateable associateEntityType associateParentEntity childRelationships \
    compactLayoutable createable custom customSetting deepCloneable defaultImplementation deletable deprecatedAndHidden \
    extendedBy extendsInterfaces feedEnabled fields hasSubtypes implementedBy implementsInterfaces isInterface isSubtype \
    keyPrefix label labelPlural layoutable listviewable lookupLayoutable mergeable mruEnabled name namedLayoutInfos \
    networkScopeFieldName queryable recordTypeInfos replicateable retrieveable searchLayoutable searchable \
    sobjectDescribeOption supportedScopes triggerable undeletable updateable urls";
const SUMMARY: &str = "activateable associateEntityType associateParentEntity createable custom customSetting deepCloneable \
    deletable deprecatedAndHidden feedEnabled hasSubtypes isInterface isSubtype keyPrefix label labelPlural layoutable \
    mergeable mruEnabled name queryable replicateable retrieveable searchable triggerable undeletable updateable urls";
const FIELD: &str = "aggregatable aiPredictionField autoNumber byteLength calculated calculatedFormula cascadeDelete \
    caseSensitive compoundFieldName controllerName createable custom defaultValue defaultValueFormula defaultedOnCreate \
    dependentPicklist deprecatedAndHidden digits displayLocationInDecimal encrypted externalId extraTypeInfo filterable \
    filteredLookupInfo formulaTreatNullNumberAsZero groupable highScaleNumber htmlFormatted idLookup inlineHelpText label \
    length mask maskType name nameField namePointing nillable permissionable picklistValues polymorphicForeignKey precision \
    queryByDistance referenceTargetField referenceTo relationshipName relationshipOrder restrictedDelete \
    restrictedPicklist scale searchPrefilterable soapType sortable type unique updateable writeRequiresMasterRead";
const CHILD: &str = "cascadeDelete childSObject deprecatedAndHidden field junctionIdListNames junctionReferenceTo \
    relationshipName restrictedDelete";
const RECORD_TYPE: &str = "active available defaultRecordTypeMapping developerName master name recordTypeId urls";

#[tokio::test]
async fn describes_have_all_members_and_no_others() {
    let org = TestOrg::start().await;
    let names = |value: &Value| {
        let mut names: Vec<String> = value.as_object().expect("an object").keys().cloned().collect();
        names.sort();
        names
    };
    let expected = |names: &str| {
        let mut names: Vec<String> = names.split_whitespace().map(str::to_owned).collect();
        names.sort();
        names
    };
    let global = org.get("/sobjects").await.body;
    for object in global["sobjects"].as_array().expect("objects") {
        assert_eq!(names(object), expected(SUMMARY), "{}", object["name"]);
        let describe = org.get(&format!("/sobjects/{}/describe", object["name"].as_str().expect("a name"))).await.body;
        assert_eq!(names(&describe), expected(OBJECT), "{}", object["name"]);
        assert_eq!(names(&describe["recordTypeInfos"][0]), expected(RECORD_TYPE), "{}", object["name"]);
        for field in describe["fields"].as_array().expect("fields") {
            assert_eq!(names(field), expected(FIELD), "{}.{}", object["name"], field["name"]);
        }
        for child in describe["childRelationships"].as_array().expect("children") {
            assert_eq!(names(child), expected(CHILD), "{}.{}", object["name"], child["field"]);
        }
    }
}
