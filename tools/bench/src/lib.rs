//! `bin/bench`: measurements that anyone can repeat, on real processes against local-org, printed as tables.
//!
//! All processes and the load share this machine's cores. CPU time per request is therefore the sturdier figure; latency
//! tells how the whole behaves.

mod enqueue;
mod eventing;
mod jobs;
mod latency;
mod load;
mod org_action;
mod org_job;
mod output;
mod stack;
mod table;

use anyhow::Result;
use clap::{Parser, Subcommand};

/// Measures a pattern on this machine. No account is needed.
#[derive(Debug, Parser)]
#[command(name = "bin/bench", version)]
pub struct Args {
    /// What to measure
    #[command(subcommand)]
    what: What,
}

#[derive(Debug, Subcommand)]
enum What {
    /// generateQuote: latency, and CPU time of org-action-web per request
    OrgAction(org_action::Args),
    /// executeBatch: jobs a second that are taken, and CPU time of org-job-web and of Redis for each
    Enqueue(enqueue::Args),
    /// Change events: from local-org to jobs in Redis, memory of eventing-web and of Redis
    Eventing(eventing::Args),
    /// The queue: what a claim costs Redis, and how long a job takes, beside very many jobs of another org
    Jobs(jobs::Args),
    /// Small quote jobs, and one of 5,000 Opportunities: seconds until the last Quote, beside what the org's limit allows
    Latency(latency::Args),
    /// Sample data, and Quotes by graphs and through the Bulk API: seconds, API calls, memory of the workers
    OrgJob(org_job::Args),
}

/// Measures and prints.
///
/// # Errors
/// When a process does not start, or a request fails: then there is nothing to measure.
pub async fn run(args: Args) -> Result<()> {
    match args.what {
        What::OrgAction(args) => org_action::run(&args).await,
        What::Enqueue(args) => enqueue::run(&args).await,
        What::Eventing(args) => eventing::run(&args).await,
        What::Jobs(args) => jobs::run(&args).await,
        What::Latency(args) => {
            output::say(&latency::run(&args).await?);
            Ok(())
        }
        What::OrgJob(args) => org_job::run(&args).await,
    }
}
