//! The example `own_job` as a process, as the crate's README runs it, and the README's code.

use std::path::Path;
use std::process::Command;

use test_support::{Quoted, example};

use crate::server::RedisServer;

#[test]
fn the_example_runs_a_job_to_its_end() {
    let redis = RedisServer::start(&["--save", "", "--appendonly", "no"]);
    let output = Command::new(example("own_job").unwrap()).env("REDIS_URL", redis.url()).output().unwrap();
    let (printed, errors) = (String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
    assert!(output.status.success(), "{}: {printed}{errors}", output.status);
    // n(n + 1)(2n + 1) / 6 for n = 2,000
    assert_eq!(printed, "Completed: 2000 numbers in 20 chunks, sum of squares 2668667000\n");
}

#[test]
fn the_readme_shows_code_that_is_compiled() {
    let crate_dir = Path::new(env!("CARGO_MANIFEST_DIR"));
    let readme = std::fs::read_to_string(crate_dir.join("README.md")).unwrap();
    let quoted = Quoted::default().from(crate_dir.join("examples/own_job.rs")).unwrap();
    assert!(quoted.check(&readme).unwrap() >= 4);
}
