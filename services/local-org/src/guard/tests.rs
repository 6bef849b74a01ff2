use super::{Caller, Guard, Refusal, host_name};

fn check(host: &str) -> Result<(), Refusal> {
    Guard::new(vec!["local-org".to_owned(), "192.168.1.5".to_owned()])
        .check(&Caller { hosts: vec![host], ..Caller::default() })
}

#[test]
fn answers_to_names_of_this_machine_only() {
    for host in [
        "localhost",
        "LOCALHOST:8090",
        "localhost.:8090",
        "127.0.0.1",
        "127.1.2.3:1",
        "[::1]:8090",
        "[::ffff:127.0.0.1]:8090",
        "local-org:8090",
        "Local-Org",
        "192.168.1.5:8090",
    ] {
        assert_eq!(check(host), Ok(()), "{host}");
    }
    for host in [
        "evil.example",
        "evil.example:8090",
        "localhost.evil.example",
        "127.0.0.1.evil.example:8090",
        "local-org.evil.example",
        "evil.localhost",
        "10.0.0.1:8090",
        "0.0.0.0:8090",
        "[::]:8090",
        "localhost@evil.example",
        "evil.example/localhost",
        "localhost/x",
        "localhost:99999",
        "",
        ":8090",
        "\\localhost",
    ] {
        assert!(matches!(check(host), Err(Refusal::ForeignHost(_))), "{host}");
    }
}

#[test]
fn a_name_must_be_there_and_be_one() {
    let hosts = |hosts: Vec<&'static str>| Guard::default().check(&Caller { hosts, ..Caller::default() });
    assert_eq!(hosts(vec![]), Err(Refusal::NoHost));
    assert_eq!(hosts(vec!["localhost", "evil.example"]), Err(Refusal::NoHost));
    assert_eq!(hosts(vec!["evil.example", "localhost"]), Err(Refusal::NoHost));
    assert_eq!(hosts(vec!["localhost:8090", "LocalHost:8090"]), Ok(()), "header and URI");
}

#[test]
fn a_page_of_another_site_is_refused() {
    let from = |host: &'static str, origin: &'static str| {
        Guard::default().check(&Caller { hosts: vec![host], origins: vec![origin], ..Caller::default() })
    };
    for (host, origin) in [
        ("localhost:8090", "http://localhost:8090"),
        ("127.0.0.1:8443", "https://127.0.0.1:8443"),
        ("localhost", "http://localhost"),
        ("localhost:443", "https://localhost"),
        ("[::1]:8090", "http://[::1]:8090"),
    ] {
        assert_eq!(from(host, origin), Ok(()), "{origin} to {host}");
    }
    for (host, origin) in [
        ("localhost:8090", "http://evil.example"),
        ("localhost:8090", "http://localhost:3000"),
        ("localhost:8090", "http://127.0.0.1:8090"),
        ("localhost", "http://localhost:8090"),
        ("localhost:8090", "http://localhost"),
        ("localhost:8090", "null"),
        ("localhost:8090", ""),
        ("localhost:8090", "file://"),
        ("localhost:8090", "chrome-extension://localhost:8090"),
        ("localhost:8090", "http://evil.example@localhost:8090"),
        ("localhost:8090", "http://localhost:8090/"),
    ] {
        assert_eq!(from(host, origin), Err(Refusal::ForeignPage), "{origin} to {host}");
    }
    let both = Caller {
        hosts: vec!["localhost"],
        origins: vec!["http://localhost", "http://evil.example"],
        ..Caller::default()
    };
    assert_eq!(Guard::default().check(&both), Err(Refusal::ForeignPage));
}

#[test]
fn a_browser_tells_where_a_request_comes_from() {
    let from = |site: &'static str, visits_page: bool| {
        let caller = Caller { hosts: vec!["localhost"], sites: vec![site], visits_page, ..Caller::default() };
        Guard::default().check(&caller)
    };
    for (site, data, page) in [
        ("none", true, true),
        ("same-origin", true, true),
        ("same-site", false, true),
        ("cross-site", false, true),
        ("other", false, true),
    ] {
        assert_eq!((from(site, false).is_ok(), from(site, true).is_ok()), (data, page), "{site}");
    }
}

#[test]
fn a_name_to_allow_is_a_name() {
    for (text, name) in
        [("local-org", "local-org"), ("Org.Example", "org.example"), ("::1", "::1"), ("10.0.0.1", "10.0.0.1")]
    {
        assert_eq!(host_name(text).as_deref(), Ok(name));
    }
    for text in ["", "local-org:8090", "http://local-org", "*", "*.example", "a b", "a/b", "a@b", "[::1]:1"] {
        assert!(host_name(text).is_err(), "{text}");
    }
}
