//! What every process does the same way: web and worker.

mod shutdown;

#[cfg(test)]
mod tests;

pub use shutdown::signal_token;
