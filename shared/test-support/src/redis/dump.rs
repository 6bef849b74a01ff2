//! A copy of everything in a Redis database, to be searched.

use std::collections::BTreeMap;

use anyhow::{Context, Result, bail};
use redis::Value;
use redis::aio::MultiplexedConnection;

/// All keys of a database with the parts of their values: one for a string; fields and values of a hash or stream entry;
/// members of a list, set or sorted set, scores included.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct RedisDump {
    /// Parts by key.
    pub keys: BTreeMap<Vec<u8>, Vec<Vec<u8>>>,
}

impl RedisDump {
    pub(crate) async fn read(connection: &mut MultiplexedConnection) -> Result<Self> {
        let mut keys = BTreeMap::new();
        let mut cursor = 0_u64;
        loop {
            let (next, page): (u64, Vec<Vec<u8>>) = redis::cmd("SCAN")
                .arg(cursor)
                .arg("COUNT")
                .arg(1000)
                .query_async(connection)
                .await
                .context("cannot list the keys of Redis")?;
            for key in page {
                let parts = read_key(connection, &key).await?;
                keys.insert(key, parts);
            }
            cursor = next;
            if cursor == 0 {
                return Ok(Self { keys });
            }
        }
    }

    /// The keys that contain `text` in their name or value; for a test that a secret is in none.
    pub fn keys_with(&self, text: &str) -> Vec<String> {
        let found = |bytes: &Vec<u8>| !text.is_empty() && bytes.windows(text.len()).any(|part| part == text.as_bytes());
        self.keys
            .iter()
            .filter(|(key, parts)| found(key) || parts.iter().any(found))
            .map(|(key, _)| String::from_utf8_lossy(key).into_owned())
            .collect()
    }
}

/// All parts of one key; none when it has expired since it was listed.
async fn read_key(connection: &mut MultiplexedConnection, key: &[u8]) -> Result<Vec<Vec<u8>>> {
    let kind: String = redis::cmd("TYPE").arg(key).query_async(connection).await.context("cannot ask for a type")?;
    let (command, arguments): (&str, &[&str]) = match kind.as_str() {
        "none" => return Ok(Vec::new()),
        "string" => ("GET", &[]),
        "hash" => ("HGETALL", &[]),
        "list" => ("LRANGE", &["0", "-1"]),
        "set" => ("SMEMBERS", &[]),
        "zset" => ("ZRANGE", &["0", "-1", "WITHSCORES"]),
        "stream" => ("XRANGE", &["-", "+"]),
        other => bail!("cannot dump a Redis value of type {other}"),
    };
    let value: Value = redis::cmd(command)
        .arg(key)
        .arg(arguments)
        .query_async(connection)
        .await
        .with_context(|| format!("cannot read {}", String::from_utf8_lossy(key)))?;
    let mut parts = Vec::new();
    flatten(value, &mut parts);
    Ok(parts)
}

/// The leaves of a reply as bytes, in order.
fn flatten(value: Value, parts: &mut Vec<Vec<u8>>) {
    match value {
        Value::Nil => {}
        Value::BulkString(bytes) => parts.push(bytes),
        Value::SimpleString(text) => parts.push(text.into_bytes()),
        Value::Int(number) => parts.push(number.to_string().into_bytes()),
        Value::Double(number) => parts.push(number.to_string().into_bytes()),
        Value::Array(values) | Value::Set(values) => values.into_iter().for_each(|value| flatten(value, parts)),
        Value::Map(pairs) => pairs.into_iter().for_each(|(key, value)| {
            flatten(key, parts);
            flatten(value, parts);
        }),
        other => parts.push(format!("{other:?}").into_bytes()),
    }
}
