//! Texts of the document as HTML: paragraphs and code, the part of Markdown that they use.

use std::fmt::Write as _;

/// Blank lines separate paragraphs.
pub(super) fn paragraphs(page: &mut String, text: &str) {
    for paragraph in text.split("\n\n").map(str::trim).filter(|paragraph| !paragraph.is_empty()) {
        let _ = writeln!(page, "<p>{}</p>", inline(paragraph));
    }
}

/// What stands between backticks is code, also as rustdoc writes a link: with brackets around it.
pub(super) fn inline(text: &str) -> String {
    let mut html = String::with_capacity(text.len());
    let mut rest = text;
    while let Some((before, code, after)) = next_code(rest) {
        let (before, after) = match (before.strip_suffix('['), after.strip_prefix(']')) {
            (Some(before), Some(after)) => (before, after),
            _ => (before, after),
        };
        let _ = write!(html, "{}<code>{}</code>", escape(before), escape(code));
        rest = after;
    }
    html.push_str(&escape(rest));
    html
}

/// The text before the next code, the code, and the text after it. A backtick without another one is none.
fn next_code(text: &str) -> Option<(&str, &str, &str)> {
    let (before, rest) = text.split_once('`')?;
    let (code, after) = rest.split_once('`')?;
    Some((before, code, after))
}

/// Safe as text and inside of quoted attributes.
pub(super) fn escape(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for character in text.chars() {
        match character {
            '&' => escaped.push_str("&amp;"),
            '<' => escaped.push_str("&lt;"),
            '>' => escaped.push_str("&gt;"),
            '"' => escaped.push_str("&quot;"),
            '\'' => escaped.push_str("&#39;"),
            other => escaped.push(other),
        }
    }
    escaped
}
