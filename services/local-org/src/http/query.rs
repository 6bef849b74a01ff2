//! `query`, `queryAll` and `query/<locator>`: results in pages, or the query explained.
//!
//! The whole result is read when the query runs, and all pages but the first are written out and kept under a locator:
//! what a client fetches later is what was found then. Children count toward the size of a page (SOAP API Developer
//! Guide, "Change the Batch Size in Queries"); a parent whose children do not fit begins a new page, and children that
//! do not fit even there get pages of their own.

use std::collections::HashMap;

use serde_json::{Value, json};

use super::answer::{Answer, Body};
use super::call::Call;
use super::explain;
use super::work::{Context, Records};
use crate::definitions;
use crate::error::ApiError;
use crate::host::{Cursors, Page};
use crate::soql::ast::Query;
use crate::soql::{self, Outcome};

/// Longest query text in characters (SOQL and SOSL Reference, "SOQL and SOSL Limits").
const MAX_QUERY: usize = 100_000;

/// Runs a query and gives its first page, or describes its columns. What was found is written out when the transaction is
/// over, so that others can have the database.
pub(crate) fn answer(cx: &Context<'_>, call: &Call, deleted: bool) -> Result<Answer, ApiError> {
    match cx.transaction(|records| find(records, call, deleted))? {
        Reply::Columns(columns) => Ok(Answer::ok(columns)),
        Reply::Explained(answer) => Ok(answer),
        Reply::Found(Outcome::Records { found, .. }) if found.rows() <= call.batch_size => {
            cx.add_read(found.rows() as u64);
            Ok(Answer::text(found.page()?))
        }
        Reply::Found(outcome) => paged(cx, call, outcome),
    }
}

/// [`answer`] within a transaction, with values that later subrequests can refer to.
pub(crate) fn run(
    cx: &Context<'_>,
    records: &mut Records<'_, '_>,
    call: &Call,
    deleted: bool,
) -> Result<Answer, ApiError> {
    match find(records, call, deleted)? {
        Reply::Columns(columns) => Ok(Answer::ok(columns)),
        Reply::Explained(answer) => Ok(answer),
        Reply::Found(outcome) => paged(cx, call, outcome),
    }
}

/// What a query is answered with.
enum Reply {
    Columns(Value),
    Explained(Answer),
    Found(Outcome),
}

fn find(records: &mut Records<'_, '_>, call: &Call, deleted: bool) -> Result<Reply, ApiError> {
    if let Some(soql) = call.param("explain") {
        return Ok(Reply::Explained(explain::answer(records, call, soql)?));
    }
    let soql = call.param("q").filter(|soql| !soql.trim().is_empty()).ok_or_else(no_query)?;
    if soql.chars().count() > MAX_QUERY {
        return Err(ApiError::new(
            400,
            "QUERY_TOO_COMPLICATED",
            "SOQL statements cannot be longer than 100000 characters.",
        ));
    }
    if call.flag("columns") {
        return Ok(Reply::Columns(records.columns(soql, call.version)?));
    }
    let outcome = match definition_query(soql) {
        Some(query) => records.definitions(&query, call.version)?,
        None => match &call.query {
            Some(query) => records.parsed_query(query, deleted, call.version)?,
            None => records.query(soql, deleted, call.version)?,
        },
    };
    // A page's rows are counted when it is given, not when the query ran.
    records.defer(outcome.len());
    Ok(Reply::Found(outcome))
}

/// The query, if it is of objects that are made of the schema: the others are told apart by their text already.
fn definition_query(soql: &str) -> Option<Query> {
    let lower = soql.to_ascii_lowercase();
    if !lower.contains("definition") && !lower.contains("apex") {
        return None;
    }
    soql::parse(soql).ok().filter(|query| definitions::has(&query.select.from.to_string()))
}

/// The first page; the others are kept.
fn paged(cx: &Context<'_>, call: &Call, outcome: Outcome) -> Result<Answer, ApiError> {
    let result = outcome.into_set()?;
    let paging = Paging {
        cursors: &cx.org.cursors,
        path: format!("{}/query", call.version.path()),
        batch_size: call.batch_size,
    };
    let (first, rows) = paging.first_page(result.total_size, result.records);
    cx.add_read(rows);
    Ok(Answer::ok(first))
}

/// Gives a later page.
pub(crate) fn more(cx: &Context<'_>, locator: &str) -> Result<Answer, ApiError> {
    let page = cx.org.cursors.page(locator)?;
    cx.add_read(page.rows);
    Ok(Answer { body: Body::Text(page.body), ..Answer::empty(200) })
}

fn no_query() -> ApiError {
    ApiError::new(400, "MALFORMED_QUERY", "A query string has to be specified")
}

/// Cuts results into pages.
struct Paging<'a> {
    cursors: &'a Cursors,
    /// Path of locators, without a slash at the end.
    path: String,
    batch_size: usize,
}

/// Records of one page and where it begins.
struct Cut {
    start: usize,
    records: Vec<Value>,
    /// Records and children.
    rows: usize,
}

impl Paging<'_> {
    /// Keeps all pages but the first, which it gives with the number of its records and children.
    fn first_page(&self, total_size: usize, records: Vec<Value>) -> (Value, u64) {
        let cuts = self.cut(records);
        let rows = cuts.first().map_or(0, |first| first.rows);
        (self.link(total_size, cuts), rows as u64)
    }

    fn cut(&self, records: Vec<Value>) -> Vec<Cut> {
        let mut cuts = vec![Cut { start: 0, records: Vec::new(), rows: 0 }];
        for (index, mut record) in records.into_iter().enumerate() {
            let children = self.split_children(&mut record);
            let rows = 1 + children.min(self.batch_size - 1);
            match cuts.last_mut() {
                Some(cut) if cut.rows + rows <= self.batch_size => {
                    cut.records.push(record);
                    cut.rows += rows;
                }
                _ => cuts.push(Cut { start: index, records: vec![record], rows }),
            }
        }
        cuts
    }

    /// Leaves at most a page of each set of children in the record, and tells how many there were in all.
    fn split_children(&self, record: &mut Value) -> usize {
        let mut room = self.batch_size - 1;
        let mut all = 0;
        let members = record.as_object_mut().into_iter().flat_map(|members| members.values_mut());
        for set in members {
            let Some(children) = set.get_mut("records").and_then(Value::as_array_mut) else { continue };
            let count = children.len();
            all += count;
            if count <= room {
                room -= count;
                continue;
            }
            // At least one, so that the first page of the set is told from the second by its offset.
            let mut size = room.max(1);
            let mut children = std::mem::take(children).into_iter();
            let mut cuts = Vec::new();
            let mut start = 0;
            while start < count {
                let records: Vec<_> = children.by_ref().take(size).collect();
                let rows = records.len();
                cuts.push(Cut { start, records, rows });
                start += rows;
                size = self.batch_size;
            }
            *set = self.link(count, cuts);
            room = 0;
        }
        all
    }

    /// Chains pages with locators, keeps the later ones and gives the first.
    fn link(&self, total_size: usize, cuts: Vec<Cut>) -> Value {
        let id = if cuts.len() > 1 { self.cursors.next_id() } else { String::new() };
        let mut next: Option<String> = None;
        let mut kept = HashMap::new();
        let mut first = Value::Null;
        for cut in cuts.into_iter().rev() {
            let mut page = json!({"totalSize": total_size, "done": next.is_none()});
            if let Some(next) = next.take() {
                page["nextRecordsUrl"] = json!(next);
            }
            page["records"] = Value::Array(cut.records);
            if cut.start == 0 {
                first = page;
            } else {
                kept.insert(cut.start, Page { body: page.to_string().into(), rows: cut.rows as u64 });
                next = Some(format!("{}/{id}-{}", self.path, cut.start));
            }
        }
        if !kept.is_empty() {
            self.cursors.keep(id, kept);
        }
        first
    }
}

#[cfg(test)]
mod tests;
