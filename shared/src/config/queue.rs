//! The settings behind [`JobsConfig`].

use std::error::Error;
use std::time::Duration;

use secrecy::{ExposeSecret, SecretString};

use super::Reader;
use crate::jobs::{JobsConfig, RedisCa, SealKey};

/// Reads the settings that web and workers of one app share.
///
/// | variable | default | meaning |
/// |---|---|---|
/// | `REDIS_URL` | | `redis://` or `rediss://` URL |
/// | `REDIS_CA` | the system's | certificates that the server's must be signed by: PEM, or the path of a file |
/// | `REDIS_TLS_INSECURE` | false | accept any certificate; with `REDIS_CA` one that it signed, for any host name |
/// | `JOB_SECRET_KEY` | | 32 bytes in base64 or hexadecimal, or any secret of 32 characters or more; a comma list to rotate |
/// | `QUEUE_PREFIX` | the service's | start of all keys, with a hash tag |
/// | `ORG_CONCURRENCY` | 10 | calls of one org at a time, over all workers: one for each running task, and those beside it |
/// | `MAX_OUTSTANDING_CHUNKS` | 200 | chunks of a job that Redis holds at a time |
/// | `MAX_ATTEMPTS` | 12 | failed runs before a task becomes a dead letter |
/// | `LEASE_SECONDS` | 20 | time after which a silent worker's tasks are taken over |
/// | `JOB_RETENTION_DAYS` | 7 | how long ended jobs stay visible |
/// | `MAX_OPEN_JOBS` | 1000 | jobs of one org that have not ended; further ones are refused |
/// | `MAX_HELD_JOBS` | 100 | jobs of one org that need authorization; while there are this many, further ones are refused |
/// | `MAX_ENDED_JOBS` | 1000 | ended jobs of one org that stay visible, and as many more with dead letters |
/// | `JOBS_PER_MINUTE` | 600 | new jobs of one org; a minute's worth may come at once |
pub fn read(reader: &mut Reader<'_>, prefix: &str) -> JobsConfig {
    let url = redis_url(reader);
    let key = reader.required("JOB_SECRET_KEY", "the output of `openssl rand -hex 32`, the same for web and workers");
    let key = parse_key(reader, &key);
    read_with(reader, prefix, url, key)
}

/// The same for operators, who may look without `JOB_SECRET_KEY`.
pub fn read_for_operators(reader: &mut Reader<'_>, prefix: &str) -> JobsConfig {
    let url = redis_url(reader);
    let key = reader.optional_secret("JOB_SECRET_KEY");
    let key = key.map_or_else(SealKey::none, |key| parse_key(reader, &key));
    read_with(reader, prefix, url, key)
}

fn redis_url(reader: &mut Reader<'_>) -> SecretString {
    reader.required("REDIS_URL", "redis://127.0.0.1:6379")
}

fn parse_key(reader: &mut Reader<'_>, key: &SecretString) -> SealKey {
    let parsed = SealKey::parse(key.expose_secret());
    if let Err(error) = &parsed
        && !key.expose_secret().is_empty()
    {
        reader.problem("JOB_SECRET_KEY", error.to_string());
    }
    if parsed.is_ok() {
        reader.refuse_known_secret("JOB_SECRET_KEY", key);
    }
    // The stand-in is never used: the reader has a problem on record.
    parsed.unwrap_or_else(|_| SealKey::none())
}

fn read_with(reader: &mut Reader<'_>, prefix: &str, url: SecretString, key: SealKey) -> JobsConfig {
    let defaults = JobsConfig::new(url, key);
    let days = reader.bounded("JOB_RETENTION_DAYS", 7, 1..=365_u64);
    JobsConfig {
        insecure_tls: reader.optional("REDIS_TLS_INSECURE", false),
        redis_ca: redis_ca(reader),
        prefix: reader.optional("QUEUE_PREFIX", prefix.to_owned()),
        org_limit: reader.bounded("ORG_CONCURRENCY", defaults.org_limit, 1..=1_000),
        max_open_jobs: reader.bounded("MAX_OPEN_JOBS", defaults.max_open_jobs, 1..=1_000_000),
        max_held_jobs: reader.bounded("MAX_HELD_JOBS", defaults.max_held_jobs, 1..=100_000),
        max_ended_jobs: reader.bounded("MAX_ENDED_JOBS", defaults.max_ended_jobs, 1..=1_000_000),
        jobs_per_minute: reader.bounded("JOBS_PER_MINUTE", defaults.jobs_per_minute, 1..=1_000_000),
        max_outstanding_chunks: reader.bounded("MAX_OUTSTANDING_CHUNKS", defaults.max_outstanding_chunks, 1..=10_000),
        max_attempts: reader.bounded("MAX_ATTEMPTS", defaults.max_attempts, 1..=100),
        lease: reader.seconds("LEASE_SECONDS", defaults.lease, 1..=600),
        retention: Duration::from_secs(days * 24 * 60 * 60),
        ..defaults
    }
}

/// `None` when there is none, or the reader has a problem on record, which names the file.
fn redis_ca(reader: &mut Reader<'_>) -> Option<RedisCa> {
    let text = reader.optional_value::<String>("REDIS_CA")?;
    let error = match RedisCa::read(&text) {
        Ok(authorities) => return Some(authorities),
        Err(error) => error,
    };
    let cause = error.source().map(|cause| format!(": {cause}")).unwrap_or_default();
    reader.problem("REDIS_CA", format!("cannot be used: {error}{cause}"));
    None
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::Settings;

    #[test]
    fn a_file_of_certificates_that_cannot_be_read_is_named() {
        let key = "00112233445566778899aabbccddeeff00112233445566778899aabbccddeeff";
        let settings = [("REDIS_URL", "rediss://127.0.0.1"), ("JOB_SECRET_KEY", key), ("REDIS_CA", "/no/such/ca.pem")];
        let settings = Settings::from_map(settings).unwrap();
        let mut reader = settings.reader();
        assert!(read(&mut reader, "{x}:").redis_ca.is_none());
        let problem = reader.finish().unwrap_err().to_string();
        assert!(problem.starts_with("REDIS_CA: cannot be used: cannot read /no/such/ca.pem,"), "{problem}");
        assert!(problem.contains("No such file"), "{problem}");
    }
}
