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
