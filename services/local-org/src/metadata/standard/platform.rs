//! Objects of the platform itself: the org, its users and their permissions.

use super::builder::*;
use crate::schema::{FieldDef, ObjectDef, OnDelete};

/// The permission set that permissions belong to.
fn parent_set(children: &str) -> FieldDef {
    reference("ParentId", "PermissionSet").required().create_only().children(children).on_delete(OnDelete::Cascade)
}

pub(super) fn objects() -> Vec<ObjectDef> {
    vec![
        object(
            "Organization",
            "00D",
            vec![
                text("Name", 80).required().name_field(),
                text("Street", 255),
                text("City", 40),
                text("State", 80),
                text("PostalCode", 20),
                text("Country", 80),
                picklist("LanguageLocaleKey", &["en_US"]).label("Language"),
                picklist("TimeZoneSidKey", &["America/Los_Angeles", "GMT"]).label("Time Zone"),
                picklist("DefaultLocaleSidKey", &["en_US"]).label("Locale"),
                text("NamespacePrefix", 15),
                text("InstanceName", 5),
                flag("IsSandbox"),
                picklist("OrganizationType", &["Developer Edition", "Enterprise Edition"]).label("Edition"),
                datetime("TrialExpirationDate"),
                int("FiscalYearStartMonth"),
            ],
        )
        .audited()
        .read_only(),
        object("Profile", "00e", vec![text("Name", 255).required().name_field(), text("Description", 255)])
            .audited()
            .read_only(),
        object(
            "User",
            "005",
            vec![
                text("Username", 80).required().unique(),
                text("LastName", 80).required(),
                text("FirstName", 40),
                text("Name", 121).label("Full Name").name_field().filled_in().read_only(),
                text("CompanyName", 80),
                email("Email").required(),
                text("Alias", 8),
                flag("IsActive").label("Active").defaults_to("true"),
                picklist("TimeZoneSidKey", &["America/Los_Angeles", "GMT"]).label("Time Zone"),
                picklist("LocaleSidKey", &["en_US"]).label("Locale"),
                picklist("LanguageLocaleKey", &["en_US"]).label("Language"),
                picklist("EmailEncodingKey", &["UTF-8"]).label("Email Encoding"),
                picklist("UserType", &["Standard"]).defaults_to("Standard").read_only(),
                reference("ProfileId", "Profile").required().children("Users"),
                text("FederationIdentifier", 512).label("SAML Federation ID"),
            ],
        )
        .audited(),
        object(
            "PermissionSet",
            "0PS",
            vec![
                text("Name", 80).label("Permission Set Name").required().unique().name_field(),
                text("Label", 80).label("Permission Set Label").required(),
                text("Description", 255),
                reference("ProfileId", "Profile").read_only(),
                flag("IsOwnedByProfile").read_only(),
                flag("IsCustom").defaults_to("true").read_only(),
                flag("HasActivationRequired").label("Session Activation Required"),
                flag("PermissionsModifyAllData").label("Modify All Data"),
                flag("PermissionsManageSessionPermissionSets").label("Manage Session Permission Set Activations"),
            ],
        )
        .audited(),
        object(
            "CustomPermission",
            "0CP",
            vec![
                text("DeveloperName", 80).required().unique().name_field(),
                text("MasterLabel", 80).required(),
                text("Description", 255),
            ],
        )
        .audited(),
        object(
            "SetupEntityAccess",
            "0J0",
            vec![
                parent_set("SetupEntityAccessItems"),
                reference("SetupEntityId", "CustomPermission").required().create_only().on_delete(OnDelete::Cascade),
                picklist("SetupEntityType", &["CustomPermission"]).defaults_to("CustomPermission").read_only(),
            ],
        )
        .audited(),
        object(
            "UserSetupEntityAccess",
            "0AU",
            vec![
                text("DeveloperName", 80).name_field().read_only(),
                text("NamespacePrefix", 15).read_only(),
                text("SetupEntityId", 18).read_only(),
                text("KeyPrefix", 15).read_only(),
                text("DurableId", 255).read_only(),
                datetime("LastCacheUpdate").read_only(),
            ],
        )
        .read_only(),
        object(
            "ObjectPermissions",
            "110",
            vec![
                parent_set("ObjectPerms"),
                text("SobjectType", 40).required().create_only(),
                flag("PermissionsCreate").label("Create Records"),
                flag("PermissionsRead").label("Read Records"),
                flag("PermissionsEdit").label("Edit Records"),
                flag("PermissionsDelete").label("Delete Records"),
                flag("PermissionsViewAllRecords").label("Read All Records"),
                flag("PermissionsModifyAllRecords").label("Edit All Records"),
            ],
        )
        .audited(),
        object(
            "FieldPermissions",
            "01k",
            vec![
                parent_set("FieldPerms"),
                text("SobjectType", 40).required().create_only(),
                text("Field", 255).required().create_only(),
                flag("PermissionsRead").label("Read Field"),
                flag("PermissionsEdit").label("Edit Field"),
            ],
        )
        .audited(),
        object(
            "PermissionSetAssignment",
            "0Pa",
            vec![
                reference("PermissionSetId", "PermissionSet")
                    .required()
                    .create_only()
                    .children("Assignments")
                    .on_delete(OnDelete::Cascade),
                reference("AssigneeId", "User").required().create_only().children("PermissionSetAssignments"),
                datetime("ExpirationDate"),
                flag("IsActive").defaults_to("true").read_only(),
            ],
        )
        .audited(),
        object(
            "AuthSession",
            "0Ak",
            vec![
                reference("UsersId", "User").filled_in().read_only(),
                picklist("UserType", &["Standard"]).read_only(),
                picklist("LoginType", &["Application", "Remote Access 2.0"]).read_only(),
                picklist("SessionType", &["API", "Oauth2", "UI"]).read_only(),
                picklist("SessionSecurityLevel", &["STANDARD", "HIGH_ASSURANCE"]).read_only(),
                int("NumSecondsValid").filled_in().read_only(),
                text("SourceIp", 39).read_only(),
                flag("IsCurrent").read_only(),
                reference("ParentId", "AuthSession").read_only(),
            ],
        )
        .audited()
        .read_only(),
        object(
            "SessionPermSetActivation",
            "0SA",
            vec![
                reference("AuthSessionId", "AuthSession")
                    .required()
                    .create_only()
                    .children("SessionPermSetActivations")
                    .on_delete(OnDelete::Cascade),
                reference("PermissionSetId", "PermissionSet")
                    .required()
                    .create_only()
                    .children("SessionActivations")
                    .on_delete(OnDelete::Cascade),
                reference("UserId", "User").filled_in().read_only(),
                text("Description", 255).create_only(),
            ],
        )
        .audited(),
    ]
}
