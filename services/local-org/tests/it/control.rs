use reqwest::Method;
use serde_json::{Value, json};

use crate::support::TestOrg;

#[tokio::test]
async fn tells_its_health_and_its_orgs() {
    let org = TestOrg::start().await;
    assert_eq!(org.control(Method::GET, "/local/health", Value::Null).await.body, json!({"status": "ok"}));
    let orgs = org.control(Method::GET, "/local/orgs", Value::Null).await.body;
    let names: Vec<_> = orgs.as_array().expect("orgs").iter().map(|org| org["name"].clone()).collect();
    assert_eq!(names, ["my-org", "my-org-sales-a", "empty-org"]);
    let users = &orgs[0]["users"];
    let user = |number: usize, name: &str, token: &Value| json!({"id": users[number]["id"], "username": name, "accessToken": token});
    let other = &users[1]["accessToken"];
    assert_eq!(
        orgs[0],
        json!({
            "name": "my-org",
            "id": orgs[0]["id"],
            "instanceUrl": org.base,
            "apiVersion": "62.0",
            "users": [
                user(0, "admin@my-org.local", &json!(org.token)),
                user(1, "sales.user@my-org.local", other),
            ],
        })
    );
}

#[tokio::test]
async fn seeds_counts_and_queries() {
    let org = TestOrg::start().await;
    org.seed(30, 2).await;
    let counts = org.control(Method::GET, "/local/orgs/my-org/counts", Value::Null).await.body;
    let lines = (&counts["Opportunity"], &counts["OpportunityLineItem"], &counts["Quote"]);
    assert_eq!(lines, (&json!(30), &json!(60), &json!(0)));
    let path = "/local/orgs/my-org/query?q=SELECT+Amount+FROM+Opportunity+ORDER+BY+Id";
    let reply = org.control(Method::GET, path, Value::Null).await.body;
    assert_eq!(reply["totalSize"], 30);
    assert_eq!(reply["records"][29]["Amount"].as_f64(), Some(200.0));
    let reply = org.control(Method::GET, "/local/orgs/my-org/query?q=SELEKT", Value::Null).await;
    assert_eq!((reply.status, reply.code()), (400, "MALFORMED_QUERY"));
    let other = org.control(Method::GET, "/local/orgs/empty-org/counts", Value::Null).await.body;
    assert_eq!(other["Opportunity"], 0);
}

#[tokio::test]
async fn writes_records_by_the_same_rules() {
    let org = TestOrg::start().await;
    let path = "/local/orgs/my-org/records/Account";
    let reply = org.control(Method::POST, path, json!({"Name": "Test"})).await;
    let id = reply.body["id"].as_str().expect("an id").to_owned();
    assert_eq!((reply.status, reply.body), (201, json!({"id": id})));
    let one = format!("{path}/{id}");
    assert_eq!(org.control(Method::PATCH, &one, json!({"Name": "Changed"})).await.status, 204);
    assert_eq!(org.accounts_named("Changed").await, 1);
    assert_eq!(org.control(Method::DELETE, &one, Value::Null).await.status, 204);
    assert_eq!(org.control(Method::POST, path, json!({})).await.code(), "REQUIRED_FIELD_MISSING");
    assert_eq!(org.control(Method::POST, "/local/orgs/nothing/records/Account", json!({})).await.status, 404);
}

#[tokio::test]
async fn counts_only_calls_of_the_org() {
    let org = TestOrg::start().await;
    let account = org.account("Counted").await;
    org.get(&format!("/sobjects/Account/{account}")).await;
    org.query("SELECT Id FROM Account WHERE Name = 'Counted'").await;
    org.control(Method::GET, "/local/orgs/my-org/counts", Value::Null).await;
    let counters = org.counters().await;
    assert_eq!(counters["calls"], json!({"total": 3, "byOperation": {"create": 1, "query": 1, "retrieve": 1}}));
    assert_eq!(counters["rows"]["written"], 1);
    assert_eq!(counters["concurrent"], json!({"now": 0, "max": 1}));
    assert_eq!(org.control(Method::DELETE, "/local/orgs/my-org/counters", Value::Null).await.status, 204);
    assert_eq!(org.counters().await["calls"], json!({"total": 0, "byOperation": {}}));
}

#[tokio::test]
async fn refuses_what_it_does_not_understand() {
    let org = TestOrg::start().await;
    for (method, path, body) in [
        (Method::PUT, "/local/costs", json!({"callMillis": 1})),
        (Method::POST, "/local/faults", json!({"action": {"kind": "explode"}})),
        (Method::POST, "/local/orgs/my-org/seed", json!({"opportunities": "many"})),
    ] {
        assert_eq!(org.control(method, path, body).await.status, 400, "{path}");
    }
    assert_eq!(org.control(Method::GET, "/local/nothing", Value::Null).await.status, 404);
}

#[tokio::test]
async fn forgets_what_is_deleted_and_bulk_jobs_that_ended() {
    let org = TestOrg::start().await;
    org.seed(3, 2).await;
    let count = async |object: &str| {
        let path = format!("/queryAll?q=SELECT+COUNT()+FROM+{object}");
        org.get(&path).await.body["totalSize"].clone()
    };
    let found = org.control(Method::GET, "/local/orgs/my-org/query?q=SELECT+Id+FROM+Opportunity", Value::Null).await;
    let id = found.body["records"][0]["Id"].as_str().expect("an id").to_owned();
    let path = format!("/local/orgs/my-org/records/Opportunity/{id}");
    assert_eq!(org.control(Method::DELETE, &path, Value::Null).await.status, 204);
    let before = (count("Opportunity").await, count("OpportunityLineItem").await);
    assert_eq!(before, (json!(3), json!(6)));

    let bin = "/local/orgs/my-org/recycle-bin";
    let emptied = org.control(Method::DELETE, bin, Value::Null).await;
    assert_eq!((emptied.status, emptied.body), (200, json!({"records": 3})));
    let after = (count("Opportunity").await, count("OpportunityLineItem").await);
    assert_eq!(after, (json!(2), json!(4)));
    assert_eq!(org.control(Method::DELETE, bin, Value::Null).await.body, json!({"records": 0}));
    let undelete = org.control(Method::POST, &format!("{path}/undelete"), Value::Null).await;
    assert_eq!(undelete.code(), "UNDELETE_FAILED");
}

/// By the words of a route that is not there, which every other answer differs from.
#[tokio::test]
async fn lists_its_routes_and_has_each_of_them() {
    let org = TestOrg::start().await;
    let list = org.control(Method::GET, "/local/", Value::Null).await;
    assert_eq!((list.status, &list.body), (200, &org.control(Method::GET, "/local", Value::Null).await.body));
    let routes = list.body.as_array().expect("a list").clone();
    assert!(routes.len() > 40, "{}", routes.len());
    let nothing = org.control(Method::GET, "/local/no-such-route", Value::Null).await.body;
    for route in &routes {
        let (method, path) = (route["method"].as_str().expect("a method"), route["path"].as_str().expect("a path"));
        assert!(route["what"].as_str().is_some_and(|what| what.len() > 5), "{route}");
        let path = path.replace("{name}", "no-org").replace("{object}", "Account").replace(['{', '}'], "");
        let reply = org.control(method.parse().expect("a method"), &path, json!({})).await;
        // An Id that is no number does not match its route.
        assert!(reply.body != nothing || path == "/local/faults/id", "{method} {path}: {}", reply.body);
    }
}

/// `GET /local` knows what is added by its table, so everything below it has to be; two rooms also add routes of Salesforce and Heroku.
#[test]
fn no_route_is_added_past_the_list() {
    let source = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let rooms = ["control", "external_services"].map(|room| std::fs::read_dir(source.join(room)).expect("a room"));
    let mut past = Vec::new();
    for entry in rooms.into_iter().flatten() {
        let path = entry.expect("a file").path();
        let text = std::fs::read_to_string(&path).expect("a text");
        let name = path.file_name().expect("a name").to_string_lossy().into_owned();
        if text.contains(".route(") && !["routes.rs", "callback.rs", "heroku.rs"].contains(&name.as_str()) {
            past.push(name);
        }
    }
    assert_eq!(past, [""; 0]);
}
