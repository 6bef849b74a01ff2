//! A cold release build, as Heroku makes it of each app.

use std::process::Command;
use std::time::Instant;

use anyhow::{Context, Result, ensure};
use nix::sys::resource::{UsageWho, getrusage};
use nix::sys::time::TimeVal;
use test_support::workspace_root;

use crate::report::{Cell, Output, Report};

/// Options of `bin/bench build`.
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// Pattern whose web process and worker are built
    #[arg(long, default_value = "org-job", value_parser = ["api-access", "eventing", "org-action", "org-job"])]
    pattern: String,
}

/// Builds into a folder of its own, so that nothing is there before.
pub(crate) async fn run(args: &Args, out: &mut Output) -> Result<()> {
    let (root, target) = (workspace_root()?, tempfile::tempdir().context("cannot make a folder for the build")?);
    let pattern = args.pattern.clone();
    let (seconds, cpu) = tokio::task::spawn_blocking(move || -> Result<(f64, f64)> {
        let before = cpu_of_children()?;
        let started = Instant::now();
        let mut command = Command::new("cargo");
        command.current_dir(root).env("CARGO_TARGET_DIR", target.path()).args([
            "build",
            "--quiet",
            "--release",
            "--bins",
        ]);
        command.args(["--package", &format!("{pattern}-web"), "--package", &format!("{pattern}-worker")]);
        let status = command.status().context("cannot run cargo")?;
        ensure!(status.success(), "the build failed");
        Ok((started.elapsed().as_secs_f64(), cpu_of_children()? - before))
    })
    .await
    .context("the build was lost")??;
    let columns = [("pattern", "pattern"), ("seconds", "seconds"), ("cpuMinutes", "CPU minutes")];
    let mut report = Report::new("build", "A release build of one app's two processes, from nothing.", &columns)
        .goal("at most 8 CPU minutes");
    report.row(vec![args.pattern.as_str().into(), Cell::number(seconds, 0), Cell::number(cpu / 60.0, 1)]);
    out.add(&report);
    Ok(())
}

/// Seconds of CPU that ended children of this process have used, with their own children.
fn cpu_of_children() -> Result<f64> {
    let usage = getrusage(UsageWho::RUSAGE_CHILDREN).context("the system does not tell CPU times")?;
    let seconds = |time: TimeVal| time.tv_sec() as f64 + time.tv_usec() as f64 / 1e6;
    Ok(seconds(usage.user_time()) + seconds(usage.system_time()))
}
