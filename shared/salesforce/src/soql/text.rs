//! Values as SOQL literals.

/// A string literal, quotes included.
#[must_use]
pub fn quote(text: &str) -> String {
    format!("'{}'", escape(text, false))
}

/// The inside of a `LIKE` pattern that matches `text` and nothing else; put quotes and wildcards around it:
/// `format!("Name LIKE '{}%'", like_escape(prefix))`.
#[must_use]
pub fn like_escape(text: &str) -> String {
    escape(text, true)
}

/// A list for `IN`: `('a','b')`. SOQL knows no empty list.
#[must_use]
pub fn list<T: AsRef<str>>(values: impl IntoIterator<Item = T>) -> String {
    let values: Vec<_> = values.into_iter().map(|value| quote(value.as_ref())).collect();
    format!("({})", values.join(","))
}

/// Escape sequences of "Quoted String Escape Sequences", SOQL and SOSL Reference.
fn escape(text: &str, pattern: bool) -> String {
    let mut out = String::with_capacity(text.len() + 2);
    for c in text.chars() {
        match c {
            '\'' | '"' | '\\' => out.extend(['\\', c]),
            '%' | '_' if pattern => out.extend(['\\', c]),
            '\n' => out.push_str("\\n"),
            '\r' => out.push_str("\\r"),
            '\t' => out.push_str("\\t"),
            '\u{8}' => out.push_str("\\b"),
            '\u{c}' => out.push_str("\\f"),
            c if c.is_control() => out.push_str(&format!("\\u{:04X}", u32::from(c))),
            c => out.push(c),
        }
    }
    out
}
