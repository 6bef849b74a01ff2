//! The program itself.

use std::io::{BufRead, BufReader, Read};
use std::process::{Child, Command, Stdio};

use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;
use serde_json::Value;

use crate::support::client;

/// A running program, killed when the test is over.
struct Program(Child);

impl Program {
    fn start(arguments: &[&str]) -> Self {
        let mut command = Command::new(env!("CARGO_BIN_EXE_local-org"));
        let command = command.args(["--port", "0"]).args(arguments).stdout(Stdio::piped()).stderr(Stdio::piped());
        Self(command.spawn().expect("the program starts"))
    }

    /// The URL of the one line that it prints when it is ready.
    fn url(&mut self) -> (String, BufReader<std::process::ChildStdout>) {
        let mut stdout = BufReader::new(self.0.stdout.take().expect("standard output"));
        let mut line = String::new();
        stdout.read_line(&mut line).expect("a line");
        let url = line.strip_prefix("local-org listening on ").expect("the ready line").trim_end();
        (url.to_owned(), stdout)
    }

    fn signal(&self, signal: Signal) {
        let id = i32::try_from(self.0.id()).expect("a process id");
        kill(Pid::from_raw(id), signal).expect("the signal is sent");
    }
}

impl Drop for Program {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

async fn counts(url: &str) -> Value {
    let response = client().get(format!("{url}/local/orgs/my-org/counts")).send().await.expect("an answer");
    response.json().await.expect("JSON")
}

#[tokio::test]
async fn says_when_it_is_ready_and_stops_when_told() {
    for signal in [Signal::SIGTERM, Signal::SIGINT] {
        let mut program = Program::start(&["--opportunities", "20", "--lines", "3"]);
        let (url, mut stdout) = program.url();
        let counts = counts(&url).await;
        assert_eq!((&counts["Opportunity"], &counts["OpportunityLineItem"]), (&20.into(), &60.into()));
        program.signal(signal);
        assert!(program.0.wait().expect("it ends").success());
        let mut rest = String::new();
        stdout.read_to_string(&mut rest).expect("the rest");
        assert_eq!(rest, "", "one line only");
    }
}

#[tokio::test]
async fn keeps_its_data_in_files() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("orgs");
    let path = path.to_str().expect("a path");
    for _ in 0..2 {
        let mut program = Program::start(&["--db", path, "--opportunities", "20"]);
        let (url, _stdout) = program.url();
        assert_eq!(counts(&url).await["Opportunity"], 20, "made once");
        program.signal(Signal::SIGTERM);
        assert!(program.0.wait().expect("it ends").success());
    }
}

#[tokio::test]
async fn sessions_end_with_the_process_and_permissions_stay() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("orgs");
    let path = path.to_str().expect("a path");
    let mut seen = Vec::new();
    for _ in 0..2 {
        let mut program = Program::start(&[
            "--db",
            path,
            "--salesforce-dir",
            concat!(env!("CARGO_MANIFEST_DIR"), "/../../salesforce"),
        ]);
        let (url, _stdout) = program.url();
        let orgs: Value =
            client().get(format!("{url}/local/orgs")).send().await.expect("an answer").json().await.expect("JSON");
        let token = orgs[0]["users"][0]["accessToken"].as_str().expect("a token");
        let query = client().get(format!("{url}/services/data/v62.0/query?q=SELECT+QuoteJobKey__c+FROM+Quote"));
        assert_eq!(query.bearer_auth(token).send().await.expect("an answer").status(), 200);
        let counts = counts(&url).await;
        assert_eq!(counts["AuthSession"], 2, "one of each user");
        seen.push((
            counts["User"].clone(),
            counts["PermissionSetAssignment"].clone(),
            counts["FieldPermissions"].clone(),
        ));
        program.signal(Signal::SIGTERM);
        assert!(program.0.wait().expect("it ends").success());
    }
    assert_eq!(seen.first(), seen.last());
}

#[test]
fn names_a_wrong_option_in_one_line() {
    for (arguments, text) in [
        (["--port", "x"], "--port"),
        (["--nonsense", "1"], "--nonsense"),
        (["--salesforce-dir", "/nonexistent"], "--salesforce-dir"),
    ] {
        let output = Command::new(env!("CARGO_BIN_EXE_local-org")).args(arguments).output().expect("it runs");
        assert!(!output.status.success());
        assert!(output.stdout.is_empty());
        let message = String::from_utf8(output.stderr).expect("a text");
        assert_eq!(message.trim_end().lines().count(), 1, "{message}");
        assert!(message.contains(text), "{message}");
    }
}
