use base64::Engine;
use base64::engine::general_purpose::{STANDARD, STANDARD_NO_PAD, URL_SAFE, URL_SAFE_NO_PAD};
use secrecy::ExposeSecret;
use serde_json::{Value, json};

use super::{ClientContext, ClientContextError, MAX_HEADER_BYTES};
use salesforce::AllowedHosts;

const TOKEN: &str = "00Dxx0000000000!AQsecret.token_value";

fn context() -> Value {
    json!({
        "requestId": "00Dxx0000000000EAA-7c566091-7af3-4e87-8865-4e014444c298-2026-09-03T20:56:27.608444Z",
        "accessToken": TOKEN, "apiVersion": "62.0", "namespace": "", "orgId": "00Dxx0000000000EAA",
        "orgDomainUrl": "https://acme.my.salesforce.com",
        "userContext": {"userId": "005xx0000000001", "username": "admin@example.com"}
    })
}

/// The context with one field, or a field of `userContext`, replaced; null removes it.
fn with(field: &str, value: Value) -> Value {
    let mut context = context();
    let pointer = format!("/{}", field.replace('.', "/"));
    *context.pointer_mut(&pointer).unwrap() = value;
    context
}

fn parse(context: &Value) -> Result<ClientContext, ClientContextError> {
    ClientContext::parse(&STANDARD.encode(context.to_string()), &AllowedHosts::salesforce())
}

#[test]
fn a_context_becomes_a_session() {
    let context = parse(&context()).unwrap();
    assert!(context.request_id.starts_with("00Dxx0000000000EAA-7c566091"));
    assert_eq!(context.org_id().as_str(), "00Dxx0000000000EAA");
    assert_eq!(context.session.user_id.as_15(), "005xx0000000001");
    assert_eq!(context.session.instance_url.as_str(), "https://acme.my.salesforce.com/");
    assert_eq!(context.session.api_version, "62.0");
    assert_eq!(context.session.access_token.expose_secret(), TOKEN);
    assert_eq!((context.username.as_str(), context.namespace.as_deref()), ("admin@example.com", None));
    assert!(!format!("{context:?}").contains("secret"));
}

#[test]
fn all_kinds_of_base64_are_read() {
    // `?` and `~` make the alphabets differ; the lengths call for no, one and two padding characters.
    for username in ["???~~~", "???~~~x", "???~~~xy"] {
        let json = with("userContext.username", username.into()).to_string();
        for engine in [&STANDARD, &STANDARD_NO_PAD, &URL_SAFE, &URL_SAFE_NO_PAD] {
            let header = format!(" {} ", engine.encode(&json));
            let context = ClientContext::parse(&header, &AllowedHosts::salesforce()).unwrap();
            assert_eq!(context.username, username);
        }
    }
}

#[test]
fn what_senders_do_differently_is_accepted() {
    assert_eq!(parse(&with("apiVersion", "v57.0".into())).unwrap().session.api_version, "57.0");
    let bare = parse(&with("orgDomainUrl", "acme.my.salesforce.com".into())).unwrap();
    assert_eq!(bare.session.instance_url.as_str(), "https://acme.my.salesforce.com/");
    let path = parse(&with("orgDomainUrl", "https://acme.my.salesforce.com/a?b#c".into())).unwrap();
    assert_eq!(path.session.instance_url.as_str(), "https://acme.my.salesforce.com/");
    for (sent, namespace) in [(json!(null), None), (json!(""), None), (json!("null"), None), (json!("ns"), Some("ns"))]
    {
        assert_eq!(parse(&with("namespace", sent)).unwrap().namespace.as_deref(), namespace);
    }
    let mut missing = context();
    missing.as_object_mut().unwrap().retain(|key, _| key != "namespace" && key != "requestId");
    missing["somethingNew"] = json!({"a": [1]});
    missing["userContext"]["username"] = Value::Null;
    let context = parse(&missing).unwrap();
    assert_eq!((context.namespace, context.request_id.as_str(), context.username.as_str()), (None, "", ""));
    assert!(parse(&with("orgId", "00Dxx0000000000".into())).is_ok());
    assert!(parse(&with("accessToken", "00Dxx0000000000EAA!AQ".into())).is_ok());
    assert!(parse(&with("accessToken", "eyJhbGciOi.abc.def".into())).is_ok());
    let local = AllowedHosts::with_extra(&["127.0.0.1:*".to_owned()]).unwrap();
    let header = STANDARD.encode(with("orgDomainUrl", "http://127.0.0.1:8090".into()).to_string());
    assert_eq!(ClientContext::parse(&header, &local).unwrap().session.instance_url.port(), Some(8090));
}

#[test]
fn headers_that_are_no_context() {
    let parse = |header: &str| ClientContext::parse(header, &AllowedHosts::salesforce()).unwrap_err();
    assert_eq!(parse("!!!"), ClientContextError::NotBase64);
    assert_eq!(parse(&STANDARD.encode("{\"a\":")), ClientContextError::NotJson);
    assert_eq!(parse(&STANDARD.encode([0xff, 0xfe])), ClientContextError::NotJson);
    assert_eq!(parse(&STANDARD.encode("[1]")), ClientContextError::NotJson);
    assert_eq!(parse(""), ClientContextError::NotJson);
    assert_eq!(parse(&"A".repeat(MAX_HEADER_BYTES + 1)), ClientContextError::TooLong);
}

#[test]
fn missing_fields_are_named() {
    for field in ["accessToken", "apiVersion", "orgId", "orgDomainUrl", "userContext", "userContext.userId"] {
        let error = parse(&with(field, Value::Null)).unwrap_err();
        assert_eq!(error.field(), Some(field));
        assert!(matches!(error, ClientContextError::Missing { .. }), "{field}");
        if field != "userContext" {
            assert_eq!(parse(&with(field, " ".into())).unwrap_err(), error);
        }
    }
}

#[test]
fn wrong_fields_are_named() {
    for (field, value) in [
        ("accessToken", json!("00Dxx0000000000!secret value")),
        ("accessToken", json!("00Dxx0000000000!secret\nvalue")),
        ("accessToken", json!("00Dxx0000000000!secreté")),
        ("accessToken", json!("00D000000000001!secret")),
        ("accessToken", json!("00D!secret")),
        ("accessToken", json!(["secret"])),
        ("apiVersion", json!("62")),
        ("apiVersion", json!("vv62.0")),
        ("apiVersion", json!("62.0/../..")),
        ("apiVersion", json!(62.0)),
        ("orgId", json!("00Dxx0000000000EAB")),
        ("orgId", json!("005xx0000000000")),
        ("orgDomainUrl", json!("https://evil.example")),
        ("orgDomainUrl", json!("http://acme.my.salesforce.com")),
        ("orgDomainUrl", json!("https://x@acme.my.salesforce.com")),
        ("userContext", json!("admin")),
        ("userContext.userId", json!("00Dxx0000000000")),
        ("userContext.userId", json!("admin@example.com")),
        ("userContext.username", json!("a\nb")),
        ("requestId", json!("x".repeat(256))),
        ("namespace", json!({})),
    ] {
        let error = parse(&with(field, value.clone())).expect_err(field);
        assert_eq!(error.field(), Some(field), "{value}");
        assert!(matches!(error, ClientContextError::Invalid { .. }), "{value}");
        assert!(!format!("{error} {error:?}").contains("secret"), "{error:?}");
    }
    let error = parse(&with("orgDomainUrl", "https://evil.example".into())).unwrap_err();
    let text = "`orgDomainUrl` of x-client-context host `evil.example` is not a Salesforce domain and is not among the \
                allowed hosts";
    assert_eq!(error.to_string(), text);
}
