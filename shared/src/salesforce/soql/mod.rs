//! SOQL from parts: values escaped, a caller's WHERE clause parsed (SOQL and SOSL Reference).

mod lexer;
mod parser;
#[cfg(test)]
mod tests;

pub use parser::{WhereClause, WhereError, parse_where};

/// A string literal with its quotes, safe for any text ("Quoted String Escape Sequences").
pub fn quote(text: &str) -> String {
    let mut literal = String::with_capacity(text.len() + 2);
    literal.push('\'');
    for c in text.chars() {
        match c {
            '\'' => literal.push_str("\\'"),
            '\\' => literal.push_str("\\\\"),
            '\n' => literal.push_str("\\n"),
            '\r' => literal.push_str("\\r"),
            '\t' => literal.push_str("\\t"),
            c => literal.push(c),
        }
    }
    literal.push('\'');
    literal
}
