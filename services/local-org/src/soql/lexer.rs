//! Cuts a query into tokens.

use super::ast::{Place, Text};
use super::failure;
use crate::error::ApiError;

/// Longest quoted string, in characters (SOQL and SOSL Reference, "SOQL and SOSL Limits").
const MAX_TEXT: usize = 4_000;

/// What a token is.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum TokenKind {
    /// A name or keyword, or an amount of a currency.
    Word,
    /// A number, perhaps signed.
    Number,
    /// `YYYY-MM-DD`.
    Date,
    /// `YYYY-MM-DDThh:mm:ss` with fraction and time zone as written.
    DateTime,
    /// A quoted string.
    Text(Text),
    /// Punctuation or an operator.
    Symbol,
    /// End of the query.
    End,
}

/// A token and its place.
#[derive(Debug, Clone)]
pub(super) struct Token<'a> {
    pub(super) kind: TokenKind,
    /// The token as written; empty at the end.
    pub(super) text: &'a str,
    pub(super) at: Place,
}

/// The tokens of a query; the last one is [`TokenKind::End`].
pub(super) fn tokens(text: &str) -> Result<Vec<Token<'_>>, ApiError> {
    let mut lexer = Lexer { text, at: 0 };
    let mut tokens = Vec::new();
    loop {
        let token = lexer.next_token()?;
        let end = token.kind == TokenKind::End;
        tokens.push(token);
        if end {
            return Ok(tokens);
        }
    }
}

struct Lexer<'a> {
    text: &'a str,
    at: usize,
}

impl<'a> Lexer<'a> {
    fn rest(&self) -> &'a str {
        self.text.get(self.at..).unwrap_or_default()
    }

    fn peek(&self) -> Option<char> {
        self.rest().chars().next()
    }

    fn skip_while(&mut self, accept: impl Fn(char) -> bool) {
        let rest = self.rest();
        self.at += rest.find(|c| !accept(c)).unwrap_or(rest.len());
    }

    /// Skips one of the characters, if it is next.
    fn skip_one_of(&mut self, accept: &[char]) -> bool {
        let found = self.peek().filter(|c| accept.contains(c));
        self.at += found.map_or(0, char::len_utf8);
        found.is_some()
    }

    fn next_token(&mut self) -> Result<Token<'a>, ApiError> {
        self.skip_while(char::is_whitespace);
        let start = self.at;
        let kind = match self.peek() {
            None => TokenKind::End,
            Some('\'') => self.quoted()?,
            Some(c) if c.is_ascii_alphabetic() => {
                self.skip_while(|c| c.is_ascii_alphanumeric() || c == '_');
                self.skip_cents();
                TokenKind::Word
            }
            Some(c) if c.is_ascii_digit() || self.begins_number() => self.number_or_date(),
            Some(c) => self.symbol(c)?,
        };
        let text = self.text.get(start..self.at).unwrap_or_default();
        Ok(Token { kind, text, at: Place(start) })
    }

    /// Skips the decimals of an amount like `USD5000.50`. No name goes on with a digit after a point.
    fn skip_cents(&mut self) {
        if self.rest().strip_prefix('.').is_some_and(|rest| rest.starts_with(|c: char| c.is_ascii_digit())) {
            self.at += 1;
            self.skip_while(|c| c.is_ascii_digit());
        }
    }

    /// Whether a sign or point is the beginning of a number.
    fn begins_number(&self) -> bool {
        let unsigned = self.rest().trim_start_matches(['+', '-']);
        let digits = unsigned.strip_prefix('.').unwrap_or(unsigned);
        self.rest().len() - unsigned.len() <= 1 && digits.starts_with(|c: char| c.is_ascii_digit())
    }

    fn number_or_date(&mut self) -> TokenKind {
        if matches_shape(self.rest(), "dddd-dd-dd") {
            self.at += "dddd-dd-dd".len();
            if !self.skip_one_of(&['T', 't']) {
                return TokenKind::Date;
            }
            self.skip_while(|c| c.is_ascii_digit() || c == ':' || c == '.');
            if !self.skip_one_of(&['Z', 'z']) && self.skip_one_of(&['+', '-']) {
                self.skip_while(|c| c.is_ascii_digit() || c == ':');
            }
            return TokenKind::DateTime;
        }
        self.skip_one_of(&['+', '-']);
        self.skip_while(|c| c.is_ascii_digit() || c == '.');
        if matches!(self.peek(), Some('e' | 'E')) {
            self.at += 1;
            self.skip_one_of(&['+', '-']);
        }
        // Letters glued to a number belong to it, so that the error shows all of `12abc`.
        self.skip_while(|c| c.is_ascii_alphanumeric() || c == '_');
        TokenKind::Number
    }

    fn symbol(&mut self, first: char) -> Result<TokenKind, ApiError> {
        let two = ["!=", "<>", "<=", ">="].iter().any(|operator| self.rest().starts_with(operator));
        if !two && !"(),.:=<>".contains(first) {
            return Err(failure::malformed(self.text, Place(self.at), format!("unexpected token: '{first}'")));
        }
        self.at += if two { 2 } else { 1 };
        Ok(TokenKind::Symbol)
    }

    fn quoted(&mut self) -> Result<TokenKind, ApiError> {
        let start = self.at;
        let mut pattern = String::new();
        self.at += 1;
        loop {
            let Some(c) = self.peek() else {
                return Err(failure::malformed(self.text, Place(start), "unexpected token: ''' (unclosed string)"));
            };
            self.at += c.len_utf8();
            match c {
                '\'' => break,
                '\\' => self.escape(start, &mut pattern)?,
                _ => pattern.push(c),
            }
        }
        let text = Text(pattern);
        if text.pattern().len() > MAX_TEXT && text.value().chars().count() > MAX_TEXT {
            let message = format!("String literals can't be longer than {MAX_TEXT} characters");
            return Err(failure::malformed(self.text, Place(start), message));
        }
        Ok(TokenKind::Text(text))
    }

    /// Reads what follows a backslash.
    fn escape(&mut self, start: usize, pattern: &mut String) -> Result<(), ApiError> {
        let escaped = self.peek();
        self.at += escaped.map_or(0, char::len_utf8);
        match escaped {
            Some(c @ ('\'' | '"')) => pattern.push(c),
            Some('n' | 'N') => pattern.push('\n'),
            Some('r' | 'R') => pattern.push('\r'),
            Some('t' | 'T') => pattern.push('\t'),
            Some('b' | 'B') => pattern.push('\u{8}'),
            Some('f' | 'F') => pattern.push('\u{c}'),
            Some(c @ ('\\' | '%' | '_')) => pattern.extend(['\\', c]),
            Some('u' | 'U') => match self.code_point() {
                // The character must not act as a wildcard or escape: it was written so as to be taken literally.
                Some(c @ ('\\' | '%' | '_')) => pattern.extend(['\\', c]),
                Some(c) => pattern.push(c),
                None => return Err(self.bad_escape(start)),
            },
            _ => return Err(self.bad_escape(start)),
        }
        Ok(())
    }

    /// Four hexadecimal digits, or twice that with `\u` between for a character outside the basic plane.
    fn code_point(&mut self) -> Option<char> {
        let high = self.four_hex_digits()?;
        if !(0xD800..0xDC00).contains(&high) {
            return char::from_u32(high);
        }
        if !self.rest().starts_with("\\u") {
            return None;
        }
        self.at += 2;
        let low = self.four_hex_digits().filter(|low| (0xDC00..0xE000).contains(low))?;
        char::from_u32(0x1_0000 + ((high - 0xD800) << 10) + (low - 0xDC00))
    }

    fn four_hex_digits(&mut self) -> Option<u32> {
        let digits = self.rest().get(..4).filter(|digits| digits.bytes().all(|b| b.is_ascii_hexdigit()))?;
        self.at += 4;
        u32::from_str_radix(digits, 16).ok()
    }

    fn bad_escape(&self, start: usize) -> ApiError {
        let written = self.text.get(start..self.at).unwrap_or_default();
        let sequence = written.get(written.rfind('\\').unwrap_or(0)..).unwrap_or_default();
        let message =
            format!("Invalid string literal {written}. Illegal character sequence '{sequence}' in string literal.");
        failure::malformed(self.text, Place(start), message)
    }
}

/// Whether the text begins with this shape, in which `d` stands for a digit and everything else for itself.
fn matches_shape(text: &str, shape: &str) -> bool {
    text.len() >= shape.len()
        && text.bytes().zip(shape.bytes()).all(|(c, s)| if s == b'd' { c.is_ascii_digit() } else { c == s })
}
