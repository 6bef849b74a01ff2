//! Campaign `fuzz`: libFuzzer on the functions of `tools/fuzz-targets`, which read what outsiders send.
//!
//! The stable toolchain is enough: the flags are those of `cargo fuzz --sanitizer none`, none of which needs a nightly one. In
//! safe code a sanitizer of addresses would find nothing that a panic does not tell.

use std::path::{Path, PathBuf};
use std::process::{Output, Stdio};
use std::time::Instant;

use anyhow::{Context, Result, ensure};
use test_support::workspace_root;
use tokio::process::Command;

use crate::output::say;
use crate::report::{Finding, Report};

/// What makes LLVM count the edges that an input runs over, and tell comparisons.
const FLAGS: &str = "--cfg fuzzing -Cpasses=sancov-module -Cllvm-args=-sanitizer-coverage-level=4 \
                     -Cllvm-args=-sanitizer-coverage-inline-8bit-counters -Cllvm-args=-sanitizer-coverage-pc-table \
                     -Cllvm-args=-sanitizer-coverage-trace-compares -Clink-dead-code -Ccodegen-units=1";
/// Longest input, in bytes.
const LONGEST: usize = 4_096;
/// Seconds after which an input is too slow, and MiB after which it takes too much memory.
const SLOW: u32 = 30;
const MEMORY: u32 = 1_024;

/// Inputs that one run adds to a corpus at most: the repository is to stay small.
const KEPT: usize = 16;

/// Options of `bin/campaign fuzz`.
#[derive(Debug, Clone, clap::Args)]
pub struct Options {
    /// How long each target runs
    #[arg(long, default_value_t = 30.0)]
    pub minutes: f64,
    /// Only this target [default: each in turn]
    #[arg(long)]
    pub target: Option<String>,
    /// Seed of the first target [default: by chance]
    #[arg(long)]
    pub seed: Option<u32>,
    /// Adds the smallest inputs that reach new code to the corpus in the repository
    #[arg(long)]
    pub keep: bool,
}

/// Builds and runs the targets.
///
/// # Errors
/// When they cannot be built or run. Inputs that break a promise are in the report.
pub async fn run(options: Options) -> Result<Report> {
    let root = workspace_root()?;
    let targets = targets(&root, options.target.as_deref())?;
    let triple = triple().await?;
    say("Building the fuzz targets (the first time takes some minutes)");
    build(&root, &triple).await?;
    let mut report = Report::new("fuzz");
    for target in &targets {
        let binary = root.join("fuzz/target").join(&triple).join("release").join(target);
        let (line, finding) = fuzz(&options, &root, &binary, target).await.with_context(|| target.clone())?;
        report.done(line);
        report.findings.extend(finding);
    }
    Ok(report)
}

/// Names of the targets, in order.
fn targets(root: &Path, only: Option<&str>) -> Result<Vec<String>> {
    let mut names = Vec::new();
    for entry in std::fs::read_dir(root.join("fuzz/fuzz_targets")).context("cannot list fuzz/fuzz_targets")? {
        let path = entry?.path();
        names.extend(path.file_stem().map(|stem| stem.to_string_lossy().into_owned()));
    }
    names.sort();
    let known = names.join(", ");
    if let Some(only) = only {
        names.retain(|name| name == only);
    }
    ensure!(!names.is_empty(), "there is no such target; there are {known}");
    Ok(names)
}

/// The machine that the compiler builds for. Named, it keeps the flags from build scripts and macros.
async fn triple() -> Result<String> {
    let output = Command::new("rustc").args(["--version", "--verbose"]).output().await.context("cannot run rustc")?;
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    let host = text.lines().find_map(|line| line.strip_prefix("host: "));
    Ok(host.context("rustc does not tell its host")?.to_owned())
}

async fn build(root: &Path, triple: &str) -> Result<()> {
    let mut command = Command::new("cargo");
    command.args(["build", "--release", "--quiet", "--locked", "--target", triple]);
    command.current_dir(root.join("fuzz")).env("RUSTFLAGS", FLAGS).env("CARGO_TARGET_DIR", root.join("fuzz/target"));
    let status = command.status().await.context("cannot run cargo")?;
    ensure!(status.success(), "the fuzz targets could not be built");
    Ok(())
}

/// One target: a line for people, and what was found.
async fn fuzz(options: &Options, root: &Path, binary: &Path, target: &str) -> Result<(String, Option<Finding>)> {
    let corpus = root.join("fuzz/corpus").join(target);
    let work = root.join(".local/campaign/fuzz").join(target);
    let artifacts = root.join("fuzz/artifacts").join(target);
    for folder in [&corpus, &work, &artifacts] {
        std::fs::create_dir_all(folder).with_context(|| format!("cannot make {}", folder.display()))?;
    }
    let seed = options.seed.unwrap_or_else(rand::random);
    let seconds = (options.minutes * 60.0).ceil();
    let mut command = libfuzzer(binary, &[work.as_path(), corpus.as_path()]);
    command.arg(format!("-max_total_time={seconds}")).arg(format!("-seed={seed}")).arg("-print_final_stats=1");
    command.arg(format!("-artifact_prefix={}/", artifacts.display()));
    let started = Instant::now();
    let output = command.output().await.context("cannot run the target")?;
    let ran = started.elapsed().as_secs();
    let words = String::from_utf8_lossy(&output.stderr).into_owned();
    let count = |name: &str| {
        let line = words.lines().find_map(|line| line.strip_prefix(&format!("stat::{name}:")));
        line.map_or_else(|| "?".to_owned(), |count| count.trim().to_owned())
    };
    let line = format!(
        "{target:<14} {:>12} inputs in {ran} s, {} new, {} MiB, seed {seed}",
        count("number_of_executed_units"),
        count("new_units_added"),
        count("peak_rss_mb")
    );
    if options.keep && output.status.success() {
        keep(binary, &corpus, &work).await?;
    }
    Ok((line, (!output.status.success()).then(|| finding(target, binary, &output, &words))))
}

/// An input that broke a promise, or was too slow.
fn finding(target: &str, binary: &Path, output: &Output, words: &str) -> Finding {
    let said = |start: &str| words.lines().find(|line| line.contains(start)).unwrap_or_default().trim().to_owned();
    let file = words.lines().find_map(|line| line.split("Test unit written to ").nth(1)).map(PathBuf::from);
    let panic = words.split("panicked at ").nth(1).map(|text| text.lines().take(3).collect::<Vec<_>>().join(" "));
    let text = panic.unwrap_or_else(|| said("ERROR: libFuzzer"));
    let replay = match file {
        Some(file) => format!("{} {}", binary.display(), file.display()),
        None => format!("bin/campaign fuzz --target {target}"),
    };
    Finding { text: format!("{target} ({}): {text}", output.status), replay }
}

/// Adds to the corpus the smallest inputs that reach code which it does not.
async fn keep(binary: &Path, corpus: &Path, work: &Path) -> Result<()> {
    let merged = work.with_extension("merged");
    if merged.exists() {
        std::fs::remove_dir_all(&merged).with_context(|| format!("cannot remove {}", merged.display()))?;
    }
    std::fs::create_dir_all(&merged).with_context(|| format!("cannot make {}", merged.display()))?;
    for seed in std::fs::read_dir(corpus)? {
        let seed = seed?;
        std::fs::copy(seed.path(), merged.join(seed.file_name()))?;
    }
    let mut command = libfuzzer(binary, &[&merged, work]);
    let output = command.arg("-merge=1").output().await.context("cannot run the target")?;
    ensure!(output.status.success(), "the merge failed: {}", String::from_utf8_lossy(&output.stderr));
    let mut new = Vec::new();
    for entry in std::fs::read_dir(&merged)? {
        let entry = entry?;
        if !corpus.join(entry.file_name()).exists() {
            new.push((entry.metadata()?.len(), entry.path(), entry.file_name()));
        }
    }
    new.sort();
    for (_, path, name) in new.into_iter().take(KEPT) {
        std::fs::copy(path, corpus.join(name))?;
    }
    Ok(())
}

fn libfuzzer(binary: &Path, folders: &[&Path]) -> Command {
    let mut command = Command::new(binary);
    command.args(folders).arg(format!("-max_len={LONGEST}")).arg(format!("-timeout={SLOW}"));
    command.arg(format!("-rss_limit_mb={MEMORY}")).stdin(Stdio::null()).kill_on_drop(true);
    command
}
