//! What callers send as `traceparent` and `tracestate`.

use actix_web::http::header::{HeaderName, HeaderValue};

use super::*;

const PARENT: &str = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";

fn headers(of: &[(&'static str, &str)]) -> HeaderMap {
    let mut headers = HeaderMap::new();
    for (name, value) in of {
        headers.append(HeaderName::from_static(name), HeaderValue::from_str(value).unwrap());
    }
    headers
}

fn read(of: &[(&'static str, &str)]) -> (Option<String>, Option<String>) {
    let headers = headers(of);
    let caller = Caller::of(&headers);
    (caller.parent.map(str::to_owned), caller.state.map(Cow::into_owned))
}

#[test]
fn a_parent_of_the_standards_form_is_taken() {
    for parent in
        [PARENT, &PARENT.replace("-01", "-00"), &PARENT.replace("00-", "01-"), &format!("cc-{}-later", &PARENT[3..])]
    {
        assert_eq!(read(&[("traceparent", parent)]), (Some(parent.to_owned()), None));
    }
    assert_eq!(read(&[("traceparent", &format!(" {PARENT} "))]).0.as_deref(), Some(PARENT));
}

#[test]
fn a_malformed_parent_is_none_and_takes_the_state_with_it() {
    let upper = PARENT.to_ascii_uppercase();
    let plus = PARENT.replace("00-0", "00-+");
    for parent in [
        "",
        "x",
        "00",
        "00-1-2-01",
        "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331",
        &upper,
        &plus,
        &format!("{PARENT}-x"),
        &format!("{PARENT}0"),
        &PARENT.replace("00-", "ff-"),
        &format!("0{PARENT}"),
        &PARENT.replace('-', "_"),
        &"a".repeat(10_000),
    ] {
        assert_eq!(read(&[("traceparent", parent), ("tracestate", "a=1")]), (None, None), "{parent}");
    }
    assert_eq!(read(&[("traceparent", PARENT), ("traceparent", PARENT)]), (None, None), "which of two is meant?");
    assert_eq!(read(&[("tracestate", "a=1")]), (None, None));
}

#[test]
fn states_are_put_together_and_an_endless_one_is_left_out() {
    let both = [("traceparent", PARENT), ("tracestate", "a=1"), ("tracestate", "b=2,c=3")];
    assert_eq!(read(&both).1.as_deref(), Some("a=1,b=2,c=3"));
    let long = format!("a={}", "x".repeat(MAX_TRACESTATE_BYTES));
    assert_eq!(read(&[("traceparent", PARENT), ("tracestate", &long)]), (Some(PARENT.to_owned()), None));
}

#[test]
fn nothing_is_traced_where_nobody_asked_for_it() {
    let request = actix_web::test::TestRequest::get().insert_header(("traceparent", PARENT)).to_srv_request();
    assert!(begun("GET", &request, &RequestId::random()).is_none());
}

#[test]
fn only_https_is_believed() {
    assert_eq!(scheme(&headers(&[("x-forwarded-proto", "https")])), "https");
    assert_eq!(scheme(&headers(&[("x-forwarded-proto", "gopher")])), "http");
}
