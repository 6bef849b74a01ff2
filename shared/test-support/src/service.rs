//! Any service of this workspace as a process.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::process::{Command, ExitStatus};
use std::time::Duration;

use anyhow::{Context, Result};

use crate::{Log, Process, ProcessOptions, Signal, binary};

/// How long a service may take until it is ready. Generous, because tests run in parallel on slow machines.
const READY_LIMIT: Duration = Duration::from_secs(30);

/// What to start, and how to know that it is ready. Can be started any number of times.
#[derive(Debug, Clone)]
pub struct ServiceSpec {
    name: String,
    binary: PathBuf,
    arguments: Vec<String>,
    variables: BTreeMap<String, String>,
    ready: Option<String>,
    process: ProcessOptions,
}

impl ServiceSpec {
    /// The workspace's binary `name`.
    ///
    /// # Errors
    /// When it has not been built.
    pub fn new(name: &str) -> Result<Self> {
        Ok(Self::at(name, binary(name)?))
    }

    /// A program anywhere; `name` is for messages.
    pub fn at(name: impl Into<String>, program: impl Into<PathBuf>) -> Self {
        Self {
            name: name.into(),
            binary: program.into(),
            arguments: Vec::new(),
            variables: BTreeMap::new(),
            ready: None,
            process: ProcessOptions::default(),
        }
    }

    /// Another name for messages, when several of one binary run.
    #[must_use]
    pub fn named(mut self, name: impl Into<String>) -> Self {
        self.name = name.into();
        self
    }

    /// Sets an environment variable; the service sees only those set here and a few harmless ones.
    #[must_use]
    pub fn env(mut self, name: impl Into<String>, value: impl ToString) -> Self {
        self.variables.insert(name.into(), value.to_string());
        self
    }

    /// Sets several environment variables, such as those of [`crate::LocalOrg::applink_env`].
    #[must_use]
    pub fn envs<N: Into<String>, V: ToString>(self, variables: impl IntoIterator<Item = (N, V)>) -> Self {
        variables.into_iter().fold(self, |spec, (name, value)| spec.env(name, value))
    }

    /// Adds a command line argument.
    #[must_use]
    pub fn arg(mut self, argument: impl ToString) -> Self {
        self.arguments.push(argument.to_string());
        self
    }

    /// The service is ready when it has printed a line with `text`. Without this it is as soon as it runs.
    #[must_use]
    pub fn ready(mut self, text: impl Into<String>) -> Self {
        self.ready = Some(text.into());
        self
    }

    /// Log and process group.
    #[must_use]
    pub fn process(mut self, options: ProcessOptions) -> Self {
        self.process = options;
        self
    }

    /// Starts it and waits until it is ready.
    ///
    /// # Errors
    /// When it does not start, ends, or is not ready in time; the message has the end of its log.
    pub async fn start(mut self) -> Result<Service> {
        // One log over all restarts.
        if self.process.log.is_none() {
            self.process.log = Some(Log::temporary()?);
        }
        let (process, ready_line) = self.launch().await?;
        Ok(Service { spec: self, process, ready_line })
    }

    async fn launch(&self) -> Result<(Process, String)> {
        let mut command = Command::new(&self.binary);
        command.args(&self.arguments).envs(&self.variables);
        let position = self.process.log.as_ref().map_or(0, Log::position);
        let mut process = Process::spawn(&self.name, command, &self.process)?;
        let ready_line = match &self.ready {
            Some(text) => process.wait_for_line(text, position, READY_LIMIT).await?,
            None => String::new(),
        };
        Ok((process, ready_line))
    }
}

/// A running service; killed when dropped.
#[derive(Debug)]
pub struct Service {
    spec: ServiceSpec,
    process: Process,
    ready_line: String,
}

impl Service {
    /// The address in its ready line (`… listening on http://127.0.0.1:8080`), without a slash at the end. It changes with
    /// a restart when the service chooses its port itself.
    ///
    /// # Errors
    /// When the ready line has none.
    pub fn url(&self) -> Result<String> {
        url_in(&self.ready_line)
            .with_context(|| format!("no address in the ready line of {}: {}", self.spec.name, self.ready_line))
    }

    /// The process id.
    pub fn pid(&self) -> u32 {
        self.process.pid()
    }

    /// What it printed, over all restarts.
    pub fn log(&self) -> &Log {
        self.process.log()
    }

    /// The process.
    pub fn process(&mut self) -> &mut Process {
        &mut self.process
    }

    /// `SIGKILL`, and waits for the end.
    ///
    /// # Errors
    /// When it does not end.
    pub async fn kill(&mut self) -> Result<()> {
        self.process.kill().await.map(drop)
    }

    /// `SIGTERM`, and waits at most `limit` for the end.
    ///
    /// # Errors
    /// When it still runs then.
    pub async fn terminate(&mut self, limit: Duration) -> Result<ExitStatus> {
        self.process.terminate(limit).await
    }

    /// Stops the process where it stands (`SIGSTOP`), as a machine that hangs would.
    ///
    /// # Errors
    /// When the signal cannot be sent.
    pub fn freeze(&mut self) -> Result<()> {
        self.process.signal(Signal::SIGSTOP)
    }

    /// Ends [`Service::freeze`].
    ///
    /// # Errors
    /// When the signal cannot be sent.
    pub fn thaw(&mut self) -> Result<()> {
        self.process.signal(Signal::SIGCONT)
    }

    /// Starts it again with the same environment, after killing it if it still runs, and waits until it is ready.
    ///
    /// # Errors
    /// As for [`ServiceSpec::start`].
    pub async fn restart(&mut self) -> Result<()> {
        self.process.kill().await?;
        (self.process, self.ready_line) = self.spec.launch().await?;
        Ok(())
    }
}

/// The first `http(s)://host:port` of a log line in any format, colours and JSON quotes left out.
pub(crate) fn url_in(line: &str) -> Option<String> {
    let start = line.find("http://").or_else(|| line.find("https://"))?;
    let rest = line.get(start..)?;
    let end = rest.find(|c: char| !(c.is_ascii_alphanumeric() || ":/.-[]_".contains(c))).unwrap_or(rest.len());
    Some(rest.get(..end)?.trim_end_matches(['/', '.']).to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn script(text: &str) -> ServiceSpec {
        ServiceSpec::at("script", "/bin/sh").arg("-c").arg(text)
    }

    #[test]
    fn finds_the_address_in_any_log_format() {
        for line in [
            "local-org listening on http://127.0.0.1:8090",
            "2026-01-01T00:00:00Z  INFO listening on http://127.0.0.1:8090/ workers=2",
            r#"{"level":"INFO","message":"listening on http://127.0.0.1:8090","workers":2}"#,
            "\u{1b}[32mINFO\u{1b}[0m listening on http://127.0.0.1:8090\u{1b}[0m",
        ] {
            assert_eq!(url_in(line).as_deref(), Some("http://127.0.0.1:8090"), "{line}");
        }
        assert_eq!(url_in("worker ready"), None);
    }

    #[tokio::test]
    async fn a_restart_waits_for_a_new_ready_line_and_keeps_environment_and_log() {
        let spec = script("echo \"$GREETING listening on http://127.0.0.1:$$\"; exec sleep 600").env("GREETING", "hi");
        let mut service = spec.ready("listening on").start().await.unwrap();
        assert_eq!(service.url().unwrap(), format!("http://127.0.0.1:{}", service.pid()));
        let first = service.pid();
        service.restart().await.unwrap();
        assert_ne!(service.pid(), first);
        assert_eq!(service.url().unwrap(), format!("http://127.0.0.1:{}", service.pid()));
        assert_eq!(service.log().lines().iter().filter(|line| line.starts_with("hi ")).count(), 2);
    }

    #[tokio::test]
    async fn a_service_that_ends_early_fails_to_start() {
        let error = script("echo PORT: not a number; exit 64").ready("ready").start().await.unwrap_err().to_string();
        assert!(error.contains("status 64") && error.contains("PORT: not a number"), "{error}");
    }

    #[tokio::test]
    async fn terminate_answers_the_exit_status() {
        let spec = script("trap 'exit 0' TERM; echo worker ready; while :; do sleep 0.02; done");
        let mut service = spec.ready("worker ready").start().await.unwrap();
        service.freeze().unwrap();
        service.thaw().unwrap();
        assert!(service.terminate(Duration::from_secs(10)).await.unwrap().success());
    }
}
