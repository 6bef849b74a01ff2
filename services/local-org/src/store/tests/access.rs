//! What rights depend on; the tests of the HTTP side have the rest.

use std::time::Duration;

use chrono::{DateTime, SecondsFormat, TimeDelta, Utc};
use serde_json::json;

use super::support::{TestOrg, map};
use crate::metadata::{FieldPermission, PermissionSet};
use crate::seed;
use crate::store::{Acting, Actor};

const TIER: &str = "SELECT Tier__c FROM Account";

fn set(name: &str, has_activation_required: bool) -> PermissionSet {
    PermissionSet {
        name: name.to_owned(),
        label: name.to_owned(),
        description: None,
        has_activation_required,
        field_permissions: vec![FieldPermission {
            object: "account".to_owned(),
            field: "tier__c".to_owned(),
            readable: false,
            editable: true,
        }],
        object_permissions: Vec::new(),
        custom_permissions: Vec::new(),
        modify_all_data: false,
        manage_session_permission_sets: false,
    }
}

fn user(org: &TestOrg, name: &str) -> Actor {
    let user_id = org.run(|tx| tx.first_id("User", &format!("\"Alias\" = '{name}'"))).unwrap().unwrap();
    Actor { user_id, acting: Acting::User }
}

fn sees(org: &TestOrg, actor: &Actor) -> bool {
    org.org.transaction(actor, |tx| tx.query(TIER, false, "62.0")).is_ok()
}

fn assign(org: &TestOrg, set: &str, actor: &Actor, until: DateTime<Utc>) -> String {
    let set = org.run(|tx| tx.permission_set(set)).unwrap().unwrap();
    let until = until.to_rfc3339_opts(SecondsFormat::Millis, true);
    let fields = json!({ "PermissionSetId": set, "AssigneeId": actor.user_id, "ExpirationDate": until });
    org.create("PermissionSetAssignment", fields).unwrap()
}

#[test]
fn a_deploy_assigns_to_the_administrator() {
    let org = TestOrg::new();
    let (admin, sales) = (user(&org, "admin"), user(&org, "suser"));
    assert!(sees(&org, &org.actor()), "the org itself sees all");
    assert!(!sees(&org, &admin));
    seed::deploy(&org.org, &[set("Tiers", false)]).unwrap();
    assert!(sees(&org, &admin) && !sees(&org, &sales));
    // Editing implies reading, and names are taken in any case.
    let account = org.account();
    org.org.transaction(&admin, |tx| tx.update("Account", &account, &map(json!({ "Tier__c": "Gold" })))).unwrap();
}

#[test]
fn an_assignment_ends_when_it_expires() {
    let org = TestOrg::new();
    let sales = user(&org, "suser");
    seed::deploy(&org.org, &[set("Tiers", false)]).unwrap();
    let past = assign(&org, "Tiers", &sales, Utc::now() - TimeDelta::days(1));
    assert!(!sees(&org, &sales));
    org.delete("PermissionSetAssignment", &past).unwrap();
    assign(&org, "Tiers", &sales, Utc::now() + TimeDelta::milliseconds(1_500));
    assert!(sees(&org, &sales));
    std::thread::sleep(Duration::from_millis(1_600));
    assert!(!sees(&org, &sales));
}

#[test]
fn an_activation_counts_in_its_session() {
    let org = TestOrg::new();
    let sales = user(&org, "suser");
    seed::deploy(&org.org, &[set("Tiers", true)]).unwrap();
    let session = org.org.open_session(&sales.user_id, &["Tiers".to_owned()]).unwrap();
    let in_session = Actor { acting: Acting::Session(session.clone()), ..sales.clone() };
    assert!(sees(&org, &in_session) && !sees(&org, &sales));
    org.org.close_session(&session).unwrap();
    org.org.close_session(&session).unwrap();
    assert!(!sees(&org, &in_session));
    assert_eq!(org.count("SessionPermSetActivation"), 0);
}

#[test]
fn what_is_undone_changes_no_rights() {
    let org = TestOrg::new();
    let admin = user(&org, "admin");
    seed::deploy(&org.org, &[set("Tiers", false)]).unwrap();
    let permission = org.run(|tx| tx.first_id("FieldPermissions", "1")).unwrap().unwrap();
    let undone: Result<(), _> = org.run(|tx| {
        tx.delete("FieldPermissions", &permission)?;
        Err(crate::error::ApiError::not_found())
    });
    assert!(undone.is_err() && sees(&org, &admin));
    org.delete("FieldPermissions", &permission).unwrap();
    assert!(!sees(&org, &admin));
}

#[test]
fn the_permission_set_of_a_profile_stays_as_it_is() {
    let org = TestOrg::new();
    let own = org.run(|tx| tx.first_id("PermissionSet", "\"IsOwnedByProfile\" = 1")).unwrap().unwrap();
    let actor = org.actor();
    let assignment = json!({ "PermissionSetId": own, "AssigneeId": actor.user_id });
    for refused in [
        org.delete("PermissionSet", &own),
        org.update("PermissionSet", &own, json!({ "Label": "Mine" })),
        org.create("PermissionSetAssignment", assignment).map(drop),
    ] {
        assert_eq!(refused.unwrap_err().code, "FIELD_INTEGRITY_EXCEPTION");
    }
    let unknown = json!({ "ParentId": own, "SobjectType": "Account", "Field": "Account.Nothing__c" });
    let error = org.create("FieldPermissions", unknown).unwrap_err();
    assert_eq!(error.code, "INVALID_OR_NULL_FOR_RESTRICTED_PICKLIST");
}
