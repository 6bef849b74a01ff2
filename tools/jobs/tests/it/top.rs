//! The live view in a terminal of its own.

use crate::support::Bed;
use anyhow::{Context, Result, ensure};
use nix::pty::{Winsize, openpty};
use std::fs::File;
use std::io::{Read as _, Write as _};
use std::process::{Child, Stdio};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;
use test_support::eventually;

const LIMIT: Duration = Duration::from_secs(60);
/// Ends the screen that the view has to itself (xterm's private mode 1049).
const LEAVES: &str = "\u{1b}[?1049l";

/// The program in a terminal of 200 columns and 50 rows.
struct Terminal {
    child: Child,
    keys: File,
    screen: Arc<Mutex<Vec<u8>>>,
}

impl Terminal {
    fn start(bed: &Bed) -> Result<Self> {
        let size = Winsize { ws_row: 50, ws_col: 200, ws_xpixel: 0, ws_ypixel: 0 };
        let pty = openpty(Some(&size), None)?;
        let mut command = bed.command(&["top"])?;
        command.env("TERM", "xterm-256color").stdin(pty.slave.try_clone()?).stdout(pty.slave.try_clone()?);
        let child = command.stderr(Stdio::from(pty.slave)).spawn()?;
        drop(command);
        let (keys, screen) = (File::from(pty.master), Arc::<Mutex<Vec<u8>>>::default());
        let (mut reader, seen) = (keys.try_clone()?, Arc::clone(&screen));
        std::thread::spawn(move || {
            let mut buffer = [0; 4096];
            while let Ok(count @ 1..) = reader.read(&mut buffer) {
                seen.lock().unwrap_or_else(PoisonError::into_inner).extend_from_slice(&buffer[..count]);
            }
        });
        Ok(Self { child, keys, screen })
    }

    fn text(&self) -> String {
        String::from_utf8_lossy(&self.screen.lock().unwrap_or_else(PoisonError::into_inner)).into_owned()
    }

    /// Only changed cells are drawn, so the text must have no blank.
    async fn shows(&self, text: &str) -> Result<()> {
        eventually(LIMIT, &format!("the terminal shows {text}"), async || {
            let screen = self.text();
            ensure!(screen.contains(text), "{screen:?}");
            Ok(())
        })
        .await
    }

    /// How it ends after this: well, and off the screen that it had to itself.
    async fn ends(&mut self) -> Result<()> {
        let child = &mut self.child;
        let status = eventually(LIMIT, "the view has ended", async || child.try_wait()?.context("it runs")).await?;
        ensure!(status.success(), "{status}: {:?}", self.text());
        self.shows(LEAVES).await
    }
}

impl Drop for Terminal {
    fn drop(&mut self) {
        // It has ended unless the test failed.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

#[tokio::test]
async fn it_shows_the_jobs_and_gives_the_terminal_back() -> Result<()> {
    let bed = Bed::new().await?;
    let id = bed.create("005000000000001AAA").await?;
    for key in ["q", "\u{3}"] {
        let mut terminal = Terminal::start(&bed)?;
        terminal.shows("api-access").await?;
        assert!(!terminal.text().contains(LEAVES));
        // Three patterns on: org-job is the last.
        terminal.keys.write_all(b"\t\t\t")?;
        terminal.shows(&id.hyphenated()).await?;
        terminal.keys.write_all(key.as_bytes())?;
        terminal.ends().await?;
    }
    let mut terminal = Terminal::start(&bed)?;
    terminal.shows("org-job").await?;
    let pid = nix::unistd::Pid::from_raw(i32::try_from(terminal.child.id())?);
    nix::sys::signal::kill(pid, nix::sys::signal::Signal::SIGTERM)?;
    terminal.ends().await
}

#[tokio::test]
async fn it_says_that_redis_is_away_and_goes_on_when_it_is_back() -> Result<()> {
    let mut bed = Bed::new().await?;
    let mut terminal = Terminal::start(&bed)?;
    terminal.shows("api-access").await?;
    bed.redis.kill().await?;
    terminal.shows("what is shown is old").await?;
    assert!(!terminal.text().contains(LEAVES), "it goes on");
    bed.redis.start_again().await?;
    let id = bed.create("005000000000001AAA").await?;
    terminal.keys.write_all(b"\t\t\t")?;
    terminal.shows(&id.hyphenated()).await?;
    terminal.keys.write_all(b"q")?;
    terminal.ends().await
}

#[tokio::test]
async fn without_a_terminal_it_says_so() -> Result<()> {
    let bed = Bed::new().await?;
    let refused = bed.refusal(&["top"])?;
    assert!(refused.contains("top needs a terminal"), "{refused}");
    Ok(())
}
