use std::thread;

use serde_json::json;

use super::support::TestOrg;

#[test]
fn one_of_many_gets_a_unique_key() {
    let org = TestOrg::new();
    let opportunity = org.opportunity();
    let outcomes: Vec<_> = thread::scope(|scope| {
        let create = || {
            let fields = json!({ "Name": "q", "OpportunityId": opportunity, "QuoteJobKey__c": "job:1" });
            org.create("Quote", fields).map_err(|error| error.code)
        };
        let threads: Vec<_> = (0..8).map(|_| scope.spawn(create)).collect();
        threads.into_iter().map(|thread| thread.join().unwrap()).collect()
    });
    assert_eq!(outcomes.iter().filter(|outcome| outcome.is_ok()).count(), 1);
    assert!(outcomes.iter().flat_map(|outcome| outcome.as_ref().err()).all(|code| code == "DUPLICATE_VALUE"));
    assert_eq!(org.count("Quote"), 1);
}

#[test]
fn roll_ups_lose_nothing() {
    let org = TestOrg::new();
    let opportunity = org.opportunity();
    thread::scope(|scope| {
        for _ in 0..8 {
            scope.spawn(|| (0..5).for_each(|_| drop(org.line(&opportunity, 1.0))));
        }
    });
    assert_eq!(org.get("Opportunity", &opportunity)["Amount"], 4000.0);
}
