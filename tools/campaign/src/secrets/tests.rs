use base64::engine::general_purpose::STANDARD;
use test_support::{RedisOptions, TestRedis};

use super::*;

const SECRET: &str = "00DLO0000000001!AQ.zx/Yc+9=_k";

fn secrets() -> Secrets {
    let secrets = Secrets::default();
    secrets.add("the token", SECRET);
    secrets
}

#[test]
fn a_secret_is_found_in_every_form() {
    for text in [
        format!("Authorization: Bearer {SECRET}\""),
        format!("?token={}&x=1", utf8_percent_encode(SECRET, NON_ALPHANUMERIC)),
        SECRET.bytes().map(|byte| format!("{byte:02x}")).collect(),
    ] {
        assert_eq!(secrets().in_text("a log", &text).len(), 1, "{text}");
    }
    // Base64 of a longer text, wherever the secret starts in it.
    for before in ["", "{", "{\"", "{\"t", "{\"to"] {
        for after in ["", "\"", "\"}", "\"}."] {
            let encoded = STANDARD.encode(format!("{before}{SECRET}{after}"));
            assert!(!secrets().in_text("a log", &encoded).is_empty(), "{before} {after}");
        }
    }
}

#[test]
fn what_is_found_is_not_shown() {
    let found = secrets().in_text("a log", &format!("a{SECRET}b{SECRET}"));
    assert_eq!(found, [r#"the token stands in a log, after "a""#]);
    assert!(secrets().in_text("a log", "nothing 00DLO0000000001!AQ.zx/Yc+9").is_empty());
    assert!(!format!("{:?}", secrets()).contains("AQ"));
}

#[tokio::test]
async fn redis_remembers_what_was_deleted() {
    let redis = TestRedis::start_with(RedisOptions { append_only: true, ..Default::default() }).await.unwrap();
    redis.command(&["HSET", "job", "session", &format!("x{SECRET}")]).await.unwrap();
    let found = secrets().in_dump(&redis.dump().await.unwrap());
    assert_eq!(found, [r#"the token stands in Redis at job, after "x""#]);
    redis.command(&["DEL", "job"]).await.unwrap();
    assert!(secrets().in_dump(&redis.dump().await.unwrap()).is_empty());
    let folder = redis.dir().join("appendonlydir");
    assert_eq!(secrets().in_folder("the file", &folder).unwrap().len(), 1);
}
