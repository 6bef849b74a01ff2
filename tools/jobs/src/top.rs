//! The live view.

mod draw;
mod keys;

use crate::queues::Queues;
use anyhow::{Context, ensure};
use draw::Seen;
use keys::Key;
use ratatui::DefaultTerminal;
use shared::jobs::operator::{JobFilter, RowPage, WhichJobs};
use std::io::IsTerminal as _;
use std::time::Duration;
use tokio::signal::unix::{SignalKind, signal};
use tokio::time::{MissedTickBehavior, interval};

/// Between two looks.
const PERIOD: Duration = Duration::from_secs(1);
/// Open jobs of each queue that are shown.
const MOST_JOBS: usize = 50;

/// Shows the queues until q, Esc or Ctrl-C. The terminal is as before afterwards, also after a panic or SIGTERM.
pub(crate) async fn run(queues: &Queues) -> anyhow::Result<()> {
    ensure!(std::io::stdout().is_terminal(), "top needs a terminal; `jobs overview --json` is for programs");
    let mut terminal = ratatui::try_init().context("the terminal cannot be used")?;
    let result = follow(queues, &mut terminal).await;
    let restored = ratatui::try_restore().context("the terminal could not be restored");
    result.and(restored)
}

async fn follow(queues: &Queues, terminal: &mut DefaultTerminal) -> anyhow::Result<()> {
    let mut keys = keys::listen();
    let mut stop = signal(SignalKind::terminate())?;
    let mut ticks = interval(PERIOD);
    ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    let mut seen = Seen::default();
    loop {
        tokio::select! {
            _ = ticks.tick() => match look(queues).await {
                Ok(queues) => seen.update(queues),
                Err(error) => seen.trouble = Some(format!("{error:#}")),
            },
            key = keys.recv() => match key {
                Some(Key::Next) => seen.turn(1),
                Some(Key::Previous) => seen.turn(-1),
                Some(Key::Resized) => {}
                Some(Key::Quit) | None => return Ok(()),
            },
            _ = stop.recv() => return Ok(()),
        }
        terminal.draw(|frame| draw::draw(frame, &seen))?;
    }
}

async fn look(queues: &Queues) -> anyhow::Result<Vec<draw::Queue>> {
    let filter = JobFilter { which: WhichJobs::Open, ..JobFilter::default() };
    let overviews = queues.overviews().await?;
    let jobs = queues.rows(&filter, MOST_JOBS, None).await?;
    let queue = |((name, overview), (_, page)): ((&str, _), (&str, RowPage))| draw::Queue {
        name: name.to_owned(),
        overview,
        jobs: page.rows,
    };
    Ok(overviews.into_iter().zip(jobs).map(queue).collect())
}
