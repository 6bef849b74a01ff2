//! The components of an org, to give back: all that were deployed, whether or not a local org does anything with them, and
//! those of its project that it understands.

use std::collections::BTreeMap;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde::{Deserialize, Serialize};

use super::archive::Files;
use super::components::{Component, put_together};
use super::package::Package;
use super::types;
use crate::definitions::Deployed;
use crate::error::ApiError;
use crate::id;
use crate::store::Org;

/// First characters of the notes in which an org's database has them.
pub(super) const NOTES: &str = "metadata:";

/// One component.
#[derive(Debug, Clone)]
pub(crate) struct Kept {
    pub(crate) component: Component,
    /// Id, 18 characters.
    pub(crate) id: String,
    pub(crate) created: Stamp,
    pub(crate) modified: Stamp,
}

/// Who did something, and when.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Stamp {
    /// Id of the user, 18 characters.
    pub(crate) user_id: String,
    pub(crate) user_name: String,
    /// As the Metadata API writes it.
    pub(crate) at: String,
}

/// All of them, by type and name.
#[derive(Debug, Clone, Default)]
pub(crate) struct Inventory {
    components: BTreeMap<(String, String), Kept>,
    /// The number of the last id.
    last: u64,
}

/// A component as the database has it.
#[derive(Serialize, Deserialize)]
struct Note {
    type_name: String,
    name: String,
    file_name: String,
    id: String,
    created: Stamp,
    modified: Stamp,
    /// In Base64.
    files: BTreeMap<String, String>,
}

impl Inventory {
    /// Those that an earlier process with the same database has noted.
    ///
    /// # Errors
    /// When the database fails; a note that cannot be read is left out, with a warning.
    pub(super) fn load(org: &Org) -> Result<Self, ApiError> {
        let mut inventory = Self::default();
        for text in org.notes(NOTES)? {
            let note = serde_json::from_str::<Note>(&text).ok();
            let Some(kept) = note.and_then(Kept::of_note) else {
                tracing::warn!("a component in the org's database cannot be read");
                continue;
            };
            inventory.last = inventory.last.max(id::number_of(&kept.id).unwrap_or_default());
            inventory.components.insert(key(&kept.component), kept);
        }
        Ok(inventory)
    }

    /// The component of that type and name.
    pub(crate) fn get(&self, type_name: &str, name: &str) -> Option<&Kept> {
        self.components.get(&(type_name.to_owned(), name.to_owned()))
    }

    /// All components of a type, by name.
    pub(crate) fn of_type<'k>(&'k self, type_name: &'k str) -> impl Iterator<Item = &'k Kept> {
        self.all().filter(move |kept| kept.component.type_name == type_name)
    }

    /// All components, by type and name.
    pub(crate) fn all(&self) -> impl Iterator<Item = &Kept> {
        self.components.values()
    }

    /// Adds a component, or replaces the one of its name.
    pub(super) fn put(&mut self, component: Component, by: &Stamp) -> &Kept {
        let key = key(&component);
        let known = self.components.get(&key).map(|kept| (kept.id.clone(), kept.created.clone()));
        let (id, created) = known.unwrap_or_else(|| {
            self.last += 1;
            let prefix = types::find(component.type_name).map_or("00N", |known| known.prefix);
            (id::generate(prefix, self.last), by.clone())
        });
        let kept = Kept { component, id, created, modified: by.clone() };
        self.components.entry(key).insert_entry(kept).into_mut()
    }

    /// Removes a component; false when there is none of that name. With an object go its parts.
    pub(super) fn remove(&mut self, type_name: &str, name: &str) -> bool {
        if type_name == "CustomObject" {
            let parts = format!("{name}.");
            self.components.retain(|_, kept| {
                types::part_element(kept.component.type_name).is_none() || !kept.component.name.starts_with(&parts)
            });
        }
        self.components.remove(&(type_name.to_owned(), name.to_owned())).is_some()
    }

    /// The files of what a manifest names, with a manifest of what was found, and messages on what was not.
    pub(super) fn files(&self, wanted: &Package) -> Taken {
        let mut taken = Taken::default();
        let mut found: Vec<&Kept> = Vec::new();
        for (type_name, name) in wanted.members() {
            let matching: Vec<&Kept> = match name {
                "*" => self.of_type(type_name).collect(),
                _ => self.get(type_name, name).into_iter().collect(),
            };
            if matching.is_empty() && name != "*" {
                let text = format!("Entity of type '{type_name}' named '{name}' cannot be found");
                taken.messages.push(text);
            }
            found.extend(matching);
            // With an object come its parts.
            if type_name == "CustomObject" {
                let parts = self.all().filter(|kept| types::part_element(kept.component.type_name).is_some());
                found.extend(parts.filter(|kept| {
                    kept.component.name.split_once('.').is_some_and(|(object, _)| name == "*" || object == name)
                }));
            }
        }
        let mut seen = std::collections::HashSet::new();
        found.retain(|kept| seen.insert(key(&kept.component)));
        let mut manifest = Package { version: wanted.version.clone(), ..Package::default() };
        let mut objects: BTreeMap<&str, Pieces<'_>> = BTreeMap::new();
        for kept in &found {
            let Component { type_name, name, files, .. } = &kept.component;
            manifest.add(type_name, [name.clone()]);
            let is_part = types::part_element(type_name).is_some();
            for (path, contents) in files {
                if is_part {
                    objects.entry(path).or_default().parts.push(contents);
                } else if *type_name == "CustomObject" {
                    objects.entry(path).or_default().base = Some(contents);
                } else {
                    taken.files.insert(path.clone(), contents.clone());
                }
            }
        }
        for (path, Pieces { base, parts }) in objects {
            taken.files.insert(path.to_owned(), put_together(base, &parts));
        }
        taken.files.insert("package.xml".to_owned(), manifest.to_xml().into_bytes());
        taken.kept = found.into_iter().cloned().collect();
        taken
    }
}

/// What an object's file is put together from.
#[derive(Default)]
struct Pieces<'k> {
    base: Option<&'k [u8]>,
    parts: Vec<&'k [u8]>,
}

/// What a retrieve gives.
#[derive(Debug, Default)]
pub(super) struct Taken {
    pub(super) files: Files,
    pub(super) kept: Vec<Kept>,
    pub(super) messages: Vec<String>,
}

impl Kept {
    /// Key and text of the note.
    pub(super) fn note(&self) -> (String, String) {
        let Component { type_name, name, file_name, files } = &self.component;
        let note = Note {
            type_name: (*type_name).to_owned(),
            name: name.clone(),
            file_name: file_name.clone(),
            id: self.id.clone(),
            created: self.created.clone(),
            modified: self.modified.clone(),
            files: files.iter().map(|(path, contents)| (path.clone(), STANDARD.encode(contents))).collect(),
        };
        (note_key(type_name, name), serde_json::json!(note).to_string())
    }

    /// As a record of the object that its type has.
    pub(super) fn as_record(&self) -> Deployed {
        let text =
            |path: &&String| self.component.files.get(*path).map(|bytes| String::from_utf8_lossy(bytes).into_owned());
        let is_meta = |path: &&String| path.ends_with("-meta.xml");
        let meta = self.component.files.keys().find(is_meta).as_ref().and_then(text);
        let body = self.component.files.keys().find(|path| !is_meta(path)).as_ref().and_then(text);
        let version =
            meta.as_deref().and_then(|meta| meta.split("<apiVersion>").nth(1)?.split('<').next()?.trim().parse().ok());
        Deployed {
            type_name: self.component.type_name,
            id: self.id.clone(),
            name: self.component.name.clone(),
            api_version: version.filter(|version: &f64| version.is_finite()),
            body,
            created: self.created.at.clone(),
            modified: self.modified.at.clone(),
        }
    }

    fn of_note(note: Note) -> Option<Self> {
        let part = types::OBJECT_PARTS.iter().find(|(_, name)| *name == note.type_name).map(|(_, name)| *name);
        let type_name = types::find(&note.type_name).map(|known| known.name).or(part)?;
        let files = note.files.into_iter().map(|(path, text)| Some((path, STANDARD.decode(text).ok()?)));
        let files = files.collect::<Option<Files>>()?;
        let component = Component { type_name, name: note.name, file_name: note.file_name, files };
        Some(Self { component, id: note.id, created: note.created, modified: note.modified })
    }
}

/// Under which key the database has a component.
pub(super) fn note_key(type_name: &str, name: &str) -> String {
    format!("{NOTES}{type_name}:{name}")
}

fn key(component: &Component) -> (String, String) {
    (component.type_name.to_owned(), component.name.clone())
}
