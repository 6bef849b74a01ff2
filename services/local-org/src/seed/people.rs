//! Profiles and users.

use super::insert;
use crate::error::ApiError;
use crate::store::{Org, Record, Tx};

/// What everybody may do with an object.
struct Standard {
    object: &'static str,
    write: bool,
}

/// Object permissions of the profile of everyday users: they work with customers, Opportunities and Quotes, and look
/// products and prices up.
const STANDARD: [Standard; 6] = [
    Standard { object: "Account", write: true },
    Standard { object: "Contact", write: true },
    Standard { object: "Opportunity", write: true },
    Standard { object: "Quote", write: true },
    Standard { object: "Product2", write: false },
    Standard { object: "Pricebook2", write: false },
];

/// A user that every org has.
struct Person {
    /// Start of the user name, which ends with the org's.
    account: &'static str,
    first_name: &'static str,
    last_name: &'static str,
    alias: &'static str,
}

/// The owner of the org's first records.
const ADMINISTRATOR: Person = Person { account: "admin", first_name: "Admin", last_name: "User", alias: "admin" };
const EVERYDAY: Person = Person { account: "sales.user", first_name: "Sales", last_name: "User", alias: "suser" };

/// Makes sure that the org has its profiles with their permissions, an administrator (`admin@<org>.local`) and an
/// everyday user (`sales.user@<org>.local`).
///
/// # Errors
/// [`ApiError`] when the database fails.
pub fn people(org: &Org) -> Result<(), ApiError> {
    org.transaction(&org.admin(), |tx| {
        let profile = profile(tx, "System Administrator", true)?;
        user(tx, org, &ADMINISTRATOR, profile)?;
        let profile = self::profile(tx, "Standard User", false)?;
        user(tx, org, &EVERYDAY, profile)
    })
}

/// The id of a profile; one that is missing is made with the permission set that holds its permissions.
fn profile(tx: &mut Tx<'_>, name: &str, modify_all_data: bool) -> Result<String, ApiError> {
    let id = match tx.first_id("Profile", &format!("\"Name\" = '{name}'"))? {
        Some(id) => id,
        None => insert(tx, "Profile", Record::default().with("Name", name.to_owned()))?,
    };
    if tx.first_id("PermissionSet", &format!("\"ProfileId\" = '{id}'"))?.is_some() {
        return Ok(id);
    }
    let set = Record::default()
        .with("Name", format!("X{}", crate::id::short(&id)))
        .with("Label", name.to_owned())
        .with("ProfileId", id.clone())
        .with("IsOwnedByProfile", 1)
        .with("IsCustom", 0)
        .with("PermissionsModifyAllData", i64::from(modify_all_data));
    let set = insert(tx, "PermissionSet", set)?;
    for Standard { object, write } in STANDARD {
        let write = i64::from(write);
        let permissions = Record::default()
            .with("ParentId", set.clone())
            .with("SobjectType", object.to_owned())
            .with("PermissionsRead", 1)
            .with("PermissionsCreate", write)
            .with("PermissionsEdit", write)
            .with("PermissionsDelete", write);
        insert(tx, "ObjectPermissions", permissions)?;
    }
    Ok(id)
}

fn user(tx: &mut Tx<'_>, org: &Org, person: &Person, profile: String) -> Result<(), ApiError> {
    let username = format!("{}@{}.local", person.account, org.name());
    if tx.first_id("User", &format!("\"Username\" = '{username}'"))?.is_some() {
        return Ok(());
    }
    let user = Record::default()
        .with("Username", username.clone())
        .with("Email", username)
        .with("FirstName", person.first_name.to_owned())
        .with("LastName", person.last_name.to_owned())
        .with("Alias", person.alias.to_owned())
        .with("CompanyName", org.name().to_owned())
        .with("TimeZoneSidKey", "GMT".to_owned())
        .with("LocaleSidKey", "en_US".to_owned())
        .with("LanguageLocaleKey", "en_US".to_owned())
        .with("EmailEncodingKey", "UTF-8".to_owned())
        .with("ProfileId", profile);
    insert(tx, "User", user).map(drop)
}
