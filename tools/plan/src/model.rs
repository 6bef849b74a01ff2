//! The model of docs/scale.md. Times are in seconds, sizes in bytes, unless a name says otherwise.

mod answer;
pub mod calls;
pub mod constants;
mod cost;
pub mod memory;
mod question;
pub mod time;

#[cfg(test)]
mod tests;

pub use answer::Answer;
pub use cost::Cost;
pub use question::{Org, Question, Way};
