//! Types of custom notifications (Metadata API Developer Guide, CustomNotificationType).

use super::error::MetadataError;
use super::source::Source;
use super::xml::{required, with_root};
use crate::notifications::NotificationType;

pub(super) fn read(source: &Source) -> Result<NotificationType, MetadataError> {
    let path = source.path.as_path();
    with_root(source, "CustomNotificationType", |node| {
        Ok(NotificationType {
            name: required(path, node, "customNotifTypeName")?.to_owned(),
            label: required(path, node, "masterLabel")?.to_owned(),
        })
    })
}
