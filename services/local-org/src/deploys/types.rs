//! Types of metadata: in which files of an archive their components are (Metadata API Developer Guide, "Metadata Types",
//! and what `describeMetadata` answers).

/// A type of metadata.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct MetadataType {
    pub(crate) name: &'static str,
    /// Folder in an archive.
    pub(crate) folder: &'static str,
    /// End of the files' names, without the dot; none where a component is a folder of files.
    pub(crate) suffix: Option<&'static str>,
    /// Whether a file `….-meta.xml` stands beside each.
    pub(crate) has_meta_file: bool,
    /// First characters of ids.
    pub(crate) prefix: &'static str,
}

/// A part of an object that is a component, too: its element and its type.
pub(crate) const OBJECT_PARTS: [(&str, &str); 10] = [
    ("fields", "CustomField"),
    ("businessProcesses", "BusinessProcess"),
    ("compactLayouts", "CompactLayout"),
    ("fieldSets", "FieldSet"),
    ("indexes", "Index"),
    ("listViews", "ListView"),
    ("recordTypes", "RecordType"),
    ("sharingReasons", "SharingReason"),
    ("validationRules", "ValidationRule"),
    ("webLinks", "WebLink"),
];

/// The element of an object's part of that type.
pub(crate) fn part_element(type_name: &str) -> Option<&'static str> {
    OBJECT_PARTS.iter().find(|(_, name)| *name == type_name).map(|(element, _)| *element)
}

/// The type of that name.
pub(crate) fn find(name: &str) -> Option<&'static MetadataType> {
    TYPES.iter().find(|known| known.name == name)
}

const fn plain(name: &'static str, folder: &'static str, suffix: &'static str, prefix: &'static str) -> MetadataType {
    MetadataType { name, folder, suffix: Some(suffix), has_meta_file: false, prefix }
}

const fn beside(name: &'static str, folder: &'static str, suffix: &'static str, prefix: &'static str) -> MetadataType {
    MetadataType { name, folder, suffix: Some(suffix), has_meta_file: true, prefix }
}

const fn bundle(name: &'static str, folder: &'static str, prefix: &'static str) -> MetadataType {
    MetadataType { name, folder, suffix: None, has_meta_file: false, prefix }
}

/// Types without folders of their own (reports, dashboards, documents and templates of mails have them).
pub(crate) const TYPES: [MetadataType; 49] = [
    beside("ApexClass", "classes", "cls", "01p"),
    beside("ApexComponent", "components", "component", "099"),
    beside("ApexPage", "pages", "page", "066"),
    beside("ApexTrigger", "triggers", "trigger", "01q"),
    bundle("AuraDefinitionBundle", "aura", "0Ab"),
    plain("AuthProvider", "authproviders", "authprovider", "0SO"),
    plain("ConnectedApp", "connectedApps", "connectedApp", "0H4"),
    plain("CorsWhitelistOrigin", "corsWhitelistOrigins", "corsWhitelistOrigin", "07j"),
    plain("CspTrustedSite", "cspTrustedSites", "cspTrustedSite", "08y"),
    plain("CustomApplication", "applications", "app", "02u"),
    plain("CustomLabels", "labels", "labels", "101"),
    plain("CustomMetadata", "customMetadata", "md", "m00"),
    plain("CustomNotificationType", "notificationtypes", "notiftype", "0ML"),
    plain("CustomObject", "objects", "object", "01I"),
    plain("CustomObjectTranslation", "objectTranslations", "objectTranslation", "01h"),
    plain("CustomPermission", "customPermissions", "customPermission", "0CP"),
    plain("CustomSite", "sites", "site", "0DM"),
    plain("CustomTab", "tabs", "tab", "01r"),
    plain("DuplicateRule", "duplicateRules", "duplicateRule", "0Bm"),
    plain("ExternalCredential", "externalCredentials", "externalCredential", "0pv"),
    plain("ExternalServiceRegistration", "externalServiceRegistrations", "externalServiceRegistration", "0P8"),
    plain("FlexiPage", "flexipages", "flexipage", "0M0"),
    plain("Flow", "flows", "flow", "301"),
    plain("FlowDefinition", "flowDefinitions", "flowDefinition", "300"),
    plain("GlobalValueSet", "globalValueSets", "globalValueSet", "0Nt"),
    plain("Group", "groups", "group", "00G"),
    plain("Layout", "layouts", "layout", "00h"),
    bundle("LightningComponentBundle", "lwc", "0Rb"),
    plain("LightningMessageChannel", "messageChannels", "messageChannel", "0eO"),
    plain("ManagedEventSubscription", "managedEventSubscriptions", "managedEventSubscription", "18x"),
    plain("MatchingRules", "matchingRules", "matchingRule", "0JD"),
    plain("NamedCredential", "namedCredentials", "namedCredential", "0XA"),
    plain("PathAssistant", "pathAssistants", "pathAssistant", "0Nh"),
    plain("PermissionSet", "permissionsets", "permissionset", "0PS"),
    plain("PermissionSetGroup", "permissionsetgroups", "permissionsetgroup", "0PG"),
    plain("PlatformEventChannel", "platformEventChannels", "platformEventChannel", "0YL"),
    plain("PlatformEventChannelMember", "platformEventChannelMembers", "platformEventChannelMember", "0v8"),
    plain("PlatformEventSubscriberConfig", "PlatformEventSubscriberConfigs", "platformEventSubscriberConfig", "1Nf"),
    plain("Profile", "profiles", "profile", "00e"),
    plain("Queue", "queues", "queue", "00G"),
    plain("QuickAction", "quickActions", "quickAction", "09D"),
    plain("RemoteSiteSetting", "remoteSiteSettings", "remoteSite", "0rp"),
    plain("Role", "roles", "role", "00E"),
    plain("Settings", "settings", "settings", "000"),
    plain("SharingRules", "sharingRules", "sharingRules", "02c"),
    plain("StandardValueSet", "standardValueSets", "standardValueSet", "0Nq"),
    beside("StaticResource", "staticresources", "resource", "081"),
    plain("TopicsForObjects", "topicsForObjects", "topicsForObjects", "0vR"),
    plain("Workflow", "workflows", "workflow", "01Q"),
];
