//! A query as it was written, before any name is looked up. A [`Place`] says where to point in an error.

mod path;

use std::fmt;

use chrono::{DateTime, NaiveDate, Utc};

pub use self::path::{Name, Path, Place};
use super::period::Period;

/// A parsed query together with its text, which errors found later quote.
#[derive(Debug, Clone, PartialEq)]
pub struct Query {
    /// The text as sent.
    pub text: String,
    /// What it says.
    pub select: Select,
}

/// A `SELECT`: the query itself, a subquery for child records, or the right side of a semi-join.
#[derive(Debug, Clone, PartialEq)]
pub struct Select {
    /// What to return; never empty.
    pub items: Vec<Item>,
    /// The object, or in a subquery for child records the relationship.
    pub from: Path,
    /// Short name of the object in this query.
    pub alias: Option<Name>,
    /// `USING SCOPE`.
    pub scope: Option<Name>,
    /// `WHERE`.
    pub filter: Option<Condition>,
    /// `GROUP BY`.
    pub group_by: Vec<Expression>,
    /// Which subtotals there are.
    pub grouping: Grouping,
    /// `HAVING`.
    pub having: Option<Condition>,
    /// `ORDER BY`.
    pub order_by: Vec<Ordering>,
    /// `LIMIT`.
    pub limit: Option<u32>,
    /// `OFFSET`, at most 2,000.
    pub offset: Option<u32>,
    /// `FOR VIEW`, `FOR REFERENCE`, `FOR UPDATE`.
    pub purposes: Vec<Purpose>,
}

/// Which subtotals a query with `GROUP BY` has.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Grouping {
    /// None.
    #[default]
    Plain,
    /// `ROLLUP(a, b)`: by a, and the whole.
    Rollup,
    /// `CUBE(a, b)`: by a, by b, and the whole.
    Cube,
}

/// One element of the list after `SELECT`.
#[derive(Debug, Clone, PartialEq)]
pub enum Item {
    /// A field or a function of one, perhaps under another name.
    Expression {
        /// The value.
        expression: Expression,
        /// Its name in the result.
        alias: Option<Name>,
    },
    /// `COUNT()`.
    CountRows(Place),
    /// `FIELDS(…)`.
    Fields(FieldSet, Place),
    /// `(SELECT … FROM …)`: the child records of each record.
    Children(Box<Select>),
}

/// Which fields `FIELDS()` stands for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum FieldSet {
    /// All fields.
    All,
    /// Custom fields.
    Custom,
    /// The other fields.
    Standard,
}

/// A field, or a function of one.
#[derive(Debug, Clone, PartialEq)]
pub enum Expression {
    /// A field of the object or of one of its parents.
    Field(Path),
    /// `Function(field)`.
    Call {
        /// The function.
        function: Function,
        /// Its only argument.
        argument: Path,
        /// Where the function's name stands.
        at: Place,
    },
}

impl Expression {
    /// Where it begins.
    pub fn at(&self) -> Place {
        match self {
            Self::Field(path) => path.at(),
            Self::Call { at, .. } => *at,
        }
    }

    /// Whether it is the result of an aggregate function.
    pub fn is_aggregate(&self) -> bool {
        matches!(self, Self::Call { function: Function::Aggregate(_) | Function::Format(Some(_)), .. })
    }
}

impl fmt::Display for Expression {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Field(path) => path.fmt(f),
            Self::Call { function, argument, .. } => write!(f, "{}({argument})", function.name()),
        }
    }
}

/// A function that a query may apply to a field.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Function {
    /// Many records to one value.
    Aggregate(Aggregate),
    /// A part of a date.
    DatePart(DatePart),
    /// `toLabel`: the label of a picklist value.
    ToLabel,
    /// `FORMAT`: the value as people write it, or that of an aggregate function.
    Format(Option<Aggregate>),
    /// `convertCurrency`: an amount in the user's currency, which is the org's only one.
    ConvertCurrency,
    /// `GROUPING`: 1 in a subtotal of all values of the field, 0 elsewhere.
    Grouping,
    /// `DISTANCE`: of a geolocation, of which this org has none.
    Distance,
}

/// Functions by name, in lower case.
const FUNCTIONS: [(&str, Function); 24] = [
    ("count", Function::Aggregate(Aggregate::Count)),
    ("count_distinct", Function::Aggregate(Aggregate::CountDistinct)),
    ("sum", Function::Aggregate(Aggregate::Sum)),
    ("avg", Function::Aggregate(Aggregate::Avg)),
    ("min", Function::Aggregate(Aggregate::Min)),
    ("max", Function::Aggregate(Aggregate::Max)),
    ("tolabel", Function::ToLabel),
    ("format", Function::Format(None)),
    ("convertcurrency", Function::ConvertCurrency),
    ("grouping", Function::Grouping),
    ("distance", Function::Distance),
    ("calendar_year", Function::DatePart(DatePart::Year)),
    ("calendar_quarter", Function::DatePart(DatePart::Quarter)),
    ("calendar_month", Function::DatePart(DatePart::Month)),
    ("day_in_month", Function::DatePart(DatePart::DayInMonth)),
    ("day_in_week", Function::DatePart(DatePart::DayInWeek)),
    ("day_in_year", Function::DatePart(DatePart::DayInYear)),
    ("day_only", Function::DatePart(DatePart::DayOnly)),
    ("hour_in_day", Function::DatePart(DatePart::HourInDay)),
    ("week_in_month", Function::DatePart(DatePart::WeekInMonth)),
    ("week_in_year", Function::DatePart(DatePart::WeekInYear)),
    ("fiscal_year", Function::DatePart(DatePart::FiscalYear)),
    ("fiscal_quarter", Function::DatePart(DatePart::FiscalQuarter)),
    ("fiscal_month", Function::DatePart(DatePart::FiscalMonth)),
];

impl Function {
    /// The function of that name, in any case.
    pub fn named(name: &str) -> Option<Self> {
        FUNCTIONS.iter().find(|(known, _)| known.eq_ignore_ascii_case(name)).map(|&(_, function)| function)
    }

    /// Its name in lower case.
    pub fn name(self) -> &'static str {
        let known = if matches!(self, Self::Format(_)) { Self::Format(None) } else { self };
        FUNCTIONS.iter().find(|&&(_, function)| function == known).map_or("", |&(name, _)| name)
    }
}

/// An aggregate function.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Aggregate {
    /// Number of records in which the field is not null.
    Count,
    /// Number of different values that are not null.
    CountDistinct,
    /// Sum of the values that are not null.
    Sum,
    /// Mean of the values that are not null.
    Avg,
    /// Smallest value.
    Min,
    /// Largest value.
    Max,
}

/// A function that takes a date or a date and time apart, in UTC.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum DatePart {
    /// 2025.
    Year,
    /// 1 to 4.
    Quarter,
    /// 1 to 12.
    Month,
    /// 1 to 31.
    DayInMonth,
    /// 1 (Sunday) to 7.
    DayInWeek,
    /// 1 to 366.
    DayInYear,
    /// The date of a date and time.
    DayOnly,
    /// 0 to 23.
    HourInDay,
    /// 1 (days 1 to 7) to 5.
    WeekInMonth,
    /// 1 (January 1 to 7) to 53.
    WeekInYear,
    /// The year of the fiscal year, which is the calendar year in a new org.
    FiscalYear,
    /// 1 to 4, of the fiscal year.
    FiscalQuarter,
    /// 1 to 12, of the fiscal year.
    FiscalMonth,
}

/// A boolean expression of `WHERE` or `HAVING`.
#[derive(Debug, Clone, PartialEq)]
pub enum Condition {
    /// All are true; two or more.
    And(Vec<Condition>),
    /// At least one is true; two or more.
    Or(Vec<Condition>),
    /// It is not true.
    Not(Box<Condition>),
    /// A comparison.
    Test {
        /// Left side.
        operand: Expression,
        /// Operator and right side.
        test: Test,
    },
}

/// Operator and right side of a comparison.
#[derive(Debug, Clone, PartialEq)]
pub enum Test {
    /// `=`, `!=`, `<`, …
    Compare(Comparison, Literal),
    /// `LIKE`.
    Like(Literal),
    /// `IN (…)` or `NOT IN (…)`; one value or more.
    In {
        /// Whether it is `NOT IN`.
        negated: bool,
        /// The values.
        values: Vec<Literal>,
    },
    /// `IN (SELECT …)` (semi-join) or `NOT IN (SELECT …)` (anti-join).
    InSelect {
        /// Whether it is `NOT IN`.
        negated: bool,
        /// The inner query.
        select: Box<Select>,
    },
    /// `INCLUDES (…)` or `EXCLUDES (…)`.
    Includes {
        /// Whether it is `EXCLUDES`.
        negated: bool,
        /// The values.
        values: Vec<Literal>,
    },
}

/// A comparison of one value with another.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Comparison {
    /// `=`.
    Equal,
    /// `!=` or `<>`.
    NotEqual,
    /// `<`.
    Less,
    /// `<=`.
    LessOrEqual,
    /// `>`.
    Greater,
    /// `>=`.
    GreaterOrEqual,
}

/// A constant.
#[derive(Debug, Clone, PartialEq)]
pub enum Literal {
    /// `null`.
    Null,
    /// `TRUE` or `FALSE`.
    Boolean(bool),
    /// A number without fraction or exponent.
    Integer(i64),
    /// Any other number; finite.
    Decimal(f64),
    /// `USD5000`: an amount of a currency.
    Currency {
        /// ISO code in capitals.
        code: String,
        /// The amount; finite.
        amount: f64,
    },
    /// `'…'`.
    Text(Text),
    /// `2025-12-31`.
    Date(NaiveDate),
    /// `2025-12-31T00:00:00Z`.
    DateTime(DateTime<Utc>),
    /// A date literal such as `LAST_N_DAYS:30`.
    Period(Period),
}

/// The content of a quoted string.
///
/// It is kept as a pattern, because only there `\%` and `%` differ: each of `\`, `%` and `_` that the writer escaped
/// still has its backslash, every other escape is replaced by what it stands for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Text(pub(super) String);

impl Text {
    /// The string, for every operator but `LIKE`.
    pub fn value(&self) -> String {
        let mut escaped = false;
        let keep = |c: &char| {
            escaped = !escaped && *c == '\\';
            !escaped
        };
        self.0.chars().filter(keep).collect()
    }

    /// The string as a `LIKE` pattern with `\` as escape character.
    pub fn pattern(&self) -> &str {
        &self.0
    }
}

/// One element of `ORDER BY`.
#[derive(Debug, Clone, PartialEq)]
pub struct Ordering {
    /// What to order by.
    pub expression: Expression,
    /// Whether the largest comes first.
    pub descending: bool,
    /// Whether nulls come after all values; by default they come first in both directions.
    pub nulls_last: bool,
}

/// Purpose of a query.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Purpose {
    /// `FOR VIEW`.
    View,
    /// `FOR REFERENCE`.
    Reference,
    /// `FOR UPDATE`.
    Update,
}
