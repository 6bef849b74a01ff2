//! The text of a specification and the references in it.

use serde_json::{Map, Number, Value};

use super::problems::{Problem, Problems};

/// Largest JSON and YAML text in bytes (Salesforce Help, "External Services Schema Definition Limits").
const MAX_JSON: usize = 10_000_000;
const MAX_YAML: usize = 3_000_000;

/// References that may follow one another.
const MAX_HOPS: usize = 32;

/// A specification as it was written.
#[derive(Debug)]
pub(crate) struct Document {
    root: Value,
}

impl Document {
    /// Reads JSON, which begins with a brace, or YAML.
    pub(crate) fn parse(text: &str) -> Result<Self, Problem> {
        let problem = |message: String| Problem { at: "specification".to_owned(), message };
        let (kind, limit) = if text.trim_start().starts_with('{') { ("JSON", MAX_JSON) } else { ("YAML", MAX_YAML) };
        if text.len() > limit {
            return Err(problem(format!("is larger than {limit} bytes, the most that is taken as {kind}")));
        }
        let root = match kind {
            "JSON" => serde_json::from_str(text).map_err(|error| problem(format!("is not JSON: {error}")))?,
            _ => {
                let yaml = yaml_serde::from_str(text).map_err(|error| problem(format!("is not YAML: {error}")))?;
                json(yaml).map_err(problem)?
            }
        };
        match root {
            Value::Object(_) => Ok(Self { root }),
            _ => Err(problem("is not an OpenAPI document".to_owned())),
        }
    }

    pub(crate) fn root(&self) -> &Value {
        &self.root
    }

    /// What a value stands for: itself, or what its `$ref` leads to; `None` when that leads nowhere.
    pub(crate) fn resolve<'a>(&'a self, value: &'a Value) -> Option<&'a Value> {
        let mut value = value;
        for _ in 0..MAX_HOPS {
            let Some(reference) = value.get("$ref").and_then(Value::as_str) else { return Some(value) };
            value = self.root.pointer(reference.strip_prefix('#')?)?;
        }
        None
    }

    /// Every reference must lead to something in the document itself.
    pub(crate) fn check_references(&self, problems: &mut Problems) {
        let mut open = vec![(String::new(), &self.root)];
        while let Some((path, value)) = open.pop() {
            match value {
                // An example may have a member of any name.
                Value::Object(members) => {
                    if let Some(reference) = members.get("$ref").and_then(Value::as_str)
                        && self.resolve(value).is_none()
                    {
                        problems.add(path.clone(), format!("$ref {reference} leads to nothing in this document"));
                    }
                    let members = members.iter().filter(|(name, _)| *name != "example" && *name != "examples");
                    open.extend(members.map(|(name, value)| (join(&path, name), value)));
                }
                Value::Array(elements) => {
                    open.extend(elements.iter().enumerate().map(|(n, value)| (join(&path, &n.to_string()), value)));
                }
                _ => {}
            }
        }
    }
}

fn join(path: &str, name: &str) -> String {
    if path.is_empty() { name.to_owned() } else { format!("{path}.{name}") }
}

/// The same in JSON. Keys become text: `200:` is a status code as good as `"200":`.
fn json(yaml: yaml_serde::Value) -> Result<Value, String> {
    use yaml_serde::Value as Yaml;
    Ok(match yaml {
        Yaml::Null => Value::Null,
        Yaml::Bool(value) => Value::Bool(value),
        Yaml::Number(number) => number
            .as_i64()
            .map(Number::from)
            .or_else(|| number.as_u64().map(Number::from))
            .or_else(|| number.as_f64().and_then(Number::from_f64))
            .map_or(Value::Null, Value::Number),
        Yaml::String(text) => Value::String(text),
        Yaml::Sequence(elements) => Value::Array(elements.into_iter().map(json).collect::<Result<_, _>>()?),
        Yaml::Mapping(members) => {
            let mut object = Map::new();
            for (key, value) in members {
                let key = match key {
                    Yaml::String(key) => key,
                    Yaml::Number(key) => key.to_string(),
                    Yaml::Bool(key) => key.to_string(),
                    _ => return Err("has a key that is no text".to_owned()),
                };
                object.insert(key, json(value)?);
            }
            Value::Object(object)
        }
        Yaml::Tagged(tagged) => json(tagged.value)?,
    })
}
