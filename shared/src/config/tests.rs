//! Layers, every kind of setting, and the lines that a wrong one makes.

mod addon;
mod misspelt;
#[cfg(feature = "pubsub")]
mod pubsub;
mod traces;

use std::io::Write;
use std::time::Duration;

use proptest::prelude::*;
use secrecy::{ExposeSecret, SecretString};
use url::Url;

use super::error::report;
use super::{Bind, Callers, ConfigError, LogFormat, Reader, Settings, TelemetryConfig};

fn settings(variables: &[(&str, &str)]) -> Settings {
    Settings::from_map(variables.iter().copied()).unwrap()
}

/// What `read` complains about, as it would be printed.
fn problems(variables: &[(&str, &str)], read: impl FnOnce(&mut Reader<'_>)) -> String {
    let settings = settings(variables);
    let mut reader = settings.reader();
    read(&mut reader);
    reader.finish().map_or_else(|error| error.to_string(), |()| String::new())
}

fn file(text: &str) -> tempfile::NamedTempFile {
    let mut file = tempfile::NamedTempFile::new().unwrap();
    file.write_all(text.as_bytes()).unwrap();
    file
}

#[test]
fn the_environment_beats_the_file_and_the_file_beats_the_default() {
    let file = file("PORT = 1111\nname = \"from file\"\nFLAG = true\nLIST = [\"a\", \"b\"]\nRATIO = 7\n");
    let path = file.path().to_str().unwrap();
    let settings = settings(&[("CONFIG_FILE", path), ("PORT", "2222"), ("RATIO", "")]);
    let mut reader = settings.reader();
    assert_eq!(reader.optional("PORT", 3333_u16), 2222);
    assert_eq!(reader.required::<String>("NAME", "x"), "from file");
    assert!(reader.optional("FLAG", false));
    assert_eq!(reader.list("LIST"), ["a", "b"]);
    assert_eq!(reader.optional("RATIO", 1_u8), 7, "an empty variable counts as unset");
    assert_eq!(reader.optional("OTHER", 4_u8), 4);
    reader.finish().unwrap();
}

#[test]
fn a_file_that_cannot_be_used_is_named_without_its_contents() {
    let missing = Settings::from_map([("CONFIG_FILE", "/no/such/file.toml")]).err().unwrap();
    assert_eq!(report(&missing), "CONFIG_FILE: cannot read /no/such/file.toml: No such file or directory (os error 2)");

    let broken = file("PORT = 1\nREDIS_URL = rediss://:geheim@host\n");
    let path = broken.path().to_str().unwrap();
    let error = Settings::from_map([("CONFIG_FILE", path)]).err().unwrap();
    assert_eq!(report(&error), format!("CONFIG_FILE: {path} is not valid TOML, see line 2"));
    assert!(!format!("{error:?}").contains("geheim"));
}

#[test]
fn odd_names_in_the_environment_do_no_harm() {
    let odd =
        [("_", "x"), ("a.b", "x"), ("BASH_FUNC_x%%", "() {}"), ("PORT[0]", "x"), ("http_proxy", "x"), ("PORT", "1")];
    assert_eq!(settings(&odd).reader().optional("PORT", 2_u16), 1);
}

#[test]
fn all_problems_come_at_once_and_never_quote_a_value() {
    let variables = [
        ("PORT", "geheim1"),
        ("FLAG", "geheim2"),
        ("SECONDS", "0"),
        ("COUNT", "geheim3"),
        ("API_URL", "geheim4"),
        ("KEY", "geheim5"),
        ("LOG_FORMAT", "geheim6"),
    ];
    let text = problems(&variables, |reader| {
        reader.optional("PORT", 1_u16);
        reader.required::<bool>("FLAG", "true");
        reader.seconds("SECONDS", Duration::from_secs(1), 1..=60);
        reader.bounded("COUNT", 1_u32, 1..=9);
        reader.required_value::<Url>("API_URL", "https://a.example");
        reader.parsed("KEY", "64 hexadecimal digits", |_| None::<()>);
        reader.optional("LOG_FORMAT", LogFormat::Text);
        reader.required::<SecretString>("REDIS_URL", "redis://127.0.0.1:6379");
        reader.required_value::<Url>("OTHER_URL", "https://b.example");
        reader.problem("A", "is not allowed together with B");
    });
    let expected = "PORT: expected a whole number from 0 to 65535\n\
                    FLAG: expected true or false\n\
                    SECONDS: expected a number of seconds from 1 to 60\n\
                    COUNT: expected a whole number from 1 to 9\n\
                    API_URL: expected an absolute URL such as https://example.com\n\
                    KEY: expected 64 hexadecimal digits\n\
                    LOG_FORMAT: expected text or json\n\
                    REDIS_URL: is not set, for example redis://127.0.0.1:6379\n\
                    OTHER_URL: is not set, for example https://b.example\n\
                    A: is not allowed together with B";
    assert_eq!(text, expected);
}

#[test]
fn a_value_comes_out_only_without_problems() {
    let settings = settings(&[]);
    assert_eq!(settings.reader().finish_with(Some(1)).unwrap(), 1);
    assert!(matches!(settings.reader().finish_with(None::<u8>), Err(ConfigError::Unexplained)));
    let mut reader = settings.reader();
    let url = reader.required_value::<Url>("API_URL", "https://a.example");
    assert!(matches!(reader.finish_with(url), Err(ConfigError::Invalid(problems)) if problems[0].name == "API_URL"));
}

#[test]
fn tables_and_lists_in_the_file_are_no_plain_values() {
    let file = file("PORT = [1]\nNAME = { a = 1 }\nLIST = [{ a = 1 }]\n");
    let text = problems(&[("CONFIG_FILE", file.path().to_str().unwrap())], |reader| {
        reader.optional("PORT", 1_u16);
        reader.required::<String>("NAME", "x");
        reader.list("LIST");
    });
    assert_eq!(text, "PORT: expected one plain value\nNAME: expected one plain value\nLIST: expected a list of text");
}

#[test]
fn values() {
    let settings = settings(&[
        ("URL", " https://example.com/a "),
        ("SECONDS", "90"),
        ("COUNT", "9"),
        ("LIST", " a, ,b ,"),
        ("SECRET", "s"),
    ]);
    let mut reader = settings.reader();
    assert_eq!(reader.required_value::<Url>("URL", "https://a.example").unwrap().as_str(), "https://example.com/a");
    assert_eq!(reader.seconds("SECONDS", Duration::ZERO, 0..=90), Duration::from_secs(90));
    assert_eq!(reader.bounded("COUNT", 1_u8, 1..=9), 9);
    assert_eq!(reader.list("LIST"), ["a", "b"]);
    assert!(reader.list("NONE").is_empty());
    assert_eq!(reader.optional_secret("SECRET").unwrap().expose_secret(), "s");
    assert!(reader.optional_secret("NONE").is_none());
    reader.finish().unwrap();
}

/// With `try_parsing` the `config` crate makes other texts of them: `findings/config-salesforce-ids.sh`.
#[test]
fn ids_that_look_like_numbers_stay_as_they_are() {
    let settings = settings(&[("USER_ID", "005000000000042"), ("PROFILE_ID", "00e000000000123")]);
    let mut reader = settings.reader();
    assert_eq!(reader.required::<String>("USER_ID", "x"), "005000000000042");
    assert_eq!(reader.required::<String>("PROFILE_ID", "x"), "00e000000000123");
    reader.finish().unwrap();
}

#[test]
fn only_known_spellings_are_booleans() {
    for (text, expected) in [
        ("true", Some(true)),
        ("True", Some(true)),
        ("TRUE", Some(true)),
        ("1", Some(true)),
        ("yes", Some(true)),
        ("false", Some(false)),
        ("False", Some(false)),
        ("FALSE", Some(false)),
        ("0", Some(false)),
        ("no", Some(false)),
        ("on", None),
        ("tRue", None),
        ("2", None),
        ("enabled", None),
    ] {
        let settings = settings(&[("FLAG", text)]);
        let mut reader = settings.reader();
        assert_eq!(reader.optional_value::<bool>("FLAG"), expected, "{text}");
        assert_eq!(reader.finish().is_ok(), expected.is_some(), "{text}");
    }
}

/// The address that variables choose, or what is wrong with them.
fn address(callers: Callers, variables: &[(&str, &str)]) -> Result<String, String> {
    let settings = settings(variables);
    let mut reader = settings.reader();
    let bind = Bind::read(&mut reader, callers);
    reader.finish().map(|()| bind.address.to_string()).map_err(|error| error.to_string())
}

#[test]
fn addresses() {
    let address = |variables: &[(&str, &str)]| address(Callers::Credential, variables).unwrap();
    assert_eq!(address(&[]), "0.0.0.0:8080");
    assert_eq!(address(&[("PORT", "5000"), ("DYNO", "web.1")]), "0.0.0.0:5000");
    assert_eq!(address(&[("PORT", "5000"), ("APP_PORT", "3000")]), "127.0.0.1:3000");
    assert_eq!(address(&[("APP_PORT", "3000"), ("BIND_ADDRESS", "::1")]), "[::1]:3000");
    assert_eq!(address(&[("BIND_ADDRESS", "127.0.0.1")]), "127.0.0.1:8080");
    let text = problems(&[("BIND_ADDRESS", "localhost"), ("APP_PORT", "x")], |reader| {
        Bind::read(reader, Callers::Credential);
    });
    assert!(text.contains("APP_PORT: ") && text.contains("BIND_ADDRESS: expected an IP address"), "{text}");
}

#[test]
fn who_believes_the_header_listens_on_loopback_only() {
    let address = |variables: &[(&str, &str)]| address(Callers::Header, variables);
    for (variables, expected) in [
        (vec![], "127.0.0.1:8080"),
        (vec![("PORT", "5000")], "127.0.0.1:5000"),
        (vec![("BIND_ADDRESS", "::1")], "[::1]:8080"),
        (vec![("BIND_ADDRESS", "::ffff:127.0.0.1")], "[::ffff:127.0.0.1]:8080"),
        (vec![("APP_PORT", "3000"), ("DYNO", "web.1")], "127.0.0.1:3000"),
        (vec![("TRUST_CLIENT_CONTEXT_FROM_ANYONE", "true")], "0.0.0.0:8080"),
        (vec![("TRUST_CLIENT_CONTEXT_FROM_ANYONE", "true"), ("APP_PORT", "3000")], "127.0.0.1:3000"),
        (vec![("TRUST_CLIENT_CONTEXT_FROM_ANYONE", "true"), ("BIND_ADDRESS", "192.0.2.1")], "192.0.2.1:8080"),
    ] {
        assert_eq!(address(&variables).as_deref(), Ok(expected), "{variables:?}");
    }
    for (variables, name) in [
        (vec![("BIND_ADDRESS", "0.0.0.0")], "BIND_ADDRESS: must be a loopback address"),
        (vec![("BIND_ADDRESS", "::")], "BIND_ADDRESS: must be a loopback address"),
        (vec![("APP_PORT", "3000"), ("BIND_ADDRESS", "10.0.0.1")], "BIND_ADDRESS: must be a loopback address"),
        (vec![("DYNO", "web.1")], "APP_PORT: is not set"),
        (
            vec![("TRUST_CLIENT_CONTEXT_FROM_ANYONE", "perhaps")],
            "TRUST_CLIENT_CONTEXT_FROM_ANYONE: expected true or false",
        ),
    ] {
        let error = address(&variables).unwrap_err();
        assert!(error.starts_with(name) && error.lines().count() == 1, "{variables:?}: {error}");
    }
}

#[test]
fn secrets_that_everybody_knows_are_refused() {
    let zeros = "0".repeat(64);
    let check = |value: &str, variables: &[(&str, &str)]| {
        problems(variables, |reader| reader.refuse_known_secret("KEY", &SecretString::from(value)))
    };
    let compose = "6c6f63616c2d6f6e6c792d6e6f742d612d7365637265742d6b65792d30303031";
    let as_base64 = "bG9jYWwtb25seS1ub3QtYS1zZWNyZXQta2V5LTAwMDE=";
    let good = "9f2c7d0be1a84c6b53e8d7a1f0926b4d3c5e7f8091a2b3c4d5e6f70819b0c3d2";
    for known in [
        compose,
        &compose.to_uppercase(),
        as_base64,
        "local-only-password",
        "local-only-webhook-token",
        &format!("{good}, {compose}"),
    ] {
        assert!(check(known, &[]).starts_with("KEY: is the one of docker-compose.yml"), "{known}");
        assert_eq!(check(known, &[("ALLOW_PUBLISHED_SECRETS", "true")]), "", "{known}");
    }
    let counting = "000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f";
    for weak in [
        &zeros,
        "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=",
        &"ff".repeat(32),
        counting,
        "aaaaaaaaaaaaaaaa",
        &format!("{good},{zeros}"),
    ] {
        let problem = check(weak, &[("ALLOW_PUBLISHED_SECRETS", "true")]);
        assert!(problem.starts_with("KEY: can be guessed") && !problem.contains(weak), "{weak}: {problem}");
    }
    for fine in [good, "correct horse", "", ","] {
        assert_eq!(check(fine, &[]), "", "{fine}");
    }
}

#[test]
fn log_levels() {
    let read = |level: &str| {
        let settings = settings(&[("LOG_LEVEL", level), ("LOG_FORMAT", "json")]);
        let mut reader = settings.reader();
        let config = TelemetryConfig::read(&mut reader);
        reader.finish().map(|()| config)
    };
    for level in ["info", "WARN", "off", "info,jobs=debug", "shared=trace,warn", "warn,[request{request_id=a}]=debug"] {
        let config = read(level).unwrap_or_else(|error| panic!("{level}: {error}"));
        assert_eq!(config, TelemetryConfig { log_level: level.to_owned(), log_format: LogFormat::Json, traces: None });
    }
    assert_eq!(read("").unwrap().log_level, "info");
    for level in ["inof", "info,debgu", "shared=loud", "info;debug", "=,="] {
        assert!(
            matches!(read(level), Err(ConfigError::Invalid(problems)) if problems[0].name == "LOG_LEVEL"),
            "{level}"
        );
    }
}

proptest! {
    #[test]
    fn no_text_breaks_the_reader(text in "\\PC*") {
        let settings = settings(&[("A", &text)]);
        let mut reader = settings.reader();
        reader.optional("A", 1_u64);
        reader.optional("A", true);
        reader.optional_value::<Url>("A");
        reader.list("A");
        drop(reader.finish());
    }

    #[test]
    fn numbers_within_bounds_are_taken(number in any::<u32>(), low in any::<u32>(), high in any::<u32>()) {
        let settings = settings(&[("A", &number.to_string())]);
        let mut reader = settings.reader();
        let value = reader.bounded("A", low, low..=high);
        let fits = (low..=high).contains(&number);
        prop_assert_eq!(value, if fits { number } else { low });
        prop_assert_eq!(reader.finish().is_ok(), fits);
    }
}
