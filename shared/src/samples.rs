//! Sample data: Opportunities with lines to try the patterns on, marked so that they can be told from all others.
//!
//! Every record carries a [`key`] in a field of its own. The key makes a repeated write safe, and only what carries one is
//! ever deleted.

pub mod catalogue;
pub mod key;
mod rows;

pub use rows::{LINE_COLUMNS, OPPORTUNITY_COLUMNS, SampleRows, opportunity_name};
