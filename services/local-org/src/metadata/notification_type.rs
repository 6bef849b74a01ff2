//! Types of custom notifications (Metadata API Developer Guide, CustomNotificationType).

use std::path::Path;

use super::MetadataError;
use super::xml::{required, with_root};

pub(super) const SUFFIX: &str = ".notiftype-meta.xml";

/// A type of custom notification.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NotificationType {
    /// API name.
    pub name: String,
    /// Label.
    pub label: String,
}

pub(super) fn read(path: &Path) -> Result<NotificationType, MetadataError> {
    with_root(path, "CustomNotificationType", |node| {
        Ok(NotificationType {
            name: required(path, node, "customNotifTypeName")?.to_owned(),
            label: required(path, node, "masterLabel")?.to_owned(),
        })
    })
}
