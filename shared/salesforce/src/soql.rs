//! SOQL as text: values are escaped, and a caller's condition is parsed before it becomes part of a query.

mod ast;
mod fields;
mod lexer;
mod literal;
mod names;
mod parser;
mod text;

pub use ast::WhereClause;
pub use fields::FieldUse;
pub use parser::{MAX_DEPTH, MAX_SEMI_JOINS, MAX_WHERE_CHARS, WhereError, parse_where};
pub use text::{like_escape, list, quote};

#[cfg(test)]
mod tests;
