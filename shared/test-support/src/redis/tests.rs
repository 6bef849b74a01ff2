use redis::AsyncCommands;

use super::*;

#[tokio::test]
async fn with_an_append_only_file_a_restart_and_a_crash_keep_data() {
    let mut redis = TestRedis::start_with(RedisOptions { append_only: true, ..Default::default() }).await.unwrap();
    let port = redis.port();
    redis.command(&["SET", "key", "kept"]).await.unwrap();
    redis.restart().await.unwrap();
    assert_eq!(redis.port(), port);
    assert_eq!(redis.command(&["GET", "key"]).await.unwrap(), redis::Value::BulkString(b"kept".to_vec()));

    redis.command(&["SET", "key", "kept again"]).await.unwrap();
    redis.kill().await.unwrap();
    assert!(redis.connection().await.is_err());
    redis.start_again().await.unwrap();
    assert_eq!(redis.command(&["GET", "key"]).await.unwrap(), redis::Value::BulkString(b"kept again".to_vec()));
    assert!(redis.start_again().await.is_err(), "it runs already");
}

#[tokio::test]
async fn without_one_a_restart_forgets() {
    let mut redis = TestRedis::start().await.unwrap();
    redis.command(&["SET", "key", "lost"]).await.unwrap();
    redis.restart().await.unwrap();
    assert_eq!(redis.command(&["GET", "key"]).await.unwrap(), redis::Value::Nil);
}

#[tokio::test]
async fn drop_stops_the_server_and_removes_its_files() {
    let redis = TestRedis::start().await.unwrap();
    let (port, dir) = (redis.port(), redis.dir().to_owned());
    drop(redis);
    assert!(std::net::TcpStream::connect(("127.0.0.1", port)).is_err());
    assert!(!dir.exists());
}

#[tokio::test]
async fn a_frozen_server_does_not_answer_until_thawed() {
    let mut redis = TestRedis::start().await.unwrap();
    redis.freeze().unwrap();
    let connection = redis.connection();
    assert!(!matches!(tokio::time::timeout(Duration::from_millis(100), connection).await, Ok(Ok(_))));
    redis.thaw().unwrap();
    redis.command(&["PING"]).await.unwrap();
    redis.freeze().unwrap();
    redis.kill().await.unwrap();
}

#[tokio::test]
async fn paused_clients_wait_that_long() {
    let redis = TestRedis::start().await.unwrap();
    let mut connection = redis.connection().await.unwrap();
    let started = std::time::Instant::now();
    redis.pause_clients(Duration::from_millis(200)).await.unwrap();
    let _: () = connection.set("key", 1).await.unwrap();
    assert!(started.elapsed() >= Duration::from_millis(200));
}

#[tokio::test]
async fn a_password_is_required_and_part_of_the_url() {
    let redis = TestRedis::start_with(RedisOptions { password: Some("s3cret".to_owned()), ..Default::default() })
        .await
        .unwrap();
    redis.command(&["PING"]).await.unwrap();
    let anonymous = redis::Client::open(format!("redis://127.0.0.1:{}/0", redis.port())).unwrap();
    let mut connection = anonymous.get_multiplexed_async_connection().await.unwrap();
    let answer: redis::RedisResult<String> = redis::cmd("PING").query_async(&mut connection).await;
    assert!(answer.unwrap_err().to_string().contains("NOAUTH"));
}

#[tokio::test]
async fn a_dump_finds_text_in_keys_and_in_values_of_every_type() {
    let redis = TestRedis::start().await.unwrap();
    for command in [
        &["SET", "a-needle", "x"][..],
        &["SET", "string", "a needle in it"],
        &["HSET", "hash", "needle", "x", "field", "value"],
        &["HSET", "hash2", "field", "needle"],
        &["RPUSH", "list", "x", "needle"],
        &["SADD", "set", "needle"],
        &["ZADD", "zset", "1.5", "needle"],
        &["XADD", "stream", "*", "field", "needle"],
        &["SET", "other", "need le"],
    ] {
        redis.command(command).await.unwrap();
    }
    let dump = redis.dump().await.unwrap();
    assert_eq!(dump.keys.len(), 9);
    assert_eq!(dump.keys_with("needle"), ["a-needle", "hash", "hash2", "list", "set", "stream", "string", "zset"]);
    assert!(dump.keys_with("").is_empty());
}

#[tokio::test]
async fn further_configuration_reaches_the_server() {
    let options = RedisOptions { config: vec!["maxmemory 3mb".to_owned()], ..Default::default() };
    let redis = TestRedis::start_with(options).await.unwrap();
    let answer = redis.command(&["CONFIG", "GET", "maxmemory"]).await.unwrap();
    assert!(format!("{answer:?}").contains("3145728"), "{answer:?}");
}
