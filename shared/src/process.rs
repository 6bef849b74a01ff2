//! What every process does the same way: web and worker.

mod run;
mod shutdown;

#[cfg(test)]
mod tests;

pub use run::main;
pub use shutdown::signal_token;
