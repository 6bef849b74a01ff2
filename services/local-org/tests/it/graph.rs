use serde_json::{Value, json};

use crate::support::{API, Reply, TestOrg, read};

fn create(reference_id: &str, object: &str, body: Value) -> Value {
    json!({"method": "POST", "url": format!("{API}/sobjects/{object}"), "referenceId": reference_id, "body": body})
}

fn account(name: &str) -> Value {
    json!([create("account", "Account", json!({"Name": name}))])
}

/// A graph that fails.
fn failing() -> Value {
    json!([create("account", "Account", json!({}))])
}

async fn run(org: &TestOrg, graphs: Vec<Value>) -> Vec<Value> {
    let graphs: Vec<_> = graphs
        .into_iter()
        .enumerate()
        .map(|(number, nodes)| json!({"graphId": format!("graph{number}"), "compositeRequest": nodes}))
        .collect();
    let reply = org.post("/composite/graph", json!({"graphs": graphs})).await;
    assert_eq!(reply.status, 200, "{}", reply.text);
    reply.body["graphs"].as_array().expect("graphs").clone()
}

/// Sends a body as it is.
async fn send(org: &TestOrg, body: String) -> Reply {
    let request = org.http.post(format!("{}{API}/composite/graph", org.base)).bearer_auth(&org.token);
    let sent = request.header("Content-Type", "application/json").body(body).send().await;
    read(sent.expect("an answer")).await.expect("a body")
}

fn halted(reference_id: &str) -> Value {
    let message = "We rolled back the transaction since another operation in the same transaction failed.";
    json!({"body": [{"errorCode": "PROCESSING_HALTED", "message": message}], "httpHeaders": {}, "httpStatusCode": 400,
        "referenceId": reference_id})
}

#[tokio::test]
async fn creates_a_tree_of_records() {
    let org = TestOrg::start().await;
    let graphs = run(
        &org,
        vec![json!([
            create("referenceId0", "Account", json!({"Name": "Acme"})),
            create("referenceId1", "Contact", json!({"LastName": "Smith", "AccountId": "@{referenceId0.id}"})),
        ])],
    )
    .await;
    let nodes = &graphs[0]["graphResponse"]["compositeResponse"];
    let (account, contact) =
        (nodes[0]["body"]["id"].as_str().expect("an id"), nodes[1]["body"]["id"].as_str().expect("an id"));
    let created = |id: &str, object: &str, reference_id: &str| {
        json!({
            "body": {"id": id, "success": true, "errors": []},
            "httpHeaders": {"Location": format!("{API}/sobjects/{object}/{id}")},
            "httpStatusCode": 201,
            "referenceId": reference_id,
        })
    };
    assert_eq!(
        graphs[0],
        json!({
            "graphId": "graph0",
            "graphResponse": {"compositeResponse": [
                created(account, "Account", "referenceId0"), created(contact, "Contact", "referenceId1"),
            ]},
            "isSuccessful": true,
        })
    );
    assert_eq!(org.get(&format!("/sobjects/Contact/{contact}")).await.body["AccountId"], json!(account));
    assert_eq!(org.counters().await["calls"]["byOperation"]["graph"], 1);
}

#[tokio::test]
async fn updates_reads_upserts_and_deletes() {
    let org = TestOrg::start().await;
    let (kept, gone) = (org.account("Kept").await, org.account("Gone").await);
    let node = |method: &str, path: &str, id: &str, body: Value| {
        let url = format!("{API}/sobjects/Account/{path}");
        json!({"method": method, "url": url, "referenceId": id, "body": body})
    };
    let graphs = run(
        &org,
        vec![json!([
            node("PATCH", &kept, "update", json!({"Name": "Changed"})),
            node("GET", &kept, "read", Value::Null),
            node("PATCH", "Key__c/k", "upsert", json!({"Name": "@{read.Name} too"})),
            node("DELETE", &gone, "delete", Value::Null),
        ])],
    )
    .await;
    let nodes = &graphs[0]["graphResponse"]["compositeResponse"];
    let done = |id: &str| json!({"body": null, "httpHeaders": {}, "httpStatusCode": 204, "referenceId": id});
    assert_eq!((&nodes[0], &nodes[3]), (&done("update"), &done("delete")));
    assert_eq!((&nodes[1]["httpStatusCode"], &nodes[1]["body"]["Name"]), (&json!(200), &json!("Changed")));
    assert_eq!((&nodes[2]["httpStatusCode"], &nodes[2]["body"]["created"]), (&json!(201), &json!(true)));
    assert_eq!(org.accounts_named("Changed too").await, 1);
}

#[tokio::test]
async fn tells_of_an_error() {
    let org = TestOrg::start().await;
    let node = create("insert", "Account", json!({"Name": "Star Wars", "Rating__c": "Amazing"}));
    let graphs = run(&org, vec![json!([node])]).await;
    assert_eq!(
        graphs[0],
        json!({
            "graphId": "graph0",
            "graphResponse": {"compositeResponse": [{
                "body": [{"message": "Rating: bad value for restricted picklist field: Amazing",
                    "errorCode": "INVALID_OR_NULL_FOR_RESTRICTED_PICKLIST", "fields": ["Rating__c"]}],
                "httpHeaders": {},
                "httpStatusCode": 400,
                "referenceId": "insert",
            }]},
            "isSuccessful": false,
        })
    );
}

#[tokio::test]
async fn a_graph_is_undone_alone() {
    let org = TestOrg::start().await;
    let graphs = run(
        &org,
        vec![
            account("Before"),
            json!([
                create("a", "Account", json!({"Name": "Undone"})),
                create("b", "Account", json!({})),
                create("c", "Account", json!({"Name": "Not tried"})),
            ]),
            account("After"),
        ],
    )
    .await;
    let successes: Vec<_> = graphs.iter().map(|graph| graph["isSuccessful"].as_bool()).collect();
    assert_eq!(successes, [Some(true), Some(false), Some(true)]);
    let nodes = &graphs[1]["graphResponse"]["compositeResponse"];
    assert_eq!((&nodes[0], &nodes[2]), (&halted("a"), &halted("c")));
    assert_eq!(nodes[1]["body"][0]["errorCode"], "REQUIRED_FIELD_MISSING");
    assert_eq!((org.accounts_named("Before").await, org.accounts_named("After").await), (1, 1));
    assert_eq!(org.accounts_named("Undone").await, 0);
}

#[tokio::test]
async fn a_body_is_read_as_any_other() {
    let org = TestOrg::start().await;
    let node = create("a", "Account", json!({"Name": "Twice"}));
    // The last of two members counts.
    let twice =
        format!(r#" {{"graphs": [], "graphs": [{{"graphId": "1", "graphId": "2", "compositeRequest": [{node}]}}]}}"#);
    let reply = send(&org, twice).await;
    assert_eq!((reply.status, &reply.body["graphs"][0]["graphId"]), (200, &json!("2")), "{}", reply.text);
    assert_eq!(org.accounts_named("Twice").await, 1);
    for (body, message) in [
        ("", "no entity body"),
        ("[[]]", "must be a JSON object"),
        ("{}", "missing field `graphs`"),
        ("{\"graphs\": [{}]}", "missing field `graphId`"),
        ("{\"graphs\": 1}", "invalid type"),
        ("{\"graphs\": [", "EOF while parsing"),
        ("{\"graphs\": []} x", "trailing characters"),
    ] {
        let reply = send(&org, body.to_owned()).await;
        let error = &reply.body[0];
        assert_eq!((reply.status, &error["errorCode"]), (400, &json!("JSON_PARSER_ERROR")), "{body}: {}", reply.text);
        assert!(error["message"].as_str().expect("a message").contains(message), "{body}: {}", reply.text);
    }
}

#[tokio::test]
async fn a_failed_parent_takes_its_children_with_it() {
    let org = TestOrg::start().await;
    let graphs = run(
        &org,
        vec![json!([
            create("parent", "Account", json!({"Name": "Undone"})),
            create("child", "Contact", json!({"LastName": "x", "AccountId": "@{nobody.id}"})),
        ])],
    )
    .await;
    let nodes = &graphs[0]["graphResponse"]["compositeResponse"];
    assert_eq!(nodes[0], halted("parent"));
    let message = nodes[1]["body"][0]["message"].as_str().expect("a message");
    assert!(message.starts_with("Invalid reference specified."), "{message}");
}

#[tokio::test]
async fn after_14_failures_the_rest_is_not_tried() {
    let org = TestOrg::start().await;
    let mut graphs = vec![account("First")];
    graphs.extend((0..13).map(|_| failing()));
    graphs.push(account("Still tried"));
    graphs.push(failing());
    graphs.push(account("Not tried"));
    graphs.push(failing());
    let graphs = run(&org, graphs).await;
    assert_eq!((&graphs[14]["isSuccessful"], org.accounts_named("Still tried").await), (&json!(true), 1));
    assert_eq!(graphs[15]["graphResponse"]["compositeResponse"][0]["body"][0]["errorCode"], "REQUIRED_FIELD_MISSING");
    for graph in &graphs[16..] {
        assert_eq!(graph["isSuccessful"], false);
        let node = &graph["graphResponse"]["compositeResponse"][0];
        assert_eq!(
            (&node["httpStatusCode"], &node["body"][0]["errorCode"]),
            (&json!(400), &json!("PROCESSING_HALTED"))
        );
    }
    assert_eq!((org.accounts_named("First").await, org.accounts_named("Not tried").await), (1, 0));
}

#[tokio::test]
async fn a_payload_over_a_limit_is_refused_before_anything_is_done() {
    let org = TestOrg::start().await;
    let graphs = |count: usize| {
        (0..count)
            .map(|number| json!({"graphId": format!("g{number}"), "compositeRequest": account("x")}))
            .collect::<Vec<_>>()
    };
    let reply = org.post("/composite/graph", json!({"graphs": graphs(76)})).await;
    assert_eq!((reply.status, reply.code()), (400, "LIMIT_EXCEEDED"));
    let nodes = |count: usize| {
        (0..count).map(|number| create(&format!("r{number}"), "Account", json!({"Name": "x"}))).collect::<Value>()
    };
    let reply =
        org.post("/composite/graph", json!({"graphs": [{"graphId": "g", "compositeRequest": nodes(501)}]})).await;
    assert_eq!((reply.status, reply.code()), (400, "LIMIT_EXCEEDED"));
    assert_eq!(org.accounts_named("x").await, 0);
    let reply =
        org.post("/composite/graph", json!({"graphs": [{"graphId": "g", "compositeRequest": nodes(500)}]})).await;
    assert_eq!(reply.body["graphs"][0]["isSuccessful"], true);
    assert_eq!(org.accounts_named("x").await, 500);
}

#[tokio::test]
async fn a_query_is_no_node() {
    let org = TestOrg::start().await;
    let query = json!({"method": "GET", "url": format!("{API}/query?q=SELECT+Id+FROM+Account"), "referenceId": "q"});
    let body = json!({"graphs": [{"graphId": "g", "compositeRequest": [query]}]});
    assert_eq!(org.post("/composite/graph", body).await.status, 400);
}

#[tokio::test]
async fn old_versions_allow_other_characters_in_reference_ids() {
    let org = TestOrg::start().await;
    let node = json!({"method": "POST", "url": "/services/data/v51.0/sobjects/Account", "referenceId": "insert-anh",
        "body": {"Name": "A New Hope"}});
    let body = json!({"graphs": [{"graphId": "graph0", "compositeRequest": [node]}]});
    let reply = org.post("/services/data/v51.0/composite/graph", body.clone()).await;
    assert_eq!(reply.body["graphs"][0]["isSuccessful"], true);
    assert_eq!(org.post("/composite/graph", body).await.status, 400);
}
