//! The errors of a job as a file for spreadsheets.

use shared::jobs::RecordError;

/// What a cell begins with that a spreadsheet takes for a formula (OWASP, "CSV Injection"), also behind a blank.
const FORMULA: [char; 8] = ['=', '+', '-', '@', '\t', '\r', '\n', '|'];

/// The errors, with a heading. A cell that a spreadsheet would run gets an apostrophe in front.
pub(crate) fn errors(errors: &[RecordError]) -> Result<Vec<u8>, csv::Error> {
    let mut writer = csv::WriterBuilder::new().quote_style(csv::QuoteStyle::Always).from_writer(Vec::new());
    writer.write_record(["recordId", "code", "message"])?;
    for error in errors {
        writer.write_record([&error.record_id, &error.code, &error.message].map(|text| harmless(text)))?;
    }
    writer.into_inner().map_err(|error| error.into_error().into())
}

fn harmless(text: &str) -> String {
    let runs = text.starts_with(FORMULA) || text.trim_start().starts_with(FORMULA);
    if runs { format!("'{text}") } else { text.to_owned() }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_in_the_file_is_a_formula() {
        let error = |record_id: &str, message: &str| RecordError {
            record_id: record_id.to_owned(),
            code: "CODE".to_owned(),
            message: message.to_owned(),
        };
        let rows = [
            error("006000000000001AAA", "=HYPERLINK(\"http://evil.example\")"),
            error("+1", " @SUM(1)"),
            error("-1", "two\nlines, and a \"quote\""),
            error("\t=1", "it said = 5"),
        ];
        let text = String::from_utf8(super::errors(&rows).unwrap()).unwrap();
        assert_eq!(
            text,
            "\"recordId\",\"code\",\"message\"\n\
             \"006000000000001AAA\",\"CODE\",\"'=HYPERLINK(\"\"http://evil.example\"\")\"\n\
             \"'+1\",\"CODE\",\"' @SUM(1)\"\n\
             \"'-1\",\"CODE\",\"two\nlines, and a \"\"quote\"\"\"\n\
             \"'\t=1\",\"CODE\",\"it said = 5\"\n"
        );
    }
}
