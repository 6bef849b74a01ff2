//! Turns SIGTERM (Heroku, docker) and SIGINT (Ctrl-C) into a token that the whole process watches.

use std::io;
use std::process;
use std::time::{Duration, Instant};

use tokio::signal::unix::{SignalKind, signal};
use tokio_util::sync::CancellationToken;

/// What shells report for a process that Ctrl-C ended: 128 plus the signal's number.
const INTERRUPTED: i32 = 128 + 2;

/// One Ctrl-C may come twice: from the terminal, and from a parent that passes it on, as `heroku local` does.
pub(super) const SAME: Duration = Duration::from_secs(1);

/// A token that the first SIGTERM or SIGINT cancels. A Ctrl-C a second or more later ends the process at once, for people who
/// do not want to wait for a graceful stop. Further SIGTERMs change nothing: Heroku may send several (Dev Center, "Dyno Shutdown
/// Behavior"), and ends what is left after 30 seconds anyway.
///
/// Needs a tokio runtime.
///
/// # Errors
/// The system's, when the signals cannot be watched.
pub fn signal_token() -> io::Result<CancellationToken> {
    let mut terminate = signal(SignalKind::terminate())?;
    let mut interrupt = signal(SignalKind::interrupt())?;
    let token = CancellationToken::new();
    let cancelled = token.clone();
    tokio::spawn(async move {
        tokio::select! {
            _ = terminate.recv() => {}
            _ = interrupt.recv() => {}
        }
        let since = Instant::now();
        tracing::info!("stopping; Ctrl-C stops at once");
        cancelled.cancel();
        while interrupt.recv().await.is_some() {
            if since.elapsed() >= SAME {
                #[expect(clippy::disallowed_methods, reason = "whoever asks again wants no more waiting")]
                process::exit(INTERRUPTED);
            }
        }
    });
    Ok(token)
}
