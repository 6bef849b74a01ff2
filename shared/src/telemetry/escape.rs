//! What others wrote (an org's error message, the name of a record) ends up in log lines. It must neither begin a line of
//! its own, which would look like one of ours, nor steer the terminal that shows it.

use std::fmt::{self, Debug, Write as _};
use std::io::{self, Write};

use tracing::field::Field;
use tracing_subscriber::field::{MakeExt, RecordFields};
use tracing_subscriber::fmt::format::{FormatFields, Writer, debug_fn};
use tracing_subscriber::fmt::{FormattedFields, MakeWriter};

/// Whether a character does something else than show itself: control characters (C0, DEL, C1), line and paragraph
/// separators, and those that change the direction of text (Unicode TR 9 and TR 36, "bidirectional text spoofing").
fn is_active(c: char) -> bool {
    c.is_control()
        || matches!(c, '\u{61c}' | '\u{200e}' | '\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2066}'..='\u{2069}' | '\u{feff}')
}

/// Passes text on with active characters spelt out: `\n`, `\u{1b}`.
struct Escaping<W>(W);

impl<W: fmt::Write> fmt::Write for Escaping<W> {
    fn write_str(&mut self, text: &str) -> fmt::Result {
        let mut rest = text;
        while let Some((at, c)) = rest.char_indices().find(|(_, c)| is_active(*c)) {
            let (plain, active) = rest.split_at(at);
            self.0.write_str(plain)?;
            write!(self.0, "{}", c.escape_default())?;
            rest = active.get(c.len_utf8()..).unwrap_or_default();
        }
        self.0.write_str(rest)
    }
}

/// Fields of events and spans in text lines: `name=value`, the message without its name. All that is not written in our own
/// code (levels, targets, names of spans) comes through here.
pub(super) struct TextFields;

impl<'w> FormatFields<'w> for TextFields {
    fn format_fields<R: RecordFields>(&self, writer: Writer<'w>, fields: R) -> fmt::Result {
        debug_fn(text_field).delimited(" ").format_fields(writer, fields)
    }

    fn add_fields(&self, current: &'w mut FormattedFields<Self>, fields: &tracing::span::Record<'_>) -> fmt::Result {
        if !current.fields.is_empty() {
            current.fields.push(' ');
        }
        self.format_fields(current.as_writer(), fields)
    }
}

fn text_field(writer: &mut Writer<'_>, field: &Field, value: &dyn Debug) -> fmt::Result {
    let name = field.name();
    if name != "message" {
        let (italic, dimmed, plain) =
            if writer.has_ansi_escapes() { ("\u{1b}[3m", "\u{1b}[2m", "\u{1b}[0m") } else { ("", "", "") };
        write!(writer, "{italic}{name}{plain}{dimmed}={plain}")?;
    }
    write!(Escaping(writer), "{value:?}")
}

/// The writer of JSON lines. JSON escapes what could end a line; this escapes the rest, as JSON does.
pub(super) struct JsonLines<W>(pub(super) W);

/// What [`JsonLines`] makes.
pub(super) struct JsonLine<W>(W);

impl<'w, M: MakeWriter<'w>> MakeWriter<'w> for JsonLines<M> {
    type Writer = JsonLine<M::Writer>;

    fn make_writer(&'w self) -> Self::Writer {
        JsonLine(self.0.make_writer())
    }
}

impl<W: Write> Write for JsonLine<W> {
    /// Takes whole lines, as `tracing-subscriber` writes them.
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let text = std::str::from_utf8(bytes).map_err(|error| io::Error::new(io::ErrorKind::InvalidData, error))?;
        // Outside of strings JSON has no such character but the end of the line.
        if text.chars().any(|c| is_active(c) && c != '\n') {
            let mut line = String::with_capacity(text.len() + 32);
            for c in text.chars() {
                if is_active(c) && c != '\n' {
                    // All of them have four digits at most.
                    write!(line, "\\u{:04x}", u32::from(c)).map_err(io::Error::other)?;
                } else {
                    line.push(c);
                }
            }
            self.0.write_all(line.as_bytes())?;
        } else {
            self.0.write_all(bytes)?;
        }
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        self.0.flush()
    }
}
