//! What every process of this workspace does at its start, as tests of its binary: it starts from environment variables
//! alone, names the one that is missing or wrong, and shows no secret.

use std::process::Command;
use std::time::Duration;

use anyhow::{Context, Result, ensure};

use crate::{RedisOptions, ServiceSpec, TestRedis, binary, free_port, http_client};

/// Exit code of a process whose configuration is wrong: `EX_USAGE` of BSD's sysexits.
const EXIT_CONFIG: i32 = 64;
/// How long a process may take to end by itself.
const END_LIMIT: Duration = Duration::from_secs(60);

/// A key for tests only (`JOB_SECRET_KEY`): 32 bytes in hexadecimal.
pub const SECRET_KEY: &str = "00112233445566778899aabbccddeeff00112233445566778899aabbccddeeff";

/// What every process needs.
const NEEDED: [(&str, &str); 2] = [("REDIS_URL", "redis://127.0.0.1:1"), ("JOB_SECRET_KEY", SECRET_KEY)];

/// What every process refuses. The second key is the one of docker-compose.yml.
const REFUSED: [(&str, &str); 8] = [
    ("JOB_SECRET_KEY", "short"),
    ("JOB_SECRET_KEY", "6c6f63616c2d6f6e6c792d6e6f742d612d7365637265742d6b65792d30303031"),
    ("JOB_SECRET_KEY", "0000000000000000000000000000000000000000000000000000000000000000"),
    ("REDIS_TLS_INSECURE", "maybe"),
    ("REDIS_CA", "no-such-file.pem"),
    ("ALLOWED_ORG_HOSTS", "a b"),
    ("LEASE_SECONDS", "-1"),
    ("LOG_LEVEL", "loud"),
];

/// A binary, and variables with which it starts: as few as can be.
#[derive(Debug, Clone)]
pub struct Start {
    name: String,
    right: Vec<(String, String)>,
}

impl Start {
    /// The workspace's binary `name` with the variables that it needs besides those that every process needs.
    pub fn new(name: &str, right: &[(&str, &str)]) -> Self {
        let right = NEEDED.iter().chain(right).map(|&(name, value)| (name.to_owned(), value.to_owned())).collect();
        Self { name: name.to_owned(), right }
    }

    /// Each of its variables is needed: without it the start ends with one line that names it. Each of these values, and of
    /// those that every process refuses, stops the start with a line that names the variable.
    ///
    /// # Errors
    /// The first one of which that is not so, with what was printed.
    pub fn names_what_is_missing_or_wrong(&self, wrong: &[(&str, &str)]) -> Result<()> {
        self.needs_each()?;
        REFUSED.iter().chain(wrong).try_for_each(|&(name, value)| self.refuses((name, value), name))
    }

    fn needs_each(&self) -> Result<()> {
        for (missing, _) in &self.right {
            let rest: Vec<_> = self.right.iter().filter(|(name, _)| name != missing).cloned().collect();
            let text = self.refusal(&rest, missing)?;
            ensure!(text.lines().count() == 1, "without {missing}: more than one line: {text}");
        }
        Ok(())
    }

    /// This value, in place of the right one or beside the others, stops the start with a line that names `named`.
    ///
    /// # Errors
    /// When that is not so, with what was printed.
    pub fn refuses(&self, (name, value): (&str, &str), named: &str) -> Result<()> {
        let mut variables = self.right.clone();
        variables.retain(|(other, _)| other != name);
        variables.push((name.to_owned(), value.to_owned()));
        self.refusal(&variables, named).map(drop)
    }

    /// What it prints when it does not start with these variables, which begins with the name of one.
    fn refusal(&self, variables: &[(String, String)], named: &str) -> Result<String> {
        let mut command = Command::new(binary(&self.name)?);
        let output = command.env_clear().envs(variables.iter().cloned()).output()?;
        let text = String::from_utf8(output.stderr).context("what it printed is not UTF-8")?;
        ensure!(output.status.code() == Some(EXIT_CONFIG), "{named}: it ended with {}: {text}", output.status);
        ensure!(text.starts_with(&format!("{named}: ")), "{named}: it printed {text}");
        for (name, secret) in variables.iter().filter(|(name, value)| is_secret(name) && !value.is_empty()) {
            ensure!(!text.contains(secret), "{named}: the value of {name} was printed: {text}");
        }
        Ok(text)
    }

    /// A web process with these variables on a free port.
    ///
    /// # Errors
    /// When the binary has not been built, or no port is free.
    pub fn web(&self) -> Result<ServiceSpec> {
        let spec = ServiceSpec::new(&self.name)?.envs(self.right.iter().cloned());
        Ok(spec.env("PORT", free_port()?).ready("listening on http://"))
    }

    /// A web process does not start on a Redis that evicts keys.
    ///
    /// # Errors
    /// When it starts, or says something else.
    pub async fn web_refuses_a_redis_that_evicts(&self) -> Result<()> {
        let redis = TestRedis::start_with(evicting()).await?;
        match self.web()?.env("REDIS_URL", redis.url()).start().await {
            Ok(_) => anyhow::bail!("{} started", self.name),
            Err(error) => ensure!(error.to_string().contains("noeviction"), "{error}"),
        }
        Ok(())
    }

    /// A web process that starts without Redis ends when one is there that evicts keys.
    ///
    /// # Errors
    /// When it goes on, or says something else.
    pub async fn web_ends_when_redis_evicts(&self) -> Result<()> {
        let mut redis = TestRedis::start_with(evicting()).await?;
        redis.stop().await?;
        let mut web = self.web()?.env("REDIS_URL", redis.url()).start().await?;
        redis.start_again().await?;
        let status = web.process().wait(END_LIMIT).await?;
        let log = web.log().text();
        ensure!(!status.success() && log.contains("noeviction"), "{status}: {log}");
        Ok(())
    }

    /// A web process behind the AppLink service mesh listens on `APP_PORT` of loopback and leaves `PORT` to the mesh; its
    /// probes and documents answer there.
    ///
    /// # Errors
    /// When it does not.
    pub async fn web_takes_app_port(&self) -> Result<()> {
        let redis = TestRedis::start().await?;
        let (port, app_port) = (free_port()?, free_port()?);
        let spec = self.web()?.env("PORT", port).env("APP_PORT", app_port).env("REDIS_URL", redis.url());
        let web = spec.start().await?;
        let (http, url) = (http_client()?, web.url()?);
        ensure!(url == format!("http://127.0.0.1:{app_port}"), "it listens on {url}");
        for path in ["/health", "/ready", "/metrics", "/api-docs.yaml", "/docs"] {
            let status = http.get(format!("{url}{path}")).send().await?.status();
            ensure!(status.is_success(), "{path}: {status}");
        }
        let other = http.get(format!("http://127.0.0.1:{port}/health")).send().await;
        ensure!(other.is_err(), "something answers on PORT");
        Ok(())
    }

    /// A web process that believes `x-client-context` is reached from this machine only, unless a setting says otherwise,
    /// and warns that nothing checks its callers.
    ///
    /// # Errors
    /// When it is not so.
    pub async fn web_trusts_this_machine_only(&self) -> Result<()> {
        let redis = TestRedis::start().await?;
        let spec = self.web()?.env("REDIS_URL", redis.url());
        let web = spec.clone().start().await?;
        ensure!(web.url()?.starts_with("http://127.0.0.1:"), "it listens on {}", web.url()?);
        let log = web.log().text();
        for words in ["WARN", "no AppLink service mesh", "from this machine only"] {
            ensure!(log.contains(words), "no {words}: {log}");
        }

        let open = spec.env("PORT", free_port()?).env("TRUST_CLIENT_CONTEXT_FROM_ANYONE", "true").start().await?;
        ensure!(open.url()?.starts_with("http://0.0.0.0:"), "it listens on {}", open.url()?);
        ensure!(open.log().text().contains("from the network"), "{}", open.log().text());
        Ok(())
    }
}

fn evicting() -> RedisOptions {
    RedisOptions { config: vec!["maxmemory-policy allkeys-lru".to_owned()], ..RedisOptions::default() }
}

/// Whether the variable's value is one that nobody may see.
fn is_secret(name: &str) -> bool {
    ["SECRET", "TOKEN", "PASSWORD"].iter().any(|word| name.contains(word))
}

#[cfg(test)]
mod tests;
