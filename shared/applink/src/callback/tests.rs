use super::*;
use secrecy::SecretString;
use std::io::ErrorKind;
use std::net::TcpListener;

fn session(instance_url: &str) -> Session {
    Session {
        instance_url: instance_url.parse().unwrap(),
        api_version: "62.0".to_owned(),
        access_token: SecretString::from("00D!secret"),
        org_id: "00D000000000001".parse().unwrap(),
        user_id: "005000000000001".parse().unwrap(),
    }
}

#[test]
fn a_callback_url_has_the_origin_of_the_org() {
    let of = |url: &str, org: &str| is_of_org(&url.parse().unwrap(), &session(org));
    let org = "https://acme.my.salesforce.com/";
    for url in ["https://acme.my.salesforce.com/services/x", "https://ACME.my.salesforce.com:443/"] {
        assert!(of(url, org), "{url}");
    }
    for url in [
        "https://other.my.salesforce.com/services/x",
        "https://acme.my.salesforce.com.evil.example/",
        "https://acme.my.salesforce.com@evil.example/",
        "https://acme.my.salesforce.com:8443/",
        "https://acme.lightning.force.com/",
        "http://acme.my.salesforce.com/",
    ] {
        assert!(!of(url, org), "{url}");
    }
    assert!(of("http://127.0.0.1:8090/a", "http://127.0.0.1:8090/"));
    assert!(!of("http://127.0.0.1:8091/a", "http://127.0.0.1:8090/"));
    assert!(!of("http://localhost:8090/a", "http://127.0.0.1:8090/"));
}

#[test]
fn general_apis_are_known_in_every_spelling() {
    let general = |path: &str| !is_for_one_result(&format!("https://acme.my.salesforce.com{path}").parse().unwrap());
    for path in [
        "/services/apexrest/Orders",
        "/services/ApexRest/Orders",
        "//services//apexrest/Orders",
        "/services/%61pexrest/Orders",
        "/services/async-callbacks/../apexrest/Orders",
        "/services/async-callbacks/%2e%2e/data/v62.0/actions/custom/flow/Any",
        "/services/Soap/u/62.0",
        "/services/data;a=1/v62.0/sobjects",
        "/services;a=1/data/v62.0",
        "/services/.;/data",
        "/x/..%2fservices/data",
        "/services/x%2f..%2fdata",
        "/services%5cdata",
        "/services/d%2561ta",
        "/services/data%20",
        "/services/data.json",
        "/services/wave/x",
        "/cometd/62.0",
        "/site/services/apexrest/Orders",
        "/webruntime/api/services/data/v62.0/graphql",
        "/servlet/servlet.Integration",
        "/services/mcp/x",
        "/services/async-callbacks/1?_HttpMethod=DELETE",
        "/services/async-callbacks/1?_%48ttpMethod=DELETE",
    ] {
        assert!(general(path), "{path}");
    }
    for path in [
        "/services/async-callbacks/1",
        "/services/externalservices/callback/00DAA0000000001-0193A5b0_1",
        "/services/async-callbacks/1?token=a-1&b",
        "/services/external/v62.0/callbacks/1",
        "/callback/1",
    ] {
        assert!(!general(path), "{path}");
    }
}

#[test]
fn pages_and_further_services_are_no_addresses_of_a_result() {
    for path in [
        "/",
        "/x?token=a",
        "/aura",
        "/aura?r=1&aura.ApexAction.execute=1",
        "/s/sfsites/aura",
        "/apex/MyPage",
        "/apexpages/1",
        "/secur/frontdoor.jsp",
        "/_ui/common/apex/debug/ApexCSIPage",
        "/setup/1",
        "/site/callback/1",
        "/services/a360/query",
        "/services/auth/oauth",
        "/services/authcallback/Google",
        "/services/connect/communities",
        "/services/async-callbacks",
        "/services/",
        "/callback",
        "/services//async-callbacks/1",
        "/services/async-callbacks/1?_method=DELETE",
        "/services/async-callbacks/1?a=1&_METHOD=DELETE",
        "/services/async-callbacks/1?httpMethod=PATCH",
        "/services/async-callbacks/1?x=1;_method=DELETE",
        "/services/services/data/v62.0/x",
        "/callbacks/services/data/v62.0",
    ] {
        let url = format!("https://acme.my.salesforce.com{path}").parse().unwrap();
        assert!(!is_for_one_result(&url), "{path}");
    }
}

#[tokio::test]
async fn no_token_is_sent_to_another_host() {
    let trap = TcpListener::bind("127.0.0.1:0").unwrap();
    trap.set_nonblocking(true).unwrap();
    let http = salesforce::http_client(&salesforce::HttpSettings::default()).unwrap();
    let url: Url = format!("http://{}/callback", trap.local_addr().unwrap()).parse().unwrap();
    let callback =
        Callback { url: url.clone(), body: &"done", key: "k", request_id: "r", timeout: Duration::from_millis(200) };
    let refused = deliver(&http, &session("https://acme.my.salesforce.com/"), &callback).await;
    assert!(matches!(refused, Err(CallbackError::ForeignHost)), "{refused:?}");
    assert_eq!(trap.accept().unwrap_err().kind(), ErrorKind::WouldBlock);
    // The trap works: with the org's own session it is called.
    let own = deliver(&http, &session(url.as_str()), &callback).await;
    assert!(matches!(own, Err(CallbackError::Transport { .. })), "{own:?}");
    trap.accept().unwrap();
}
