//! Field-level security, object permissions, and permission sets that are activated for a session.

use reqwest::Method;
use serde_json::{Value, json};

use crate::support::{Caller, Reply, TestOrg};

const ADMIN: &str = "admin@my-org.local";
const SALES: &str = "sales.user@my-org.local";

async fn secret_account(org: &TestOrg) -> String {
    let fields = json!({"Name": "Sealed", "Secret__c": "s3"});
    let reply = org.control(Method::POST, "/local/orgs/my-org/records/Account", fields).await;
    reply.body["id"].as_str().expect("the control API sees every field").to_owned()
}

fn id(reply: &Reply) -> String {
    assert!(reply.status < 300, "{}", reply.text);
    reply.body["id"].as_str().or_else(|| reply.body["records"][0]["Id"].as_str()).expect("an id").to_owned()
}

fn message(reply: &Reply) -> &str {
    reply.body[0]["message"].as_str().unwrap_or(&reply.text)
}

#[tokio::test]
async fn a_custom_field_does_not_exist_for_those_to_whom_nothing_gives_it() {
    let org = TestOrg::start().await;
    let account = secret_account(&org).await;
    for soql in [
        "SELECT Secret__c FROM Account",
        "SELECT Id FROM Account WHERE Secret__c = 's3'",
        "SELECT Id FROM Account ORDER BY Secret__c",
        "SELECT Id, Account.Secret__c FROM Contact",
        "SELECT Id, (SELECT Id FROM Contacts WHERE Account.Secret__c = 's3') FROM Account",
    ] {
        let reply = org.query(soql).await;
        assert_eq!((reply.status, reply.code()), (400, "INVALID_FIELD"), "{soql}");
        assert!(message(&reply).contains("No such column 'Secret__c' on entity 'Account'. If you are"), "{soql}");
    }
    let record = org.get(&format!("/sobjects/Account/{account}")).await;
    assert_eq!((record.body.get("Secret__c"), &record.body["Name"]), (None, &json!("Sealed")));
    assert!(record.body.get("Key__c").is_some(), "the administrator has a permission set for this one");
    let one = org.get(&format!("/sobjects/Account/{account}?fields=Secret__c")).await;
    assert_eq!(message(&one), "No such column 'Secret__c' on sobject of type Account");
    let fields = json!({"Name": "New", "Secret__c": "x"});
    for reply in [
        org.post("/sobjects/Account", fields.clone()).await,
        org.patch(&format!("/sobjects/Account/{account}"), json!({"Secret__c": null})).await,
        org.post(
            "/composite/tree/Account",
            json!({"records": [{"attributes":
            {"type": "Account", "referenceId": "a"}, "Name": "New", "Secret__c": "x"}]}),
        )
        .await,
    ] {
        assert_eq!(reply.status, 400);
        assert!(reply.text.contains("No such column 'Secret__c' on sobject of type Account"), "{}", reply.text);
    }
    assert_eq!(org.get("/sobjects/Account/Secret__c/s3").await.status, 404);
    assert_eq!(org.patch("/sobjects/Account/Secret__c/s3", json!({"Name": "x"})).await.code(), "NOT_FOUND");
    assert!(!org.get("/sobjects/Account/describe").await.text.contains("Secret__c"));
    assert_eq!(org.query("SELECT FIELDS(ALL) FROM Account LIMIT 1").await.text.matches("Secret__c").count(), 0);
    assert_eq!(org.accounts_named("New").await, 0);
}

/// What a helper script does around a call in "user mode plus".
#[tokio::test]
async fn an_activation_gives_the_fields_to_one_session_until_it_is_deleted() {
    let org = TestOrg::start().await;
    secret_account(&org).await;
    let other = org.session(ADMIN, &[]).await;
    let sees = "SELECT Secret__c FROM Account WHERE Secret__c != null";
    assert_eq!(org.query(sees).await.status, 400);

    let session = org.query("SELECT Id, ParentId, UsersId FROM AuthSession WHERE IsCurrent = true").await;
    assert_eq!(session.body["totalSize"], 1, "{}", session.text);
    assert_eq!(session.body["records"][0]["ParentId"], Value::Null);
    assert_ne!(id(&session), id(&other.query("SELECT Id FROM AuthSession WHERE IsCurrent = true").await));
    let set = id(&org.query("SELECT Id FROM PermissionSet WHERE Name = 'SecretReader'").await);
    let activation = json!({"AuthSessionId": id(&session), "PermissionSetId": set, "Description": "for one call"});
    let activated = org.post("/sobjects/SessionPermSetActivation", activation.clone()).await;
    assert_eq!(activated.status, 201, "{}", activated.text);
    let again = org.post("/sobjects/SessionPermSetActivation", activation).await;
    assert_eq!(again.code(), "DUPLICATE_VALUE");

    assert_eq!(org.query(sees).await.body["records"][0]["Secret__c"], "s3");
    assert_eq!(other.query(sees).await.status, 400, "another session of the same user");
    let path = format!("/sobjects/SessionPermSetActivation/{}", id(&activated));
    assert_eq!(org.get(&path).await.body["UserId"], session.body["records"][0]["UsersId"]);
    assert_eq!(org.delete(&path).await.status, 204);
    assert_eq!(org.query(sees).await.status, 400);
}

#[tokio::test]
async fn who_may_read_may_not_yet_write() {
    let org = TestOrg::start().await;
    let account = secret_account(&org).await;
    let reader = org.session(ADMIN, &["SecretReader"]).await;
    let fields = json!({"Name": "New", "Secret__c": "x"});
    let with_type = json!({"attributes": {"type": "Account"}, "Name": "New", "Secret__c": "x"});
    let graph = json!({"graphs": [{"graphId": "g", "compositeRequest": [{"method": "POST", "referenceId": "a",
        "url": "/services/data/v62.0/sobjects/Account", "body": fields}]}]});
    let refused = "Unable to create/update fields: Secret__c. Please check the security settings of this field and \
                   verify that it is read/write for your profile or permission set.";
    for reply in [
        reader.post("/sobjects/Account", fields.clone()).await,
        reader.call(Method::PATCH, &format!("/sobjects/Account/{account}"), json!({"Secret__c": "x"})).await,
        reader.call(Method::PATCH, "/sobjects/Account/Key__c/new", fields.clone()).await,
        reader.call(Method::PATCH, "/sobjects/Account/Secret__c/new", json!({"Name": "New"})).await,
        reader.post("/composite/sobjects", json!({"records": [with_type]})).await,
        reader.post("/composite/graph", graph).await,
    ] {
        assert!(
            reply.text.contains("INVALID_FIELD_FOR_INSERT_UPDATE") && reply.text.contains(refused),
            "{}",
            reply.text
        );
    }
    assert_eq!(org.accounts_named("New").await, 0);
    let described = reader.get("/sobjects/Account/describe").await;
    let field = described.body["fields"].as_array().expect("fields").iter().find(|f| f["name"] == "Secret__c");
    let field = field.expect("the field is described to those who see it");
    assert_eq!(
        (&field["createable"], &field["updateable"], &field["permissionable"]),
        (&json!(false), &json!(false), &json!(true))
    );

    let writer = org.session(ADMIN, &["SecretReader", "SecretWriter"]).await;
    let created = id(&writer.post("/sobjects/Account", fields).await);
    assert_eq!(writer.get(&format!("/sobjects/Account/{created}?fields=Secret__c")).await.body["Secret__c"], "x");
}

#[tokio::test]
async fn everyday_users_have_their_profile() {
    let org = TestOrg::start().await;
    org.seed(1, 1).await;
    let sales = org.session(SALES, &[]).await;
    let account = id(&sales.post("/sobjects/Account", json!({"Name": "Own"})).await);
    let opportunity = id(&sales.query("SELECT Id FROM Opportunity").await);
    let quote = json!({"Name": "A", "OpportunityId": opportunity});
    let missing = sales.post("/sobjects/Quote", quote).await;
    assert_eq!(missing.code(), "REQUIRED_FIELD_MISSING", "a field that must be given cannot be hidden");
    let quote = json!({"Name": "A", "OpportunityId": opportunity, "Origin__c": "web"});
    id(&sales.post("/sobjects/Quote", quote).await);
    let line = id(&sales.query("SELECT Id, Opportunity.Name, Product2.Name FROM OpportunityLineItem").await);
    assert_eq!(
        sales
            .call(Method::PATCH, &format!("/sobjects/OpportunityLineItem/{line}"), json!({"Quantity": 2}))
            .await
            .status,
        204
    );
    assert_eq!(sales.call(Method::DELETE, &format!("/sobjects/Account/{account}"), Value::Null).await.status, 204);
    assert_eq!(sales.query("SELECT Key__c FROM Account").await.code(), "INVALID_FIELD", "not assigned to them");

    let refused = |reply: &Reply| (reply.status, reply.code().to_owned(), message(reply).to_owned());
    let product = id(&sales.query("SELECT Id, Name FROM Product2").await);
    let created = sales.post("/sobjects/Product2", json!({"Name": "x"})).await;
    let denied = |text: &str| (400, "CANNOT_INSERT_UPDATE_ACTIVATE_ENTITY".to_owned(), text.to_owned());
    assert_eq!(refused(&created), denied("entity type cannot be inserted: Product"));
    let path = format!("/sobjects/Product2/{product}");
    let updated = sales.call(Method::PATCH, &path, json!({"Name": "x"})).await;
    assert_eq!(refused(&updated), denied("entity type cannot be updated: Product"));
    let deleted = sales.call(Method::DELETE, &path, Value::Null).await;
    assert_eq!(deleted.code(), "INSUFFICIENT_ACCESS_OR_READONLY");
    let set = id(&sales.query("SELECT Id FROM PermissionSet WHERE Name = 'SecretReader'").await);
    let session = id(&sales.query("SELECT Id FROM AuthSession WHERE IsCurrent = true").await);
    let own = json!({"AuthSessionId": session, "PermissionSetId": set});
    assert_eq!(sales.post("/sobjects/SessionPermSetActivation", own).await.code(), denied("").1);

    let manager = org.session(SALES, &["ProductManager"]).await;
    id(&manager.post("/sobjects/Product2", json!({"Name": "x"})).await);
    assert_eq!(manager.call(Method::DELETE, &path, Value::Null).await.status, 400);
    let described = manager.get("/sobjects/Product2/describe").await.body;
    assert_eq!((&described["createable"], &described["deletable"]), (&json!(true), &json!(false)));
}

/// What a developer who is no administrator needs to try "user mode plus".
#[tokio::test]
async fn activations_have_a_right_of_their_own() {
    let org = TestOrg::start().await;
    let sales = org.session(SALES, &[]).await;
    let set = id(&sales.query("SELECT Id FROM PermissionSet WHERE Name = 'SecretReader'").await);
    let session = id(&sales.query("SELECT Id FROM AuthSession WHERE IsCurrent = true").await);
    let activation = json!({"AuthSessionId": session, "PermissionSetId": set});
    let activate = || sales.post("/sobjects/SessionPermSetActivation", activation.clone());
    assert_eq!(activate().await.code(), "CANNOT_INSERT_UPDATE_ACTIVATE_ENTITY");

    let manager =
        "SELECT Id FROM PermissionSet WHERE PermissionsManageSessionPermissionSets = TRUE AND IsOwnedByProfile = FALSE";
    let manager = id(&org.query(manager).await);
    let user = id(&org.query(&format!("SELECT Id FROM User WHERE Username = '{SALES}'")).await);
    let assignment = json!({"PermissionSetId": manager, "AssigneeId": user});
    id(&org.post("/sobjects/PermissionSetAssignment", assignment).await);
    let path = format!("/sobjects/SessionPermSetActivation/{}", id(&activate().await));
    assert_eq!(sales.query("SELECT Secret__c FROM Account").await.status, 200);
    assert_eq!(sales.call(Method::PATCH, &path, json!({"Description": "x"})).await.status, 400);
    assert_eq!(sales.call(Method::DELETE, &path, Value::Null).await.status, 204);
    assert_eq!(sales.query("SELECT Secret__c FROM Account").await.status, 400);
    let refused = sales.post("/sobjects/PermissionSetAssignment", json!({"PermissionSetId": set, "AssigneeId": user}));
    assert_eq!(refused.await.code(), "CANNOT_INSERT_UPDATE_ACTIVATE_ENTITY", "other set-up remains closed");
}

#[tokio::test]
async fn everyday_users_see_their_own_sessions_only() {
    let org = TestOrg::start().await;
    let sales = org.session(SALES, &[]).await;
    let second = org.session(SALES, &["SecretReader"]).await;
    let admin = org.session(ADMIN, &["SecretReader"]).await;
    let own = org.query(&format!("SELECT COUNT() FROM AuthSession WHERE Users.Username = '{SALES}'")).await;
    let all = org.query("SELECT COUNT() FROM AuthSession").await;
    assert!(own.body["totalSize"].as_u64() < all.body["totalSize"].as_u64(), "administrators see all");
    assert_eq!(sales.query("SELECT COUNT() FROM AuthSession").await.body["totalSize"], own.body["totalSize"]);
    for soql in ["SELECT Id FROM AuthSession", "SELECT UsersId, COUNT(Id) FROM AuthSession GROUP BY UsersId"] {
        assert!(sales.query(soql).await.body["records"].as_array().is_some_and(|rows| !rows.is_empty()), "{soql}");
    }
    let grouped = sales.query("SELECT UsersId FROM AuthSession GROUP BY UsersId").await;
    assert_eq!(grouped.body["totalSize"], 1);
    let current = "SELECT Id FROM AuthSession WHERE IsCurrent = true";
    let (own, foreign) = (id(&second.query(current).await), id(&admin.query(current).await));
    assert_eq!(sales.get(&format!("/sobjects/AuthSession/{own}")).await.status, 200);
    assert_eq!(sales.get(&format!("/sobjects/AuthSession/{foreign}")).await.status, 404);
    let through = "SELECT AuthSession.Id FROM SessionPermSetActivation WHERE AuthSession.SessionType = 'API'";
    assert_eq!(sales.query(through).await.body["totalSize"], 1, "nor through what refers to them");
    assert_eq!(admin.query(through).await.body["totalSize"], 2);
}

#[tokio::test]
async fn what_cannot_be_read_does_not_exist() {
    let org = TestOrg::start().await;
    let sales = org.session(SALES, &[]).await;
    let set = org.query("SELECT Id FROM ObjectPermissions WHERE SobjectType = 'Contact' AND Parent.IsOwnedByProfile = TRUE AND Parent.Label = 'Standard User'").await;
    assert_eq!(sales.query("SELECT Id, (SELECT Id FROM Contacts) FROM Account").await.status, 200);
    assert_eq!(org.delete(&format!("/sobjects/ObjectPermissions/{}", id(&set))).await.status, 204);
    for (soql, code) in [
        ("SELECT Id FROM Contact", "INVALID_TYPE"),
        ("SELECT COUNT() FROM Contact", "INVALID_TYPE"),
        ("SELECT Id, (SELECT Id FROM Contacts) FROM Account", "INVALID_TYPE"),
        ("SELECT Id FROM Account WHERE Id IN (SELECT AccountId FROM Contact)", "INVALID_TYPE"),
        ("SELECT Contact.Name FROM Quote", "INVALID_FIELD"),
    ] {
        let reply = sales.query(soql).await;
        assert_eq!((reply.status, reply.code()), (400, code), "{soql}: {}", reply.text);
    }
    assert_eq!(sales.post("/sobjects/Contact", json!({"LastName": "A"})).await.status, 404);
    assert_eq!(sales.get("/sobjects/Contact/describe").await.status, 404);
    let names = sales.get("/sobjects").await.text;
    assert!(!names.contains("\"Contact\"") && names.contains("\"Account\""));
    assert_eq!(org.query("SELECT Id FROM Contact").await.status, 200, "administrators read all");
}

#[tokio::test]
async fn an_assignment_decides_and_can_be_taken_away() {
    let org = TestOrg::start().await;
    let sales = org.session(SALES, &[]).await;
    let set = id(&org.query("SELECT Id FROM PermissionSet WHERE Name = 'AccountFields'").await);
    let user = id(&org.query(&format!("SELECT Id FROM User WHERE Username = '{SALES}'")).await);
    let assignment = json!({"PermissionSetId": set, "AssigneeId": user});
    let made = org.post("/sobjects/PermissionSetAssignment", assignment.clone()).await;
    let again = org.post("/sobjects/PermissionSetAssignment", assignment).await;
    assert_eq!(again.code(), "DUPLICATE_VALUE");
    let soql = "SELECT Key__c FROM Account";
    assert_eq!(sales.query(soql).await.status, 200, "a running session has it at once");
    assert_eq!(org.delete(&format!("/sobjects/PermissionSetAssignment/{}", id(&made))).await.status, 204);
    assert_eq!(sales.query(soql).await.status, 400);

    let reader = org.session(SALES, &["SecretReader"]).await;
    let soql = "SELECT Secret__c FROM Account";
    assert_eq!(reader.query(soql).await.status, 200);
    let own = format!(
        "SELECT Id FROM PermissionSetAssignment WHERE AssigneeId = '{user}' AND PermissionSet.Name = 'SecretReader'"
    );
    let assignment = id(&org.query(&own).await);
    assert_eq!(org.delete(&format!("/sobjects/PermissionSetAssignment/{assignment}")).await.status, 204);
    assert_eq!(reader.query(soql).await.status, 400, "an activation is nothing without the assignment");
    let body = json!({"user": SALES, "permissionSets": ["SecretReader"]});
    let refused = org.control(Method::POST, "/local/orgs/my-org/sessions", body).await;
    assert_eq!((refused.status, refused.code()), (400, "FIELD_INTEGRITY_EXCEPTION"));
    assert!(message(&refused).contains("SecretReader is not assigned to the user"), "{}", refused.text);
}

#[tokio::test]
async fn sessions_are_opened_for_known_users_and_sets() {
    let org = TestOrg::start().await;
    for (body, status, text) in [
        (json!({"user": "nobody@my-org.local"}), 404, "no active user nobody@my-org.local"),
        (json!({"user": ADMIN, "permissionSets": ["Nothing"]}), 400, "There is no permission set Nothing"),
        (
            json!({"user": ADMIN, "permissionSets": ["AccountFields"]}),
            400,
            "AccountFields requires no session activation",
        ),
        (json!({"username": ADMIN}), 400, "user"),
    ] {
        let reply = org.control(Method::POST, "/local/orgs/my-org/sessions", body).await;
        assert_eq!(reply.status, status, "{}", reply.text);
        assert!(reply.text.contains(text), "{}", reply.text);
    }
    let sessions = "SELECT COUNT() FROM AuthSession";
    let before = org.query(sessions).await.body["totalSize"].as_u64().expect("a count");
    let reader = org.session(ADMIN, &["SecretReader"]).await;
    assert_eq!(org.query(sessions).await.body["totalSize"], before + 1, "a refused one leaves nothing behind");
    assert_eq!(reader.query("SELECT Id FROM SessionPermSetActivation").await.body["totalSize"], 1);
    let revoke = org.http.post(format!("{}/services/oauth2/revoke", org.base)).form(&[("token", &reader.token)]);
    assert_eq!(revoke.send().await.expect("an answer").status(), 200);
    assert_eq!(reader.get("/limits").await.status, 401);
    assert_eq!(org.query(sessions).await.body["totalSize"], before);
    assert_eq!(
        org.query("SELECT Id FROM SessionPermSetActivation").await.body["totalSize"],
        0,
        "it ended with the session"
    );
}

#[tokio::test]
async fn each_caller_has_one_current_session() {
    let org = TestOrg::start().await;
    let callers: [Caller<'_>; 3] =
        [org.session(SALES, &[]).await, org.session(SALES, &[]).await, org.session(ADMIN, &["SecretWriter"]).await];
    let mut ids = std::collections::BTreeSet::new();
    for caller in &callers {
        let current =
            caller.query("SELECT Id, NumSecondsValid, SessionType FROM AuthSession WHERE IsCurrent = TRUE").await;
        assert_eq!(current.body["totalSize"], 1);
        let own = caller.get(&format!("/sobjects/AuthSession/{}", id(&current))).await;
        assert_eq!((&own.body["IsCurrent"], &own.body["SessionType"]), (&json!(true), &json!("API")));
        ids.insert(id(&current));
    }
    assert_eq!(ids.len(), 3);
    let reply = org.post("/sobjects/AuthSession", json!({})).await;
    assert_eq!(reply.code(), "INVALID_TYPE_FOR_OPERATION");
}

#[tokio::test]
async fn a_user_is_told_their_own_custom_permissions() {
    let org = TestOrg::start().await;
    let (sales, seller) = (org.session(SALES, &[]).await, org.session(SALES, &["ThingSeller"]).await);
    let all = "SELECT DeveloperName, SetupEntityId, KeyPrefix FROM UserSetupEntityAccess ORDER BY DeveloperName";
    let names = |reply: &Reply| -> Vec<String> {
        let records = reply.body["records"].as_array().expect("records");
        records.iter().map(|record| record["DeveloperName"].as_str().expect("a name").to_owned()).collect()
    };
    assert_eq!(names(&org.query(all).await), ["ManageThings"], "deployed sets are the administrator's");
    assert_eq!(names(&sales.query(all).await), [""; 0]);
    assert_eq!(names(&seller.query(all).await), ["SellThings"], "of the session as well");
    assert_eq!(names(&org.query(all).await), ["ManageThings"], "whoever asked before");
    let manages = "SELECT DeveloperName FROM UserSetupEntityAccess WHERE DeveloperName = 'ManageThings'";
    let set = id(&org.query("SELECT Id FROM PermissionSet WHERE Name = 'ThingManager'").await);
    let user = id(&org.query(&format!("SELECT Id FROM User WHERE Username = '{SALES}'")).await);
    assert_eq!(sales.query(manages).await.body["totalSize"], 0);
    let made = org.post("/sobjects/PermissionSetAssignment", json!({"PermissionSetId": set, "AssigneeId": user})).await;
    assert_eq!(sales.query(manages).await.body["totalSize"], 1);
    assert_eq!(org.delete(&format!("/sobjects/PermissionSetAssignment/{}", id(&made))).await.status, 204);
    assert_eq!(sales.query(manages).await.body["totalSize"], 0);
    // Who has which permission is for administrators.
    for object in ["CustomPermission", "SetupEntityAccess"] {
        let soql = format!("SELECT Id FROM {object}");
        assert_eq!(sales.query(&soql).await.code(), "INVALID_TYPE", "{object}");
        assert_eq!(org.query(&soql).await.body["totalSize"], 2, "{object}");
    }
    let reply = sales.post("/sobjects/UserSetupEntityAccess", json!({"DeveloperName": "ManageThings"})).await;
    assert_eq!(reply.code(), "INVALID_TYPE_FOR_OPERATION");
}
