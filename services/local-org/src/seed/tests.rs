use std::sync::Arc;

use serde_json::Value;

use super::*;
use crate::metadata::{self, FieldPermission, PermissionSet};
use crate::store::OrgConfig;

fn orgs() -> Vec<Org> {
    let schema = Arc::new(metadata::standard());
    OrgConfig::defaults(None).iter().map(|config| open(config, Arc::clone(&schema)).unwrap()).collect()
}

fn count(org: &Org, object: &str) -> u64 {
    org.transaction(&org.admin(), |tx| tx.count(object, "1")).unwrap()
}

#[test]
fn every_org_has_products_prices_and_an_administrator() {
    for org in orgs() {
        let user = org.transaction(&org.admin(), |tx| tx.retrieve("User", &org.admin().user_id, None, "62.0")).unwrap();
        assert_eq!(user["Username"], format!("admin@{}.local", org.name()));
        assert_eq!(user["Name"], "Admin User");
        let own = org.transaction(&org.admin(), |tx| tx.retrieve("Organization", org.id(), None, "62.0")).unwrap();
        assert_eq!(own["Name"], org.name());
        assert_eq!(count(&org, "PricebookEntry"), 5);
        let entry = org.transaction(&org.admin(), |tx| tx.first_id("PricebookEntry", "\"UnitPrice\" = 100")).unwrap();
        assert!(entry.is_some());
        assert_eq!(count(&org, "Account"), if org.name() == "empty-org" { 0 } else { 8 });
    }
}

#[test]
fn copies_are_what_the_rules_would_have_made() {
    let org = &orgs()[0];
    opportunities(org, 3, 2).unwrap();
    opportunities(org, 2, 2).unwrap();
    assert_eq!((count(org, "Opportunity"), count(org, "OpportunityLineItem")), (5, 10));
    let all: Vec<Value> = org
        .transaction(&org.admin(), |tx| {
            let ids: Vec<String> = (1..=5).map(|number| crate::id::generate("006", number)).collect();
            ids.iter().map(|id| tx.retrieve("Opportunity", id, None, "62.0")).collect()
        })
        .unwrap();
    for (index, opportunity) in all.iter().enumerate() {
        assert_eq!(opportunity["Name"], format!("Sample Opportunity {}", index + 1));
        assert_eq!(opportunity["Amount"], 200.0);
        assert_eq!(opportunity["ExpectedRevenue"], 20.0);
        assert_eq!(opportunity["HasOpportunityLineItem"], true);
        assert_eq!(opportunity["AccountId"], all[0]["AccountId"]);
        let own = format!("\"OpportunityId\" = '{}' AND \"TotalPrice\" = 100", opportunity["Id"].as_str().unwrap());
        assert_eq!(org.transaction(&org.admin(), |tx| tx.count("OpportunityLineItem", &own)).unwrap(), 2);
    }
}

#[test]
fn ids_go_on_after_copies() {
    let org = &orgs()[2];
    opportunities(org, 10, 1).unwrap();
    opportunities(org, 1, 0).unwrap();
    let last =
        org.transaction(&org.admin(), |tx| tx.first_id("Opportunity", "\"HasOpportunityLineItem\" = 0")).unwrap();
    assert_eq!(last, Some(crate::id::generate("006", 11)));
    let line = org.transaction(&org.admin(), |tx| tx.count("OpportunityLineItem", "\"Id\" > '00k'")).unwrap();
    assert_eq!(line, 10);
}

#[test]
fn none_is_fine() {
    let org = &orgs()[0];
    opportunities(org, 0, 2).unwrap();
    assert_eq!(count(org, "Opportunity"), 0);
}

fn permission(field: &str) -> FieldPermission {
    FieldPermission { object: "Quote".to_owned(), field: field.to_owned(), readable: true, editable: true }
}

#[test]
fn permission_sets_become_records() {
    let org = &orgs()[0];
    let mut set = PermissionSet {
        name: "Quote_Generation".to_owned(),
        label: "Quote Generation".to_owned(),
        description: None,
        has_activation_required: true,
        field_permissions: vec![permission("Name"), permission("Status")],
        object_permissions: Vec::new(),
        custom_permissions: Vec::new(),
        modify_all_data: false,
        manage_session_permission_sets: false,
    };
    deploy(org, std::slice::from_ref(&set)).unwrap();
    set.label = "Quotes".to_owned();
    set.field_permissions.truncate(1);
    deploy(org, &[set]).unwrap();
    assert_eq!(count(org, "FieldPermissions"), 1, "a deploy replaces what was allowed");
    assert_eq!(
        count(org, "PermissionSetAssignment"),
        2,
        "to the administrator and, because it is activated, all others"
    );
    let query = "SELECT Name, Label, HasActivationRequired FROM PermissionSet WHERE IsOwnedByProfile = FALSE";
    let found = org.transaction(&org.admin(), |tx| tx.query(query, false, "62.0")).unwrap();
    assert_eq!(found.total_size, 1);
    assert_eq!(
        (&found.records[0]["Label"], &found.records[0]["HasActivationRequired"]),
        (&"Quotes".into(), &true.into())
    );
}
