use secrecy::ExposeSecret;

use super::{AddonConfig, AddonConfigError, AllowedHosts};

const URL: &str = "https://applink.heroku.com/addons/01234567-89ab-4cde-8f01-23456789abcd";

fn resolve(vars: &[(&str, &str)], attachment: Option<&str>) -> Result<AddonConfig, AddonConfigError> {
    let mut vars = vars.to_vec();
    vars.push(("HEROKU_APP_ID", "app-1"));
    let vars = vars.into_iter().map(|(name, value)| (name.to_owned(), value.to_owned()));
    AddonConfig::from_vars(vars, attachment, &AllowedHosts::salesforce())
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
    let vars = ALL.iter().map(|(n, v)| ((*n).to_owned(), (*v).to_owned()));
    let error = AddonConfig::from_vars(vars, None, &AllowedHosts::salesforce()).unwrap_err();
    assert_eq!(error.to_string(), "HEROKU_APP_ID is not set");
}

#[test]
fn the_token_goes_over_http_on_this_machine_and_to_extra_hosts_only() {
    let hosts = AllowedHosts::with_extra(&["local-org:8090".to_owned()]).unwrap();
    let resolve = |url: &str| {
        let vars =
            [("HEROKU_APPLINK_API_URL", url), ("HEROKU_APPLINK_TOKEN", "secret-token"), ("HEROKU_APP_ID", "app-1")];
        AddonConfig::from_vars(vars.map(|(name, value)| (name.to_owned(), value.to_owned())), None, &hosts)
    };
    for url in [URL, "http://localhost:1/addons/a", "http://[::1]:1/addons/a", "http://local-org:8090/addons/a"] {
        assert!(resolve(url).is_ok(), "{url}");
    }
    for url in ["http://applink.heroku.com/addons/a", "http://local-org:9090/addons/a", "http://127.0.0.1.evil.example"]
    {
        let insecure = AddonConfigError::Insecure { variable: "HEROKU_APPLINK_API_URL".to_owned() };
        assert_eq!(resolve(url).unwrap_err(), insecure, "{url}");
    }
}
