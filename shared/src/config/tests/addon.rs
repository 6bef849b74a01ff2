//! The settings of the AppLink add-on.

use secrecy::ExposeSecret;

use super::super::{Settings, addon};

const URL: &str = "https://applink.heroku.com/addons/01234567-89ab-4cde-8f01-23456789abcd";

#[test]
fn settings_are_read_and_the_wrong_one_is_named() {
    let all = [("HEROKU_APPLINK_API_URL", URL), ("HEROKU_APPLINK_TOKEN", "secret"), ("HEROKU_APP_ID", "app-1")];
    let read = |vars: Vec<(&str, &str)>| {
        let settings = Settings::from_map(vars).unwrap();
        let mut reader = settings.reader();
        let addon = addon::read(&mut reader);
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
        let settings = Settings::from_map(vars).unwrap();
        let mut reader = settings.reader();
        let _ = addon::read(&mut reader);
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
