//! A page for people: the operations of the document with an example request each, their parameters, bodies and answers.
//! HTML with a style, an icon, and a script that copies examples, all served beside it.

mod calling;
mod document;
mod example;
mod prose;
mod request;

use std::fmt::Write as _;

use serde_json::Value;

use self::document::{entries, operations, text};
use self::prose::{escape, inline, paragraphs};
use super::downgrade::METHODS;

/// Content security policy of the page: the files beside it, and nothing inline.
pub(crate) const POLICY: &str = "default-src 'none'; style-src 'self'; script-src 'self'; img-src 'self'; \
                                         base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

/// The files beside the page: path, content type, text.
pub(crate) const FILES: [(&str, &str, &str); 3] = [
    ("/docs/style.css", "text/css; charset=utf-8", include_str!("page.css")),
    ("/docs/copy.js", "text/javascript; charset=utf-8", include_str!("page.js")),
    ("/docs/icon.svg", "image/svg+xml", include_str!("page.svg")),
];

/// The page of a document.
pub(super) fn render(document: &Value) -> String {
    let title = escape(text(&document["info"]["title"]));
    let mut page = format!(
        "<!doctype html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n\
         <meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n\
         <meta name=\"color-scheme\" content=\"light dark\">\n<title>{title}</title>\n\
         <link rel=\"icon\" type=\"image/svg+xml\" href=\"/docs/icon.svg\">\n\
         <link rel=\"stylesheet\" href=\"/docs/style.css\">\n<script src=\"/docs/copy.js\" defer></script>\n</head>\n<body>\n\
         <a class=\"skip\" href=\"#main\">Skip to content</a>\n<header>\n<h1>{title} <small>{}</small></h1>\n",
        escape(text(&document["info"]["version"])),
    );
    paragraphs(&mut page, text(&document["info"]["description"]));
    page.push_str("<p>For machines: <a href=\"/api-docs.yaml\">api-docs.yaml</a></p>\n</header>\n");
    render_contents(&mut page, document);
    page.push_str("<main id=\"main\" tabindex=\"-1\">\n<p class=\"hidden\" id=\"announcer\" role=\"status\"></p>\n");
    if operations(document).next().is_some() {
        calling::render(&mut page, document);
    }
    for (method, path, operation) in operations(document) {
        render_operation(&mut page, document, method, path, operation);
    }
    let mut schemas = entries(&document["components"]["schemas"]).peekable();
    if schemas.peek().is_some() {
        page.push_str("<section aria-labelledby=\"schemas\">\n<h2 id=\"schemas\">Schemas</h2>\n");
        for (name, schema) in schemas {
            let name = escape(name);
            let _ = writeln!(page, "<h3 id=\"schema-{name}\">{name}</h3>");
            render_schema(&mut page, schema);
        }
        page.push_str("</section>\n");
    }
    page.push_str("</main>\n</body>\n</html>\n");
    page
}

fn render_contents(page: &mut String, document: &Value) {
    if operations(document).next().is_none() {
        return;
    }
    page.push_str("<nav aria-label=\"Operations\">\n<ul>\n");
    for (method, path, operation) in operations(document) {
        let id = escape(text(&operation["operationId"]));
        let (method, path) = (escape(&method.to_ascii_uppercase()), escape(path));
        let _ = writeln!(page, "<li><a href=\"#{id}\">{id}</a> <span>{method} <code>{path}</code></span></li>");
    }
    page.push_str("</ul>\n</nav>\n");
}

fn render_operation(page: &mut String, document: &Value, method: &str, path: &str, operation: &Value) {
    let name = text(&operation["operationId"]);
    let id = escape(name);
    let _ = writeln!(
        page,
        "<article id=\"{id}\" aria-labelledby=\"{id}-title\">\n<h2 id=\"{id}-title\"><span class=\"method {method}\">{}</span> \
         <code>{}</code> <small>{id}</small></h2>",
        method.to_ascii_uppercase(),
        escape(path),
    );
    paragraphs(page, text(&operation["summary"]));
    paragraphs(page, text(&operation["description"]));
    page.push_str("<h3>Example</h3>\n");
    calling::example(page, name, &request::command(document, method, path, operation));
    render_parameters(page, &operation["parameters"]);
    if let Some(body) = operation.get("requestBody") {
        page.push_str("<h3>Request body</h3>\n");
        render_content(page, &body["content"]);
    }
    page.push_str("<h3>Responses</h3>\n<dl class=\"fields\">\n");
    for (status, response) in entries(&operation["responses"]) {
        let description = inline(text(&response["description"]));
        let _ = write!(page, "<div><dt><b>{}</b>", escape(status));
        for (_, content) in entries(&response["content"]) {
            let _ = write!(page, " <small>{}</small>", type_of(&content["schema"]));
        }
        let _ = writeln!(page, "</dt><dd>{description}</dd></div>");
    }
    page.push_str("</dl>\n");
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
    page.push_str("<h3>Parameters</h3>\n<dl class=\"fields\">\n");
    for parameter in parameters {
        let place = format!("in {}", escape(text(&parameter["in"])));
        let schema = &parameter["schema"];
        render_field(
            page,
            &parameter["name"],
            &place,
            parameter["required"] == true,
            schema,
            &parameter["description"],
        );
    }
    page.push_str("</dl>\n");
}

/// One named value: its name and kind, and what it is. A narrow window shows one below the other.
fn render_field(page: &mut String, name: &Value, place: &str, required: bool, schema: &Value, description: &Value) {
    let mut facts = vec![type_of(schema)];
    facts.extend((!place.is_empty()).then(|| place.to_owned()));
    facts.extend(required.then(|| "required".to_owned()));
    let _ = writeln!(
        page,
        "<div><dt><code>{}</code> <small>{}</small></dt><dd>{}</dd></div>",
        escape(text(name)),
        facts.join(", "),
        inline(text(description)),
    );
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
    page.push_str("<dl class=\"fields\">\n");
    for (name, property) in properties {
        render_field(page, &Value::from(name), "", required(name), property, &property["description"]);
    }
    page.push_str("</dl>\n");
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
