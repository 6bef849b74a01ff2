//! Settings from the environment.

use crate::arguments::Arguments;
use shared::config::{ConfigError, Settings as Environment, queue};
use shared::jobs::JobsConfig;
use shared::jobs::operator::Actor;

/// The patterns, where nothing else is said.
const PATTERNS: [&str; 4] = ["api-access", "eventing", "org-action", "org-job"];

/// Settings of `jobs`.
///
/// | variable | default | meaning |
/// |---|---|---|
/// | `PATTERN` | | the pattern whose jobs are meant, as on its app; `dashboard` means all |
/// | `USER` | `cli` | who acts, where `--as` does not say it |
///
/// and those of [`queue::read_for_operators`]; `JOB_SECRET_KEY` is needed for `retry` and `resume` alone.
pub struct Settings {
    pub(crate) jobs: JobsConfig,
    /// Name and prefix of each queue.
    pub(crate) queues: Vec<(String, String)>,
    pub(crate) actor: Actor,
}

impl Settings {
    /// Reads the environment.
    ///
    /// # Errors
    /// Every variable that is missing or wrong, and a pattern or a name that is none.
    pub fn read(arguments: &Arguments) -> Result<Self, ConfigError> {
        let environment = Environment::from_process_env()?;
        let mut reader = environment.reader();
        let jobs = queue::read_for_operators(&mut reader, "");
        let pattern = reader.optional_value::<String>("PATTERN").filter(|pattern| pattern != "dashboard");
        let mut names = arguments.pattern.clone();
        if names.is_empty() && !jobs.prefix.is_empty() {
            names.push(jobs.prefix.clone());
        }
        if names.is_empty() {
            names = pattern.map_or_else(|| PATTERNS.map(str::to_owned).to_vec(), |pattern| vec![pattern]);
        }
        let queues = names.iter().filter_map(|name| {
            let queue = queue_of(name);
            if queue.is_none() {
                reader.problem(
                    "--pattern",
                    format!("`{name}` is neither a name such as org-job nor a prefix such as {{org-job}}:"),
                );
            }
            queue
        });
        let queues = queues.collect();
        let actor = match &arguments.actor {
            Some(name) => name.parse().unwrap_or_else(|error: shared::jobs::operator::InvalidActor| {
                reader.problem("--as", error.to_string());
                Actor::named("")
            }),
            None => Actor::named(&reader.optional("USER", "cli".to_owned())),
        };
        reader.finish()?;
        Ok(Self { jobs, queues, actor })
    }
}

/// Name and prefix: of `org-job`, or of a prefix with a hash tag.
fn queue_of(text: &str) -> Option<(String, String)> {
    match text.split_once('{') {
        Some((_, rest)) => {
            let tag = rest.split_once('}')?.0;
            (!tag.is_empty()).then(|| (tag.to_owned(), text.to_owned()))
        }
        None => {
            let plain =
                !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"._-".contains(&byte));
            plain.then(|| (text.to_owned(), format!("{{{text}}}:")))
        }
    }
}
