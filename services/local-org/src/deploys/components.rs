//! What of an archive is which component.

use roxmltree::{Document, Node};

use super::archive::Files;
use super::package::Package;
use super::types::{self, MetadataType, OBJECT_PARTS, part_element};
use crate::metadata::{Kind, Source};

/// What archives call an object's file.
const OBJECT_FOLDER: &str = "objects";
/// Namespace of all metadata files.
const NAMESPACE: &str = "http://soap.sforce.com/2006/04/metadata";

/// A component with what an archive has of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Component {
    pub(crate) type_name: &'static str,
    /// Full name, such as `Thing__c.Size__c`.
    pub(crate) name: String,
    /// The file that messages name.
    pub(crate) file_name: String,
    /// Contents by path. Of an object it is what is left without its parts, of a part its element.
    pub(crate) files: Files,
}

/// Something that cannot be deployed as it is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Problem {
    pub(crate) type_name: String,
    pub(crate) name: String,
    pub(crate) file_name: String,
    pub(crate) text: String,
}

/// The components of an archive that its manifest names, each once.
pub(crate) fn named(files: &Files, package: &Package) -> (Vec<Component>, Vec<Problem>) {
    let (mut found, mut problems) = (Vec::new(), Vec::new());
    for (type_name, name) in package.members() {
        match of_member(files, type_name, name) {
            Ok(components) => found.extend(components),
            Err(text) => problems.push(Problem {
                type_name: type_name.to_owned(),
                name: name.to_owned(),
                file_name: "package.xml".to_owned(),
                text,
            }),
        }
    }
    let mut seen = std::collections::HashSet::new();
    found.retain(|component| seen.insert((component.type_name, component.name.clone())));
    (found, problems)
}

fn of_member(files: &Files, type_name: &str, name: &str) -> Result<Vec<Component>, String> {
    if part_element(type_name).is_some() {
        return of_part(files, type_name, name);
    }
    let known =
        types::find(type_name).ok_or_else(|| format!("Unknown type name '{type_name}' specified in package.xml"))?;
    let names = if name == "*" { all_names(files, known) } else { vec![name.to_owned()] };
    let mut components = Vec::new();
    for name in &names {
        let found = if type_name == "CustomObject" { of_object(files, name)? } else { of_files(files, known, name) };
        if found.is_empty() {
            return Err(missing(type_name, name));
        }
        components.extend(found);
    }
    Ok(components)
}

fn missing(type_name: &str, name: &str) -> String {
    format!("An object '{name}' of type {type_name} was named in package.xml, but was not found in zipped directory")
}

/// The names of all components of a type.
fn all_names(files: &Files, known: &MetadataType) -> Vec<String> {
    let folder = format!("{}/", known.folder);
    let in_folder = files.keys().filter_map(|path| path.strip_prefix(&folder));
    let mut names: Vec<String> = match known.suffix {
        Some(suffix) => {
            in_folder.filter_map(|rest| rest.strip_suffix(suffix)?.strip_suffix('.')).map(str::to_owned).collect()
        }
        None => in_folder.filter_map(|rest| rest.split_once('/')).map(|(name, _)| name.to_owned()).collect(),
    };
    names.dedup();
    names
}

fn of_files(files: &Files, known: &'static MetadataType, name: &str) -> Vec<Component> {
    let own: Files = match known.suffix {
        Some(suffix) => {
            let path = format!("{}/{name}.{suffix}", known.folder);
            let paths = [path.clone(), format!("{path}-meta.xml")];
            // The description alone makes no component.
            if !files.contains_key(&path) {
                return Vec::new();
            }
            paths.into_iter().filter_map(|path| Some((path.clone(), files.get(&path)?.clone()))).collect()
        }
        None => {
            let folder = format!("{}/{name}/", known.folder);
            let inside = files.iter().filter(|(path, _)| path.starts_with(&folder));
            inside.map(|(path, contents)| (path.clone(), contents.clone())).collect()
        }
    };
    let Some(first) = own.keys().next() else { return Vec::new() };
    vec![Component { type_name: known.name, name: name.to_owned(), file_name: first.clone(), files: own }]
}

/// An object and all its parts.
fn of_object(files: &Files, name: &str) -> Result<Vec<Component>, String> {
    let path = format!("{OBJECT_FOLDER}/{name}.object");
    let Some(text) = files.get(&path) else { return Ok(Vec::new()) };
    let (base, parts) = taken_apart(text)?;
    let component = |type_name, name, text: String| Component {
        type_name,
        name,
        file_name: path.clone(),
        files: Files::from([(path.clone(), text.into_bytes())]),
    };
    let mut components = vec![component("CustomObject", name.to_owned(), base)];
    components
        .extend(parts.into_iter().map(|part| component(part.type_name, format!("{name}.{}", part.name), part.text)));
    Ok(components)
}

fn of_part(files: &Files, type_name: &str, name: &str) -> Result<Vec<Component>, String> {
    let (object, _) = name.split_once('.').ok_or_else(|| missing(type_name, name))?;
    let all = of_object(files, object)?;
    let found: Vec<_> = all.into_iter().filter(|part| part.type_name == type_name && part.name == name).collect();
    if found.is_empty() { Err(missing(type_name, name)) } else { Ok(found) }
}

/// A part of an object.
struct Part {
    type_name: &'static str,
    name: String,
    /// Its element.
    text: String,
}

/// An object's file without its parts, and these.
fn taken_apart(text: &[u8]) -> Result<(String, Vec<Part>), String> {
    let text = std::str::from_utf8(text).map_err(|error| error.to_string())?;
    let document = Document::parse(text).map_err(|error| format!("Error parsing file: {error}"))?;
    let (mut base, mut parts, mut end) = (String::new(), Vec::new(), 0);
    for node in document.root_element().children().filter(Node::is_element) {
        let Some((_, type_name)) = OBJECT_PARTS.iter().find(|(element, _)| *element == node.tag_name().name()) else {
            continue;
        };
        let name = node.children().find(|child| child.tag_name().name() == "fullName").and_then(|child| child.text());
        let name = name.ok_or_else(|| format!("a {type_name} has no fullName"))?;
        parts.push(Part { type_name, name: name.trim().to_owned(), text: text[node.range()].to_owned() });
        base.push_str(&text[end..node.range().start]);
        end = node.range().end;
    }
    base.push_str(&text[end..]);
    Ok((base, parts))
}

/// An object's file again, with parts.
pub(super) fn put_together(base: Option<&[u8]>, parts: &[&[u8]]) -> Vec<u8> {
    let empty =
        format!("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<CustomObject xmlns=\"{NAMESPACE}\">\n</CustomObject>\n");
    let base = base.unwrap_or(empty.as_bytes());
    let base = String::from_utf8_lossy(base);
    // What was taken apart has an end, or was written as an empty element.
    let (head, tail) = match base.rfind("</") {
        Some(end) => (base[..end].trim_end().to_owned(), base[end..].to_owned()),
        None => (base.trim_end().trim_end_matches("/>").to_owned() + ">", "</CustomObject>\n".to_owned()),
    };
    let mut text = head;
    for part in parts {
        text.push_str("\n    ");
        text.push_str(&String::from_utf8_lossy(part));
    }
    text.push('\n');
    text.push_str(&tail);
    text.into_bytes()
}

impl Component {
    /// What a local org reads of it, if it reads anything of such components.
    pub(crate) fn source(&self) -> Option<Source> {
        let kind = Kind::of_type(self.type_name);
        if kind == Kind::Other {
            return None;
        }
        let (path, contents) = self.files.iter().next()?;
        let text = String::from_utf8_lossy(contents).into_owned();
        let (object, name) = match kind {
            Kind::Field => {
                self.name.split_once('.').map(|(object, name)| (Some(object.to_owned()), name.to_owned()))?
            }
            _ => (None, self.name.clone()),
        };
        let text = if kind == Kind::Field { as_root(&text, "CustomField")? } else { text };
        Some(Source { path: path.into(), kind, name, object, text })
    }

    /// The component of a file of a project in source format.
    pub(crate) fn of_source(source: &Source) -> Option<Self> {
        let known = types::find(source.kind.type_name());
        let (type_name, name, path, text) = match &source.object {
            Some(object) => (
                source.kind.type_name(),
                format!("{object}.{}", source.name),
                format!("{OBJECT_FOLDER}/{object}.object"),
                as_element(&source.text, "fields")?,
            ),
            None => {
                let known = known?;
                let path = format!("{}/{}.{}", known.folder, source.name, known.suffix?);
                (known.name, source.name.clone(), path, source.text.clone())
            }
        };
        Some(Self { type_name, name, file_name: path.clone(), files: Files::from([(path, text.into_bytes())]) })
    }
}

/// An element as a file of its own. A prefix that it uses may be declared around it.
fn as_root(element: &str, root: &str) -> Option<String> {
    let open = element.find('>')? + 1;
    let inside = if element[..open].ends_with("/>") { "" } else { element.get(open..element.rfind("</")?)? };
    Some(format!(
        "<{root} xmlns=\"{NAMESPACE}\" xmlns:xsi=\"http://www.w3.org/2001/XMLSchema-instance\">{inside}</{root}>"
    ))
}

/// A file's root as an element of another file.
fn as_element(file: &str, name: &str) -> Option<String> {
    let document = Document::parse(file).ok()?;
    let root = document.root_element();
    let inside = match (root.first_child(), root.last_child()) {
        (Some(first), Some(last)) => file.get(first.range().start..last.range().end)?,
        _ => "",
    };
    Some(format!("<{name}>{inside}</{name}>"))
}

#[cfg(test)]
mod tests {
    use super::{Component, named, put_together};
    use crate::deploys::archive::Files;
    use crate::deploys::package::Package;

    const THING: &str = "<?xml version=\"1.0\"?>\n<CustomObject xmlns=\"http://soap.sforce.com/2006/04/metadata\">\n    \
        <fields><fullName>Size__c</fullName><type>Text</type></fields>\n    <label>Thing</label>\n    \
        <validationRules><fullName>Rule</fullName></validationRules>\n</CustomObject>\n";

    fn files() -> Files {
        let file = |path: &str, text: &str| (path.to_owned(), text.as_bytes().to_vec());
        Files::from([
            file("objects/Thing__c.object", THING),
            file("classes/A.cls", "class A {}"),
            file("classes/A.cls-meta.xml", "<ApexClass/>"),
            file("lwc/box/box.js", ""),
            file("lwc/box/box.html", ""),
            file("lwc/boxes/boxes.js", ""),
        ])
    }

    fn package(members: &[(&str, &str)]) -> Package {
        let mut package = Package::default();
        members.iter().for_each(|(name, member)| package.add(name, [(*member).to_owned()]));
        package
    }

    fn names(components: &[Component]) -> Vec<(&str, &str, usize)> {
        components.iter().map(|found| (found.type_name, found.name.as_str(), found.files.len())).collect()
    }

    #[test]
    fn objects_are_taken_apart_and_put_together_again() {
        let (found, problems) =
            named(&files(), &package(&[("CustomObject", "*"), ("CustomField", "Thing__c.Size__c")]));
        assert_eq!(problems, []);
        let expected = [
            ("CustomObject", "Thing__c", 1),
            ("CustomField", "Thing__c.Size__c", 1),
            ("ValidationRule", "Thing__c.Rule", 1),
        ];
        assert_eq!(names(&found), expected);
        let text = |index: usize| found[index].files.values().next().unwrap().as_slice();
        assert!(!String::from_utf8_lossy(text(0)).contains("Size__c"));
        let whole = put_together(Some(text(0)), &[text(1), text(2)]);
        let again = Files::from([("objects/Thing__c.object".to_owned(), whole)]);
        assert_eq!(names(&named(&again, &package(&[("CustomObject", "Thing__c")])).0), expected);
        let source = found[1].source().unwrap();
        assert_eq!((source.object.as_deref(), source.name.as_str()), (Some("Thing__c"), "Size__c"));
        assert!(source.text.starts_with("<CustomField xmlns=") && source.text.contains("<type>Text</type>"));
        assert_eq!(Component::of_source(&source).unwrap().files, found[1].files);
    }

    #[test]
    fn files_and_folders_belong_to_their_components() {
        let (found, problems) = named(&files(), &package(&[("ApexClass", "A"), ("LightningComponentBundle", "box")]));
        assert_eq!(problems, []);
        assert_eq!(names(&found), [("ApexClass", "A", 2), ("LightningComponentBundle", "box", 2)]);
        assert!(found[0].source().is_none());
    }

    #[test]
    fn says_what_is_missing_or_unknown() {
        let (found, problems) =
            named(&files(), &package(&[("ApexClass", "B"), ("Magic", "A"), ("CustomField", "Thing__c.No__c")]));
        assert_eq!(found, []);
        let texts: Vec<_> = problems.iter().map(|problem| problem.text.as_str()).collect();
        assert_eq!(
            texts,
            [
                "An object 'B' of type ApexClass was named in package.xml, but was not found in zipped directory",
                "Unknown type name 'Magic' specified in package.xml",
                "An object 'Thing__c.No__c' of type CustomField was named in package.xml, but was not found in zipped \
                 directory",
            ]
        );
    }
}
