//! The program as a process of its own.

use std::io::{BufRead, BufReader};
use std::process::{Child, Command, Stdio};

use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;

/// A running program, killed when the test is over.
pub(crate) struct Program(pub(crate) Child);

impl Program {
    pub(crate) fn start(arguments: &[&str]) -> Self {
        let mut command = Command::new(env!("CARGO_BIN_EXE_local-org"));
        let command = command.args(["--port", "0"]).args(arguments).stdout(Stdio::piped()).stderr(Stdio::piped());
        Self(command.spawn().expect("the program starts"))
    }

    /// The URL of the one line that it prints when it is ready.
    pub(crate) fn url(&mut self) -> (String, BufReader<std::process::ChildStdout>) {
        let mut stdout = BufReader::new(self.0.stdout.take().expect("standard output"));
        let mut line = String::new();
        stdout.read_line(&mut line).expect("a line");
        let url = line.strip_prefix("local-org listening on ").expect("the ready line").trim_end();
        (url.to_owned(), stdout)
    }

    pub(crate) fn signal(&self, signal: Signal) {
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
