//! Types of custom notifications (Metadata API Developer Guide, CustomNotificationType).

use std::path::Path;

use super::error::MetadataError;
use super::xml::{required, with_root};
use crate::notifications::NotificationType;

pub(super) const SUFFIX: &str = ".notiftype-meta.xml";

pub(super) fn read(path: &Path) -> Result<NotificationType, MetadataError> {
    with_root(path, "CustomNotificationType", |node| {
        Ok(NotificationType {
            name: required(path, node, "customNotifTypeName")?.to_owned(),
            label: required(path, node, "masterLabel")?.to_owned(),
        })
    })
}
