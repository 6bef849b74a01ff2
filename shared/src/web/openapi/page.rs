//! A page for people: the operations of the document, their parameters, bodies and answers. One string of HTML and CSS, no
//! script and nothing to load.

use std::fmt::Write as _;

use serde_json::Value;

use super::downgrade::METHODS;

/// Content security policy of the page: its own style and nothing else.
pub(in crate::web) const POLICY: &str =
    "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

const STYLE: &str = include_str!("page.css");

/// The page of a document.
pub(super) fn render(document: &Value) -> String {
    let title = escape(text(&document["info"]["title"]));
    let mut page = format!(
        "<!doctype html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n\
         <meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n\
         <meta name=\"color-scheme\" content=\"light dark\">\n\
         <title>{title}</title>\n<style>\n{STYLE}</style>\n</head>\n<body>\n<header>\n<h1>{title} <small>{}</small></h1>\n",
        escape(text(&document["info"]["version"])),
    );
    paragraphs(&mut page, text(&document["info"]["description"]));
    page.push_str("<p><a href=\"/api-docs.yaml\">api-docs.yaml</a></p>\n</header>\n<main>\n");
    for (path, item) in entries(&document["paths"]) {
        for (method, operation) in entries(item).filter(|(key, _)| METHODS.contains(key)) {
            render_operation(&mut page, method, path, operation);
        }
    }
    page.push_str("</main>\n");
    let mut schemas = entries(&document["components"]["schemas"]).peekable();
    if schemas.peek().is_some() {
        page.push_str("<section>\n<h2>Schemas</h2>\n");
        for (name, schema) in schemas {
            let name = escape(name);
            let _ = writeln!(page, "<h3 id=\"schema-{name}\">{name}</h3>");
            render_schema(&mut page, schema);
        }
        page.push_str("</section>\n");
    }
    page.push_str("</body>\n</html>\n");
    page
}

fn render_operation(page: &mut String, method: &str, path: &str, operation: &Value) {
    let id = escape(text(&operation["operationId"]));
    let _ = writeln!(
        page,
        "<article id=\"{id}\">\n<h2><span class=\"method {method}\">{}</span> <code>{}</code> <small>{id}</small></h2>",
        method.to_ascii_uppercase(),
        escape(path),
    );
    paragraphs(page, text(&operation["summary"]));
    paragraphs(page, text(&operation["description"]));
    render_parameters(page, &operation["parameters"]);
    if let Some(body) = operation.get("requestBody") {
        page.push_str("<h3>Request body</h3>\n");
        render_content(page, &body["content"]);
    }
    page.push_str("<h3>Responses</h3>\n");
    for (status, response) in entries(&operation["responses"]) {
        let description = escape(text(&response["description"]));
        let _ = writeln!(page, "<p><b>{}</b> {description}</p>", escape(status));
        render_content(page, &response["content"]);
    }
    for (name, callback) in entries(&operation["callbacks"]) {
        for (expression, item) in entries(callback) {
            for (method, operation) in entries(item).filter(|(key, _)| METHODS.contains(key)) {
                let (name, expression) = (escape(name), escape(expression));
                let method = method.to_ascii_uppercase();
                let _ = writeln!(page, "<h3>Callback {name}: {method} <code>{expression}</code></h3>");
                paragraphs(page, text(&operation["description"]));
                render_content(page, &operation["requestBody"]["content"]);
            }
        }
    }
    page.push_str("</article>\n");
}

fn render_parameters(page: &mut String, parameters: &Value) {
    let Some(parameters) = parameters.as_array().filter(|parameters| !parameters.is_empty()) else { return };
    page.push_str("<h3>Parameters</h3>\n<table>\n");
    for parameter in parameters {
        let _ = writeln!(
            page,
            "<tr><td><code>{}</code></td><td>{}{}</td><td>{}</td><td>{}</td></tr>",
            escape(text(&parameter["name"])),
            escape(text(&parameter["in"])),
            if parameter["required"] == true { ", required" } else { "" },
            type_of(&parameter["schema"]),
            escape(text(&parameter["description"])),
        );
    }
    page.push_str("</table>\n");
}

fn render_content(page: &mut String, content: &Value) {
    for (media_type, value) in entries(content) {
        let _ = writeln!(page, "<p><code>{}</code> {}</p>", escape(media_type), type_of(&value["schema"]));
        if value["schema"].get("properties").is_some() {
            render_schema(page, &value["schema"]);
        }
    }
}

fn render_schema(page: &mut String, schema: &Value) {
    paragraphs(page, text(&schema["description"]));
    let required =
        |name: &str| schema["required"].as_array().is_some_and(|names| names.iter().any(|item| item == name));
    let mut properties = entries(&schema["properties"]).peekable();
    if properties.peek().is_none() {
        let _ = writeln!(page, "<p>{}</p>", type_of(schema));
        return;
    }
    page.push_str("<table>\n");
    for (name, property) in properties {
        let _ = writeln!(
            page,
            "<tr><td><code>{}</code></td><td>{}</td><td>{}</td><td>{}</td></tr>",
            escape(name),
            if required(name) { "required" } else { "" },
            type_of(property),
            escape(text(&property["description"])),
        );
    }
    page.push_str("</table>\n");
}

/// A type in a few words, with links to named schemas. HTML.
fn type_of(schema: &Value) -> String {
    if let Some(reference) = schema["$ref"].as_str() {
        let name = escape(reference.rsplit('/').next().unwrap_or(reference));
        return format!("<a href=\"#schema-{name}\">{name}</a>");
    }
    for (keyword, separator) in [("allOf", " and "), ("oneOf", " or "), ("anyOf", " or ")] {
        if let Some(choices) = schema[keyword].as_array() {
            return choices.iter().map(type_of).collect::<Vec<_>>().join(separator);
        }
    }
    let mut words = match text(&schema["type"]) {
        "" => "any value".to_owned(),
        "array" => format!("list of {}", type_of(&schema["items"])),
        "object" if schema["additionalProperties"].is_object() => {
            format!("map of {}", type_of(&schema["additionalProperties"]))
        }
        name => escape(name),
    };
    if let Some(format) = schema["format"].as_str() {
        let _ = write!(words, " ({})", escape(format));
    }
    if schema["nullable"] == true {
        words.push_str(" or null");
    }
    if let Some(values) = schema["enum"].as_array() {
        let values: Vec<_> = values.iter().map(|value| escape(&value.to_string())).collect();
        let _ = write!(words, ": {}", values.join(", "));
    }
    words
}

/// Blank lines separate paragraphs. Markdown is shown as it is written.
fn paragraphs(page: &mut String, text: &str) {
    for paragraph in text.split("\n\n").map(str::trim).filter(|paragraph| !paragraph.is_empty()) {
        let _ = writeln!(page, "<p>{}</p>", escape(paragraph));
    }
}

fn text(value: &Value) -> &str {
    value.as_str().unwrap_or_default()
}

fn entries(value: &Value) -> impl Iterator<Item = (&str, &Value)> {
    value.as_object().into_iter().flatten().map(|(key, value)| (key.as_str(), value))
}

/// Safe as text and inside of quoted attributes.
fn escape(text: &str) -> String {
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
