//! Scripts of a service's own, over the connection of its jobs: a process has one connection to Redis.

use redis::{FromRedisValue, Script};

use super::connection::Repeat;
use super::error::JobsError;
use super::kind::TaskContext;
use super::scripts::{Effect, flags};
use super::store::Jobs;

/// A Lua script on keys of a service's own beside those of the jobs.
///
/// `ARGV[1]` is [`JobsConfig::prefix`](super::JobsConfig::prefix), with which all its keys must begin; the arguments of
/// [`Jobs::run_script`] follow from `ARGV[2]` on. Each call may be sent twice when a connection breaks, so running the
/// script again with the same arguments must do no harm.
#[derive(Debug)]
pub struct ServiceScript(Script);

impl ServiceScript {
    /// A script of these parts, one after the other.
    #[must_use]
    pub fn new(effect: Effect, parts: &[&str]) -> Self {
        Self(Script::new(&[flags(effect), &parts.concat()].concat()))
    }
}

impl Jobs {
    /// Runs a script of the service's own.
    ///
    /// # Errors
    /// When Redis cannot be reached or is full, or refuses the script.
    pub async fn run_script<T: FromRedisValue>(
        &self,
        script: &ServiceScript,
        arguments: &[String],
    ) -> Result<T, JobsError> {
        let mut invocation = self.script(&script.0);
        for argument in arguments {
            invocation.arg(argument);
        }
        self.connection().invoke(&invocation, Repeat::Safe).await
    }
}

impl TaskContext {
    /// The same from a task.
    ///
    /// # Errors
    /// As [`Jobs::run_script`].
    pub async fn run_script<T: FromRedisValue>(
        &self,
        script: &ServiceScript,
        arguments: &[String],
    ) -> Result<T, JobsError> {
        self.jobs.run_script(script, arguments).await
    }
}
