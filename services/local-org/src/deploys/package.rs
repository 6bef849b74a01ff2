//! Manifests: `package.xml` and `destructiveChanges.xml` (Metadata API Developer Guide, "Sample package.xml Manifest
//! Files").

use std::fmt::Write;

use roxmltree::{Document, Node};

/// What a manifest names.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Package {
    /// Version of the API, such as `62.0`.
    pub(crate) version: String,
    /// Types with their members; `*` stands for all.
    pub(crate) types: Vec<(String, Vec<String>)>,
}

impl Package {
    /// Reads a manifest.
    ///
    /// # Errors
    /// A text that says what is wrong with it.
    pub(crate) fn parse(text: &[u8]) -> Result<Self, String> {
        let text = std::str::from_utf8(text).map_err(|error| error.to_string())?;
        let document = Document::parse(text).map_err(|error| error.to_string())?;
        let root = document.root_element();
        if root.tag_name().name() != "Package" {
            return Err("the root element must be Package".to_owned());
        }
        let mut package = Self::default();
        for node in root.children().filter(Node::is_element) {
            match node.tag_name().name() {
                "version" => package.version = node.text().unwrap_or_default().trim().to_owned(),
                "types" => {
                    let texts = |name: &'static str| {
                        let members = node.children().filter(move |child| child.tag_name().name() == name);
                        members.map(|child| child.text().unwrap_or_default().trim().to_owned())
                    };
                    let name = texts("name").next().filter(|name| !name.is_empty());
                    package.add(&name.ok_or("a types element has no name")?, texts("members"));
                }
                _ => {}
            }
        }
        Ok(package)
    }

    /// Adds members to a type.
    pub(crate) fn add(&mut self, type_name: &str, members: impl IntoIterator<Item = String>) {
        match self.types.iter_mut().find(|(name, _)| name == type_name) {
            Some((_, known)) => known.extend(members),
            None => self.types.push((type_name.to_owned(), members.into_iter().collect())),
        }
    }

    /// Type and name of each member, once.
    pub(crate) fn members(&self) -> Vec<(&str, &str)> {
        let mut members: Vec<(&str, &str)> = Vec::new();
        for (type_name, names) in &self.types {
            members.extend(names.iter().map(|name| (type_name.as_str(), name.as_str())));
        }
        let mut seen = std::collections::HashSet::new();
        members.retain(|member| seen.insert(*member));
        members
    }

    /// The manifest as a file.
    pub(crate) fn to_xml(&self) -> String {
        let mut xml = "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n\
                       <Package xmlns=\"http://soap.sforce.com/2006/04/metadata\">\n"
            .to_owned();
        for (name, members) in &self.types {
            xml.push_str("    <types>\n");
            for member in members {
                let _ = writeln!(xml, "        <members>{}</members>", escaped(member));
            }
            let _ = write!(xml, "        <name>{}</name>\n    </types>\n", escaped(name));
        }
        let _ = write!(xml, "    <version>{}</version>\n</Package>\n", escaped(&self.version));
        xml
    }
}

fn escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;")
}

#[cfg(test)]
mod tests {
    use super::Package;

    #[test]
    fn a_manifest_is_read_and_written() {
        let mut package = Package { version: "62.0".to_owned(), ..Package::default() };
        package.add("CustomObject", ["A__c".to_owned(), "B & C".to_owned()]);
        package.add("Flow", ["*".to_owned()]);
        package.add("CustomObject", ["A__c".to_owned()]);
        let read = Package::parse(package.to_xml().as_bytes()).unwrap();
        assert_eq!(read, package);
        assert_eq!(read.members(), [("CustomObject", "A__c"), ("CustomObject", "B & C"), ("Flow", "*")]);
    }

    #[test]
    fn what_is_none_is_refused() {
        for text in ["", "<Other/>", "<Package><types><members>A</members></types></Package>", "<Package>"] {
            assert!(Package::parse(text.as_bytes()).is_err(), "{text}");
        }
    }
}
