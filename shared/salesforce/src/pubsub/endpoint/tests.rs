use super::*;

fn check(url: &str, extra: &[&str]) -> Result<(), HostError> {
    let hosts = AllowedHosts::with_extra(&extra.iter().map(|&host| host.to_owned()).collect::<Vec<_>>()).unwrap();
    check_endpoint(&url.parse().unwrap(), &hosts)
}

#[test]
fn tokens_go_to_salesforce_and_to_hosts_named_by_the_operator() {
    for url in [
        "https://api.pubsub.salesforce.com:7443",
        "https://api.pubsub.salesforce.com",
        "https://api.pubsub.salesforce.com:443",
        "https://api.deu.pubsub.salesforce.com:7443",
    ] {
        assert_eq!(check(url, &[]), Ok(()), "{url}");
    }
    assert_eq!(check("http://127.0.0.1:7011", &["127.0.0.1:7011"]), Ok(()));
    assert_eq!(check("https://localhost:7443", &["localhost:*"]), Ok(()));
}

#[test]
fn and_nowhere_else() {
    let foreign = |host: &str| HostError::Host(host.to_owned());
    for (url, error) in [
        ("https://evil.example:7443", foreign("evil.example")),
        ("https://api.pubsub.salesforce.com.evil.example:7443", foreign("api.pubsub.salesforce.com.evil.example")),
        ("http://api.pubsub.salesforce.com:7443", HostError::Scheme),
        ("https://api.pubsub.salesforce.com:8443", HostError::Port),
        ("https://user@api.pubsub.salesforce.com:7443", HostError::UserInfo),
        ("http://127.0.0.1:7011", foreign("127.0.0.1")),
        ("https://127.0.0.1:7443", foreign("127.0.0.1")),
        ("unix://api.pubsub.salesforce.com/socket", HostError::Scheme),
    ] {
        assert_eq!(check(url, &[]), Err(error), "{url}");
    }
    assert_eq!(check("http://127.0.0.1:7012", &["127.0.0.1:7011"]), Err(foreign("127.0.0.1")));
}
