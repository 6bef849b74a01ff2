//! What is known of orgs' objects. The check itself is tested with an org, in `services/org-job/tests/it/unknown_names.rs`.

use super::names::{Known, MOST_KNOWN, Names};
use serde_json::{Value, json};
use std::sync::Arc;

fn names(fields: &[&str]) -> Arc<Names> {
    let field = |name: &&str| match name.split_once('>') {
        Some((name, to)) => {
            let to: Vec<_> = to.split('|').collect();
            let relationship = name.trim_end_matches("Id");
            json!({ "name": name, "label": "", "type": "reference", "relationshipName": relationship, "referenceTo": to })
        }
        None => json!({ "name": name, "label": "", "type": "string", "relationshipName": null, "referenceTo": [] }),
    };
    let fields: Vec<_> = fields.iter().map(field).collect();
    let described = json!({ "name": "Opportunity", "label": "", "fields": fields });
    Arc::new(Names::of("opportunity", &serde_json::from_value(described).unwrap()).unwrap())
}

#[test]
fn an_answer_that_describes_something_else_tells_nothing() {
    let id = json!({ "name": "Id", "label": "", "type": "id" });
    let told = |asked: &str, name: &str, fields: Value| {
        let described = json!({ "name": name, "label": "", "fields": fields });
        Names::of(asked, &serde_json::from_value(described).unwrap()).is_some()
    };
    assert!(told("Opportunity", "Opportunity", json!([id])));
    assert!(told("Size__c", "acme__Size__c", json!([id])));
    assert!(!told("Opportunity", "Account", json!([id])));
    assert!(!told("Opportunity", "Opportunity", json!([])));
}

#[test]
fn names_are_found_whatever_their_case_and_namespace() {
    let names = names(&["Id", "Name", "acme__Size__c", "AccountId>Account", "OwnerId>Group|User"]);
    for name in ["Name", "NAME", "accountid", "acme__size__c", "Size__c"] {
        assert!(names.has_field(name), "{name}");
    }
    for name in ["ame", "Size", "__c", "me__Size__c", "Account", "Name__c", ""] {
        assert!(!names.has_field(name), "{name}");
    }
    assert_eq!(names.parent("account"), Some(Some("Account")));
    assert_eq!(names.parent("Owner"), Some(None));
    assert_eq!(names.parent("Name"), None);
}

#[test]
fn what_users_see_adds_up_and_silence_takes_nothing_away() {
    let mut known = Known::default();
    assert!(known.of("00D1", "Quote").is_none());
    known.says_nothing("00D1", "Quote");
    assert_eq!(known.of("00D1", "quote"), Some(None));
    known.tells("00D1", "Quote", &names(&["Id", "One", "ParentId>Account"]));
    known.tells("00D1", "quote", &names(&["Id", "Two"]));
    known.says_nothing("00D1", "Quote");
    let both = known.of("00D1", "QUOTE").unwrap().unwrap();
    assert!(both.has_field("One") && both.has_field("Two") && both.parent("Parent").is_some());
    assert!(known.of("00D2", "Quote").is_none(), "of another org");
    assert_eq!(known.len(), 1);
}

#[test]
fn no_more_objects_are_kept_than_so_many_and_the_oldest_goes_first() {
    let mut known = Known::default();
    let some = names(&["Id"]);
    for number in 0..=MOST_KNOWN {
        known.tells(&format!("00D{number}"), "Opportunity", &some);
    }
    assert_eq!(known.len(), MOST_KNOWN);
    assert!(known.of("00D0", "Opportunity").is_none());
    assert!(
        known.of("00D1", "Opportunity").is_some() && known.of(&format!("00D{MOST_KNOWN}"), "Opportunity").is_some()
    );
}
