//! Change events of every way of writing, platform events, and the notification that follows.

use reqwest::Method;
use serde_json::{Value, json};

use crate::support::{API, TestOrg, until};

fn opportunity(name: &str) -> Value {
    json!({"Name": name, "StageName": "Prospecting", "CloseDate": "2030-06-27"})
}

fn of_type(object: &str, mut record: Value) -> Value {
    record["attributes"] = json!({"type": object});
    record
}

/// Position behind the newest event, and the events behind a position.
async fn events_after(org: &TestOrg, after: Option<u64>) -> (u64, Vec<Value>) {
    let after = after.map(|after| format!("?after={after}")).unwrap_or_default();
    let reply = org.control(Method::GET, &format!("/local/orgs/my-org/events{after}"), Value::Null).await;
    assert_eq!(reply.status, 200, "{}", reply.text);
    (reply.body["position"].as_u64().expect("a position"), reply.body["events"].as_array().expect("events").clone())
}

/// What a call publishes: change types and names, in order.
async fn published(org: &TestOrg, method: Method, path: &str, body: Value) -> Vec<(String, String)> {
    let (before, _) = events_after(org, None).await;
    let reply = org.call(method, path, body).await;
    assert!(reply.status < 300, "{}", reply.text);
    let (_, events) = events_after(org, Some(before)).await;
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    events
        .iter()
        .map(|event| {
            let payload = &event["payload"];
            (text(&payload["ChangeEventHeader"]["changeType"]), text(&payload["Name"]))
        })
        .collect()
}

fn pairs(expected: &[(&str, &str)]) -> Vec<(String, String)> {
    expected.iter().map(|(kind, name)| ((*kind).to_owned(), (*name).to_owned())).collect()
}

#[tokio::test]
async fn every_way_of_writing_publishes() {
    let org = TestOrg::start().await;
    let created = published(&org, Method::POST, "/sobjects/Opportunity", opportunity("One")).await;
    assert_eq!(created, pairs(&[("CREATE", "One")]));

    let records = json!({"records": [of_type("Opportunity", opportunity("Two")), of_type("Opportunity", json!({}))]});
    let created = published(&org, Method::POST, "/composite/sobjects", records.clone()).await;
    assert_eq!(created, pairs(&[("CREATE", "Two")]), "the second record is not valid");
    let mut all_or_none = records;
    all_or_none["allOrNone"] = json!(true);
    assert_eq!(published(&org, Method::POST, "/composite/sobjects", all_or_none).await, pairs(&[]));

    let node = |name: &str, record: Value| {
        let url = format!("{API}/sobjects/Opportunity");
        json!({"method": "POST", "url": url, "referenceId": name, "body": record})
    };
    let graph = |id: &str, records: [Value; 2]| {
        let [first, second] = records;
        json!({"graphId": id, "compositeRequest": [node("a", first), node("b", second)]})
    };
    let graphs = json!({"graphs": [
        graph("good", [opportunity("Three"), opportunity("Four")]),
        graph("bad", [opportunity("Five"), json!({})]),
    ]});
    let created = published(&org, Method::POST, "/composite/graph", graphs).await;
    assert_eq!(created, pairs(&[("CREATE", "Three"), ("CREATE", "Four")]));

    let request = json!({"compositeRequest": [node("a", opportunity("Six")), node("b", json!({}))]});
    assert_eq!(published(&org, Method::POST, "/composite", request).await, pairs(&[("CREATE", "Six")]));

    let batch = json!({"batchRequests": [
        {"method": "POST", "url": "v62.0/sobjects/Opportunity", "richInput": opportunity("Seven")},
    ]});
    assert_eq!(published(&org, Method::POST, "/composite/batch", batch).await, pairs(&[("CREATE", "Seven")]));

    let mut tree = opportunity("Eight");
    tree["attributes"] = json!({"type": "Opportunity", "referenceId": "r"});
    let created = published(&org, Method::POST, "/composite/tree/Opportunity", json!({"records": [tree]})).await;
    assert_eq!(created, pairs(&[("CREATE", "Eight")]));

    let id = org.create("Opportunity", opportunity("Nine")).await;
    let one = format!("/sobjects/Opportunity/{id}");
    assert_eq!(published(&org, Method::PATCH, &one, json!({"Name": "Ten"})).await, pairs(&[("UPDATE", "Ten")]));
    let many = format!("/composite/sobjects?ids={id}");
    assert_eq!(published(&org, Method::DELETE, &many, Value::Null).await, pairs(&[("DELETE", "")]));
}

#[tokio::test]
async fn a_collection_is_one_transaction_and_names_its_client() {
    let org = TestOrg::start().await;
    let (before, _) = events_after(&org, None).await;
    let records: Vec<_> =
        (1..=3).map(|number| of_type("Opportunity", opportunity(&format!("Deal {number}")))).collect();
    let request = org
        .http
        .post(format!("{}{API}/composite/sobjects", org.base))
        .bearer_auth(&org.token)
        .header("Sforce-Call-Options", "client=quotes/1.0")
        .json(&json!({"records": records}));
    assert_eq!(request.send().await.expect("an answer").status(), 200);
    let (_, events) = events_after(&org, Some(before)).await;
    let headers: Vec<_> = events.iter().map(|event| &event["payload"]["ChangeEventHeader"]).collect();
    assert_eq!(headers.len(), 3);
    for (index, header) in headers.iter().enumerate() {
        assert_eq!(header["transactionKey"], headers[0]["transactionKey"]);
        assert_eq!(header["sequenceNumber"], index + 1);
        assert_eq!(header["changeOrigin"], "com/salesforce/api/rest/62.0;client=quotes/1.0");
    }
    assert_eq!(events[0]["topic"], "/data/OpportunityChangeEvent");
}

#[tokio::test]
async fn the_control_api_writes_like_the_user_interface() {
    let org = TestOrg::start().await;
    let (before, _) = events_after(&org, None).await;
    let path = "/local/orgs/my-org/records/Opportunity";
    let reply = org.control(Method::POST, path, opportunity("Deal")).await;
    let one = format!("{path}/{}", reply.body["id"].as_str().expect("an id"));
    assert_eq!(org.control(Method::PATCH, &one, json!({"NextStep": "Call"})).await.status, 204);
    assert_eq!(org.control(Method::DELETE, &one, Value::Null).await.status, 204);
    let undelete = format!("{one}/undelete");
    assert_eq!(org.control(Method::POST, &undelete, Value::Null).await.status, 204);
    assert_eq!(org.control(Method::POST, &undelete, Value::Null).await.code(), "UNDELETE_FAILED");
    let (_, events) = events_after(&org, Some(before)).await;
    let kinds: Vec<_> = events.iter().map(|event| &event["payload"]["ChangeEventHeader"]["changeType"]).collect();
    assert_eq!(kinds, ["CREATE", "UPDATE", "DELETE", "UNDELETE"]);
    assert_eq!(
        events[0]["payload"]["ChangeEventHeader"]["changeOrigin"],
        "com/salesforce/api/soap/62.0;client=SfdcInternalAPI/"
    );
    assert_eq!(events[3]["payload"]["NextStep"], "Call");
}

#[tokio::test]
async fn events_are_listed_pruned_and_left_out() {
    let org = TestOrg::start().await;
    let (start, _) = events_after(&org, None).await;
    org.create("Contact", json!({"LastName": "Doe"})).await;
    org.create("Opportunity", opportunity("Deal")).await;
    let list =
        async |query: &str| org.control(Method::GET, &format!("/local/orgs/my-org/events?{query}"), Value::Null).await;
    assert_eq!(list("topic=/data/ContactChangeEvent").await.body["events"].as_array().map(Vec::len), Some(1));
    assert_eq!(list("topic=/data/ChangeEvents").await.body["events"].as_array().map(Vec::len), Some(2));
    assert_eq!(list("limit=1").await.body["events"].as_array().map(Vec::len), Some(1));
    assert_eq!(list("topic=/data/QuoteChangeEvent").await.status, 404);

    let gap = json!({"object": "Opportunity", "changeType": "GAP_OVERFLOW"});
    let path = "/local/orgs/my-org/events/gap";
    assert_eq!(org.control(Method::POST, path, gap).await.status, 204);
    assert_eq!(
        org.control(Method::POST, path, json!({"object": "Quote", "changeType": "GAP_UPDATE"})).await.status,
        404
    );
    let (_, events) = events_after(&org, Some(start)).await;
    let header = &events[2]["payload"]["ChangeEventHeader"];
    assert_eq!((&header["changeType"], &header["recordIds"]), (&json!("GAP_OVERFLOW"), &json!(["000000000000000AAA"])));

    assert_eq!(
        org.control(Method::DELETE, "/local/orgs/my-org/events?olderThanMs=3600000", Value::Null).await.status,
        204
    );
    assert_eq!(events_after(&org, Some(start)).await.1.len(), 3);
    assert_eq!(org.control(Method::DELETE, "/local/orgs/my-org/events", Value::Null).await.status, 204);
    assert_eq!(list(&format!("after={start}")).await.code(), "INVALID_REPLAY_ID");
    assert_eq!(events_after(&org, None).await.1.len(), 0);

    let topics = org.control(Method::GET, "/local/orgs/my-org/topics", Value::Null).await.body;
    let names: Vec<_> = topics.as_array().expect("topics").iter().map(|topic| &topic["name"]).collect();
    assert_eq!(
        names,
        ["/data/ChangeEvents", "/data/ContactChangeEvent", "/data/OpportunityChangeEvent", "/event/Done__e"]
    );
}

#[tokio::test]
async fn an_error_tells_that_an_event_was_published() {
    let org = TestOrg::start().await;
    let reply = org.post("/sobjects/Done__e", json!({"Status__c": "completed"})).await;
    assert_eq!((reply.status, &reply.body["success"]), (201, &json!(true)));
    assert!(reply.body["id"].as_str().expect("an id").starts_with("e00"));
    let error = &reply.body["errors"][0];
    assert_eq!((&error["statusCode"], &error["fields"]), (&json!("OPERATION_ENQUEUED"), &json!([])));
    let uuid = error["message"].as_str().expect("a UUID").to_owned();
    let listed = org.control(Method::GET, "/local/orgs/my-org/events?topic=/event/Done__e", Value::Null).await.body;
    assert_eq!(listed["events"][0]["id"], uuid);
    let payload = &listed["events"][0]["payload"];
    assert_eq!(payload["Status__c"], "completed");
    assert!(payload["CreatedById"].as_str().expect("a user").starts_with("005"));

    for (fields, code) in [
        (json!({}), "REQUIRED_FIELD_MISSING"),
        (json!({"Status__c": "x".repeat(21)}), "STRING_TOO_LONG"),
        (json!({"Status__c": "x", "CreatedById": "005LO0000000001AAE"}), "INVALID_FIELD_FOR_INSERT_UPDATE"),
    ] {
        assert_eq!(org.post("/sobjects/Done__e", fields).await.code(), code);
    }
    assert_eq!(org.query("SELECT Status__c FROM Done__e").await.code(), "INVALID_TYPE_FOR_OPERATION");

    let records = [json!({"Status__c": "a"}), json!({"Status__c": "b"})].map(|record| of_type("Done__e", record));
    let reply = org.post("/composite/sobjects", json!({"records": records})).await;
    for result in reply.body.as_array().expect("results") {
        assert_eq!(
            (&result["success"], &result["errors"][0]["statusCode"]),
            (&json!(true), &json!("OPERATION_ENQUEUED"))
        );
    }
    let url = format!("{API}/sobjects/Done__e");
    let request = |status: &str| {
        json!({"allOrNone": true, "compositeRequest": [
            {"method": "POST", "url": url, "referenceId": "a", "body": {"Status__c": status}},
            {"method": "POST", "url": format!("{API}/sobjects/Account"), "referenceId": "b",
                "body": if status == "kept" { json!({"Name": "x"}) } else { json!({}) }},
        ]})
    };
    let reply = org.post("/composite", request("kept")).await;
    assert_eq!(reply.body["compositeResponse"][0]["body"]["errors"][0]["statusCode"], "OPERATION_ENQUEUED");
    org.post("/composite", request("undone")).await;
    let listed = org.control(Method::GET, "/local/orgs/my-org/events?topic=/event/Done__e", Value::Null).await.body;
    let events = listed["events"].as_array().expect("events");
    let statuses: Vec<_> = events.iter().map(|event| &event["payload"]["Status__c"]).collect();
    assert_eq!(statuses, ["completed", "a", "b", "kept"]);
}

#[tokio::test]
async fn a_flow_notifies_the_user() {
    let org = TestOrg::start().await;
    let orgs = org.control(Method::GET, "/local/orgs", Value::Null).await.body;
    let user = orgs[0]["users"][0]["id"].clone();
    let list = async || org.control(Method::GET, "/local/orgs/my-org/notifications", Value::Null).await.body;
    assert_eq!(list().await, json!([]));
    org.create("Done__e", json!({"Status__c": "completed", "UserId__c": user})).await;
    org.create("Done__e", json!({"Status__c": "failed"})).await;
    // Someone who is no user gets none.
    org.create("Done__e", json!({"Status__c": "lost", "UserId__c": "005LO0000000999AAA"})).await;
    org.create("Done__e", json!({"Status__c": "last"})).await;
    until(|| async { list().await[2]["title"] == "Job: last" }).await;
    let all = list().await;
    let titles: Vec<_> = all.as_array().expect("notifications").iter().map(|one| &one["title"]).collect();
    assert_eq!(titles, ["Job: completed", "Job: failed", "Job: last"]);
    assert_eq!((&all[0]["recipient"], &all[1]["recipient"]), (&user, &user));
    assert_eq!((&all[0]["body"], &all[0]["type"]), (&json!("It has ended."), &json!("Done")));
    assert!(all[0]["at"].is_string());
    assert_eq!(org.control(Method::DELETE, "/local/orgs/my-org/notifications", Value::Null).await.status, 204);
    assert_eq!(list().await, json!([]));
    let other = org.control(Method::GET, "/local/orgs/empty-org/notifications", Value::Null).await.body;
    assert_eq!(other, json!([]));
}
