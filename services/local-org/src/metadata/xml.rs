//! Reading the elements of a metadata file.

use std::path::Path;
use std::str::FromStr;

use roxmltree::Node;

use super::error::MetadataError;
use super::source::Source;

/// Reads a file whose root element is `root` and gives that to `read`.
pub(super) fn with_root<T>(
    file: &Source,
    root: &str,
    read: impl FnOnce(Node<'_, '_>) -> Result<T, MetadataError>,
) -> Result<T, MetadataError> {
    let path = file.path.as_path();
    let document = roxmltree::Document::parse(&file.text)
        .map_err(|source| MetadataError::Xml { path: path.to_owned(), source })?;
    let element = document.root_element();
    if element.tag_name().name() != root {
        return Err(MetadataError::invalid(path, format!("the root element must be {root}")));
    }
    read(element)
}

/// The child elements of that name.
pub(super) fn children<'a, 'i>(node: Node<'a, 'i>, name: &str) -> impl Iterator<Item = Node<'a, 'i>> {
    node.children().filter(move |child| child.tag_name().name() == name)
}

/// The text of the child element of that name; `None` when there is none.
pub(super) fn text<'a>(node: Node<'a, '_>, name: &str) -> Option<&'a str> {
    children(node, name).next().map(|child| child.text().unwrap_or_default().trim())
}

/// The same, which must be there.
pub(super) fn required<'a>(path: &Path, node: Node<'a, '_>, name: &str) -> Result<&'a str, MetadataError> {
    text(node, name)
        .filter(|text| !text.is_empty())
        .ok_or_else(|| MetadataError::invalid(path, format!("{name} is missing")))
}

/// A number, boolean and the like; the type's default when it is left out.
pub(super) fn value<T: FromStr + Default>(path: &Path, node: Node<'_, '_>, name: &str) -> Result<T, MetadataError> {
    text(node, name).map_or(Ok(T::default()), |text| parsed(path, name, text))
}

/// A number, boolean and the like, which must be there.
pub(super) fn required_value<T: FromStr>(path: &Path, node: Node<'_, '_>, name: &str) -> Result<T, MetadataError> {
    parsed(path, name, required(path, node, name)?)
}

fn parsed<T: FromStr>(path: &Path, name: &str, text: &str) -> Result<T, MetadataError> {
    text.parse().map_err(|_| MetadataError::invalid(path, format!("{name} cannot be {text:?}")))
}
