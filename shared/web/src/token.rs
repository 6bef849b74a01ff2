//! A token that callers share with a process.

pub use shared::config::Token;
