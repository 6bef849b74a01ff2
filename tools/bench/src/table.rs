//! Tables of figures in Markdown, so that they can be pasted into a document.

/// Columns padded to the same width, figures right-aligned.
pub(crate) fn render(head: &[&str], rows: &[Vec<String>]) -> String {
    let width = |column: usize| {
        let cells = rows.iter().filter_map(|row| row.get(column)).map(String::len);
        cells.chain(head.get(column).map(|cell| cell.len())).max().unwrap_or_default()
    };
    let widths: Vec<usize> = (0..head.len()).map(width).collect();
    let line = |cells: Vec<&str>| {
        let padded: Vec<String> =
            cells.iter().zip(&widths).map(|(cell, width)| format!("{cell:>width$}", width = *width)).collect();
        format!("| {} |", padded.join(" | "))
    };
    let rule: Vec<String> = widths.iter().map(|width| format!("{}:", "-".repeat(width.saturating_sub(1)))).collect();
    let mut lines = vec![line(head.to_vec()), format!("| {} |", rule.join(" | "))];
    lines.extend(rows.iter().map(|row| line(row.iter().map(String::as_str).collect())));
    lines.join("\n")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_are_as_wide_as_their_widest_cell() {
        let rows = [vec!["1".to_owned(), "10.5".to_owned()], vec!["64".to_owned(), "7".to_owned()]];
        assert_eq!(
            render(&["n", "milliseconds"], &rows),
            ["|  n | milliseconds |", "| -: | -----------: |", "|  1 |         10.5 |", "| 64 |            7 |",]
                .join("\n")
        );
    }
}
