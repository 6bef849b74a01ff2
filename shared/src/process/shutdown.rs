//! Turns SIGTERM (Heroku, docker) and SIGINT (Ctrl-C) into a token that the whole process watches.

use std::io;
use std::process;

use tokio::signal::unix::{Signal, SignalKind, signal};
use tokio_util::sync::CancellationToken;

/// What shells report for a process that a signal ended: 128 plus the signal's number.
const TERMINATED: i32 = 128 + 15;
const INTERRUPTED: i32 = 128 + 2;

/// A token that the first SIGTERM or SIGINT cancels. A second one ends the process at once, for people who do not want to
/// wait for a graceful stop.
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
        next(&mut terminate, &mut interrupt).await;
        tracing::info!("stopping; a second signal stops at once");
        cancelled.cancel();
        #[expect(clippy::disallowed_methods, reason = "whoever sends a second signal wants no more waiting")]
        process::exit(next(&mut terminate, &mut interrupt).await);
    });
    Ok(token)
}

/// Waits for either signal and gives its exit code.
async fn next(terminate: &mut Signal, interrupt: &mut Signal) -> i32 {
    tokio::select! {
        _ = terminate.recv() => TERMINATED,
        _ = interrupt.recv() => INTERRUPTED,
    }
}
