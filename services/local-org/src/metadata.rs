//! What an org is made of: the standard objects, and what an sfdx project adds to them.

mod channel;
mod custom_permission;
mod error;
mod event;
mod field;
mod flow;
mod notification_type;
mod object;
mod permission_set;
mod project;
mod source;
mod standard;
#[cfg(test)]
mod tests;
mod xml;

use std::path::Path;

pub use self::custom_permission::CustomPermission;
pub use self::error::MetadataError;
pub use self::permission_set::{FieldPermission, ObjectPermission, PermissionSet};
use self::project::stem;
pub(crate) use self::source::{Kind, Source};
pub(crate) use self::standard::stages;
pub use self::standard::standard;
use crate::flows::Flow;
use crate::notifications::NotificationType;
use crate::schema::Schema;

/// What [`load`] found in a project.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Deployed {
    /// Custom objects added to the schema.
    pub custom_objects: Vec<String>,
    /// Custom fields added to the schema, as `Object.Field__c`.
    pub custom_fields: Vec<String>,
    /// Permissions of the app's own, which permission sets may give.
    pub custom_permissions: Vec<CustomPermission>,
    /// Permission sets with their field permissions.
    pub permission_sets: Vec<PermissionSet>,
    /// Platform events added to the schema.
    pub platform_events: Vec<String>,
    /// Flows that a platform event starts.
    pub flows: Vec<Flow>,
    /// Types of custom notifications.
    pub notification_types: Vec<NotificationType>,
    /// Metadata that a local org does not know, by path in the project.
    pub ignored: Vec<String>,
    /// The files whose contents are in force.
    pub(crate) sources: Vec<Source>,
}

/// Reads the sfdx project in `dir` (the folder with `sfdx-project.json`) as a deploy would: custom objects and fields,
/// platform events and channels go into the schema, custom permissions, permission sets, Flows and notification types into
/// the result, and what is not supported is listed there.
///
/// # Errors
/// [`MetadataError`] naming the file; the schema may then have some of the fields.
pub fn load(dir: &Path, schema: &mut Schema) -> Result<Deployed, MetadataError> {
    let mut deployed = Deployed::default();
    let mut paths = project::metadata_files(dir)?;
    // What others name comes first.
    paths.sort_by_key(|path| Kind::of(path));
    for path in paths {
        let shown = project::shown(dir, &path);
        let is_known = match Kind::of(&path) {
            Kind::Other => false,
            _ => {
                let source = Source::read(path)?;
                let is_known = deployed.add(&source, schema)?;
                deployed.sources.extend(is_known.then_some(source));
                is_known
            }
        };
        if !is_known {
            deployed.ignored.push(shown);
        }
    }
    Ok(deployed)
}

impl Deployed {
    /// Adds what a file says; false when it is of a kind, or says something, that a local org does nothing with.
    ///
    /// # Errors
    /// What a deploy would refuse.
    pub(crate) fn add(&mut self, source: &Source, schema: &mut Schema) -> Result<bool, MetadataError> {
        Ok(match source.kind {
            Kind::Object if source.name.ends_with("__e") => {
                let is_event = event::add(source, schema)?;
                self.platform_events.extend(is_event.then(|| source.name.clone()));
                is_event
            }
            Kind::Object => {
                let is_known = object::add(source, schema)?;
                self.custom_objects.extend(is_known.then(|| source.name.clone()));
                is_known
            }
            Kind::Field => {
                let field = field::add(source, schema)?;
                let is_known = field.is_some();
                self.custom_fields.extend(field);
                is_known
            }
            Kind::Channel => {
                channel::add(source, schema)?;
                true
            }
            Kind::ChannelMember => channel::add_member(source, schema)?,
            Kind::NotificationType => {
                let found = notification_type::read(source)?;
                self.notification_types.retain(|other| other.name != found.name);
                self.notification_types.push(found);
                true
            }
            Kind::Flow => {
                let flow = flow::read(source, schema)?;
                self.flows.retain(|other| other.name != source.name);
                let is_known = flow.is_some();
                self.flows.extend(flow);
                is_known
            }
            Kind::CustomPermission => {
                let found = custom_permission::read(source)?;
                self.custom_permissions.retain(|other| other.name != found.name);
                self.custom_permissions.push(found);
                true
            }
            Kind::PermissionSet => {
                let set = permission_set::read(source, schema, &self.custom_permissions)?;
                self.permission_sets.retain(|other| other.name != set.name);
                self.permission_sets.push(set);
                true
            }
            Kind::Other => false,
        })
    }
}

/// What is said of objects and fields that callers will miss, with what a local org knows; `None` when there are none.
/// Classes, pages and the like, which it does nothing with either, are no surprise.
pub(crate) fn not_deployed(ignored: &[String], schema: &Schema) -> Option<String> {
    /// This many are named.
    const NAMED: usize = 20;
    let missed = |path: &&String| match Kind::of(Path::new(path)) {
        // Labels and the like of an object that is there.
        Kind::Object => schema.object(&stem(Path::new(path))).is_none(),
        kind => kind == Kind::Field,
    };
    let missed: Vec<&str> = ignored.iter().filter(missed).map(String::as_str).collect();
    if missed.is_empty() {
        return None;
    }
    let more = missed.len().saturating_sub(NAMED);
    let more = if more > 0 { format!(" and {more} more") } else { String::new() };
    let named: Vec<&str> = missed.into_iter().take(NAMED).collect();
    let objects: Vec<&str> =
        schema.objects().filter(|object| !object.is_event()).map(|object| object.name.as_str()).collect();
    Some(format!(
        "not deployed, and unknown to queries: {}{more}. A local org has the objects {}, custom objects, custom fields of \
         these types: {}, and platform events; it has no formulas or changes of standard fields",
        named.join(", "),
        objects.join(", "),
        field::TYPES.join(", "),
    ))
}
