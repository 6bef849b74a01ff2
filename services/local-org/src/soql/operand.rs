//! Translates fields and functions of fields to SQL.

use super::ast::{Aggregate, DatePart, Expression, Function, Place};
use super::scope::{Column, Scope};
use crate::error::ApiError;
use crate::schema::{FieldDef, FieldType};

/// Longest text area that can be filtered, sorted and grouped.
const LONG_TEXT: u32 = 255;

/// A value that a query compares, orders by, groups by or returns.
pub(super) struct Operand<'a> {
    pub(super) sql: String,
    /// Type of the value.
    pub(super) kind: FieldType,
    pub(super) nullable: bool,
    /// Whether comparison regards case.
    pub(super) case_sensitive: bool,
    /// The field that it is, or is made of.
    pub(super) column: Column<'a>,
    pub(super) at: Place,
}

/// What a query does with an operand.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Use {
    Select,
    Filter,
    Group,
    Sort,
}

impl<'a> Operand<'a> {
    /// Looks up the field and checks that it allows the function and the use.
    pub(super) fn resolve(scope: &mut Scope<'a>, expression: &Expression, purpose: Use) -> Result<Self, ApiError> {
        let (path, function) = match expression {
            Expression::Field(path) => (path, None),
            Expression::Call { function, argument, .. } => (argument, Some(*function)),
        };
        let column = scope.resolve(path)?.column;
        let at = expression.at();
        let aggregated = expression.is_aggregate();
        if let Some(verb) = refused_use(column.field, purpose).filter(|_| !aggregated && function.is_none()) {
            let message = format!("field '{}' can not be {verb} in a query call", column.field.name);
            return Err(scope.context.error(at, "INVALID_FIELD", message));
        }
        let (sql, kind) = match function {
            None | Some(Function::ToLabel) => (column.sql(), column.field.kind),
            Some(Function::Aggregate(function)) => aggregate(function, &column).ok_or_else(|| {
                let message = format!(
                    "field {} does not support aggregate operator {}",
                    column.field.name,
                    Function::Aggregate(function).name().to_uppercase()
                );
                scope.context.malformed(at, message)
            })?,
            Some(Function::Format(function)) => {
                let (sql, kind) = match function {
                    None => (column.sql(), column.field.kind),
                    Some(function) => aggregate(function, &column)
                        .ok_or_else(|| scope.context.malformed(at, format!("FORMAT() cannot be used: {expression}")))?,
                };
                let sql = formatted(&sql, kind, column.field.scale).ok_or_else(|| {
                    let message = format!("FORMAT() is only for numbers, dates and times: {}", column.field.name);
                    scope.context.malformed(at, message)
                })?;
                (sql, FieldType::String)
            }
            Some(Function::ConvertCurrency) if column.field.kind == FieldType::Currency => {
                (column.sql(), column.field.kind)
            }
            Some(Function::ConvertCurrency) => {
                let message = format!("convertCurrency() is only for amounts: {}", column.field.name);
                return Err(scope.context.malformed(at, message));
            }
            Some(Function::Grouping) => (column.sql(), FieldType::Int),
            Some(Function::Distance) => {
                let message = format!("field {} is no geolocation: {expression}", column.field.name);
                return Err(scope.context.error(at, "INVALID_FIELD", message));
            }
            Some(Function::DatePart(part)) => date_part(part, &column).ok_or_else(|| {
                let message = format!("field {} does not support function {expression}", column.field.name);
                scope.context.malformed(at, message)
            })?,
        };
        let nullable = function.is_some() || column.nullable();
        Ok(Self { sql, kind, nullable, case_sensitive: column.field.case_sensitive, column, at })
    }

    /// Whether it is text that compares without regard to case.
    pub(super) fn folds_case(&self) -> bool {
        is_text(self.kind) && !self.case_sensitive
    }

    /// The element of `ORDER BY` for it.
    pub(super) fn order_sql(&self, descending: bool, nulls_last: bool) -> String {
        // Only what differs from SQLite's own rule (null is the smallest value) is written, and only for what can be
        // null: an index serves `ORDER BY "Id" DESC` but not the same with `NULLS FIRST`.
        let nulls = match (self.nullable, descending, nulls_last) {
            (true, true, false) => " NULLS FIRST",
            (true, false, true) => " NULLS LAST",
            _ => "",
        };
        let direction = if descending { " DESC" } else { "" };
        let folded = if self.folds_case() { format!("soql_upper({})", self.sql) } else { self.sql.clone() };
        format!("{folded}{direction}{nulls}")
    }
}

/// Whether values of the type are text other than ids and dates.
pub(super) fn is_text(kind: FieldType) -> bool {
    matches!(
        kind,
        FieldType::String
            | FieldType::TextArea
            | FieldType::Email
            | FieldType::Phone
            | FieldType::Url
            | FieldType::Picklist
    )
}

fn is_number(kind: FieldType) -> bool {
    matches!(kind, FieldType::Int | FieldType::Double | FieldType::Currency | FieldType::Percent)
}

/// What cannot be done with the field, as the error says it.
fn refused_use(field: &FieldDef, purpose: Use) -> Option<&'static str> {
    let long_text = field.kind == FieldType::TextArea && field.length > LONG_TEXT;
    let fractional =
        matches!(field.kind, FieldType::Double | FieldType::Currency | FieldType::Percent | FieldType::DateTime);
    match purpose {
        Use::Filter if long_text => Some("filtered"),
        Use::Sort if long_text => Some("sorted"),
        Use::Group if long_text || fractional => Some("grouped"),
        _ => None,
    }
}

fn aggregate(function: Aggregate, column: &Column<'_>) -> Option<(String, FieldType)> {
    let (kind, sql) = (column.field.kind, column.sql());
    let allowed = match function {
        Aggregate::Sum | Aggregate::Avg => is_number(kind),
        Aggregate::Count | Aggregate::CountDistinct | Aggregate::Min | Aggregate::Max => kind != FieldType::Boolean,
    };
    allowed.then(|| match function {
        Aggregate::Count => (format!("COUNT({sql})"), FieldType::Int),
        Aggregate::CountDistinct => (format!("COUNT(DISTINCT {sql})"), FieldType::Int),
        Aggregate::Sum => (format!("SUM({sql})"), kind),
        Aggregate::Avg => (format!("AVG({sql})"), FieldType::Double),
        Aggregate::Min => (format!("MIN({sql})"), kind),
        Aggregate::Max => (format!("MAX({sql})"), kind),
    })
}

/// The value as people in the United States write it.
fn formatted(sql: &str, kind: FieldType, scale: u8) -> Option<String> {
    let name = match kind {
        FieldType::Int | FieldType::Double => "number",
        FieldType::Currency => "currency",
        FieldType::Percent => "percent",
        FieldType::Date => "date",
        FieldType::DateTime => "datetime",
        _ => return None,
    };
    Some(format!("soql_format({sql}, '{name}', {scale})"))
}

fn date_part(part: DatePart, column: &Column<'_>) -> Option<(String, FieldType)> {
    let needs_time = matches!(part, DatePart::DayOnly | DatePart::HourInDay);
    match column.field.kind {
        FieldType::DateTime => {}
        FieldType::Date if !needs_time => {}
        _ => return None,
    }
    let sql = column.sql();
    let digits = |from: u8, count: u8| format!("CAST(substr({sql}, {from}, {count}) AS INTEGER)");
    let calendar = |format: &str| format!("CAST(strftime('{format}', substr({sql}, 1, 10)) AS INTEGER)");
    let number = match part {
        DatePart::DayOnly => return Some((format!("substr({sql}, 1, 10)"), FieldType::Date)),
        DatePart::Year | DatePart::FiscalYear => digits(1, 4),
        DatePart::Quarter | DatePart::FiscalQuarter => format!("({} + 2) / 3", digits(6, 2)),
        DatePart::Month | DatePart::FiscalMonth => digits(6, 2),
        DatePart::DayInMonth => digits(9, 2),
        DatePart::DayInWeek => format!("{} + 1", calendar("%w")),
        DatePart::DayInYear => calendar("%j"),
        DatePart::HourInDay => digits(12, 2),
        DatePart::WeekInMonth => format!("({} + 6) / 7", digits(9, 2)),
        DatePart::WeekInYear => format!("({} + 6) / 7", calendar("%j")),
    };
    Some((format!("({number})"), FieldType::Int))
}
