use secrecy::ExposeSecret;

use super::{AddonConfig, AddonConfigError};

const URL: &str = "https://applink.heroku.com/addons/01234567-89ab-4cde-8f01-23456789abcd";

fn resolve(vars: &[(&str, &str)], attachment: Option<&str>) -> Result<AddonConfig, AddonConfigError> {
    let mut vars = vars.to_vec();
    vars.push(("HEROKU_APP_ID", "app-1"));
    AddonConfig::from_vars(vars.into_iter().map(|(name, value)| (name.to_owned(), value.to_owned())), attachment)
}

fn token(vars: &[(&str, &str)], attachment: Option<&str>) -> String {
    resolve(vars, attachment).unwrap().token.expose_secret().to_owned()
}

const ALL: &[(&str, &str)] = &[
    ("HEROKU_APPLINK_API_URL", URL),
    ("HEROKU_APPLINK_TOKEN", "default"),
    ("HEROKU_APPLINK_PURPLE_API_URL", "https://applink.heroku.com/addons/purple"),
    ("HEROKU_APPLINK_PURPLE_TOKEN", "purple"),
    ("BILLING_API_URL", "http://127.0.0.1:8090/addons/billing"),
    ("BILLING_TOKEN", "billing"),
    ("ORPHAN_API_URL", "https://applink.heroku.com/addons/orphan"),
];

#[test]
fn attachments_are_found_by_name_colour_or_url() {
    assert_eq!(token(ALL, None), "default");
    assert_eq!(token(ALL, Some(" ")), "default");
    assert_eq!(token(ALL, Some("purple")), "purple");
    assert_eq!(token(ALL, Some("HEROKU_APPLINK_PURPLE")), "purple");
    assert_eq!(token(ALL, Some("Billing")), "billing");
    assert_eq!(token(ALL, Some("HTTPS://applink.heroku.com/addons/PURPLE")), "purple");
    let config = resolve(ALL, None).unwrap();
    assert_eq!((config.api_url.as_str(), config.app_id.as_str()), (URL, "app-1"));
    assert!(!format!("{config:?}").contains("default"));
}

#[test]
fn the_prefix_can_be_replaced() {
    let vars = [
        ("HEROKU_APPLINK_ADDON_NAME", "LINK"),
        ("LINK_API_URL", URL),
        ("LINK_TOKEN", "link"),
        ("LINK_RED_API_URL", URL),
        ("LINK_RED_TOKEN", "red"),
    ];
    assert_eq!(token(&vars, None), "link");
    assert_eq!(token(&vars, Some("RED")), "red");
}

#[test]
fn errors_name_the_variable() {
    let text = |vars: &[(&str, &str)], attachment| resolve(vars, attachment).unwrap_err().to_string();
    assert_eq!(text(&[], None), "HEROKU_APPLINK_API_URL is not set");
    assert_eq!(text(&[("HEROKU_APPLINK_API_URL", "")], None), "HEROKU_APPLINK_API_URL is not set");
    assert_eq!(text(&[("HEROKU_APPLINK_API_URL", URL)], None), "HEROKU_APPLINK_TOKEN is not set");
    assert_eq!(text(ALL, Some("orphan")), "ORPHAN_TOKEN is not set");
    assert_eq!(
        text(ALL, Some("green")),
        "no AppLink attachment is named `green`; looked for GREEN_API_URL, HEROKU_APPLINK_GREEN_API_URL"
    );
    assert!(text(ALL, Some("https://other.example/x")).contains("looked for *_API_URL"));
    for url in ["applink.heroku.com", "ftp://x", "http://"] {
        let vars = [("HEROKU_APPLINK_API_URL", url), ("HEROKU_APPLINK_TOKEN", "t")];
        assert_eq!(text(&vars, None), "HEROKU_APPLINK_API_URL is not an http or https URL");
    }
    let vars = [("HEROKU_APPLINK_API_URL", URL), ("HEROKU_APPLINK_TOKEN", "a b")];
    assert_eq!(text(&vars, None), "HEROKU_APPLINK_TOKEN cannot be sent in a header");
    let error = AddonConfig::from_vars(ALL.iter().map(|(n, v)| ((*n).to_owned(), (*v).to_owned())), None).unwrap_err();
    assert_eq!(error.to_string(), "HEROKU_APP_ID is not set");
}

#[test]
fn settings_are_read_and_the_wrong_one_is_named() {
    let all = [("HEROKU_APPLINK_API_URL", URL), ("HEROKU_APPLINK_TOKEN", "secret"), ("HEROKU_APP_ID", "app-1")];
    let read = |vars: Vec<(&str, &str)>| {
        let settings = crate::config::Settings::from_map(vars).unwrap();
        let mut reader = settings.reader();
        let addon = AddonConfig::read(&mut reader);
        reader.finish().map(|()| addon.unwrap()).map_err(|error| error.to_string())
    };
    assert_eq!(read(all.to_vec()).unwrap().token.expose_secret(), "secret");
    for (name, _) in all {
        let error = read(all.iter().copied().filter(|(other, _)| *other != name).collect()).unwrap_err();
        assert!(error.starts_with(&format!("{name}: ")) && !error.contains("secret"), "{error}");
    }
    let other = [("X_API_URL", URL), ("X_TOKEN", "other"), ("HEROKU_APP_ID", "a"), ("HEROKU_APPLINK_ADDON_NAME", "X")];
    assert_eq!(read(other.to_vec()).unwrap().token.expose_secret(), "other");
    let error = read(vec![("HEROKU_APPLINK_API_URL", "ftp://x"), all[1], all[2]]).unwrap_err();
    assert_eq!(error, "HEROKU_APPLINK_API_URL: is not an http or https URL");
}

#[test]
fn the_token_does_not_go_over_http_but_on_this_machine_and_to_hosts_that_are_named() {
    let read = |url: &str, hosts: &str| {
        let vars = [
            ("HEROKU_APPLINK_API_URL", url),
            ("HEROKU_APPLINK_TOKEN", "secret"),
            ("HEROKU_APP_ID", "app-1"),
            ("ALLOWED_ORG_HOSTS", hosts),
        ];
        let settings = crate::config::Settings::from_map(vars).unwrap();
        let mut reader = settings.reader();
        let _ = AddonConfig::read(&mut reader);
        reader.finish().map_err(|error| error.to_string())
    };
    for (url, hosts) in [
        (URL, ""),
        ("http://127.0.0.1:8090/addons/a", ""),
        ("http://[::1]:8090/addons/a", ""),
        ("http://localhost:8090/addons/a", ""),
        ("http://local-org:8090/addons/a", "other, local-org:8090"),
        ("http://local-org:8090/addons/a", "local-org:*"),
    ] {
        assert_eq!(read(url, hosts), Ok(()), "{url} {hosts}");
    }
    for (url, hosts) in [
        ("http://applink.heroku.com/addons/a", ""),
        ("http://127.0.0.1.evil.example/addons/a", ""),
        ("http://local-org:8090/addons/a", ""),
        ("http://local-org:8090/addons/a", "local-org:9090"),
        ("http://local-org:8090/addons/a", "a b"),
    ] {
        let error = read(url, hosts).unwrap_err();
        assert!(error.starts_with("HEROKU_APPLINK_API_URL: must begin with https://"), "{url} {hosts}: {error}");
    }
}
