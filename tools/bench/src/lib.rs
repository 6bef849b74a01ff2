//! `bin/bench`: measurements that anyone can repeat, on real processes against local-org, printed as tables or as JSON.
//!
//! All processes and the load share this machine's cores. CPU time per request is therefore the sturdier figure; latency
//! tells how the whole behaves. Goals are printed beside the figures, and no figure makes the command fail.

mod build;
mod enqueue;
mod eventing;
mod jobs;
mod latency;
mod load;
mod org_action;
mod org_job;
mod peer;
mod report;
mod stack;
mod start;
mod table;

use std::path::PathBuf;

use anyhow::Result;
use clap::{Parser, Subcommand};
use peer::{Peer, Samples};
use report::Output;

/// Measures a pattern on this machine. No account is needed.
#[derive(Debug, Parser)]
#[command(name = "bin/bench", version)]
pub struct Args {
    /// What to measure
    #[command(subcommand)]
    what: What,
    /// Print JSON in place of tables, when all is measured
    #[arg(long, global = true)]
    json: bool,
    /// Folder with checkouts of Heroku's Node.js samples, their packages installed: they are measured in turn with ours, against
    /// the same local-org, where a sample does the same (latency, org-action, enqueue, start, and sample data of org-job)
    #[arg(long, global = true, value_name = "DIR")]
    peer: Option<PathBuf>,
}

#[derive(Debug, Subcommand)]
enum What {
    /// generateQuote: latency, and CPU time of org-action-web per request
    OrgAction(org_action::Args),
    /// Change events: from local-org to jobs in Redis, memory of eventing-web and of Redis
    Eventing(eventing::Args),
    /// The queue: what a claim costs Redis, and how long a job takes, beside very many jobs of another org
    Jobs(jobs::Args),
    /// Small quote jobs, and one of 5,000 Opportunities: seconds until the last Quote, beside what the org's limit allows
    Latency(latency::Args),
    /// Sample data, and Quotes by graphs and through the Bulk API: seconds, API calls, CPU and memory of all processes
    OrgJob(org_job::Args),
    /// executeBatch without a worker: how fast jobs are accepted, and what one costs org-job-web and Redis
    Enqueue(enqueue::Args),
    /// The web processes: time until they answer, and memory when they do nothing
    Start(start::Args),
    /// A cold release build of one app's two processes, as Heroku makes it: CPU time and seconds
    Build(build::Args),
}

/// Measures and prints.
///
/// # Errors
/// When a process does not start, or a request fails: then there is nothing to measure. When `--peer` has not what a sample
/// needs, it is named.
pub async fn run(args: Args) -> Result<()> {
    let mut out = Output::new(args.json);
    let dir = args.peer.as_deref();
    match args.what {
        What::OrgAction(args) => {
            org_action::run(&args, Peer::find(dir, Samples::OrgAction)?.as_ref(), &mut out).await?
        }
        What::Eventing(args) => {
            peer::refuse(dir, "eventing")?;
            eventing::run(&args, &mut out).await?;
        }
        What::Jobs(args) => {
            peer::refuse(dir, "jobs")?;
            jobs::run(&args, &mut out).await?;
        }
        What::Latency(args) => latency::run(&args, Peer::find(dir, Samples::OrgJob)?.as_ref(), &mut out).await?,
        What::OrgJob(args) => org_job::run(&args, Peer::find(dir, Samples::OrgJob)?.as_ref(), &mut out).await?,
        What::Enqueue(args) => enqueue::run(&args, Peer::find(dir, Samples::OrgJob)?.as_ref(), &mut out).await?,
        What::Start(args) => start::run(&args, Peer::find(dir, Samples::OrgJob)?.as_ref(), &mut out).await?,
        What::Build(args) => {
            peer::refuse(dir, "build")?;
            build::run(&args, &mut out).await?;
        }
    }
    out.end();
    Ok(())
}
