//! `sobjects/X/updated` and `sobjects/X/deleted`: which records changed in a span of time (REST API Developer Guide, "Get
//! Updated", "Get Deleted"). Seconds do not count.

use chrono::{DateTime, Days, SecondsFormat, Timelike, Utc};
use serde_json::{Value, json};

use super::answer::{Answer, not_found};
use super::call::Call;
use super::work::Records;
use crate::error::ApiError;

/// How far back a span may begin, and how long deleted records are known, in days.
const DAYS: u64 = 30;
const KEPT_DAYS: u64 = 15;

/// A span of time: from its start on, and before its end.
struct Span {
    start: DateTime<Utc>,
    end: DateTime<Utc>,
}

/// `sobjects/X/updated?start=&end=`
pub(crate) fn updated(records: &mut Records<'_, '_>, call: &Call, object: &str) -> Result<Answer, ApiError> {
    let span = Span::of(call)?;
    let found = find(records, call, object, &span, false)?;
    let ids: Vec<_> = found.iter().map(|record| record["Id"].clone()).collect();
    Ok(Answer::ok(json!({"ids": ids, "latestDateCovered": stamp(span.covered())})))
}

/// `sobjects/X/deleted?start=&end=`
pub(crate) fn deleted(records: &mut Records<'_, '_>, call: &Call, object: &str) -> Result<Answer, ApiError> {
    let span = Span::of(call)?;
    let found = find(records, call, object, &span, true)?;
    let deleted: Vec<_> =
        found.iter().map(|record| json!({"id": record["Id"], "deletedDate": record["SystemModstamp"]})).collect();
    let earliest = Utc::now().checked_sub_days(Days::new(KEPT_DAYS)).unwrap_or(span.start);
    Ok(Answer::ok(json!({
        "deletedRecords": deleted,
        "earliestDateAvailable": stamp(to_the_minute(earliest)),
        "latestDateCovered": stamp(span.covered()),
    })))
}

fn find(
    records: &mut Records<'_, '_>,
    call: &Call,
    object: &str,
    span: &Span,
    deleted: bool,
) -> Result<Vec<Value>, ApiError> {
    let is_name = object.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_');
    if !is_name || !records.is_replicateable(object)? {
        return Err(not_found());
    }
    let literal = |at: DateTime<Utc>| at.to_rfc3339_opts(SecondsFormat::Millis, true);
    let mut condition = format!("SystemModstamp >= {} AND SystemModstamp < {}", literal(span.start), literal(span.end));
    if deleted {
        condition += " AND IsDeleted = true";
    }
    let soql = format!("SELECT Id, SystemModstamp FROM {object} WHERE {condition} ORDER BY SystemModstamp, Id");
    Ok(records.query(&soql, deleted, call.version)?.into_set()?.records)
}

impl Span {
    fn of(call: &Call) -> Result<Self, ApiError> {
        let (start, end) = (date(call, "start")?, date(call, "end")?);
        let wrong = |message: &str| Err(ApiError::new(400, "INVALID_REPLICATION_DATE", message));
        if start > end {
            return wrong("startDate must be before endDate");
        }
        if Utc::now().checked_sub_days(Days::new(DAYS)).is_some_and(|earliest| start < to_the_minute(earliest)) {
            return wrong("startDate before org replication enabled date");
        }
        Ok(Self { start, end })
    }

    /// Up to when all changes are told.
    fn covered(&self) -> DateTime<Utc> {
        self.end.min(Utc::now())
    }
}

fn date(call: &Call, name: &str) -> Result<DateTime<Utc>, ApiError> {
    let text = call.param(name).filter(|text| !text.is_empty());
    let text = text.ok_or_else(|| ApiError::new(400, "MISSING_ARGUMENT", format!("{name} is required")))?;
    // A plus sign that was not escaped is a space.
    let date = DateTime::parse_from_rfc3339(&text.replace(' ', "+"));
    let date = date.or_else(|_| DateTime::parse_from_str(&text.replace(' ', "+"), "%Y-%m-%dT%H:%M:%S%.f%z"));
    let date = date
        .map_err(|_| ApiError::new(400, "INVALID_REPLICATION_DATE", format!("{name} is no date and time: {text}")))?;
    Ok(to_the_minute(date.with_timezone(&Utc)))
}

fn to_the_minute(at: DateTime<Utc>) -> DateTime<Utc> {
    at.with_second(0).and_then(|at| at.with_nanosecond(0)).unwrap_or(at)
}

fn stamp(at: DateTime<Utc>) -> String {
    at.format("%Y-%m-%dT%H:%M:%S%.3f+0000").to_string()
}
