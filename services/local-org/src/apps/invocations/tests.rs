use chrono::{DateTime, Duration, Utc};
use serde_json::{Value, json};

use super::{Answered, Deliveries, Expected, Invocation, Invocations, KEPT, Outcome, Session, Taking};
use crate::apps::App;
use crate::apps::spec;

fn app() -> App {
    let text = json!({"openapi": "3.0.3", "info": {"title": "t"}, "paths":
        {"/a": {"get": {"operationId": "a", "responses": {"200": {"description": "ok"}}}}}});
    App {
        org: "my-org".to_owned(),
        client_name: "App".to_owned(),
        url: "http://127.0.0.1:9".to_owned(),
        instance_url: None,
        spec: spec::read(&text.to_string()).expect("a good document"),
        published_at: Utc::now(),
        published_by: None,
        made_permission_set: true,
        warnings: Vec::new(),
    }
}

/// A call with id, callback id, session and token after the number, and a permission set activated.
fn call(number: usize, expires_at: Option<DateTime<Utc>>) -> Invocation {
    Invocation {
        id: format!("i{number}"),
        client_name: "App".to_owned(),
        operation_id: "a".to_owned(),
        username: "admin".to_owned(),
        request_id: "r".to_owned(),
        permission_set: Some("Set".to_owned()),
        method: "GET".to_owned(),
        url: "http://127.0.0.1:9/a".to_owned(),
        body: Value::Null,
        started_at: Utc::now(),
        callback: expires_at.map(|expires_at| Expected {
            id: format!("c{number}"),
            url: format!("http://127.0.0.1/c{number}"),
            method: "POST".to_owned(),
            schema: json!({}),
            app: app().into(),
            expires_at,
            timer: None,
            taken: None,
            deliveries: Deliveries::default(),
        }),
        session: Session { id: format!("s{number}"), token: format!("t{number}"), elevated: true },
        outcome: Outcome::default(),
    }
}

fn state(calls: &Invocations, id: &str) -> Value {
    calls.get(id).expect("the call")["state"].clone()
}

#[test]
fn a_callback_may_be_faster_than_the_answer() {
    let calls = Invocations::default();
    let now = Utc::now();
    calls.add(call(1, Some(now + Duration::seconds(9))));
    assert_eq!(calls.take("c1", json!(1), now), Taking::Taken(Some("s1".to_owned())));
    assert_eq!(calls.answered("i1", Answered::With(202, Value::Null)), None);
    assert_eq!(calls.answered("i1", Answered::With(500, Value::Null)), None);
    assert_eq!(state(&calls, "i1"), "completed", "it stays what it is");
    assert_eq!(calls.take("c1", json!(2), now), Taking::Unknown);
    assert_eq!(calls.get("i1").expect("the call")["callback"], 1);
}

#[test]
fn an_activation_ends_once() {
    let calls = Invocations::default();
    let now = Utc::now();
    calls.add(call(1, Some(now)));
    assert_eq!(
        calls.take("c1", json!(1), now),
        Taking::TimedOut(Some("s1".to_owned())),
        "without waiting for the timer"
    );
    assert_eq!((calls.take("c1", json!(1), now), calls.expire("i1")), (Taking::TimedOut(None), None));
    calls.add(call(2, None));
    assert_eq!(calls.answered("i2", Answered::With(404, Value::Null)).as_deref(), Some("s2"));
    assert_eq!(calls.answered("i2", Answered::Failed(String::new())), None);
    assert_eq!((state(&calls, "i1"), state(&calls, "i2")), (json!("timedOut"), json!("completed")));
}

#[test]
fn the_oldest_ended_calls_are_forgotten() {
    let calls = Invocations::default();
    calls.add(call(0, Some(Utc::now() + Duration::seconds(9))));
    for number in 1..KEPT {
        assert_eq!(calls.add(call(number, None)), [""; 0]);
        calls.answered(&format!("i{number}"), Answered::With(200, Value::Null));
    }
    assert_eq!(calls.add(call(KEPT, None)), ["t1"], "the oldest one is still waited for");
    assert!(calls.get("i1").is_none() && calls.get("i0").is_some());
    assert_eq!(calls.list().as_array().map(Vec::len), Some(KEPT));
}
