use super::{AllowedHosts, HostError};

fn extra(entries: &[&str]) -> AllowedHosts {
    AllowedHosts::with_extra(&entries.iter().map(|&e| e.to_owned()).collect::<Vec<_>>()).unwrap()
}

#[test]
fn salesforce_domains_pass() {
    let hosts = AllowedHosts::salesforce();
    for url in [
        "https://acme.my.salesforce.com",
        "acme.my.salesforce.com",
        "https://acme--uat.sandbox.my.salesforce.com/services/data",
        "https://ACME.My.Salesforce.COM:443/",
        "https://acme.lightning.force.com",
        "https://acme.my.site.force.com",
        "https://acme.my.salesforce-setup.com",
        "https://acme.cloudforce.com",
        "https://acme.my.salesforce.mil",
        "https://acme.c360a.salesforce.com",
    ] {
        assert!(hosts.check(url).is_ok(), "{url}");
    }
    assert_eq!(hosts.check("acme.my.salesforce.com").unwrap().as_str(), "https://acme.my.salesforce.com/");
}

#[test]
fn everything_else_is_refused() {
    let hosts = AllowedHosts::salesforce();
    let foreign = |host: &str| HostError::Host(host.to_owned());
    for (url, error) in [
        ("", HostError::NotAUrl),
        ("https://", HostError::NotAUrl),
        ("https://evil.example", foreign("evil.example")),
        ("https://salesforce.com", foreign("salesforce.com")),
        ("https://evilsalesforce.com", foreign("evilsalesforce.com")),
        ("https://acme.my.salesforce.com.evil.example", foreign("acme.my.salesforce.com.evil.example")),
        ("https://acme.my.salesforce.com.", foreign("acme.my.salesforce.com.")),
        ("https://evil.example#.my.salesforce.com", foreign("evil.example")),
        ("https://evil.example\\.my.salesforce.com", foreign("evil.example")),
        ("https://evil.example?.my.salesforce.com", foreign("evil.example")),
        ("https://10.0.0.1", foreign("10.0.0.1")),
        ("https://0x7f000001", foreign("127.0.0.1")),
        ("https://[::1]", foreign("[::1]")),
        ("https://user@acme.my.salesforce.com", HostError::UserInfo),
        ("https://acme.my.salesforce.com@evil.example", HostError::UserInfo),
        ("https://acme.my.salesforce.com:8443", HostError::Port),
        ("http://acme.my.salesforce.com", HostError::Scheme),
        ("ftp://acme.my.salesforce.com", HostError::Scheme),
        ("javascript:alert(1)", HostError::NotAUrl),
        ("http://127.0.0.1:8090", foreign("127.0.0.1")),
        ("http://localhost", foreign("localhost")),
    ] {
        assert_eq!(hosts.check(url), Err(error), "{url}");
    }
}

#[test]
fn extra_hosts_say_exactly_what_is_allowed() {
    let hosts = extra(&["127.0.0.1:8090", "localhost:*", " org.example ", "", "[::1]:9000"]);
    for url in [
        "http://127.0.0.1:8090",
        "https://127.0.0.1:8090",
        "http://localhost:1",
        "http://LOCALHOST",
        "https://org.example/callback",
        "http://org.example",
        "http://[::1]:9000",
        "https://acme.my.salesforce.com",
    ] {
        assert!(hosts.check(url).is_ok(), "{url}");
    }
    for url in [
        "http://127.0.0.1:8091",
        "http://127.0.0.1",
        "http://127.0.0.2:8090",
        "http://org.example:8080",
        "http://a.org.example",
        "http://x@localhost:1",
        "http://[::1]",
    ] {
        assert!(hosts.check(url).is_err(), "{url}");
    }
}

#[test]
fn unreadable_entries_are_named() {
    for entry in ["host:port", "http://host:1", "host/path", "*.example", "a b", "host:99999", "user@host"] {
        let error = AllowedHosts::with_extra(&[entry.to_owned()]).unwrap_err();
        assert_eq!(error, HostError::BadEntry(entry.to_owned()));
    }
}
