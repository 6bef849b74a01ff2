//! The command line.

use clap::{Args, Parser, Subcommand};
use shared::jobs::JobId;
use shared::jobs::operator::WhichJobs;

/// The jobs of all patterns, at a terminal. Redis is the one of REDIS_URL (with REDIS_CA and REDIS_TLS_INSECURE, as the
/// services read them).
#[derive(Debug, Parser)]
#[command(name = "jobs", version, max_term_width = 100)]
pub struct Arguments {
    /// Whose jobs: org-job, org-action, api-access, eventing, or a QUEUE_PREFIX such as {org-job-eu}:. May be given several
    /// times. Without it QUEUE_PREFIX, PATTERN, or all four.
    #[arg(long, short, global = true, value_name = "NAME")]
    pub pattern: Vec<String>,
    /// Writes JSON.
    #[arg(long, global = true)]
    pub json: bool,
    /// Who acts; stands in the history of jobs as operator.NAME. Without it, USER.
    #[arg(long = "as", global = true, value_name = "NAME")]
    pub actor: Option<String>,
    #[command(subcommand)]
    pub(crate) command: Command,
}

/// What to do.
#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// A live view, until q or Ctrl-C
    Top,
    /// All patterns at a glance: what runs, what waits, orgs, workers
    Overview,
    /// Jobs, the newest first
    List(List),
    /// A job
    Show {
        /// Its id
        job: JobId,
    },
    /// The records of a job that failed
    Errors {
        /// Its id
        job: JobId,
        /// Number of the first one
        #[arg(long, default_value_t = 0)]
        offset: u64,
        /// Most of them
        #[arg(long, default_value_t = 100)]
        limit: u64,
    },
    /// Dead letters of a job; without one, the jobs that have some
    Dead {
        /// Its id
        job: Option<JobId>,
    },
    /// Cancels a job
    Cancel {
        /// Its id
        job: JobId,
    },
    /// Puts dead letters of an ended job back. A job of a user's session is that user's to retry, from Salesforce
    Retry {
        /// Its id
        job: JobId,
        /// Only the one of this chunk, or of the plan
        #[arg(long, value_name = "NUMBER|plan")]
        letter: Option<String>,
    },
    /// Lets all tasks of an org rest
    Pause {
        /// The org, as jobs name it
        org: String,
        /// For how many minutes
        #[arg(long, default_value_t = 60, value_parser = clap::value_parser!(u64).range(1..=7 * 24 * 60))]
        minutes: u64,
        /// Why, for those who ask
        #[arg(long, default_value = "")]
        reason: String,
        /// In place of the pause that an operator gave it already
        #[arg(long)]
        replace: bool,
    },
    /// Ends the pause of an org, or lets a job go on that waits for an authorization
    Resume {
        /// The org, or the id of a job
        org: String,
    },
}

/// Which jobs.
#[derive(Debug, Args)]
pub(crate) struct List {
    /// all, open, ended, dead, or a state such as running
    #[arg(long, short, default_value = "all", value_parser = which)]
    pub(crate) which: WhichJobs,
    /// Of this org alone
    #[arg(long)]
    pub(crate) org: Option<String>,
    /// Of this kind alone
    #[arg(long)]
    pub(crate) kind: Option<String>,
    /// Created within this many hours
    #[arg(long)]
    pub(crate) hours: Option<u32>,
    /// Most jobs of each pattern
    #[arg(long, default_value_t = 20, value_parser = clap::value_parser!(u16).range(1..=1000))]
    pub(crate) limit: u16,
    /// Those that stand behind this job; of one pattern
    #[arg(long, value_name = "JOB")]
    pub(crate) after: Option<JobId>,
}

fn which(text: &str) -> Result<WhichJobs, String> {
    text.parse()
}
