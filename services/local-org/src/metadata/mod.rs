//! What an org is made of: the standard objects, and what an sfdx project adds to them.

mod channel;
mod custom_permission;
mod error;
mod event;
mod field;
mod flow;
mod notification_type;
mod permission_set;
mod project;
mod standard;
#[cfg(test)]
mod tests;
mod xml;

use std::path::Path;

pub use self::custom_permission::CustomPermission;
pub use self::error::MetadataError;
pub use self::permission_set::{FieldPermission, ObjectPermission, PermissionSet};
use self::project::stem;
pub(crate) use self::standard::stages;
pub use self::standard::standard;
use crate::flows::Flow;
use crate::notifications::NotificationType;
use crate::schema::Schema;

/// What [`load`] found in a project.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Deployed {
    /// Custom fields added to the schema, as `Object.Field__c`.
    pub custom_fields: Vec<String>,
    /// Custom permissions.
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
}

/// Reads the sfdx project in `dir` (the folder with `sfdx-project.json`) as a deploy would: custom fields, platform
/// events and channels go into the schema, custom permissions, permission sets, Flows and notification types into the
/// result, and what is not supported is listed there.
///
/// # Errors
/// [`MetadataError`] naming the file; the schema may then have some of the fields.
pub fn load(dir: &Path, schema: &mut Schema) -> Result<Deployed, MetadataError> {
    let mut deployed = Deployed::default();
    let mut paths = project::metadata_files(dir)?;
    // What others name comes first.
    paths.sort_by_key(|path| Kind::of(path));
    for path in paths {
        let known = match Kind::of(&path) {
            Kind::Object => event::add(&path, schema)?.then(|| deployed.platform_events.push(stem(&path))),
            Kind::Field => field::add(&path, schema)?.map(|field| deployed.custom_fields.push(field)),
            Kind::Channel => Some(channel::add(&path, schema)?),
            Kind::ChannelMember => channel::add_member(&path, schema)?.then_some(()),
            Kind::NotificationType => {
                deployed.notification_types.push(notification_type::read(&path)?);
                Some(())
            }
            Kind::Flow => flow::read(&path, schema)?.map(|flow| deployed.flows.push(flow)),
            Kind::CustomPermission => {
                deployed.custom_permissions.push(custom_permission::read(&path)?);
                Some(())
            }
            Kind::PermissionSet => {
                let set = permission_set::read(&path, schema, &deployed.custom_permissions)?;
                deployed.permission_sets.push(set);
                Some(())
            }
            Kind::Other => None,
        };
        if known.is_none() {
            deployed.ignored.push(project::shown(dir, &path));
        }
    }
    Ok(deployed)
}

/// What is said of objects and fields that callers will miss, with what a local org knows; `None` when there are none.
/// Classes, pages and the like, which it does nothing with either, are no surprise.
pub(crate) fn not_deployed(ignored: &[String], schema: &Schema) -> Option<String> {
    /// So many are named.
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
        "not deployed, and unknown to queries: {}{more}. A local org has the objects {}, custom fields of these types: {}, \
         and platform events; it has no custom objects, formulas or changes of standard fields",
        named.join(", "),
        objects.join(", "),
        field::TYPES.join(", "),
    ))
}

/// Kinds of metadata, in the order in which they are deployed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Kind {
    Object,
    Field,
    Channel,
    ChannelMember,
    NotificationType,
    Flow,
    CustomPermission,
    PermissionSet,
    Other,
}

impl Kind {
    fn of(path: &Path) -> Self {
        const SUFFIXES: [(&str, Kind); 8] = [
            (event::SUFFIX, Kind::Object),
            (field::SUFFIX, Kind::Field),
            (channel::SUFFIX, Kind::Channel),
            (channel::MEMBER_SUFFIX, Kind::ChannelMember),
            (notification_type::SUFFIX, Kind::NotificationType),
            (flow::SUFFIX, Kind::Flow),
            (custom_permission::SUFFIX, Kind::CustomPermission),
            (permission_set::SUFFIX, Kind::PermissionSet),
        ];
        let name = path.file_name().and_then(|name| name.to_str()).unwrap_or_default();
        SUFFIXES.iter().find(|(suffix, _)| name.ends_with(suffix)).map_or(Self::Other, |(_, kind)| *kind)
    }
}
