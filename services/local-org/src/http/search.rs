//! `search` (SOSL) and `parameterizedSearch`, and `limits/recordCount`.
//!
//! A local org has no index of words: a word is looked for between spaces, and at the ends of the text, in the name, email
//! and phone fields and, with `IN ALL FIELDS`, in all other texts, too. All words must be there. What an org adds to that
//! (spelling, synonyms, `OR`, ranking) it has not.

use serde_json::{Map, Value, json};

use super::answer::{Answer, malformed_json};
use super::call::Call;
use super::work::{Context, Records};
use crate::error::ApiError;
use crate::schema::{FieldDef, FieldType, ObjectDef};

/// Records that a search gives at most (SOQL and SOSL Reference, "SOQL and SOSL Limits").
const MAX_RECORDS: usize = 2_000;
/// Shortest text that is looked for, in characters.
const SHORTEST: usize = 2;

/// What is looked for, and where.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
struct Search {
    words: Vec<String>,
    scope: Scope,
    returning: Vec<Returning>,
    limit: Option<usize>,
}

/// In which fields.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
enum Scope {
    #[default]
    All,
    Name,
    Email,
    Phone,
}

/// What of an object's records is given.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
struct Returning {
    object: String,
    /// Fields of the select list.
    fields: Vec<String>,
    /// What follows it: `WHERE`, `ORDER BY` and `LIMIT` as SOQL has them.
    condition: String,
    rest: String,
}

/// `search?q=FIND {…} IN … FIELDS RETURNING …`
pub(crate) fn sosl(cx: &Context<'_>, records: &mut Records<'_, '_>, call: &Call) -> Result<Answer, ApiError> {
    let text = call.param("q").unwrap_or_default();
    run(cx, records, call, &parse(text)?)
}

/// `parameterizedSearch?q=…&sobject=…`, or POST with JSON.
pub(crate) fn parameterized(cx: &Context<'_>, records: &mut Records<'_, '_>, call: &Call) -> Result<Answer, ApiError> {
    let given = if call.takes_body() { of_body(call)? } else { of_parameters(call)? };
    run(cx, records, call, &given)
}

/// `limits/recordCount?sObjects=A,B`: of all objects where none are named. Unverified: what an org says to an object that
/// it has not; here it is left out.
pub(crate) fn counts(cx: &Context<'_>, records: &mut Records<'_, '_>, call: &Call) -> Result<Answer, ApiError> {
    let schema = cx.org.store.schema();
    let named = call.list_param("sObjects");
    let objects: Vec<&ObjectDef> = match &named {
        Some(names) => names.iter().filter_map(|name| schema.object(name)).collect(),
        None => schema.objects().collect(),
    };
    let mut counts = Vec::new();
    for object in objects.into_iter().filter(|object| !object.is_event()) {
        if records.access().reads(object) {
            let query = format!("SELECT COUNT() FROM {}", object.name);
            let found = records.query(&query, false, call.version)?.into_set()?;
            counts.push(json!({"count": found.total_size, "name": object.name}));
        }
    }
    Ok(Answer::ok(json!({"sObjects": counts})))
}

fn run(cx: &Context<'_>, records: &mut Records<'_, '_>, call: &Call, search: &Search) -> Result<Answer, ApiError> {
    let schema = cx.org.store.schema();
    let everything: Vec<Returning> = schema
        .objects()
        .filter(|object| !object.is_event() && object.writable && records.access().reads(object))
        .map(|object| Returning { object: object.name.clone(), ..Returning::default() })
        .collect();
    let wanted = if search.returning.is_empty() { &everything } else { &search.returning };
    let most = search.limit.unwrap_or(MAX_RECORDS).min(MAX_RECORDS);
    let mut found: Vec<Value> = Vec::new();
    for returning in wanted {
        let object =
            schema.object(&returning.object).filter(|object| !object.is_event() && records.access().reads(object));
        let object = object.ok_or_else(|| {
            ApiError::new(400, "INVALID_TYPE", format!("sObject type '{}' is not supported.", returning.object))
        })?;
        let visible = object.fields.iter().filter(|field| records.access().sees(object, field));
        let Some(matching) = matching(visible, search) else { continue };
        let fields = if returning.fields.is_empty() { "Id".to_owned() } else { returning.fields.join(", ") };
        let and =
            if returning.condition.is_empty() { String::new() } else { format!(" AND ({})", returning.condition) };
        let soql = format!("SELECT {fields} FROM {} WHERE ({matching}){and} {}", object.name, returning.rest);
        found.extend(records.query(&soql, false, call.version)?.into_set()?.records);
        if found.len() >= most {
            break;
        }
    }
    found.truncate(most);
    Ok(Answer::ok(json!({"searchRecords": found})))
}

/// The condition that a record is found by; `None` when the object has no field to look in.
fn matching<'f>(fields: impl Iterator<Item = &'f FieldDef>, search: &Search) -> Option<String> {
    let fits = |field: &&FieldDef| match search.scope {
        Scope::Name => field.name_field || matches!(field.name.as_str(), "FirstName" | "LastName"),
        Scope::Email => field.kind == FieldType::Email,
        Scope::Phone => field.kind == FieldType::Phone,
        Scope::All => match field.kind {
            FieldType::String | FieldType::Email | FieldType::Phone | FieldType::Url | FieldType::Picklist => true,
            // Long texts cannot be filtered by.
            FieldType::TextArea => field.length <= 255,
            _ => false,
        },
    };
    let fields: Vec<&str> = fields.filter(fits).map(|field| field.name.as_str()).collect();
    if fields.is_empty() {
        return None;
    }
    let word_in = |field: &str, word: &str| {
        let pattern = escaped(word).replace('*', "%").replace('?', "_");
        let places = [pattern.clone(), format!("{pattern} %"), format!("% {pattern}"), format!("% {pattern} %")];
        places.map(|place| format!("{field} LIKE '{place}'")).join(" OR ")
    };
    let word_anywhere = |word: &String| {
        let anywhere: Vec<String> = fields.iter().map(|field| word_in(field, word)).collect();
        format!("({})", anywhere.join(" OR "))
    };
    Some(search.words.iter().map(word_anywhere).collect::<Vec<_>>().join(" AND "))
}

/// A text within a SOQL pattern.
fn escaped(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for character in text.chars() {
        if matches!(character, '\\' | '\'' | '"' | '%' | '_') {
            escaped.push('\\');
        }
        escaped.push(character);
    }
    escaped
}

fn words(text: &str) -> Result<Vec<String>, ApiError> {
    let text = text.trim().trim_matches('"');
    if text.chars().filter(|character| character.is_alphanumeric()).count() < SHORTEST {
        let message = format!("search term must be longer than one character: {text}");
        return Err(ApiError::new(400, "INVALID_SEARCH", message));
    }
    let words = text.split_whitespace().filter(|word| !matches!(*word, "AND")).map(str::to_owned);
    Ok(words.collect())
}

fn malformed(what: &str) -> ApiError {
    ApiError::new(400, "MALFORMED_SEARCH", what)
}

/// Reads SOSL.
fn parse(text: &str) -> Result<Search, ApiError> {
    let rest = after_word(text.trim(), "FIND")
        .ok_or_else(|| malformed("No search term found. The search term must be enclosed in braces."))?;
    let rest = rest
        .trim_start()
        .strip_prefix('{')
        .ok_or_else(|| malformed("No search term found. The search term must be enclosed in braces."))?;
    let (term, mut rest) = braced(rest)?;
    let mut search = Search { words: words(&term)?, ..Search::default() };
    if let Some(scope) = after_word(rest, "IN") {
        let mut parts = scope.trim_start().splitn(2, char::is_whitespace);
        search.scope = scope_of(parts.next().unwrap_or_default())?;
        rest = after_word(parts.next().unwrap_or_default(), "FIELDS").ok_or_else(|| malformed("expecting FIELDS"))?;
    }
    if let Some(list) = after_word(rest, "RETURNING") {
        (search.returning, rest) = returning(list)?;
    }
    if let Some(limit) = after_word(rest, "LIMIT") {
        let (number, behind) = limit.trim().split_once(char::is_whitespace).unwrap_or((limit.trim(), ""));
        search.limit = Some(number.parse().map_err(|_| malformed("LIMIT must be a number"))?);
        rest = behind;
    }
    match rest.trim() {
        "" => Ok(search),
        other => Err(malformed(&format!("unexpected token: {}", other.split_whitespace().next().unwrap_or_default()))),
    }
}

/// What follows a keyword that stands at the beginning.
fn after_word<'t>(text: &'t str, word: &str) -> Option<&'t str> {
    let text = text.trim_start();
    let begins = text.get(..word.len()).is_some_and(|start| start.eq_ignore_ascii_case(word));
    let rest = text.get(word.len()..).filter(|_| begins)?;
    let ends = !rest.starts_with(|character: char| character.is_alphanumeric() || character == '_');
    ends.then_some(rest)
}

/// What stands before the closing brace, without its escapes, and what follows it.
fn braced(text: &str) -> Result<(String, &str), ApiError> {
    let mut term = String::new();
    let mut characters = text.char_indices();
    while let Some((place, character)) = characters.next() {
        match character {
            '}' => return Ok((term, &text[place + 1..])),
            '\\' => term.extend(characters.next().map(|(_, escaped)| escaped)),
            _ => term.push(character),
        }
    }
    Err(malformed("The search term must be enclosed in braces."))
}

fn scope_of(name: &str) -> Result<Scope, ApiError> {
    match name.to_ascii_uppercase().as_str() {
        "ALL" => Ok(Scope::All),
        "NAME" | "SIDEBAR" => Ok(Scope::Name),
        "EMAIL" => Ok(Scope::Email),
        "PHONE" => Ok(Scope::Phone),
        _ => Err(malformed(&format!("unexpected token: {name}"))),
    }
}

/// Objects, separated by commas, each with its fields in parentheses; and what follows them.
fn returning(text: &str) -> Result<(Vec<Returning>, &str), ApiError> {
    let (mut list, mut rest) = (Vec::new(), text);
    loop {
        rest = rest.trim_start();
        let end = rest.find(|character: char| !character.is_alphanumeric() && character != '_').unwrap_or(rest.len());
        if end == 0 {
            return Err(malformed("RETURNING must be followed by an object"));
        }
        let mut one = Returning { object: rest[..end].to_owned(), ..Returning::default() };
        rest = rest[end..].trim_start();
        if let Some(inside) = rest.strip_prefix('(') {
            let end = closing(inside).ok_or_else(|| malformed("expecting a right parenthesis"))?;
            one.read(&inside[..end])?;
            rest = inside[end + 1..].trim_start();
        }
        list.push(one);
        match rest.strip_prefix(',') {
            Some(more) => rest = more,
            None => return Ok((list, rest)),
        }
    }
}

/// Where the parenthesis closes that was opened before, outside of quotes.
fn closing(text: &str) -> Option<usize> {
    let (mut depth, mut quoted, mut escaped) = (0_u32, false, false);
    for (place, character) in text.char_indices() {
        match character {
            _ if escaped => escaped = false,
            '\\' => escaped = true,
            '\'' => quoted = !quoted,
            _ if quoted => {}
            '(' => depth += 1,
            ')' if depth == 0 => return Some(place),
            ')' => depth -= 1,
            _ => {}
        }
    }
    None
}

/// The text with quoted texts made of other characters, each at its place.
fn without_quoted(text: &str) -> String {
    let (mut blank, mut quoted, mut escaped) = (String::with_capacity(text.len()), false, false);
    for character in text.chars() {
        let is_quote = character == '\'' && !escaped;
        escaped = character == '\\' && !escaped;
        if quoted || is_quote {
            (0..character.len_utf8()).for_each(|_| blank.push('.'));
        } else {
            blank.push(character);
        }
        quoted ^= is_quote;
    }
    blank
}

impl Returning {
    fn read(&mut self, inside: &str) -> Result<(), ApiError> {
        let upper = without_quoted(inside).to_ascii_uppercase();
        let place_of = |word: &str| {
            upper.match_indices(word).map(|(place, _)| place).find(|place| {
                after_word(&inside[*place..], word).is_some()
                    && inside[..*place].ends_with(|before: char| before.is_whitespace() || before == ')')
            })
        };
        let ends = [place_of("ORDER"), place_of("LIMIT"), place_of("OFFSET")];
        let tail = ends.into_iter().flatten().min().unwrap_or(inside.len());
        let condition = place_of("WHERE").filter(|place| *place < tail);
        let fields = &inside[..condition.unwrap_or(tail)];
        self.fields = fields.split(',').map(|field| field.trim().to_owned()).collect();
        if self.fields.iter().any(String::is_empty) {
            return Err(malformed("a field is missing"));
        }
        if let Some(place) = condition {
            inside[place + "WHERE".len()..tail].trim().clone_into(&mut self.condition);
        }
        inside[tail..].clone_into(&mut self.rest);
        Ok(())
    }
}

fn of_parameters(call: &Call) -> Result<Search, ApiError> {
    let number = |text: &str, name: &str| text.parse().map_err(|_| malformed(&format!("{name} must be a number")));
    let mut search = Search { words: words(call.param("q").unwrap_or_default())?, ..Search::default() };
    search.scope = call.param("in").map_or(Ok(Scope::All), scope_of)?;
    search.limit = call.param("overallLimit").map(|text| number(text, "overallLimit")).transpose()?;
    for object in call.list_param("sobject").unwrap_or_default() {
        let own = |name: &str| format!("{object}.{name}");
        let fields = call.list_param(&own("fields")).or_else(|| call.list_param("fields")).unwrap_or_default();
        let limit = call.param(&own("limit")).or_else(|| call.param("defaultLimit"));
        let limit = limit.map(|text| number(text, "limit")).transpose()?;
        let condition = call.param(&own("where")).unwrap_or_default().to_owned();
        search.returning.push(Returning { object, fields, condition, rest: limited(limit) });
    }
    Ok(search)
}

fn of_body(call: &Call) -> Result<Search, ApiError> {
    let body = call.object_body()?;
    let text = |members: &Map<String, Value>, name: &str| members.get(name).and_then(Value::as_str).map(str::to_owned);
    let number = |members: &Map<String, Value>, name: &str| {
        members.get(name).and_then(Value::as_u64).and_then(|number| usize::try_from(number).ok())
    };
    let list = |value: Option<&Value>| -> Vec<String> {
        value
            .and_then(Value::as_array)
            .into_iter()
            .flatten()
            .filter_map(|one| one.as_str().map(str::to_owned))
            .collect()
    };
    let mut search = Search { words: words(&text(body, "q").unwrap_or_default())?, ..Search::default() };
    search.scope = text(body, "in").as_deref().map_or(Ok(Scope::All), scope_of)?;
    search.limit = number(body, "overallLimit");
    let default_limit = number(body, "defaultLimit");
    for one in body.get("sobjects").and_then(Value::as_array).into_iter().flatten() {
        let one = one.as_object().ok_or_else(|| malformed_json("sobjects must be a list of objects"))?;
        let object = text(one, "name").ok_or_else(|| malformed_json("an element of sobjects has no name"))?;
        let mut fields = list(one.get("fields"));
        if fields.is_empty() {
            fields = list(body.get("fields"));
        }
        let rest = limited(number(one, "limit").or(default_limit));
        search.returning.push(Returning { object, fields, condition: text(one, "where").unwrap_or_default(), rest });
    }
    Ok(search)
}

fn limited(limit: Option<usize>) -> String {
    limit.map_or_else(String::new, |limit| format!("LIMIT {limit}"))
}

#[cfg(test)]
mod tests;
