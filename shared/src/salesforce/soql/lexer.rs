//! Words of a WHERE clause, each with its place.

use super::parser::WhereError;

/// A word of the clause.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Token {
    /// Keyword, field or date literal, as written.
    Word(String),
    /// String literal with quotes and escapes as written.
    Text(String),
    /// Number, date or date-time, as written.
    Number(String),
    /// Operator, bracket or comma.
    Symbol(&'static str),
}

/// A token and the byte at which it begins.
pub(super) type Spanned = (usize, Token);

const SYMBOLS: [&str; 10] = ["!=", "<>", "<=", ">=", "=", "<", ">", "(", ")", ","];

pub(super) fn lex(text: &str) -> Result<Vec<Spanned>, WhereError> {
    let mut tokens = Vec::new();
    let mut at = 0;
    while let Some(rest) = text.get(at..).filter(|rest| !rest.is_empty()) {
        let Some(first) = rest.chars().next() else { break };
        if first.is_whitespace() {
            at += first.len_utf8();
            continue;
        }
        let fail = |message: &str| WhereError::at(text, at, message);
        if rest.starts_with("--") || rest.starts_with("/*") || rest.starts_with("//") {
            return Err(fail("comments are not allowed"));
        }
        let (length, token) = if first == '\'' {
            let length = text_length(rest).map_err(fail)?;
            (length, Token::Text(rest.get(..length).unwrap_or_default().to_owned()))
        } else if first.is_ascii_digit() || matches!(first, '-' | '+') {
            let length = rest.find(|c: char| !(c.is_ascii_alphanumeric() || "+-.:".contains(c))).unwrap_or(rest.len());
            (length, Token::Number(rest.get(..length).unwrap_or_default().to_owned()))
        } else if first.is_ascii_alphabetic() {
            let length = rest.find(|c: char| !(c.is_ascii_alphanumeric() || "_.:".contains(c))).unwrap_or(rest.len());
            (length, Token::Word(rest.get(..length).unwrap_or_default().to_owned()))
        } else if let Some(symbol) = SYMBOLS.into_iter().find(|symbol| rest.starts_with(symbol)) {
            (symbol.len(), Token::Symbol(symbol))
        } else if first == ':' {
            return Err(fail("bind variables are not allowed"));
        } else {
            return Err(fail(&format!("unexpected character {first:?}")));
        };
        tokens.push((at, token));
        at += length;
    }
    Ok(tokens)
}

/// Bytes of the string literal at the start of `rest`, quotes included.
fn text_length(rest: &str) -> Result<usize, &'static str> {
    let mut characters = rest.char_indices().skip(1);
    while let Some((at, c)) = characters.next() {
        match c {
            '\'' => return Ok(at + 1),
            '\\' => match characters.next() {
                Some((
                    _,
                    '\'' | '"' | '\\' | 'n' | 'N' | 'r' | 'R' | 't' | 'T' | 'b' | 'B' | 'f' | 'F' | '_' | '%',
                )) => {}
                Some((_, 'u')) => {
                    if !(0..4).all(|_| characters.next().is_some_and(|(_, c)| c.is_ascii_hexdigit())) {
                        return Err("\\u needs four hexadecimal digits");
                    }
                }
                _ => return Err("unknown escape sequence in a string"),
            },
            c if c.is_control() => return Err("a string holds a control character; write it as an escape sequence"),
            _ => {}
        }
    }
    Err("the string has no closing quote")
}
