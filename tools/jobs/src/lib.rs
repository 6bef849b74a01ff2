//! The jobs of all patterns at a terminal, for operators. It reads Redis through [`shared::jobs::operator`] alone, as the
//! dashboard does.

mod arguments;
mod commands;
mod queues;
mod settings;
mod show;
mod text;
mod top;

pub use arguments::Arguments;
pub use settings::Settings;

use arguments::Command;
use queues::Queues;
use std::io::Write;

/// Does what the arguments say, and writes what there is to show.
///
/// # Errors
/// When Redis cannot be asked, or what is asked for is refused: the message says why.
pub async fn run(arguments: Arguments, settings: Settings, out: &mut impl Write) -> anyhow::Result<()> {
    let actor = settings.actor.clone();
    let queues = Queues::connect(settings).await?;
    match arguments.command {
        Command::Top => top::run(&queues).await,
        command => commands::run(command, &queues, &actor, arguments.json, out).await,
    }
}
