//! SOQL: parses a query, checks it against the org's schema, and runs it on SQLite.
//!
//! The way of a query: `lexer`, `parser` and `ast` know only its text; `scope` and `operand` look up names in the schema;
//! `filter` and `semi_join` translate conditions to SQL; `records` or `aggregates` put the statement together, run it and
//! write JSON. Rules are those of the SOQL and SOSL Reference; where it is silent, those observed on real orgs.

pub mod ast;
pub mod period;

mod aggregates;
mod columns;
mod execute;
mod explain;
mod export;
mod failure;
mod few;
mod filter;
mod fragment;
mod functions;
mod id;
mod lexer;
mod narrow;
mod operand;
mod options;
mod parser;
mod records;
mod rows;
mod scope;
mod semi_join;
mod subtotals;
#[cfg(test)]
mod tests;
mod value;

pub use self::columns::columns;
pub(crate) use self::execute::{Outcome, run};
pub use self::execute::{ResultSet, execute};
pub(crate) use self::explain::{Explanation, explain};
pub use self::export::Export;
pub(crate) use self::few::finds_few;
pub(crate) use self::narrow::narrowed;
pub use self::options::ExecuteOptions;
pub use self::parser::parse;
