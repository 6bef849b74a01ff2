//! The jobs that are in Redis, read there and not asked of the service.

use std::time::{Duration, SystemTime};

use anyhow::{Context, Result};
use test_support::{RedisDump, TestRedis};

/// Start of the keys of jobs.
const KEY: &str = "{eventing}:job:";
/// Kind of the jobs that change events start.
const KIND: &str = "quoteChangedOpportunities";

/// A job that change events have started.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Job {
    pub(crate) id: String,
    pub(crate) created_at: SystemTime,
}

/// All of them, the oldest first.
pub(crate) async fn of(redis: &TestRedis) -> Result<Vec<Job>> {
    in_dump(&redis.dump().await?)
}

fn in_dump(dump: &RedisDump) -> Result<Vec<Job>> {
    let mut jobs = Vec::new();
    for (key, parts) in &dump.keys {
        let Some(id) = std::str::from_utf8(key).ok().and_then(|key| key.strip_prefix(KEY)) else { continue };
        // From its second version on the kind stands there as name@version.
        let kind = field(parts, "kind").and_then(|kind| kind.split('@').next());
        if kind == Some(KIND) {
            let at = field(parts, "created_at").and_then(|at| at.parse().ok());
            let at = at.with_context(|| format!("job {id} tells no time of creation"))?;
            jobs.push(Job { id: id.to_owned(), created_at: SystemTime::UNIX_EPOCH + Duration::from_millis(at) });
        }
    }
    jobs.sort_by_key(|job| job.created_at);
    Ok(jobs)
}

/// A field of a hash, whose parts are fields and values by turns.
fn field<'a>(parts: &'a [Vec<u8>], name: &str) -> Option<&'a str> {
    let found = parts.chunks(2).find_map(|pair| match pair {
        [field, value] if field == name.as_bytes() => Some(value),
        _ => None,
    });
    std::str::from_utf8(found?).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn jobs_of_the_kind_are_found_by_age() {
        let hash = |kind: &str, at: &str| {
            ["state", "queued", "kind", kind, "created_at", at].iter().map(|part| part.as_bytes().to_vec()).collect()
        };
        let keys = [
            (b"{eventing}:job:b".to_vec(), hash(KIND, "2000")),
            (b"{eventing}:job:c".to_vec(), hash("quoteChangedOpportunities@2", "1000")),
            (b"{eventing}:job:d".to_vec(), hash("createSampleData", "1")),
            (b"{eventing}:flags:e".to_vec(), hash(KIND, "1")),
        ];
        let jobs = in_dump(&RedisDump { keys: keys.into() }).unwrap();
        assert_eq!(jobs.iter().map(|job| job.id.as_str()).collect::<Vec<_>>(), ["c", "b"]);
        assert_eq!(jobs[0].created_at, SystemTime::UNIX_EPOCH + Duration::from_secs(1));
    }
}
