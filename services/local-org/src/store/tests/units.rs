//! Transactions that are committed together.

use serde_json::json;

use super::support::{TestOrg, code, map};
use crate::error::ApiError;
use crate::store::{Acting, Actor, Tx};

#[test]
fn a_unit_undoes_what_it_did_and_nothing_else() {
    let org = TestOrg::new();
    let opportunity = org.opportunity();
    let quote = |name: &str, key: &str| map(json!({"Name": name, "OpportunityId": opportunity, "QuoteJobKey__c": key}));
    let line =
        |quote: &str| map(json!({"QuoteId": quote, "PricebookEntryId": org.entry, "Quantity": 2, "UnitPrice": 10}));
    let done = org.run(|tx| {
        let first = tx.unit(|tx| {
            let id = tx.create("Quote", &quote("First", "k1"))?;
            tx.create("QuoteLineItem", &line(&id))?;
            Ok(id)
        });
        // Its line changed the first Quote, too.
        let id = first.clone()?;
        let failed = tx.unit(|tx| {
            tx.create("QuoteLineItem", &line(&id))?;
            tx.create("Quote", &quote("Second", "k1"))
        });
        let third = tx.unit(|tx| {
            let line = tx.create("QuoteLineItem", &line(&id))?;
            tx.create("Quote", &quote("Third", "k2"))?;
            Ok(line)
        });
        Ok((first, failed, third))
    });
    let (first, failed, third) = done.unwrap();
    assert_eq!(code(failed), "DUPLICATE_VALUE");
    let quote = org.get("Quote", &first.unwrap());
    assert_eq!((&quote["LineItemCount"], &quote["TotalPrice"]), (&json!(2), &json!(40.0)));
    assert_eq!((org.count("Quote"), org.count("QuoteLineItem")), (2, 2));
    assert_eq!(org.get("QuoteLineItem", &third.unwrap())["TotalPrice"], json!(20.0));
}

#[test]
fn what_is_not_committed_undoes_all_units() {
    let org = TestOrg::new();
    let undone: Result<(), _> = org.run(|tx| {
        tx.unit(|tx| tx.create("Account", &map(json!({"Name": "Undone"}))))?;
        Err(ApiError::not_found())
    });
    undone.unwrap_err();
    let accounts = org.run(|tx| tx.count("Account", "\"Name\" = 'Undone'")).unwrap();
    assert_eq!(accounts, 0);
}

#[test]
fn a_unit_has_the_rights_of_its_beginning() {
    let org = TestOrg::new();
    let admin = Actor { user_id: org.actor().user_id, acting: Acting::User };
    let rights = |tx: &mut Tx<'_>| Ok(tx.access().administers());
    let done = org.org.transaction(&admin, |tx| {
        let before = tx.unit(rights)?;
        let within = tx.unit(|tx| {
            tx.prepare("UPDATE \"User\" SET \"ProfileId\" = NULL WHERE \"Id\" = ?1")?.execute([&admin.user_id])?;
            tx.access_changed = true;
            rights(tx)
        })?;
        Ok((before, within, tx.unit(rights)?))
    });
    assert_eq!(done.unwrap(), (true, true, false));
}
