use super::Call;
use crate::http::resource::{Method, Resource};

#[test]
fn reads_path_and_parameters() {
    let call =
        Call::parse("GET", "/services/data/v62.0/query/?q=SELECT+Id%20FROM%20Account&columns=true").expect("a call");
    assert_eq!(call.version.to_string(), "62.0");
    assert_eq!(call.resource, Resource::Query { deleted: false });
    assert_eq!(call.param("q"), Some("SELECT Id FROM Account"));
    assert!(call.flag("columns"));
    assert!(!call.flag("other"));
}

#[test]
fn decodes_the_value_of_an_external_id() {
    let call = Call::parse("PATCH", "/services/data/v62.0/sobjects/Account/Ext__c/a%2Fb%20c").expect("a call");
    let Resource::ExternalId { value, .. } = call.resource else { panic!("{:?}", call.resource) };
    assert_eq!(value, "a/b c");
}

#[test]
fn the_path_may_name_the_format() {
    for (path, plain) in [
        ("query.json?q=x", "query?q=x"),
        ("sobjects/Account/describe.json", "sobjects/Account/describe"),
        ("limits.json/", "limits"),
    ] {
        let [call, plain] = [path, plain].map(|path| Call::parse("GET", &format!("/services/data/v62.0/{path}")));
        assert_eq!(call.expect(path).resource, plain.expect("a call").resource, "{path}");
    }
    let call = Call::parse("PATCH", "/services/data/v62.0/sobjects/Account/Ext__c/a.json").expect("a call");
    let Resource::ExternalId { value, .. } = call.resource else { panic!("{:?}", call.resource) };
    assert_eq!(value, "a.json");
}

#[test]
fn refuses_what_does_not_exist() {
    for target in ["/services/data/v69.0/query", "/services/data/v62.0/nothing", "/other", "/services/data/"] {
        assert_eq!(Call::parse("GET", target).expect_err(target).status, 404);
    }
}

#[test]
fn names_the_methods_there_are() {
    let error = Call::parse("PATCH", "/services/data/v62.0/sobjects/Account").expect_err("no PATCH");
    assert_eq!(error.status, 405);
    assert_eq!(error.message, "HTTP Method 'PATCH' not allowed. Allowed are GET,HEAD,POST");
}

#[test]
fn a_post_may_stand_for_another_method() {
    let call = Call::parse("POST", "/services/data/v62.0/sobjects/Account/001?_HttpMethod=PATCH").expect("a call");
    assert_eq!(call.method, Method::Patch);
    let call = Call::parse("GET", "/services/data/v62.0/sobjects/Account/001?_HttpMethod=DELETE").expect("a call");
    assert_eq!(call.method, Method::Get);
}

#[test]
fn keeps_the_batch_size_in_range() {
    let mut call = Call::parse("GET", "/services/data/v62.0/query?q=x").expect("a call");
    for (header, size) in [("batchSize=500", 500), ("batchSize=1", 200), ("a=b, BATCHSIZE = 9999", 2_000), ("x", 2_000)]
    {
        call.set_query_options(header);
        assert_eq!(call.batch_size, size, "{header}");
    }
}
