//! What a SOAP request asks for.

use roxmltree::{Document, Node, ParsingOptions};

use super::fault::Fault;

/// Elements and texts of a request at most.
const MAX_NODES: u32 = 200_000;

/// A call: its operation with its arguments.
#[derive(Debug, Clone)]
pub(super) struct Request {
    /// The session of the header, if there is one.
    pub(super) session_id: Option<String>,
    /// Name of the operation.
    pub(super) operation: String,
    /// The operation's element.
    pub(super) arguments: Element,
}

/// An element, without its namespace.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Element {
    pub(super) name: String,
    /// The text in it, where there are no elements.
    pub(super) text: String,
    pub(super) children: Vec<Element>,
}

impl Request {
    /// Reads a body.
    ///
    /// # Errors
    /// When it is no SOAP envelope with an operation.
    pub(super) fn parse(body: &[u8]) -> Result<Self, Fault> {
        let text = std::str::from_utf8(body).map_err(|error| Fault::unreadable(error.to_string()))?;
        // No document type: nothing in a request expands.
        let options = ParsingOptions { allow_dtd: false, nodes_limit: MAX_NODES, ..ParsingOptions::default() };
        let document =
            Document::parse_with_options(text, options).map_err(|error| Fault::unreadable(error.to_string()))?;
        let envelope = document.root_element();
        if envelope.tag_name().name() != "Envelope" {
            return Err(Fault::unreadable("the root element is not a SOAP Envelope"));
        }
        let member = |name: &str| envelope.children().find(|child| child.tag_name().name() == name);
        let session = member("Header").and_then(|header| {
            header.descendants().find(|node| node.tag_name().name() == "sessionId")?.text().map(str::trim)
        });
        let operation = member("Body").and_then(|body| body.children().find(Node::is_element));
        let operation = operation.ok_or_else(|| Fault::unreadable("the Body has no operation"))?;
        let arguments = Element::read(operation, 0)?;
        Ok(Self { session_id: session.map(str::to_owned), operation: arguments.name.clone(), arguments })
    }
}

impl Element {
    /// Elements within elements at most.
    const DEEPEST: usize = 50;

    fn read(node: Node<'_, '_>, depth: usize) -> Result<Self, Fault> {
        if depth > Self::DEEPEST {
            return Err(Fault::unreadable("there are too many elements within elements"));
        }
        let children: Vec<Self> = node
            .children()
            .filter(Node::is_element)
            .map(|child| Self::read(child, depth + 1))
            .collect::<Result<_, _>>()?;
        let text = if children.is_empty() { node.text().unwrap_or_default().trim().to_owned() } else { String::new() };
        Ok(Self { name: node.tag_name().name().to_owned(), text, children })
    }

    /// The child elements of that name.
    pub(super) fn all<'e>(&'e self, name: &'e str) -> impl Iterator<Item = &'e Self> {
        self.children.iter().filter(move |child| child.name == name)
    }

    /// The first child element of that name.
    pub(super) fn child(&self, name: &str) -> Option<&Self> {
        self.children.iter().find(|child| child.name == name)
    }

    /// The text of the child element of that name.
    pub(super) fn value(&self, name: &str) -> Option<&str> {
        self.child(name).map(|child| child.text.as_str())
    }
}
