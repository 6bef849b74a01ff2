//! Redis servers for tests: real processes on free ports of the loopback interface.

use std::io::Write as _;
use std::net::{TcpListener, TcpStream};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::sync::LazyLock;
use std::time::{Duration, Instant};

use tempfile::TempDir;

/// The server that most tests share; each has a prefix of its own.
pub(crate) static SHARED: LazyLock<RedisServer> =
    LazyLock::new(|| RedisServer::start(&["--save", "", "--appendonly", "no"]));

/// A Redis server that ends with this process, or when it is dropped.
pub(crate) struct RedisServer {
    port: u16,
    options: Vec<String>,
    dir: TempDir,
    guard: Child,
}

impl RedisServer {
    /// Starts a server with further options.
    pub(crate) fn start(options: &[&str]) -> Self {
        let dir = tempfile::tempdir().unwrap();
        let port = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
        let options: Vec<String> = options.iter().map(ToString::to_string).collect();
        let guard = spawn(port, &options, dir.path());
        Self { port, options, dir, guard }
    }

    /// The server's URL.
    pub(crate) fn url(&self) -> String {
        format!("redis://127.0.0.1:{}", self.port)
    }

    /// The server's port.
    pub(crate) fn port(&self) -> u16 {
        self.port
    }

    /// Ends the server as a power cut would.
    pub(crate) fn kill(&mut self) {
        if let Some(mut stdin) = self.guard.stdin.take() {
            let _ = stdin.write_all(b"end\n");
        }
        self.guard.wait().unwrap();
    }

    /// Starts it again, on the same port and data.
    pub(crate) fn restart(&mut self) {
        self.guard = spawn(self.port, &self.options, self.dir.path());
    }
}

impl Drop for RedisServer {
    fn drop(&mut self) {
        self.kill();
    }
}

/// A shell kills the server (-9) when its standard input ends, so none outlives the test process however that ends.
fn spawn(port: u16, options: &[String], dir: &Path) -> Child {
    let guard = Command::new("sh")
        .arg("-c")
        .arg(r#"redis-server "$@" </dev/null >/dev/null 2>&1 & read -r _; kill -9 $!; wait $! 2>/dev/null; true"#)
        .arg("redis-server")
        .args(["--bind", "127.0.0.1", "--rdbcompression", "no", "--port", &port.to_string(), "--dir"])
        .arg(dir)
        .args(options)
        .stdin(Stdio::piped())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    let deadline = Instant::now() + Duration::from_secs(20);
    while TcpStream::connect(("127.0.0.1", port)).is_err() {
        assert!(Instant::now() < deadline, "redis-server does not listen");
        std::thread::sleep(Duration::from_millis(10));
    }
    guard
}
