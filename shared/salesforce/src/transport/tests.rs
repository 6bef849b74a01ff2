use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use futures_util::future::BoxFuture;
use secrecy::ExposeSecret;
use serde_json::json;

use crate::test_server::{Reply, Seen, TestServer, error, reply, session, settings};
use crate::{
    ApiUsage, Client, ClientSettings, Error, ErrorKind, FixedSession, HttpSettings, Operation, RetryPolicy, Session,
    SessionSource, http_client,
};

const RESULT: &str = r#"{"totalSize":7,"done":true,"records":[]}"#;
const CREATED: &str = r#"{"id":"0Q0000000000001CAA","success":true,"errors":[]}"#;

/// Gives `token0`, then `token1`, …
struct Renewable {
    url: String,
    refreshed: AtomicUsize,
}

impl Renewable {
    fn now(&self) -> Session {
        session(&self.url, &format!("token{}", self.refreshed.load(Ordering::SeqCst)))
    }
}

impl SessionSource for Renewable {
    fn session(&self) -> BoxFuture<'_, Result<Session, Error>> {
        Box::pin(async { Ok(self.now()) })
    }

    fn refresh<'a>(&'a self, stale: &'a Session) -> BoxFuture<'a, Result<Session, Error>> {
        Box::pin(async {
            assert_eq!(stale.access_token.expose_secret(), self.now().access_token.expose_secret());
            self.refreshed.fetch_add(1, Ordering::SeqCst);
            Ok(self.now())
        })
    }
}

fn accepts_only(token: &'static str, answer: &'static str) -> impl Fn(&Seen) -> Reply {
    move |seen| match seen.headers["authorization"].as_str() {
        sent if sent == format!("Bearer {token}") => reply(200, answer),
        _ => error(401, "INVALID_SESSION_ID"),
    }
}

#[tokio::test]
async fn a_call_carries_token_client_and_encoded_query() {
    let server = TestServer::script([reply(200, RESULT)]).await;
    assert_eq!(server.client().count("SELECT COUNT() FROM A WHERE Name = 'x+y&%'").await.unwrap(), 7);
    let seen = &server.seen()[0];
    let query = "SELECT%20COUNT%28%29%20FROM%20A%20WHERE%20Name%20%3D%20%27x%2By%26%25%27";
    assert_eq!(seen.target, format!("/services/data/v62.0/query?q={query}"));
    assert_eq!(seen.headers["authorization"], "Bearer token");
    assert_eq!(seen.headers["sforce-call-options"], "client=heroku-applink-patterns-rust");
    assert!(seen.headers["user-agent"].starts_with("heroku-applink-patterns-rust/"));
}

#[tokio::test]
async fn an_error_that_repeats_the_token_does_not_show_it() {
    let token = "00D000000000001!AQ.repeated";
    let body = json!([{ "errorCode": "X", "message": format!("not with Bearer {token}") }]).to_string();
    let server = TestServer::script([reply(400, body)]).await;
    let client = server.client_of(Arc::new(FixedSession(server.session(token))));
    let error = client.count("SELECT COUNT() FROM A").await.unwrap_err();
    let shown = format!("{error} {error:?} {:?}", error.api_errors());
    assert!(shown.contains("[access token]") && !shown.contains(token), "{shown}");
}

#[tokio::test]
async fn reads_are_repeated() {
    for bad in [
        reply(502, "<html>bad gateway</html>"),
        reply(503, ""),
        reply(504, ""),
        reply(420, ""),
        error(503, "SERVER_UNAVAILABLE"),
        error(400, "UNABLE_TO_LOCK_ROW"),
        error(400, "QUERY_TIMEOUT"),
        Reply::Drop,
        Reply::CutShort { length: 1000, body: "{".to_owned() },
    ] {
        let server = TestServer::script([bad.clone(), bad.clone(), reply(200, RESULT)]).await;
        assert_eq!(server.client().count("SELECT COUNT() FROM A").await.unwrap(), 7, "{bad:?}");
    }
}

#[tokio::test]
async fn tries_end() {
    let server = TestServer::start(|_| reply(503, "")).await;
    let error = server.client().count("SELECT COUNT() FROM A").await.unwrap_err();
    assert_eq!((error.kind(), error.may_have_committed()), (ErrorKind::Transient, false));
    assert_eq!(server.calls().len(), 4);
}

#[tokio::test]
async fn a_write_with_unknown_outcome_is_not_repeated() {
    for bad in [reply(502, ""), reply(503, ""), reply(504, ""), Reply::Drop, reply(200, "{"), error(500, "UNKNOWN")] {
        let server = TestServer::script([bad.clone()]).await;
        let error = server.client().create("Quote", &json!({})).await.unwrap_err();
        assert!(error.may_have_committed(), "{bad:?}: {error}");
        assert_eq!(server.calls().len(), 1, "{bad:?}");
    }
    let id = "001000000000001AAA".parse().unwrap();
    let server = TestServer::script([Reply::Drop]).await;
    assert!(server.client().update("Account", &id, &json!({})).await.unwrap_err().may_have_committed());
    assert_eq!(server.calls().len(), 1);
}

#[tokio::test]
async fn a_create_that_certainly_did_nothing_is_repeated_when_it_may_work() {
    let server = TestServer::script([error(400, "UNABLE_TO_LOCK_ROW"), reply(201, CREATED)]).await;
    assert_eq!(server.client().create("Quote", &json!({})).await.unwrap().as_str(), "0Q0000000000001CAA");

    let server = TestServer::script([error(400, "DUPLICATE_VALUE")]).await;
    let error = server.client().create("Quote", &json!({})).await.unwrap_err();
    assert_eq!((error.kind(), error.may_have_committed()), (ErrorKind::Invalid, false));
    assert_eq!(server.calls().len(), 1);
}

#[tokio::test]
async fn a_refused_connection_sent_nothing() {
    let url = TestServer::script([]).await.url.clone();
    let client = Client::new(
        http_client(&HttpSettings::default()).unwrap(),
        Arc::new(FixedSession(session(&url, "token"))),
        settings(),
    );
    let error = client.create("Quote", &json!({})).await.unwrap_err();
    assert!(matches!(error, Error::NotSent { operation: Operation::Create, .. }), "{error:?}");
    assert_eq!((error.kind(), error.may_have_committed()), (ErrorKind::Silent, false));
    let text = format!("{error} {error:?}");
    assert!(!text.contains("token") && !text.contains(&url), "{text}");
    let host = url.trim_start_matches("http://").trim_end_matches('/');
    let told = format!("Salesforce could not be reached at {host} (create): Connection refused (os error 111)");
    assert_eq!(error.told(), told);
}

#[tokio::test]
async fn an_unknown_host_sent_nothing() {
    let source = Arc::new(FixedSession(session("https://acme.invalid", "token")));
    let client = Client::new(http_client(&HttpSettings::default()).unwrap(), source, settings());
    let error = client.create("Quote", &json!({})).await.unwrap_err();
    assert!(matches!(error, Error::NotSent { .. }), "{error:?}");
    let told = error.told();
    assert!(told.starts_with("Salesforce could not be reached at acme.invalid (create): "), "{told}");
    assert!(told.contains("failed to lookup address"), "{told}");
}

#[tokio::test]
async fn a_slow_answer_leaves_the_outcome_unknown() {
    let server = TestServer::script([Reply::Hang]).await;
    let mut settings = settings();
    settings.attempt_timeout = Duration::from_millis(200);
    let http = http_client(&HttpSettings::default()).unwrap();
    let client = Client::new(http, Arc::new(FixedSession(server.session("token"))), settings);
    let error = client.create("Quote", &json!({})).await.unwrap_err();
    assert!(matches!(error, Error::NoAnswer { .. }), "{error:?}");
    assert!(error.may_have_committed());
}

/// A client with little patience.
fn impatient(server: &TestServer) -> Client {
    let settings = ClientSettings { patience: Duration::from_millis(300), ..settings() };
    Client::new(
        http_client(&HttpSettings::default()).unwrap(),
        Arc::new(FixedSession(server.session("token"))),
        settings,
    )
}

#[tokio::test]
async fn an_org_that_answers_nothing_is_silent_and_not_asked_again() {
    let server = TestServer::start(|_| Reply::Hang).await;
    let started = Instant::now();
    let error = impatient(&server).count("SELECT COUNT() FROM A").await.unwrap_err();
    assert!(matches!(error, Error::Silent { operation: Operation::Query, .. }), "{error:?}");
    assert_eq!((error.kind(), error.may_have_committed()), (ErrorKind::Silent, false));
    assert!(started.elapsed() < Duration::from_secs(30), "long before the limit of a query");
    let seen = server.seen();
    assert_eq!((seen.len(), seen[1].target.as_str()), (2, "/services/data/"));
    assert!(!seen[1].headers.contains_key("authorization"), "{:?}", seen[1]);
    let error = impatient(&server).create("Quote", &json!({})).await.unwrap_err();
    assert_eq!((error.kind(), error.may_have_committed()), (ErrorKind::Silent, true));
}

#[tokio::test]
async fn a_call_may_take_its_time_while_the_org_answers_others() {
    let looks = Arc::new(AtomicUsize::new(0));
    let looked = Arc::clone(&looks);
    let server = TestServer::start(move |seen| match seen.target.as_str() {
        "/services/data/" => {
            looked.fetch_add(1, Ordering::SeqCst);
            reply(200, "[]")
        }
        _ => Reply::Hang,
    })
    .await;
    let client = impatient(&server);
    let call = client.count("SELECT COUNT() FROM A");
    assert!(tokio::time::timeout(Duration::from_secs(3), call).await.is_err(), "it is waited for");
    assert!(looks.load(Ordering::SeqCst) >= 2);
}

#[tokio::test]
async fn what_the_org_answers_at_once_or_never_is_not_waited_for_as_long_as_a_query() {
    let server = TestServer::start(|_| Reply::Hang).await;
    let retry = RetryPolicy { max_attempts: 1, ..RetryPolicy::default() };
    let settings = ClientSettings { quick_timeout: Duration::from_millis(200), retry, ..settings() };
    let source = Arc::new(FixedSession(server.session("token")));
    let client = Client::new(http_client(&HttpSettings::default()).unwrap(), source, settings);
    let error = client.limits().await.unwrap_err();
    assert_eq!((error.kind(), error.may_have_committed()), (ErrorKind::Transient, false), "{error:?}");
}

#[tokio::test]
async fn a_refused_session_is_renewed_once_also_for_a_create() {
    let server = TestServer::start(accepts_only("token1", CREATED)).await;
    let source = Arc::new(Renewable { url: server.url.clone(), refreshed: AtomicUsize::new(0) });
    let client = server.client_of(source.clone());
    client.create("Quote", &json!({})).await.unwrap();
    assert_eq!(source.refreshed.load(Ordering::SeqCst), 1);

    let server = TestServer::start(accepts_only("token9", CREATED)).await;
    let source = Arc::new(Renewable { url: server.url.clone(), refreshed: AtomicUsize::new(0) });
    let error = server.client_of(source.clone()).create("Quote", &json!({})).await.unwrap_err();
    assert_eq!((error.kind(), error.may_have_committed()), (ErrorKind::SessionExpired, false));
    assert_eq!((source.refreshed.load(Ordering::SeqCst), server.calls().len()), (1, 2));
}

#[tokio::test]
async fn a_fixed_session_expires() {
    for body in ["", "<html/>", r#"{"errorCode":"INVALID_SESSION_ID","message":"Session expired or invalid"}"#] {
        let server = TestServer::script([reply(401, body)]).await;
        let error = server.client().count("SELECT COUNT() FROM A").await.unwrap_err();
        assert!(matches!(error, Error::SessionExpired));
        assert_eq!(error.kind(), ErrorKind::SessionExpired);
    }
}

#[tokio::test]
async fn limits_and_retry_after_are_reported() {
    let server = TestServer::script([error(403, "REQUEST_LIMIT_EXCEEDED")]).await;
    let error = server.client().count("SELECT COUNT() FROM A").await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::LimitExceeded);
    assert_eq!(server.calls().len(), 1);

    let headers = vec![("retry-after", "900".to_owned())];
    let server = TestServer::script([Reply::Answer { status: 503, headers, body: String::new() }]).await;
    let error = server.client().count("SELECT COUNT() FROM A").await.unwrap_err();
    assert_eq!(error.retry_after(), Some(Duration::from_secs(900)));
    assert_eq!(server.calls().len(), 1, "a wait beyond the total time is not waited");
}

#[tokio::test]
async fn redirects_are_not_followed() {
    let elsewhere = TestServer::script([reply(200, RESULT)]).await;
    let headers = vec![("location", elsewhere.url.clone())];
    let away = Reply::Answer { status: 307, headers, body: String::new() };
    let server = TestServer::start(move |_| away.clone()).await;
    let error = server.client().count("SELECT COUNT() FROM A").await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Malformed);
    assert!(elsewhere.calls().is_empty());
}

#[tokio::test]
async fn long_answers_are_not_read() {
    let server = TestServer::start(|_| reply(200, " ".repeat(2000))).await;
    let mut settings = settings();
    settings.max_response_bytes = 1000;
    let http = http_client(&HttpSettings::default()).unwrap();
    let client = Client::new(http, Arc::new(FixedSession(server.session("token"))), settings);
    let error = client.count("SELECT COUNT() FROM A").await.unwrap_err();
    assert_eq!(error.to_string(), "the answer to query is malformed: it is longer than 1000 bytes");
}

#[tokio::test]
async fn long_queries_are_refused_before_they_are_sent() {
    let server = TestServer::script([]).await;
    let query = |length: usize| format!("SELECT Id FROM A WHERE Name = '{}'", "x".repeat(length));
    let error = server.client().count(&query(16_000)).await.unwrap_err();
    assert!(matches!(error, Error::QueryTooLong { bytes: 16_001.., limit: 16_000 }), "{error:?}");
    assert_eq!(error.kind(), ErrorKind::Invalid);
    assert!(server.calls().is_empty());
}

#[tokio::test]
async fn html_instead_of_json_is_malformed() {
    for status in [200, 404, 403, 400] {
        let server = TestServer::start(move |_| reply(status, "<!doctype html>")).await;
        assert_eq!(server.client().count("X").await.unwrap_err().kind(), ErrorKind::Malformed, "{status}");
        assert_eq!(server.calls().len(), 4, "a read is made again");
    }
}

#[tokio::test]
async fn a_status_that_is_none_of_the_calls_successes_proves_nothing() {
    let id = "001000000000001AAA".parse().unwrap();
    for status in [200, 201, 202, 203, 205, 206] {
        let server = TestServer::start(move |_| reply(status, "")).await;
        let updated = server.client().update("Account", &id, &json!({})).await.unwrap_err();
        let deleted = server.client().delete("Account", &id).await.unwrap_err();
        for error in [updated, deleted] {
            assert_eq!((error.kind(), error.may_have_committed()), (ErrorKind::Malformed, true), "{status}: {error}");
        }
        assert_eq!(server.calls().len(), 2, "a write of unknown outcome is not made again");
    }
    for status in [202, 203, 204, 206] {
        let server = TestServer::start(move |_| reply(status, RESULT)).await;
        assert_eq!(server.client().count("X").await.unwrap_err().kind(), ErrorKind::Malformed, "{status}");
    }
}

#[tokio::test]
async fn every_exchange_is_counted() {
    let usage = vec![("Sforce-Limit-Info", "api-usage=18/5000".to_owned())];
    let good = Reply::Answer { status: 200, headers: usage, body: RESULT.to_owned() };
    let server = TestServer::script([reply(503, ""), Reply::Drop, good]).await;
    let calls = Arc::new(Mutex::new(Vec::new()));
    let log = Arc::clone(&calls);
    let mut settings = settings();
    settings.on_call = Some(Arc::new(move |call| {
        log.lock().unwrap().push((call.operation, call.status, call.usage));
    }));
    let http = http_client(&HttpSettings::default()).unwrap();
    let client = Client::new(http, Arc::new(FixedSession(server.session("token"))), settings);
    client.count("SELECT COUNT() FROM A").await.unwrap();
    let usage = Some(ApiUsage { used: 18, limit: 5000 });
    let query = Operation::Query;
    assert_eq!(*calls.lock().unwrap(), [(query, Some(503), None), (query, None, None), (query, Some(200), usage)]);
}

#[tokio::test]
async fn unsendable_tokens_are_refused_without_showing_them() {
    let server = TestServer::script([]).await;
    let client = server.client_of(Arc::new(FixedSession(server.session("secret\nvalue"))));
    let error = client.limits().await.unwrap_err();
    assert!(matches!(error, Error::InvalidRequest { .. }));
    assert!(!format!("{error} {error:?}").contains("secret"));
    assert!(!format!("{:?}", server.session("secret")).contains("secret"));
    assert!(!format!("{client:?}").contains("secret"));
}

/// Collects what is logged.
#[derive(Clone, Default)]
struct Log(Arc<Mutex<Vec<u8>>>);

impl std::io::Write for Log {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.0.lock().unwrap().extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

#[tokio::test]
async fn traces_tell_the_call_but_no_token_and_no_body() {
    // With a single dispatcher, tracing asks only that of the current thread whether a call site matters, and other
    // tests' threads have none. A second one makes it ask all.
    let _second = tracing::Dispatch::new(tracing::subscriber::NoSubscriber::default());
    let log = Log::default();
    let writer = log.clone();
    let subscriber = tracing_subscriber::fmt()
        .with_max_level(tracing::Level::TRACE)
        .with_ansi(false)
        .with_writer(move || writer.clone())
        .finish();
    let answer = r#"{"id":"001000000000001AAA","success":true,"errors":[],"more":"private-answer"}"#;
    let server = TestServer::script([error(400, "UNABLE_TO_LOCK_ROW"), reply(201, answer)]).await;
    let source = Arc::new(FixedSession(server.session("private-token")));
    let call = async {
        server.client_of(source).create("Account", &json!({"Name": "private-body"})).await.unwrap();
    };
    tracing::instrument::WithSubscriber::with_subscriber(call, subscriber).await;
    let text = String::from_utf8(log.0.lock().unwrap().clone()).unwrap();
    let line = text.lines().find(|line| line.contains("Salesforce call ended")).unwrap();
    for field in ["operation=\"create\"", "org.id=\"00D000000000001EAA\"", "status=201", "attempts=2", "duration_ms="] {
        assert!(line.contains(field), "{field} in {line}");
    }
    assert!(!text.contains("private"), "{text}");
}
