//! What every process does the same way: web and worker.

// The fuzzer brings one of its own, which finds what is wrong with memory.
#[cfg(not(fuzzing))]
mod allocator;
mod run;
mod shutdown;

#[cfg(test)]
mod tests;

pub use run::main;
pub use shutdown::signal_token;
