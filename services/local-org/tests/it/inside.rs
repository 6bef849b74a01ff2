//! A local org that is called without a socket.

use std::time::Duration;

use local_org::{Asked, Config, Inside};
use serde_json::Value;

const LIMIT: Duration = Duration::from_secs(60);

#[test]
fn it_answers_as_over_a_socket_and_refuses_what_is_no_request() {
    let org = Inside::open(Config::default()).expect("the orgs");
    let ask = |method: &str, target: &str, headers: &[(&str, &[u8])], body: &[u8]| {
        org.ask(&Asked { method, target, headers, body }, LIMIT).expect("an answer")
    };
    let orgs = ask("GET", "/local/orgs", &[], b"").expect("a request");
    assert_eq!((orgs.status, orgs.content_type.as_deref()), (200, Some("application/json;charset=UTF-8")));
    let orgs: Value = serde_json::from_slice(&orgs.body).expect("JSON");
    let bearer = format!("Bearer {}", orgs[0]["users"][0]["accessToken"].as_str().expect("a token"));
    let headers = [("Authorization", bearer.as_bytes()), ("Content-Type", b"application/json".as_slice())];
    let created = ask("POST", "/services/data/v62.0/sobjects/Account", &headers, br#"{"Name": "A"}"#);
    assert_eq!(created.expect("a request").status, 201);
    assert_eq!(ask("GET", "/services/data/v62.0/limits", &[], b"").expect("a request").status, 401);
    assert_eq!(ask("GET", "/local/orgs", &[("Host", b"evil.example")], b"").expect("a request").status, 403);
    for (method, target, header) in
        [("GET", "no/slash", "a"), ("GET", "/a b", "a"), ("G T", "/", "a"), ("GET", "/", "a b"), ("GET", "/", "")]
    {
        assert_eq!(ask(method, target, &[(header, b"x")], b""), None, "{method} {target} {header}");
    }
}
