//! Text of others at a terminal, and tables.

use chrono::{DateTime, Utc};
use std::io::{self, Write};

/// The text with what a terminal would act on written out: control characters, and those that turn the direction.
pub(crate) fn plain(text: &str) -> String {
    let mut plain = String::with_capacity(text.len());
    for c in text.chars() {
        let turns = matches!(c, '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}');
        if c.is_control() || turns { plain.extend(c.escape_default()) } else { plain.push(c) }
    }
    plain
}

/// Rows under headings, each column as wide as it must be; the last one may be long.
pub(crate) fn table(out: &mut impl Write, heads: &[&str], rows: &[Vec<String>]) -> io::Result<()> {
    let rows: Vec<Vec<String>> = rows.iter().map(|row| row.iter().map(|cell| plain(cell)).collect()).collect();
    let width = |column: usize| {
        let cells = rows.iter().filter_map(|row| row.get(column)).map(|cell| cell.chars().count());
        cells.chain(heads.get(column).map(|head| head.chars().count())).max().unwrap_or(0)
    };
    let widths: Vec<usize> = (0..heads.len()).map(width).collect();
    let mut line = |cells: &[&str]| -> io::Result<()> {
        let padded: Vec<String> = cells.iter().zip(&widths).map(|(cell, width)| format!("{cell:width$}")).collect();
        writeln!(out, "{}", padded.join("  ").trim_end())
    };
    line(heads)?;
    for row in &rows {
        line(&row.iter().map(String::as_str).collect::<Vec<_>>())?;
    }
    Ok(())
}

/// A moment, in UTC.
pub(crate) fn moment(time: &DateTime<Utc>) -> String {
    time.format("%Y-%m-%d %H:%M:%S").to_string()
}

/// A length of time in its largest unit but one: `125 s`, `59 min`.
pub(crate) fn lasting(ms: u64) -> String {
    match ms / 1_000 {
        seconds @ 0..180 => format!("{seconds} s"),
        seconds @ 180..7_200 => format!("{} min", seconds / 60),
        seconds @ 7_200..172_800 => format!("{} h", seconds / 3_600),
        seconds => format!("{} d", seconds / 86_400),
    }
}

/// From one moment to another; nothing when the other is earlier.
pub(crate) fn between(from: DateTime<Utc>, to: DateTime<Utc>) -> String {
    lasting(u64::try_from((to - from).num_milliseconds()).unwrap_or(0))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_terminal_is_told_nothing_by_others() {
        assert_eq!(plain("a\u{1b}[31m\nb\u{9b}2J\u{202e}c é"), "a\\u{1b}[31m\\nb\\u{9b}2J\\u{202e}c é");
    }

    #[test]
    fn columns_are_as_wide_as_they_must_be() {
        let mut out = Vec::new();
        let rows = [vec!["a".to_owned(), "long cell".to_owned(), "x\n".to_owned()], vec!["bbb".to_owned()]];
        table(&mut out, &["ID", "B", "C"], &rows).unwrap();
        assert_eq!(String::from_utf8(out).unwrap(), "ID   B          C\na    long cell  x\\n\nbbb\n");
    }

    #[test]
    fn times_are_short() {
        assert_eq!(
            [900, 179_000, 3_600_000, 90_000_000, 400_000_000].map(lasting),
            ["0 s", "179 s", "60 min", "25 h", "4 d"]
        );
    }
}
