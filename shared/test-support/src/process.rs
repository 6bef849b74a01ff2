//! One child process.

use std::os::unix::process::{CommandExt, ExitStatusExt};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::time::Duration;

use anyhow::{Context, Result, bail, ensure};
use nix::errno::Errno;
use nix::sys::signal::kill;
use nix::unistd::Pid;

use crate::{Log, eventually};

pub use nix::sys::signal::Signal;

/// Variables a child keeps from the environment of the tests. Others are removed, so that a developer's `REDIS_URL` does
/// not reach a service under test.
const KEPT_VARIABLES: [&str; 6] = ["PATH", "HOME", "TMPDIR", "LANG", "RUST_BACKTRACE", "LLVM_PROFILE_FILE"];

/// How long a process may take to exit after `SIGKILL`.
const KILL_WAIT: Duration = Duration::from_secs(10);

/// How to start a process.
#[derive(Debug, Clone, Default)]
pub struct ProcessOptions {
    /// Where its output goes; a temporary file when absent.
    pub log: Option<Log>,
    /// Starts it in a process group of its own, which Ctrl-C in a terminal does not reach. For programs that catch
    /// Ctrl-C and stop their children themselves; tests leave it off.
    pub own_group: bool,
}

/// A running child process. Dropping it kills it and waits for its end.
#[derive(Debug)]
pub struct Process {
    name: String,
    child: Child,
    log: Log,
    /// Somebody has waited for its end.
    awaited: bool,
}

impl Process {
    /// Starts `command` with its output in a log, no input, and an environment of a few harmless variables plus those set
    /// on `command`.
    ///
    /// # Errors
    /// When the program cannot be started.
    #[expect(clippy::disallowed_methods, reason = "these variables are handed on")]
    pub fn spawn(name: impl Into<String>, mut command: Command, options: &ProcessOptions) -> Result<Self> {
        let name = name.into();
        let log = match &options.log {
            Some(log) => log.clone(),
            None => Log::temporary()?,
        };
        let own: Vec<_> =
            command.get_envs().map(|(key, value)| (key.to_owned(), value.map(ToOwned::to_owned))).collect();
        command.env_clear();
        for key in KEPT_VARIABLES {
            if let Some(value) = std::env::var_os(key) {
                command.env(key, value);
            }
        }
        for (key, value) in own {
            match value {
                Some(value) => command.env(key, value),
                None => command.env_remove(key),
            };
        }
        command.stdin(Stdio::null()).stdout(log.append()?).stderr(log.append()?);
        if options.own_group {
            command.process_group(0);
        }
        let child = command
            .spawn()
            .with_context(|| format!("cannot start {name} ({})", command.get_program().to_string_lossy()))?;
        Ok(Self { name, child, log, awaited: false })
    }

    /// The name given to [`Process::spawn`].
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The process id.
    pub fn pid(&self) -> u32 {
        self.child.id()
    }

    /// What it printed.
    pub fn log(&self) -> &Log {
        &self.log
    }

    /// How it ended, or `None` while it runs.
    ///
    /// # Errors
    /// When the system does not say.
    pub fn exit_status(&mut self) -> Result<Option<ExitStatus>> {
        self.child.try_wait().with_context(|| format!("cannot ask for the state of {}", self.name))
    }

    /// An error with its name, how it ended and the end of its log, if it ended.
    ///
    /// # Errors
    /// When it has ended.
    pub fn ensure_running(&mut self) -> Result<()> {
        match self.exit_status()? {
            None => Ok(()),
            Some(status) => {
                bail!("{} (pid {}) {}; its log ends:\n{}", self.name, self.pid(), ending(status), self.log.tail(30))
            }
        }
    }

    /// Sends a signal; a process that has ended is left alone.
    ///
    /// # Errors
    /// When the signal cannot be sent.
    pub fn signal(&mut self, signal: Signal) -> Result<()> {
        // Asked for first: a child that was waited for no longer owns its pid.
        if self.exit_status()?.is_some() {
            return Ok(());
        }
        let pid = i32::try_from(self.pid()).context("pid out of range")?;
        match kill(Pid::from_raw(pid), signal) {
            Ok(()) | Err(Errno::ESRCH) => Ok(()),
            Err(error) => Err(error).with_context(|| format!("cannot send {signal} to {}", self.name)),
        }
    }

    /// `SIGKILL`, as a crash or an impatient platform would, and waits for the end.
    ///
    /// # Errors
    /// When it does not end.
    pub async fn kill(&mut self) -> Result<ExitStatus> {
        self.signal(Signal::SIGKILL)?;
        self.wait(KILL_WAIT).await
    }

    /// `SIGTERM`, as Heroku sends it, and waits at most `limit` for the end (Heroku kills after 30 s).
    ///
    /// # Errors
    /// When it is still running after `limit`.
    pub async fn terminate(&mut self, limit: Duration) -> Result<ExitStatus> {
        self.signal(Signal::SIGTERM)?;
        self.wait(limit).await
    }

    /// Waits for the end without asking for it.
    ///
    /// # Errors
    /// When it is still running after `limit`.
    pub async fn wait(&mut self, limit: Duration) -> Result<ExitStatus> {
        self.awaited = true;
        let what = format!("{} (pid {}) to exit", self.name, self.pid());
        eventually(limit, &what, async || self.exit_status()?.context("it is still running")).await
    }

    /// Waits until it prints a line that contains `text` after `position` of its log, and answers that line.
    ///
    /// # Errors
    /// At once when it exits before, with the end of its log; else when `limit` has passed.
    pub async fn wait_for_line(&mut self, text: &str, position: u64, limit: Duration) -> Result<String> {
        let what = format!("{} to print \"{text}\"", self.name);
        eventually(limit, &what, async || {
            // Before the log is read, so that the last words of a process that has ended count.
            let ended = self.ensure_running().err();
            match (self.log.line_with(text, position), ended) {
                (Some(line), _) => Ok(Ok(line)),
                (None, Some(ended)) => Ok(Err(ended)),
                (None, None) => bail!("its log ends:\n{}", self.log.tail(30)),
            }
        })
        .await?
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        let ended = self.exit_status().ok().flatten().filter(|_| !self.awaited);
        // A test that answers with an error does not panic: the process whose end nobody asked for tells it.
        if std::thread::panicking() || ended.is_some() {
            let state = ended.map_or_else(|| "runs".to_owned(), ending);
            eprintln!("--- {} (pid {}) {state}, end of its log:\n{}", self.name, self.pid(), self.log.tail(50));
        }
        // Fails only when it has already ended; a stopped process (SIGSTOP) dies as well.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// "exited with status 1" or "was ended by SIGKILL".
fn ending(status: ExitStatus) -> String {
    match (status.code(), status.signal()) {
        (Some(code), _) => format!("exited with status {code}"),
        (None, Some(number)) => match Signal::try_from(number) {
            Ok(signal) => format!("was ended by {signal}"),
            Err(_) => format!("was ended by signal {number}"),
        },
        (None, None) => "ended".to_owned(),
    }
}

/// Fails unless the process ended with status 0.
///
/// # Errors
/// When it did not.
pub(crate) fn ensure_success(name: &str, status: ExitStatus) -> Result<()> {
    ensure!(status.success(), "{name} {}", ending(status));
    Ok(())
}

#[cfg(test)]
mod tests;
