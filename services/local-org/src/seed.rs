//! The first records of an org, and sample data.

mod people;
mod permissions;
#[cfg(test)]
mod tests;

use std::sync::Arc;

pub use self::people::people;
pub(crate) use self::permissions::{
    delete_setup, permission_set_for_all, remove_permission_set, write_custom_permissions, write_permission_sets,
};
pub use self::permissions::{deploy, deploy_custom_permissions};
use crate::error::ApiError;
use crate::schema::Schema;
use crate::store::{Org, OrgConfig, Record, StoreError, Tx};

/// Products of every org: name, code, family and price.
const PRODUCTS: [(&str, &str, &str, f64); 5] = [
    ("Workstation", "HW-1", "Hardware", 100.0),
    ("Server", "HW-2", "Hardware", 2_500.0),
    ("Installation", "SV-1", "Services", 500.0),
    ("Support, one year", "SV-2", "Services", 1_200.0),
    ("Licence", "SW-1", "Software", 50.0),
];

/// Accounts of an org with business data: name, industry, city and country.
const ACCOUNTS: [(&str, &str, &str, &str); 8] = [
    ("Acme", "Electronics", "Austin", "United States"),
    ("Acme Canada", "Electronics", "Toronto", "Canada"),
    ("Acme France", "Manufacturing", "Lyon", "France"),
    ("Acme Germany", "Manufacturing", "Berlin", "Germany"),
    ("Acme Spain", "Construction", "Madrid", "Spain"),
    ("Acme Japan", "Technology", "Tokyo", "Japan"),
    ("Acme Australia", "Energy", "Sydney", "Australia"),
    ("Acme Singapore", "Banking", "Singapore", "Singapore"),
];

/// Opens an org. Its users are brought up to date, and a new org gets the records that every org begins with.
///
/// # Errors
/// [`StoreError`] when the id is none, or the database cannot be opened or written.
pub fn open(config: &OrgConfig, schema: Arc<Schema>) -> Result<Org, StoreError> {
    let org = Org::open(config, schema)?;
    people(&org)?;
    if org.is_new() {
        base(&org, config.business_data)?;
    }
    Ok(org)
}

/// Writes the records that every org has beside its [`people`] (organization, standard price book, products) and, with
/// `business_data`, some Accounts. Called once, when the org is new.
///
/// # Errors
/// [`ApiError`] when the database fails.
pub fn base(org: &Org, business_data: bool) -> Result<(), ApiError> {
    org.transaction(&org.admin(), |tx| {
        tx.mute_changes();
        organization(tx, org)?;
        price_book(tx)?;
        if business_data { accounts(tx) } else { Ok(()) }
    })
}

/// Adds `count` Opportunities "Sample Opportunity 1", "… 2" and so on, with `lines` products of 1 × 100.00 each. Numbers
/// go on where an earlier call stopped.
///
/// The first one is created like any other; the rest are copies of it made by SQLite, so that their state is that which
/// the rules would leave, at a fraction of the time. They count as data that is there already: no change event tells of
/// them.
///
/// # Errors
/// [`ApiError`] when the org has no price-book entry or the database fails.
pub fn opportunities(org: &Org, count: u32, lines: u32) -> Result<(), ApiError> {
    if count == 0 {
        return Ok(());
    }
    org.transaction(&org.admin(), |tx| {
        tx.mute_changes();
        let number = 1 + tx.count("Opportunity", "\"Name\" LIKE 'Sample Opportunity %'")?;
        let model = model_opportunity(tx, number, lines)?;
        tx.copy_with_children(
            "Opportunity",
            &model,
            u64::from(count) - 1,
            &[("OpportunityLineItem", "OpportunityId")],
        )?;
        Ok(())
    })
}

fn model_opportunity(tx: &mut Tx<'_>, number: u64, lines: u32) -> Result<String, ApiError> {
    let account = tx.first_id("Account", "\"BillingCountry\" IN ('United States', 'US')")?;
    let entry = tx.first_id("PricebookEntry", "\"UnitPrice\" = 100 AND \"IsActive\" = 1")?.ok_or_else(|| {
        ApiError::field_integrity("PricebookEntryId (no pricebook entry of 100.00)", "PricebookEntryId")
    })?;
    let opportunity = insert(
        tx,
        "Opportunity",
        Record::default()
            .with("Name", format!("Sample Opportunity {number}"))
            .with("AccountId", account)
            .with("StageName", "Prospecting".to_owned())
            .with("CloseDate", "2030-12-31".to_owned()),
    )?;
    for _ in 0..lines {
        let line = Record::default()
            .with("OpportunityId", opportunity.clone())
            .with("PricebookEntryId", entry.clone())
            .with("Quantity", 1.0)
            .with("UnitPrice", 100.0);
        insert(tx, "OpportunityLineItem", line)?;
    }
    Ok(opportunity)
}

fn organization(tx: &mut Tx<'_>, org: &Org) -> Result<(), ApiError> {
    let object = tx.object("Organization")?;
    let record = Record::default()
        .with("Name", org.name().to_owned())
        .with("Country", "US".to_owned())
        .with("LanguageLocaleKey", "en_US".to_owned())
        .with("DefaultLocaleSidKey", "en_US".to_owned())
        .with("TimeZoneSidKey", "GMT".to_owned())
        .with("InstanceName", "LO0".to_owned())
        .with("OrganizationType", "Developer Edition".to_owned())
        .with("FiscalYearStartMonth", 1);
    tx.insert_as(object, org.id(), record)
}

fn price_book(tx: &mut Tx<'_>) -> Result<(), ApiError> {
    let book =
        Record::default().with("Name", "Standard Price Book".to_owned()).with("IsActive", 1).with("IsStandard", 1);
    let book = insert(tx, "Pricebook2", book)?;
    for (name, code, family, price) in PRODUCTS {
        let product = Record::default()
            .with("Name", name.to_owned())
            .with("ProductCode", code.to_owned())
            .with("Family", family.to_owned())
            .with("IsActive", 1);
        let product = insert(tx, "Product2", product)?;
        let entry = Record::default()
            .with("Pricebook2Id", book.clone())
            .with("Product2Id", product)
            .with("UnitPrice", price)
            .with("IsActive", 1);
        insert(tx, "PricebookEntry", entry)?;
    }
    Ok(())
}

fn accounts(tx: &mut Tx<'_>) -> Result<(), ApiError> {
    for (name, industry, city, country) in ACCOUNTS {
        let account = Record::default()
            .with("Name", name.to_owned())
            .with("Industry", industry.to_owned())
            .with("BillingCity", city.to_owned())
            .with("BillingCountry", country.to_owned());
        insert(tx, "Account", account)?;
    }
    Ok(())
}

/// Creates a record also of an object that callers may not write.
fn insert<'a>(tx: &mut Tx<'a>, object: &str, record: Record<'a>) -> Result<String, ApiError> {
    let object = tx.object(object)?;
    tx.insert(object, record)
}
