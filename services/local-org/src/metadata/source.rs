//! One metadata file, wherever it comes from: a project in source format, or an archive of the Metadata API.

use std::fs;
use std::path::{Path, PathBuf};

use super::error::MetadataError;

/// A file with what it is about.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Source {
    /// By which errors name it.
    pub(crate) path: PathBuf,
    pub(crate) kind: Kind,
    /// API name, without that of its object.
    pub(crate) name: String,
    /// API name of a field's object.
    pub(crate) object: Option<String>,
    /// XML.
    pub(crate) text: String,
}

/// Kinds of metadata that a local org understands, in the order in which they are deployed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Kind {
    /// CustomObject.
    Object,
    /// CustomField.
    Field,
    /// PlatformEventChannel.
    Channel,
    /// PlatformEventChannelMember.
    ChannelMember,
    /// CustomNotificationType.
    NotificationType,
    /// Flow.
    Flow,
    /// CustomPermission.
    CustomPermission,
    /// PermissionSet.
    PermissionSet,
    /// Any other.
    Other,
}

/// What the names of files end with, without `-meta.xml`.
const SUFFIXES: [(&str, Kind); 8] = [
    (".object", Kind::Object),
    (".field", Kind::Field),
    (".platformEventChannel", Kind::Channel),
    (".platformEventChannelMember", Kind::ChannelMember),
    (".notiftype", Kind::NotificationType),
    (".flow", Kind::Flow),
    (".customPermission", Kind::CustomPermission),
    (".permissionset", Kind::PermissionSet),
];

impl Kind {
    /// The kind of a file in source format.
    pub(super) fn of(path: &Path) -> Self {
        split(path).map_or(Self::Other, |(_, kind)| kind)
    }

    /// The kind of a type of the Metadata API.
    pub(crate) fn of_type(name: &str) -> Self {
        match name {
            "CustomObject" => Self::Object,
            "CustomField" => Self::Field,
            "PlatformEventChannel" => Self::Channel,
            "PlatformEventChannelMember" => Self::ChannelMember,
            "CustomNotificationType" => Self::NotificationType,
            "Flow" => Self::Flow,
            "CustomPermission" => Self::CustomPermission,
            "PermissionSet" => Self::PermissionSet,
            _ => Self::Other,
        }
    }

    /// Name of the type in the Metadata API; none for what is of any other type.
    pub(crate) fn type_name(self) -> &'static str {
        match self {
            Self::Object => "CustomObject",
            Self::Field => "CustomField",
            Self::Channel => "PlatformEventChannel",
            Self::ChannelMember => "PlatformEventChannelMember",
            Self::NotificationType => "CustomNotificationType",
            Self::Flow => "Flow",
            Self::CustomPermission => "CustomPermission",
            Self::PermissionSet => "PermissionSet",
            Self::Other => "",
        }
    }
}

impl Source {
    /// Reads a file of a project in source format.
    ///
    /// # Errors
    /// When it cannot be read.
    pub(super) fn read(path: PathBuf) -> Result<Self, MetadataError> {
        let text = fs::read_to_string(&path).map_err(|source| MetadataError::Read { path: path.clone(), source })?;
        let (name, kind) = match split(&path) {
            Some((name, kind)) => (name.to_owned(), kind),
            None => (String::new(), Kind::Other),
        };
        let folder = path.parent().and_then(Path::parent).and_then(Path::file_name).and_then(|name| name.to_str());
        let object = folder.filter(|_| kind == Kind::Field).map(str::to_owned);
        Ok(Self { path, kind, name, object, text })
    }
}

/// Refuses what can be no API name of an object or a field. The text is that of an org.
pub(super) fn check_name(path: &Path, name: &str) -> Result<(), MetadataError> {
    /// Longest name in characters, without its ending.
    const LONGEST: usize = 40;
    let stem = name.rsplit_once("__").map_or(name, |(stem, _)| stem);
    let is_valid = stem.starts_with(|first: char| first.is_ascii_alphabetic())
        && stem.len() <= LONGEST
        && stem.chars().all(|character| character.is_ascii_alphanumeric() || character == '_')
        && !stem.ends_with('_')
        && !stem.contains("__");
    if is_valid {
        return Ok(());
    }
    let rule = "can only contain underscores and alphanumeric characters. It must be unique, begin with a letter, not \
                include spaces, not end with an underscore, and not contain two consecutive underscores.";
    Err(MetadataError::invalid(path, format!("{name}: the name {rule} It has at most {LONGEST} characters.")))
}

/// Name and kind of a file in source format.
fn split(path: &Path) -> Option<(&str, Kind)> {
    let name = path.file_name()?.to_str()?.strip_suffix("-meta.xml")?;
    SUFFIXES.iter().find_map(|(suffix, kind)| Some((name.strip_suffix(suffix)?, *kind)))
}
