//! Two lists of queries: those that run, with their rows, and those that are refused, with the error's code. A test says
//! of each query of a list what is wrong with it.

use serde_json::Value;

use super::fixture::{Org, id};

const VALID: &str = include_str!("queries/valid.txt");
const INVALID: &str = include_str!("queries/invalid.txt");

/// A query and the indented lines below it.
fn entries(list: &str) -> Vec<(String, String)> {
    let mut entries: Vec<(String, String)> = Vec::new();
    let mut in_query = false;
    for line in list.lines().filter(|line| !line.starts_with('#') && !line.trim().is_empty()) {
        match (line.strip_prefix("    "), entries.last_mut()) {
            (Some(expected), Some((_, rows))) => {
                rows.push_str(expected);
                in_query = false;
            }
            // A query may go on, a little indented.
            _ if line.starts_with(' ') && in_query => {
                if let Some((query, _)) = entries.last_mut() {
                    query.push('\n');
                    query.push_str(line);
                }
            }
            _ => {
                entries.push((line.to_owned(), String::new()));
                in_query = true;
            }
        }
    }
    entries
}

/// The text with the ids that short forms such as `006#1` stand for.
fn with_ids(text: &str) -> String {
    let mut parts = text.split('#');
    let mut written = parts.next().unwrap_or_default().to_owned();
    for part in parts {
        let prefix = written.split_off(written.len() - 3);
        let digits = part.find(|c: char| !c.is_ascii_digit()).unwrap_or(part.len());
        written.push_str(&id(&prefix, part[..digits].parse().unwrap()));
        written.push_str(&part[digits..]);
    }
    written
}

/// Values of a record in order; those of parents and children as lists.
fn values(record: &Value) -> Value {
    match record {
        Value::Object(members) if members.contains_key("records") => {
            members["records"].as_array().unwrap().iter().map(values).collect()
        }
        Value::Object(members) => {
            members.iter().filter(|(name, _)| *name != "attributes").map(|(_, value)| values(value)).collect()
        }
        other => other.clone(),
    }
}

fn rows(text: &str) -> Vec<Value> {
    serde_json::Deserializer::from_str(text).into_iter().map(|row| row.expect(text)).collect()
}

#[test]
fn valid_queries_find_their_rows() {
    let org = Org::sample();
    let entries = entries(VALID);
    assert!(entries.len() >= 200, "{} queries", entries.len());
    let mut wrong = Vec::new();
    for (query, expected) in &entries {
        let soql = with_ids(query);
        let mut expected = rows(&with_ids(expected));
        let mut found = match org.query_with(&soql, false) {
            Ok(set) if set.aggregate && set.records.is_empty() && set.total_size > 0 => vec![set.total_size.into()],
            Ok(set) => set.records.iter().map(values).collect(),
            Err(error) => {
                wrong.push(format!("{query}: {error}"));
                continue;
            }
        };
        if !query.to_ascii_uppercase().contains("ORDER BY") {
            expected.sort_by_key(Value::to_string);
            found.sort_by_key(Value::to_string);
        }
        if found != expected {
            wrong.push(format!(
                "{query}:\n    found    {}\n    expected {}",
                Value::from(found),
                Value::from(expected)
            ));
        }
    }
    assert!(wrong.is_empty(), "{} of {}:\n{}", wrong.len(), entries.len(), wrong.join("\n"));
}

#[test]
fn invalid_queries_are_refused_with_their_code() {
    let org = Org::sample();
    let entries = entries(INVALID);
    assert!(entries.len() >= 100, "{} queries", entries.len());
    let mut wrong = Vec::new();
    for (query, expected) in &entries {
        match org.query_with(query, false) {
            Ok(set) => wrong.push(format!("{query}: it runs, and finds {}", set.total_size)),
            Err(error) if error.code == *expected && error.status == 400 => {}
            Err(error) => wrong.push(format!("{query}: {} {error}, expected {expected}", error.status)),
        }
    }
    assert!(wrong.is_empty(), "{} of {}:\n{}", wrong.len(), entries.len(), wrong.join("\n"));
}
