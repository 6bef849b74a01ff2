//! Date literals: `TODAY`, `LAST_MONTH`, `NEXT_N_QUARTERS:2` and the like, for a user whose time zone is UTC, whose week
//! begins on Sunday and whose fiscal year is the calendar year (SOQL and SOSL Reference, "Date Formats and Date Literals
//! in WHERE").

use chrono::{Datelike, Days, Months, NaiveDate};

/// Some whole days, weeks, months, quarters or years, counted from the current one: `LAST_N_WEEKS:3` is -3 to -1.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Period {
    /// What is counted.
    pub unit: Unit,
    /// The first; 0 is the current one, -1 the one before.
    pub first: i32,
    /// The last, itself included; before the first in an empty period such as `NEXT_N_DAYS:0`.
    pub last: i32,
}

/// What a [`Period`] counts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Unit {
    /// Days.
    Day,
    /// Weeks from Sunday to Saturday.
    Week,
    /// Calendar months.
    Month,
    /// Calendar quarters.
    Quarter,
    /// Calendar years.
    Year,
}

impl Unit {
    /// Units by name; the fiscal ones equal the others here.
    fn named(name: &str) -> Option<Self> {
        Some(match name {
            "DAY" => Self::Day,
            "WEEK" => Self::Week,
            "MONTH" => Self::Month,
            "QUARTER" | "FISCAL_QUARTER" => Self::Quarter,
            "YEAR" | "FISCAL_YEAR" => Self::Year,
            _ => return None,
        })
    }

    fn start_of_current(self, today: NaiveDate) -> Option<NaiveDate> {
        match self {
            Self::Day => Some(today),
            Self::Week => today.checked_sub_days(Days::new(today.weekday().num_days_from_sunday().into())),
            Self::Month => today.with_day(1),
            Self::Quarter => today.with_day(1)?.with_month(today.month0() / 3 * 3 + 1),
            Self::Year => NaiveDate::from_ymd_opt(today.year(), 1, 1),
        }
    }

    fn advance(self, date: NaiveDate, count: i32) -> Option<NaiveDate> {
        let months = match self {
            Self::Day => return add_days(date, count.into()),
            Self::Week => return add_days(date, i64::from(count) * 7),
            Self::Month => 1,
            Self::Quarter => 3,
            Self::Year => 12,
        };
        let months = Months::new(count.unsigned_abs().checked_mul(months)?);
        if count < 0 { date.checked_sub_months(months) } else { date.checked_add_months(months) }
    }
}

fn add_days(date: NaiveDate, count: i64) -> Option<NaiveDate> {
    let days = Days::new(count.unsigned_abs());
    if count < 0 { date.checked_sub_days(days) } else { date.checked_add_days(days) }
}

impl Period {
    /// The literal of that name (in any case) with the number after its colon, if it has one.
    pub fn named(name: &str, number: Option<i32>) -> Option<Self> {
        let name = name.to_ascii_uppercase();
        match number {
            None => Self::without_number(&name),
            Some(number) if number >= 0 => Self::with_number(&name, number),
            Some(_) => None,
        }
    }

    fn without_number(name: &str) -> Option<Self> {
        let (unit, first, last) = match name {
            "TODAY" => (Unit::Day, 0, 0),
            "YESTERDAY" => (Unit::Day, -1, -1),
            "TOMORROW" => (Unit::Day, 1, 1),
            "LAST_90_DAYS" => (Unit::Day, -90, 0),
            "NEXT_90_DAYS" => (Unit::Day, 1, 90),
            _ => {
                let (which, unit) = name.split_once('_')?;
                let offset = match which {
                    "LAST" => -1,
                    "THIS" => 0,
                    "NEXT" => 1,
                    _ => return None,
                };
                (Unit::named(unit).filter(|unit| *unit != Unit::Day)?, offset, offset)
            }
        };
        Some(Self { unit, first, last })
    }

    fn with_number(name: &str, number: i32) -> Option<Self> {
        let plural = |unit: &str| Unit::named(unit.strip_suffix('S')?);
        let period = |unit, first, last| Some(Self { unit, first, last });
        if let Some(unit) = name.strip_prefix("LAST_N_") {
            // The last n days end with today, the last n weeks (and so on) with the one before this one.
            let unit = plural(unit)?;
            period(unit, -number, if unit == Unit::Day { 0 } else { -1 })
        } else if let Some(unit) = name.strip_prefix("NEXT_N_") {
            period(plural(unit)?, 1, number)
        } else {
            period(plural(name.strip_prefix("N_")?.strip_suffix("_AGO")?)?, -number, -number)
        }
    }

    /// First day of the period and first day after it, or `None` beyond the years 1 to 9999.
    pub fn bounds(self, today: NaiveDate) -> Option<(NaiveDate, NaiveDate)> {
        let current = self.unit.start_of_current(today)?;
        let start = self.unit.advance(current, self.first)?;
        let end = self.unit.advance(current, self.last.checked_add(1)?)?;
        (start.year() >= 1 && end.year() <= 9999).then_some((start, end))
    }
}

#[cfg(test)]
mod tests;
