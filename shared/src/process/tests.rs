//! Signals, in a process of their own: this test binary, started again.

use std::io::{BufRead, BufReader, Write};
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;

use super::shutdown::SAME;
use super::signal_token;

/// Set in the second process only: what it does after it was told to stop.
const MARK: &str = "SHARED_TEST_SIGNAL_CHILD";
const NEVER_ENDS: &str = "never ends";
const ENDS: &str = "ends";

/// The second process: prints when it is ready and when it was told to stop.
#[tokio::test]
#[expect(clippy::disallowed_methods, reason = "a mark for this test, and no setting")]
async fn child() {
    let Some(mark) = std::env::var_os(MARK) else { return };
    let token = signal_token().unwrap();
    say("ready");
    token.cancelled().await;
    say("stopping");
    if mark == NEVER_ENDS {
        std::future::pending().await
    }
    // What it has begun.
    tokio::time::sleep(Duration::from_millis(500)).await;
}

/// Past the capture of the test harness.
fn say(line: &str) {
    let mut stderr = std::io::stderr().lock();
    writeln!(stderr, "{line}").unwrap();
}

/// The second process with a signal that it has taken for a request to stop.
fn stopping(mark: &str, first: Signal) -> Child {
    let mut child = Command::new(std::env::current_exe().unwrap())
        .args(["--exact", "process::tests::child", "--nocapture"])
        .env(MARK, mark)
        .stdout(Stdio::null())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let mut lines = BufReader::new(child.stderr.take().unwrap()).lines().map(Result::unwrap);
    assert!(lines.any(|line| line == "ready"));
    signal(&child, first);
    assert!(lines.any(|line| line == "stopping"));
    child
}

fn signal(child: &Child, signal: Signal) {
    kill(Pid::from_raw(child.id().try_into().unwrap()), signal).unwrap();
}

#[test]
fn ctrl_c_ends_at_once_what_was_told_to_stop() {
    for first in [Signal::SIGTERM, Signal::SIGINT] {
        let mut child = stopping(NEVER_ENDS, first);
        std::thread::sleep(SAME + Duration::from_millis(200));
        signal(&child, Signal::SIGINT);
        assert_eq!(child.wait().unwrap().code(), Some(130));
    }
}

/// Dev Center, "Dyno Shutdown Behavior": a process may get several.
#[test]
fn further_sigterms_let_it_end_gracefully() {
    let mut child = stopping(ENDS, Signal::SIGTERM);
    for _ in 0..3 {
        signal(&child, Signal::SIGTERM);
        std::thread::sleep(Duration::from_millis(50));
    }
    assert_eq!(child.wait().unwrap().code(), Some(0));
}

/// A terminal tells all processes of a Ctrl-C, and `heroku local` tells its children once more.
#[test]
fn one_ctrl_c_that_comes_twice_lets_it_end_gracefully() {
    // One of some: on a busy machine, the second may be late.
    let codes: Vec<_> = (0..5)
        .map(|_| {
            let mut child = stopping(ENDS, Signal::SIGINT);
            signal(&child, Signal::SIGINT);
            child.wait().unwrap().code()
        })
        .collect();
    assert!(codes.contains(&Some(0)), "{codes:?}");
}
