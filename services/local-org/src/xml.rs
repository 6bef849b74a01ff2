//! Writing XML. Names are ours; whatever stands between them is escaped.

use serde_json::Value;

/// XML in the making.
#[derive(Debug, Default)]
pub(crate) struct Xml(String);

impl Xml {
    /// The start of an element.
    pub(crate) fn open(&mut self, name: &str) -> &mut Self {
        self.open_with(name, "")
    }

    /// The start of an element with attributes, which are written as they are.
    pub(crate) fn open_with(&mut self, name: &str, attributes: &str) -> &mut Self {
        self.0.push('<');
        self.0.push_str(name);
        if !attributes.is_empty() {
            self.0.push(' ');
            self.0.push_str(attributes);
        }
        self.0.push('>');
        self
    }

    /// The end of an element.
    pub(crate) fn close(&mut self, name: &str) -> &mut Self {
        self.0.push_str("</");
        self.0.push_str(name);
        self.0.push('>');
        self
    }

    /// An element with a text.
    pub(crate) fn text(&mut self, name: &str, text: &str) -> &mut Self {
        self.open(name);
        push_escaped(&mut self.0, text);
        self.close(name)
    }

    /// An element with a number, boolean and the like.
    pub(crate) fn value(&mut self, name: &str, value: impl std::fmt::Display) -> &mut Self {
        self.text(name, &value.to_string())
    }

    /// An element with a text, or one that says that there is none.
    pub(crate) fn optional(&mut self, name: &str, text: Option<&str>) -> &mut Self {
        match text {
            Some(text) => self.text(name, text),
            None => {
                self.0.push('<');
                self.0.push_str(name);
                self.0.push_str(" xsi:nil=\"true\"/>");
                self
            }
        }
    }

    /// A value as the Metadata and the Bulk API write it: members become elements, lists become elements of one name.
    pub(crate) fn json(&mut self, name: &str, value: &Value) -> &mut Self {
        match value {
            Value::Null => self,
            Value::Array(values) => {
                for value in values {
                    self.json(name, value);
                }
                self
            }
            Value::Object(members) => {
                self.open(name);
                for (name, value) in members {
                    self.json(name, value);
                }
                self.close(name)
            }
            Value::String(text) => self.text(name, text),
            other => self.value(name, other),
        }
    }

    /// What was written.
    pub(crate) fn into_string(self) -> String {
        self.0
    }
}

/// Characters that XML cannot have at all become the sign for an unknown one.
fn push_escaped(xml: &mut String, text: &str) {
    for character in text.chars() {
        match character {
            '&' => xml.push_str("&amp;"),
            '<' => xml.push_str("&lt;"),
            '>' => xml.push_str("&gt;"),
            '"' => xml.push_str("&quot;"),
            '\r' => xml.push_str("&#13;"),
            '\t' | '\n' | ' '..='\u{d7ff}' | '\u{e000}'..='\u{fffd}' | '\u{10000}'.. => xml.push(character),
            _ => xml.push('\u{fffd}'),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::Xml;

    #[test]
    fn texts_are_escaped_and_stay_what_they_are() {
        let mut xml = Xml::default();
        xml.open("a").text("b", "1 < 2 & \"3\"\r\n\u{1f600}]]>").optional("c", None).close("a");
        let xml = xml.into_string().replace("xsi:nil", "nil");
        let document = roxmltree::Document::parse(&xml).unwrap();
        let text = document.descendants().find(|node| node.has_tag_name("b")).and_then(|node| node.text());
        assert_eq!(text, Some("1 < 2 & \"3\"\r\n\u{1f600}]]>"));
    }

    #[test]
    fn what_xml_cannot_have_is_replaced() {
        let mut xml = Xml::default();
        xml.text("a", "x\u{0}y\u{b}z\u{ffff}");
        assert_eq!(xml.into_string(), "<a>x\u{fffd}y\u{fffd}z\u{fffd}</a>");
    }
}
