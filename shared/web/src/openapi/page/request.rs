//! An example request of an operation: a command of curl, made of the document.

use std::fmt::Write as _;

use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};
use serde_json::Value;

use super::document::{entries, text};
use super::example;

/// Who may call an operation.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Caller {
    /// Salesforce, through AppLink, with the client context: what the document asks no credential for.
    Salesforce,
    /// Whoever has the token that the document's bearer scheme asks for.
    TokenHolder,
}

impl Caller {
    /// Of an operation.
    pub(super) fn of(document: &Value, operation: &Value) -> Self {
        let asked = operation.get("security").or_else(|| document.get("security"));
        let asks = asked.and_then(Value::as_array).is_some_and(|schemes| !schemes.is_empty());
        if asks { Self::TokenHolder } else { Self::Salesforce }
    }

    /// The option of curl that says so, for a shell.
    fn header(self) -> &'static str {
        match self {
            Self::Salesforce => r#"--header "x-client-context: $CLIENT_CONTEXT""#,
            Self::TokenHolder => r#"--header "Authorization: Bearer $TOKEN""#,
        }
    }
}

/// The command, for a shell in which the variables are set that the page explains.
pub(super) fn command(document: &Value, method: &str, path: &str, operation: &Value) -> String {
    let method = method.to_ascii_uppercase();
    let mut command = format!("curl --request {method} \"$APP_URL{}\"", url(document, path, operation));
    let mut option = |text: &str| {
        let _ = write!(command, " \\\n  {text}");
    };
    option(Caller::of(document, operation).header());
    for parameter in required(operation, "header") {
        let value = plain(&example::of(document, parameter));
        option(&format!("--header \"{}: {}\"", quoted(text(&parameter["name"])), quoted(&value)));
    }
    let Some((media_type, content)) = entries(&operation["requestBody"]["content"]).next() else { return command };
    option(&format!("--header \"Content-Type: {}\"", quoted(media_type)));
    let body = example::of(document, content);
    // A document in the shell: nothing in JSON has to be escaped there, and no line of it is this word alone.
    option(&format!("--data @- <<'JSON'\n{body:#}\nJSON"));
    command
}

/// Path and query; `{id}` becomes the variable `$ID`.
fn url(document: &Value, path: &str, operation: &Value) -> String {
    let mut url = String::new();
    for (index, part) in path.split('{').enumerate() {
        match (index, part.split_once('}')) {
            (1.., Some((name, rest))) => {
                let _ = write!(url, "${}{}", variable(name), quoted(rest));
            }
            _ => url.push_str(&quoted(part)),
        }
    }
    for (index, parameter) in required(operation, "query").enumerate() {
        let name = utf8_percent_encode(text(&parameter["name"]), NON_ALPHANUMERIC);
        let value = plain(&example::of(document, parameter));
        let value = utf8_percent_encode(&value, NON_ALPHANUMERIC);
        let _ = write!(url, "{}{name}={value}", if index == 0 { '?' } else { '&' });
    }
    url
}

/// The variables that stand in the path, and the parameters that they stand for.
pub(super) fn variables(path: &str) -> impl Iterator<Item = (String, &str)> {
    path.split('{').skip(1).filter_map(|part| part.split_once('}')).map(|(name, _)| (variable(name), name))
}

fn variable(name: &str) -> String {
    name.chars().map(|c| if c.is_ascii_alphanumeric() { c.to_ascii_uppercase() } else { '_' }).collect()
}

fn required<'a>(operation: &'a Value, place: &'a str) -> impl Iterator<Item = &'a Value> {
    let parameters = operation["parameters"].as_array().into_iter().flatten();
    parameters.filter(move |parameter| parameter["in"] == place && parameter["required"] == true)
}

/// A value as it stands in a URL or a header.
fn plain(value: &Value) -> String {
    value.as_str().map_or_else(|| value.to_string(), str::to_owned)
}

/// Safe between double quotes of a shell.
fn quoted(text: &str) -> String {
    let mut quoted = String::with_capacity(text.len());
    for character in text.chars().filter(|character| !character.is_control()) {
        if matches!(character, '"' | '\\' | '$' | '`') {
            quoted.push('\\');
        }
        quoted.push(character);
    }
    quoted
}
