//! Cuts a condition into tokens and refuses everything that no condition contains.

use super::ast::Operator;

/// A token and the byte at which it begins.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Token<'a> {
    pub(super) start: usize,
    pub(super) kind: Kind<'a>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind<'a> {
    /// Keyword, field path or date literal (`LAST_N_DAYS:5`).
    Word(&'a str),
    /// Inside of a string literal, escape sequences and all.
    Text(&'a str),
    /// What begins like a number: a number or a date.
    Number(&'a str),
    Operator(Operator),
    Open,
    Close,
    Comma,
    End,
}

/// What is wrong, and at which byte.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct LexError {
    pub(super) start: usize,
    pub(super) message: String,
}

pub(super) struct Lexer<'a> {
    text: &'a str,
    at: usize,
}

impl<'a> Lexer<'a> {
    pub(super) fn new(text: &'a str) -> Self {
        Self { text, at: 0 }
    }

    fn rest(&self) -> &'a str {
        self.text.get(self.at..).unwrap_or_default()
    }

    /// The next token; `End` for ever after the last one.
    pub(super) fn next(&mut self) -> Result<Token<'a>, LexError> {
        let blank = |c: char| matches!(c, ' ' | '\t' | '\r' | '\n');
        self.at += self.rest().len() - self.rest().trim_start_matches(blank).len();
        let start = self.at;
        let rest = self.rest();
        let Some(first) = rest.chars().next() else { return Ok(Token { start, kind: Kind::End }) };
        if ["--", "//", "/*"].iter().any(|comment| rest.starts_with(comment)) {
            return Err(LexError { start, message: "comments are not allowed".to_owned() });
        }
        let (kind, length) = match first {
            '(' => (Kind::Open, 1),
            ')' => (Kind::Close, 1),
            ',' => (Kind::Comma, 1),
            '\'' => self.string(start)?,
            '=' | '<' | '>' | '!' => operator(rest).ok_or_else(|| unexpected(start, first))?,
            'a'..='z' | 'A'..='Z' => {
                let word = run(rest, |c| c.is_ascii_alphanumeric() || matches!(c, '_' | '.' | ':'));
                (Kind::Word(word), word.len())
            }
            '0'..='9' | '+' | '-' | '.' if first != '.' || rest.as_bytes().get(1).is_some_and(u8::is_ascii_digit) => {
                let number = run(rest, |c| c.is_ascii_alphanumeric() || matches!(c, '.' | ':' | '+' | '-'));
                (Kind::Number(number), number.len())
            }
            _ => return Err(unexpected(start, first)),
        };
        self.at += length;
        Ok(Token { start, kind })
    }

    /// A string literal, and its length with the quotes.
    fn string(&self, start: usize) -> Result<(Kind<'a>, usize), LexError> {
        let body = self.rest().strip_prefix('\'').unwrap_or_default();
        let mut chars = body.char_indices();
        while let Some((index, c)) = chars.next() {
            let wrong = |message: &str| LexError { start: start + 1 + index, message: message.to_owned() };
            match c {
                '\'' => return Ok((Kind::Text(body.get(..index).unwrap_or_default()), index + 2)),
                '\\' => match chars.next() {
                    Some((
                        _,
                        '\'' | '"' | '\\' | 'n' | 'N' | 'r' | 'R' | 't' | 'T' | 'b' | 'B' | 'f' | 'F' | '_' | '%',
                    )) => {}
                    Some((_, 'u')) if chars.by_ref().take(4).filter(|(_, c)| c.is_ascii_hexdigit()).count() == 4 => {}
                    _ => return Err(wrong("unknown escape sequence")),
                },
                c if c.is_control() => return Err(wrong("control characters must be escaped")),
                _ => {}
            }
        }
        Err(LexError { start, message: "this quote is not closed".to_owned() })
    }
}

fn operator(rest: &str) -> Option<(Kind<'static>, usize)> {
    const OPERATORS: [(&str, Operator); 7] = [
        // Longer ones first.
        ("!=", Operator::NotEqual),
        ("<>", Operator::NotEqual),
        ("<=", Operator::LessOrEqual),
        (">=", Operator::GreaterOrEqual),
        ("=", Operator::Equal),
        ("<", Operator::Less),
        (">", Operator::Greater),
    ];
    let (text, operator) = OPERATORS.iter().find(|(text, _)| rest.starts_with(text))?;
    Some((Kind::Operator(*operator), text.len()))
}

/// The longest beginning of `text` whose characters are all wanted.
fn run(text: &str, wanted: impl Fn(char) -> bool) -> &str {
    let end = text.find(|c| !wanted(c)).unwrap_or(text.len());
    text.get(..end).unwrap_or(text)
}

fn unexpected(start: usize, c: char) -> LexError {
    let message = match c {
        ';' => "semicolons are not allowed".to_owned(),
        ':' => "bind variables are not supported".to_owned(),
        '"' => "text must be in single quotes".to_owned(),
        c => format!("unexpected character `{}`", c.escape_debug()),
    };
    LexError { start, message }
}
