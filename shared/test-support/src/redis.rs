//! A Redis server of one's own.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

use anyhow::{Context, Result, bail};
use redis::AsyncConnectionConfig;
use redis::aio::MultiplexedConnection;
use tempfile::TempDir;

use crate::process::ensure_success;
use crate::{Log, Process, ProcessOptions, Signal, free_port};

mod dump;

pub use dump::RedisDump;

/// How long a server may take to start, and to stop after `SIGTERM`.
const LIMIT: Duration = Duration::from_secs(20);
/// A port can be taken between its choice and its use.
const PORT_ATTEMPTS: usize = 5;

/// How to run a [`TestRedis`].
#[derive(Debug, Clone, Default)]
pub struct RedisOptions {
    /// Keeps data over a restart: an append-only file, synced at every write. Off: data is gone with the process.
    pub append_only: bool,
    /// Required from clients; part of [`TestRedis::url`].
    pub password: Option<String>,
    /// More lines of `redis.conf`, such as `maxmemory 2mb`.
    pub config: Vec<String>,
    /// Log and process group.
    pub process: ProcessOptions,
}

/// A `redis-server` on a free port of 127.0.0.1 with its data in a temporary directory; killed when dropped.
#[derive(Debug)]
pub struct TestRedis {
    process: Process,
    port: u16,
    options: RedisOptions,
    dir: TempDir,
}

impl TestRedis {
    /// A server without persistence.
    ///
    /// # Errors
    /// When `redis-server` is not installed or does not start.
    pub async fn start() -> Result<Self> {
        Self::start_with(RedisOptions::default()).await
    }

    /// A server with these options.
    ///
    /// # Errors
    /// When `redis-server` is not installed or does not start.
    pub async fn start_with(mut options: RedisOptions) -> Result<Self> {
        // One log over all restarts.
        if options.process.log.is_none() {
            options.process.log = Some(Log::temporary()?);
        }
        let dir = tempfile::Builder::new()
            .prefix("test-support-redis-")
            .tempdir()
            .context("cannot create a directory for Redis")?;
        for _ in 0..PORT_ATTEMPTS {
            let port = free_port()?;
            if let Some(process) = spawn(&options, dir.path(), port).await? {
                return Ok(Self { process, port, options, dir });
            }
        }
        bail!("{PORT_ATTEMPTS} free ports were all taken before Redis could listen on them")
    }

    /// The URL for clients, database 0, with the password.
    pub fn url(&self) -> String {
        let user = self.options.password.as_deref().map(|password| format!(":{password}@")).unwrap_or_default();
        format!("redis://{user}127.0.0.1:{}/0", self.port)
    }

    /// The port, the same over restarts.
    pub fn port(&self) -> u16 {
        self.port
    }

    /// The process id of the server.
    pub fn pid(&self) -> u32 {
        self.process.pid()
    }

    /// Where it keeps its files.
    pub fn dir(&self) -> &Path {
        self.dir.path()
    }

    /// The server process.
    pub fn process(&mut self) -> &mut Process {
        &mut self.process
    }

    /// A new connection.
    ///
    /// # Errors
    /// When the server does not answer.
    pub async fn connection(&self) -> Result<MultiplexedConnection> {
        let client = redis::Client::open(self.url()).context("cannot use the Redis URL")?;
        // The library's own limits, half a second and one, are met on a loaded machine.
        let config = AsyncConnectionConfig::new().set_response_timeout(Some(LIMIT)).set_connection_timeout(Some(LIMIT));
        client.get_multiplexed_async_connection_with_config(&config).await.context("cannot connect to Redis")
    }

    /// Runs one command on a connection of its own: `redis.command(&["LLEN", "list"])`.
    ///
    /// # Errors
    /// When the server refuses it or does not answer.
    pub async fn command(&self, words: &[&str]) -> Result<redis::Value> {
        let (name, arguments) = words.split_first().context("an empty command")?;
        let mut connection = self.connection().await?;
        redis::cmd(name)
            .arg(arguments)
            .query_async(&mut connection)
            .await
            .with_context(|| format!("Redis refused {}", words.join(" ")))
    }

    /// A text.
    ///
    /// # Errors
    /// When there is none, or the server does not answer.
    pub async fn text(&self, key: &str) -> Result<String> {
        let value: Option<String> = redis::from_redis_value(self.command(&["GET", key]).await?)?;
        value.with_context(|| format!("there is no {key}"))
    }

    /// Copies all keys and values of database 0, for looking for secrets.
    ///
    /// # Errors
    /// When the server does not answer.
    pub async fn dump(&self) -> Result<RedisDump> {
        RedisDump::read(&mut self.connection().await?).await
    }

    /// Stops it orderly and starts it again on the same port, as an operator or a failover would.
    ///
    /// # Errors
    /// When it does not stop or start.
    pub async fn restart(&mut self) -> Result<()> {
        self.stop().await?;
        self.start_again().await
    }

    /// Stops it orderly and leaves it stopped; connections are refused.
    ///
    /// # Errors
    /// When it does not stop.
    pub async fn stop(&mut self) -> Result<()> {
        let status = self.process.terminate(LIMIT).await?;
        ensure_success("redis-server", status)
    }

    /// Kills it and leaves it dead.
    ///
    /// # Errors
    /// When it does not end.
    pub async fn kill(&mut self) -> Result<()> {
        self.process.kill().await.map(drop)
    }

    /// Starts a stopped or killed server again, on the same port and files.
    ///
    /// # Errors
    /// When it does not start, or still runs.
    pub async fn start_again(&mut self) -> Result<()> {
        if self.process.exit_status()?.is_none() {
            bail!("redis-server (pid {}) still runs", self.process.pid());
        }
        let process = spawn(&self.options, self.dir.path(), self.port).await?;
        self.process = process.with_context(|| format!("another process took port {}", self.port))?;
        Ok(())
    }

    /// Stops the process with `SIGSTOP`: connections are accepted by the system, but nothing answers.
    ///
    /// # Errors
    /// When the signal cannot be sent.
    pub fn freeze(&mut self) -> Result<()> {
        self.process.signal(Signal::SIGSTOP)
    }

    /// Ends [`TestRedis::freeze`].
    ///
    /// # Errors
    /// When the signal cannot be sent.
    pub fn thaw(&mut self) -> Result<()> {
        self.process.signal(Signal::SIGCONT)
    }

    /// `CLIENT PAUSE`: all commands of all clients wait for that long.
    ///
    /// # Errors
    /// When the server does not answer.
    pub async fn pause_clients(&self, time: Duration) -> Result<()> {
        self.command(&["CLIENT", "PAUSE", &time.as_millis().to_string(), "ALL"]).await.map(drop)
    }
}

/// Starts a server and waits until it takes connections; `None` when the port is taken.
async fn spawn(options: &RedisOptions, dir: &Path, port: u16) -> Result<Option<Process>> {
    let config = write_config(options, dir, port)?;
    let mut command = Command::new("redis-server");
    command.arg(&config).current_dir(dir);
    let position = options.process.log.as_ref().map_or(0, Log::position);
    let mut process = Process::spawn("redis-server", command, &options.process).context(
        "is redis-server installed? (Debian, Ubuntu: apt-get install redis-server; macOS: brew install redis)",
    )?;
    match process.wait_for_line("eady to accept connections", position, LIMIT).await {
        Ok(_) => Ok(Some(process)),
        Err(_) if process.log().text_since(position).contains("Address already in use") => Ok(None),
        Err(error) => Err(error),
    }
}

/// Writes `redis.conf`: a file, so that the password does not stand in the list of processes.
fn write_config(options: &RedisOptions, dir: &Path, port: u16) -> Result<PathBuf> {
    let mut lines = vec![
        "bind 127.0.0.1".to_owned(),
        format!("port {port}"),
        format!("dir \"{}\"", dir.display()),
        "save \"\"".to_owned(),
        format!("appendonly {}", if options.append_only { "yes" } else { "no" }),
        "appendfsync always".to_owned(),
    ];
    lines.extend(options.password.iter().map(|password| format!("requirepass \"{password}\"")));
    lines.extend(options.config.iter().cloned());
    let path = dir.join("redis.conf");
    std::fs::write(&path, lines.join("\n") + "\n").with_context(|| format!("cannot write {}", path.display()))?;
    Ok(path)
}

#[cfg(test)]
mod tests;
