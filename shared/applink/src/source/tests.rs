use super::*;
use secrecy::ExposeSecret;

const RIGHT: [(&str, &str); 3] = [
    (TOKEN_VAR, "00D000000000062EAA!secret"),
    (URL_VAR, "https://acme.my.salesforce.com/some/path"),
    (USER_VAR, "005000000000001AAA"),
];

fn read(changed: &[(&str, &str)]) -> Result<Session, AddonConfigError> {
    let vars = RIGHT.iter().chain(changed).map(|&(name, value)| (name.to_owned(), value.to_owned()));
    match Source::session_from_vars(vars, &AllowedHosts::salesforce())? {
        Source::Session(session) => Ok(*session),
        Source::Addon(addon) => panic!("{addon:?}"),
    }
}

#[test]
fn a_session_is_read_and_its_token_is_hidden() {
    let session = read(&[]).unwrap();
    assert_eq!(session.instance_url.as_str(), "https://acme.my.salesforce.com/");
    assert_eq!((session.org_id.as_str(), session.api_version.as_str()), ("00D000000000062EAA", "62.0"));
    assert_eq!(session.access_token.expose_secret(), RIGHT[0].1);
    assert!(!format!("{:?}", Source::Session(Box::new(session))).contains("secret"));
    let other = read(&[(TOKEN_VAR, "eyJ.opaque"), (ORG_VAR, "00D000000000062EAA"), (VERSION_VAR, "v66.0")]).unwrap();
    assert_eq!((other.org_id.as_str(), other.api_version.as_str()), ("00D000000000062EAA", "66.0"));
}

#[test]
fn what_is_missing_or_wrong_is_named_without_the_token() {
    for (name, value) in [
        (TOKEN_VAR, ""),
        (TOKEN_VAR, "00D000000000062EAA!sec ret"),
        (URL_VAR, ""),
        (URL_VAR, "acme"),
        (URL_VAR, "http://acme.my.salesforce.com"),
        (URL_VAR, "https://evil.example"),
        (USER_VAR, ""),
        (USER_VAR, "00D000000000062EAA"),
        (ORG_VAR, "00D000000000001EAA"),
        (ORG_VAR, "005000000000001AAA"),
        (VERSION_VAR, "new"),
    ] {
        let error = read(&[(name, value)]).unwrap_err().to_string();
        assert!(error.starts_with(name) && !error.contains("sec"), "{name}={value}: {error}");
    }
    assert!(read(&[(TOKEN_VAR, "opaque")]).unwrap_err().to_string().starts_with(ORG_VAR));
}
