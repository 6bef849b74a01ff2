//! `jobs`: see the crate `jobs_cli`.

use clap::Parser as _;
use std::io::{self, Write as _};
use std::process::ExitCode;

#[tokio::main]
async fn main() -> ExitCode {
    let arguments = jobs_cli::Arguments::parse();
    let settings = match jobs_cli::Settings::read(&arguments) {
        Ok(settings) => settings,
        Err(error) => return shared::config::exit_on_error(&error),
    };
    match jobs_cli::run(arguments, settings, &mut io::stdout().lock()).await {
        Ok(()) => ExitCode::SUCCESS,
        // Whoever reads has seen enough: `jobs list | head`.
        Err(error) if is_broken_pipe(&error) => ExitCode::SUCCESS,
        Err(error) => {
            // Nobody is left to be told when this fails.
            let _ = writeln!(io::stderr(), "jobs: {error:#}");
            ExitCode::FAILURE
        }
    }
}

fn is_broken_pipe(error: &anyhow::Error) -> bool {
    error.downcast_ref::<io::Error>().is_some_and(|error| error.kind() == io::ErrorKind::BrokenPipe)
}
