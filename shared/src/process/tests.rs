//! Signals, in a process of their own: this test binary, started again.

use std::io::{BufRead, BufReader, Write};
use std::process::{Child, Command, Stdio};

use super::signal_token;

/// Set in the second process only.
const MARK: &str = "SHARED_TEST_SIGNAL_CHILD";

/// The second process: prints when it is ready and when it was told to stop, and then never ends by itself.
#[tokio::test]
#[expect(clippy::disallowed_methods, reason = "a mark for this test, and no setting")]
async fn child() {
    if std::env::var_os(MARK).is_none() {
        return;
    }
    let token = signal_token().unwrap();
    say("ready");
    token.cancelled().await;
    say("stopping");
    std::future::pending().await
}

/// Past the capture of the test harness.
fn say(line: &str) {
    let mut stderr = std::io::stderr().lock();
    writeln!(stderr, "{line}").unwrap();
}

fn signal(child: &Child, name: &str) {
    let status = Command::new("kill").arg(format!("-{name}")).arg(child.id().to_string()).status().unwrap();
    assert!(status.success());
}

#[test]
fn the_first_signal_stops_gracefully_and_the_second_at_once() {
    for (first, second, code) in [("TERM", "TERM", 143), ("INT", "INT", 130), ("TERM", "INT", 130)] {
        let mut child = Command::new(std::env::current_exe().unwrap())
            .args(["--exact", "process::tests::child", "--nocapture"])
            .env(MARK, "1")
            .stdout(Stdio::null())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        let mut lines = BufReader::new(child.stderr.take().unwrap()).lines().map(Result::unwrap);
        assert!(lines.any(|line| line == "ready"));
        signal(&child, first);
        assert!(lines.any(|line| line == "stopping"));
        signal(&child, second);
        assert_eq!(child.wait().unwrap().code(), Some(code));
    }
}
