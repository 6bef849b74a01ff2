//! XML and JSON about jobs and batches.

use actix_web::{HttpRequest, HttpResponse};
use chrono::{DateTime, SecondsFormat, Utc};
use roxmltree::{Document, ParsingOptions};
use serde_json::{Map, Value};

use super::failure::Failure;
use crate::bulk::v1::NAMESPACE;
use crate::bulk::v1::spec::ContentType;
use crate::http::answer::builder;
use crate::http::request::header;
use crate::xml::Xml;

/// Elements and texts of a request about a job at most.
const MAX_NODES: u32 = 1_000;

/// How a request or an answer about jobs and batches is written.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) enum Format {
    #[default]
    Xml,
    Json,
}

impl Format {
    /// The one of a request's `Content-Type`, if it names one.
    pub(super) fn of(request: &HttpRequest) -> Option<Self> {
        let media = header(request, "Content-Type")?.split(';').next()?.trim().to_ascii_lowercase();
        match media.as_str() {
            "application/json" => Some(Self::Json),
            "application/xml" | "text/xml" => Some(Self::Xml),
            _ => None,
        }
    }

    /// That of answers about the batches of a job: JSON for contents in JSON, and XML for all others, whatever the request
    /// says.
    pub(super) fn of_batches(contents: ContentType) -> Self {
        if contents == ContentType::Json { Self::Json } else { Self::Xml }
    }

    /// The members of a request about a job.
    ///
    /// # Errors
    /// `InvalidXML`, or `ClientInputError` for what is no JSON.
    pub(super) fn read(self, body: &[u8]) -> Result<Map<String, Value>, Failure> {
        match self {
            Self::Json => serde_json::from_slice(body)
                .map_err(|error| Failure::new("ClientInputError", format!("The JSON cannot be read: {error}"))),
            Self::Xml => read_xml(body),
        }
    }

    /// The answer to a call that failed.
    pub(super) fn fail(self, failure: &Failure) -> HttpResponse {
        self.respond(400, "error", &failure.told())
    }

    /// An answer with one object, which is an element of that name in XML.
    pub(super) fn respond(self, status: u16, name: &str, value: &Value) -> HttpResponse {
        match self {
            Self::Json => respond(status, self, json_of(value).to_string()),
            Self::Xml => {
                let mut xml = Xml::default();
                xml.open_with(name, &format!("xmlns=\"{NAMESPACE}\""));
                for (name, value) in value.as_object().into_iter().flatten() {
                    xml.json(name, &xml_of(value));
                }
                xml.close(name);
                respond(status, self, format!("<?xml version=\"1.0\" encoding=\"UTF-8\"?>{}", xml.into_string()))
            }
        }
    }

    /// An answer with a list of members of that name, in an element of another.
    pub(super) fn respond_list(self, name: &str, member: &str, values: Vec<Value>) -> HttpResponse {
        let list = Map::from_iter([(member.to_owned(), Value::Array(values))]);
        self.respond(200, name, &Value::Object(list))
    }

    /// The ids of the results of a query: in JSON a list with nothing around it.
    pub(super) fn respond_ids(self, ids: Vec<Value>) -> HttpResponse {
        match self {
            Self::Json => respond(200, self, Value::Array(ids).to_string()),
            Self::Xml => self.respond_list("result-list", "result", ids),
        }
    }
}

/// The type is written without a character set: clients compare it literally.
fn respond(status: u16, format: Format, body: String) -> HttpResponse {
    let mut response = builder(status);
    let media = match format {
        Format::Xml => "application/xml",
        Format::Json => "application/json",
    };
    response.insert_header(("Content-Type", media));
    response.body(body)
}

/// `<jobInfo xmlns="…"><operation>insert</operation>…</jobInfo>`
fn read_xml(body: &[u8]) -> Result<Map<String, Value>, Failure> {
    let unreadable = |why: String| Failure::new("InvalidXML", format!("The XML cannot be read: {why}"));
    let text = std::str::from_utf8(body).map_err(|error| unreadable(error.to_string()))?;
    // No document type: nothing in a request expands.
    let options = ParsingOptions { allow_dtd: false, nodes_limit: MAX_NODES, ..ParsingOptions::default() };
    let document = Document::parse_with_options(text, options).map_err(|error| unreadable(error.to_string()))?;
    let root = document.root_element();
    if root.tag_name().name() != "jobInfo" {
        return Err(unreadable("the root element is not jobInfo".to_owned()));
    }
    let members = root.children().filter(|child| child.is_element());
    Ok(members
        .map(|member| {
            let text = member.text().unwrap_or_default().trim();
            (member.tag_name().name().to_owned(), Value::String(text.to_owned()))
        })
        .collect())
}

/// Times as JSON has them: `2015-12-15T20:45:25.000+0000`. [`crate::bulk::v1`] gives them as chrono writes them.
fn json_of(value: &Value) -> Value {
    with_times(value, &|at| at.format("%Y-%m-%dT%H:%M:%S%.3f+0000").to_string())
}

/// Times as XML has them: `2015-12-15T20:45:25.000Z`.
fn xml_of(value: &Value) -> Value {
    with_times(value, &|at| at.to_rfc3339_opts(SecondsFormat::Millis, true))
}

fn with_times(value: &Value, write: &dyn Fn(DateTime<Utc>) -> String) -> Value {
    match value {
        Value::String(text) => match text.parse::<DateTime<Utc>>() {
            Ok(at) => Value::String(write(at)),
            Err(_) => value.clone(),
        },
        Value::Array(values) => values.iter().map(|value| with_times(value, write)).collect(),
        Value::Object(members) => {
            members.iter().map(|(name, value)| (name.clone(), with_times(value, write))).collect::<Map<_, _>>().into()
        }
        other => other.clone(),
    }
}
