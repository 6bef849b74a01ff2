//! `search`, `parameterizedSearch` and `limits/recordCount`.

use serde_json::{Value, json};

use crate::support::{Reply, TestOrg};

fn names(reply: &Reply) -> Vec<&str> {
    let found = reply.body["searchRecords"].as_array().unwrap_or_else(|| panic!("{}", reply.text));
    found.iter().map(|record| record["Name"].as_str().expect("a name")).collect()
}

async fn sosl(org: &TestOrg, text: &str) -> Reply {
    let query = url::form_urlencoded::byte_serialize(text.as_bytes()).collect::<String>();
    org.get(&format!("/search?q={query}")).await
}

#[tokio::test]
async fn words_are_found_where_sosl_says() {
    let org = TestOrg::start().await;
    let found = sosl(&org, "FIND {acme} IN NAME FIELDS RETURNING Account(Id, Name ORDER BY Name LIMIT 2)").await;
    assert_eq!(names(&found), ["Acme", "Acme Australia"]);
    assert_eq!(found.body["searchRecords"][0]["attributes"]["type"], "Account");
    assert_eq!(names(&sosl(&org, "FIND {Acme Spain} RETURNING Account(Name)").await), ["Acme Spain"]);
    assert_eq!(names(&sosl(&org, "FIND {Ac* Japa?} RETURNING Account(Name)").await), ["Acme Japan"]);
    assert_eq!(names(&sosl(&org, "FIND {Tokyo} IN NAME FIELDS RETURNING Account(Name)").await), [""; 0]);
    assert_eq!(names(&sosl(&org, "FIND {Tokyo} RETURNING Account(Name)").await), ["Acme Japan"]);
    let filtered = "FIND {Acme} RETURNING Account(Name WHERE Industry = 'Energy'), Contact(Name) LIMIT 5";
    assert_eq!(names(&sosl(&org, filtered).await), ["Acme Australia"]);
    let everywhere = sosl(&org, "FIND {Acme}").await;
    assert!(everywhere.body["searchRecords"].as_array().is_some_and(|found| found.len() >= 8), "{}", everywhere.text);
    org.account("100% 'quoted' a_b").await;
    assert_eq!(names(&sosl(&org, "FIND {100%} RETURNING Account(Name)").await), ["100% 'quoted' a_b"]);
    assert_eq!(names(&sosl(&org, "FIND {'quoted'} RETURNING Account(Name)").await), ["100% 'quoted' a_b"]);
    assert_eq!(names(&sosl(&org, "FIND {axb} RETURNING Account(Name)").await), [""; 0]);
}

#[tokio::test]
async fn wrong_searches_are_refused() {
    let org = TestOrg::start().await;
    for (text, code) in [
        ("FIND Acme", "MALFORMED_SEARCH"),
        ("FIND {Acme} IN SOME FIELDS", "MALFORMED_SEARCH"),
        ("FIND {A}", "INVALID_SEARCH"),
        ("FIND {Acme} RETURNING Nothing__c(Id)", "INVALID_TYPE"),
        ("FIND {Acme} RETURNING Account(Nothing__c)", "INVALID_FIELD"),
    ] {
        let reply = sosl(&org, text).await;
        assert_eq!((reply.status, reply.code()), (400, code), "{text}");
    }
    let everyday = org.session("sales.user@my-org.local", &[]).await;
    let reply = everyday.get("/search?q=FIND+%7BAcme%7D+RETURNING+Account(Secret__c)").await;
    assert_eq!(reply.code(), "INVALID_FIELD", "what is hidden cannot be asked for");
}

#[tokio::test]
async fn parameters_do_the_same() {
    let org = TestOrg::start().await;
    let path = "/parameterizedSearch?q=Acme&sobject=Account&Account.fields=id,name&Account.limit=3&in=NAME";
    assert_eq!(org.get(path).await.body["searchRecords"].as_array().map(Vec::len), Some(3));
    let body = json!({"q": "Japan", "in": "ALL", "fields": ["Name"], "sobjects": [{"name": "Account", "limit": 10}]});
    assert_eq!(names(&org.post("/parameterizedSearch", body).await), ["Acme Japan"]);
}

#[tokio::test]
async fn records_are_counted() {
    let org = TestOrg::start().await;
    let counted = org.get("/limits/recordCount?sObjects=Account,Contact,Nothing").await.body;
    assert_eq!(counted, json!({"sObjects": [{"count": 8, "name": "Account"}, {"count": 0, "name": "Contact"}]}));
    let all = org.get("/limits/recordCount").await.body["sObjects"].clone();
    assert!(all.as_array().is_some_and(|all| all.len() > 10 && all.iter().all(|one| one["count"] != Value::Null)));
}
