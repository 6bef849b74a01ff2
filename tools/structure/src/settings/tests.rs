//! The documents of this workspace, and small sources and documents that are wrong in one way each.

use std::path::Path;

use super::documents::Documents;
use super::*;

#[test]
fn the_documents_tell_what_the_services_read() {
    let top = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
    let problems = problems(&top).unwrap();
    assert!(problems.is_empty(), "\n{}", problems.join("\n"));
}

#[test]
fn the_services_settings_are_found() {
    let top = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
    let settings = of_workspace(&top).unwrap();
    let defaults = |name: &str| settings[name].defaults.iter().map(String::as_str).collect::<Vec<_>>();
    assert_eq!(defaults("REDIS_URL"), ["required"]);
    assert_eq!(defaults("MAX_ATTEMPTS"), ["12"]);
    assert_eq!(defaults("JOBS_PER_MINUTE"), ["600", "60000"]);
    assert_eq!(defaults("REQUEST_DEADLINE_SECONDS"), ["20"]);
    // By a constant, by a function that takes the name, by a closure, and put together from two constants.
    for name in ["CONFIG_FILE", "METRICS_TOKEN", "PUBSUB_START", "HEROKU_APPLINK_API_URL", "WEBHOOK_TOKEN"] {
        assert!(settings.contains_key(name), "{name}");
    }
    for name in ["LATEST", "CREATE", "LOCAL_ORG_PORT", "INVALID_SESSION_ID"] {
        assert!(!settings.contains_key(name), "{name}");
    }
}

/// What a crate of this one file reads.
fn read(text: &str) -> Settings {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("lib.rs"), text).unwrap();
    let mut settings = Settings::new();
    source::read_crates(folder.path(), &[folder.path().to_owned()], &mut settings).unwrap();
    settings
}

/// As `name=default,default` with spaces between them.
fn told(settings: &Settings) -> String {
    let one = |(name, setting): (&String, &Setting)| {
        format!("{name}={}", setting.defaults.iter().cloned().collect::<Vec<_>>().join(","))
    };
    settings.iter().map(one).collect::<Vec<_>>().join(" ")
}

#[test]
fn every_way_of_reading_is_seen() {
    let text = r#"
        const KEY: &str = "SECRET_KEY";
        fn read(reader: &mut Reader<'_>) {
            reader.required::<String>("NEEDED");
            reader.optional("SWITCH", false);
            reader.bounded("COUNT", 10_000, 1..=20_000);
            reader.seconds("WAIT_SECONDS", Duration::from_secs(5), 1..=9);
            reader.optional("NAME_OF_IT", "x".to_owned());
            reader.bounded("ELSEWHERE", defaults.count, 1..=9);
            Token::read(reader, KEY);
            reader.problem("NEEDED", "is not set");
            other("not a name", "A B", "AB");
        }
        #[cfg(test)]
        mod tests { fn f(reader: &mut Reader) { reader.list("INVENTED"); } }
    "#;
    let expected = "COUNT=10000 ELSEWHERE= NAME_OF_IT=x NEEDED=required SECRET_KEY= SWITCH=false WAIT_SECONDS=5";
    assert_eq!(told(&read(text)), expected);
    assert_eq!(told(&read(&text.replace("Reader", "Other"))), "", "a file that reads no settings");
}

#[test]
fn tables_of_doc_comments_give_defaults_and_names_that_are_put_together() {
    let text = r#"
        const START: &str = "ADDON";
        const URL: &str = "_API_URL";
        /// | variable | default | meaning |
        /// |---|---|---|
        /// | `COUNT` | 7 | how many |
        /// | `PLACE` | see below | where |
        /// | `ADDON_API_URL` | | address |
        /// | `NOT_READ` | 1 | words of another table |
        fn read(reader: &mut Reader<'_>) {
            reader.bounded("COUNT", default.count, 1..=20);
            reader.optional_value::<String>("PLACE");
        }
    "#;
    assert_eq!(told(&read(text)), "ADDON_API_URL= COUNT=7 PLACE=");
}

fn complaints(rows: &str, env_example: &str, app: &[&str], compose: &str) -> String {
    let settings =
        read(r#"fn read(reader: &mut Reader<'_>) { reader.bounded("COUNT", 7, 1..=9); reader.list("DYNO"); }"#);
    Documents::of(&format!("| variable | used by | default |\n|---|---|---|\n{rows}"), env_example, app, compose)
        .problems(&settings)
        .join("\n")
}

const TABLE: &str = "| `COUNT` | web | 7 | how many |\n";

#[test]
fn what_is_read_is_told_and_what_is_told_is_read() {
    assert_eq!(complaints(TABLE, "#COUNT=7\n", &["COUNT"], "COUNT: 1"), "");
    assert_eq!(complaints("", "#COUNT=7\n", &[], ""), "docs/configuration.md: COUNT is missing, which lib.rs reads");
    assert_eq!(complaints(TABLE, "", &[], ""), ".env.example: COUNT is missing, which lib.rs reads");
    let more = format!("{TABLE}| `OLDER`, `COUNT` | web | | |\n");
    let wrong = complaints(&more, "COUNT=7\nOLDER=1\n", &["NEWER"], "OLDER: ${OTHER_NAME:-1}");
    for expected in [
        "docs/configuration.md: COUNT stands twice",
        "docs/configuration.md: nothing reads OLDER",
        ".env.example: nothing reads OLDER",
        "app.json: nothing reads NEWER",
        "docker-compose.yml: nothing reads OLDER",
        "docker-compose.yml takes what .env.example does not name: OTHER_NAME",
    ] {
        assert!(wrong.contains(expected), "{expected}: {wrong}");
    }
}

#[test]
fn defaults_are_compared() {
    let eight = TABLE.replace('7', "8");
    assert_eq!(
        complaints(&eight, "#COUNT=7\n", &[], ""),
        "docs/configuration.md: COUNT is \"8\" by default, in the code 7"
    );
    assert_eq!(complaints(TABLE, "#COUNT=8\n", &[], ""), ".env.example: COUNT is \"8\", in the code 7");
    assert_eq!(complaints(&TABLE.replace('7', "5; web 7"), "#COUNT=7\n", &[], ""), "", "one of several");
    let rows = "| `COUNT`, `PATH_OF` | web | 7, none | |\n";
    assert_eq!(
        complaints(rows, "#COUNT=7\n", &[], ""),
        "docs/configuration.md: nothing reads PATH_OF",
        "a default for each name"
    );
}
