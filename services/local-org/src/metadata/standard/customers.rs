//! Accounts and their contacts.

use super::builder::*;
use crate::schema::{FieldDef, ObjectDef, OnDelete};

const RATINGS: [&str; 3] = ["Hot", "Warm", "Cold"];

const SALUTATIONS: [&str; 5] = ["Mr.", "Ms.", "Mrs.", "Dr.", "Prof."];

const ACCOUNT_TYPES: [&str; 7] = [
    "Prospect",
    "Customer - Direct",
    "Customer - Channel",
    "Channel Partner / Reseller",
    "Installation Partner",
    "Technology Partner",
    "Other",
];

const INDUSTRIES: [&str; 10] = [
    "Agriculture",
    "Banking",
    "Construction",
    "Education",
    "Electronics",
    "Energy",
    "Healthcare",
    "Manufacturing",
    "Technology",
    "Other",
];

/// Where a lead or an Opportunity came from; shared with Opportunity.
pub(super) const LEAD_SOURCES: [&str; 5] = ["Web", "Phone Inquiry", "Partner Referral", "Purchased List", "Other"];

pub(super) fn objects() -> Vec<ObjectDef> {
    let mut account = object(
        "Account",
        "001",
        vec![
            text("Name", 255).label("Account Name").required().name_field(),
            picklist("Type", &ACCOUNT_TYPES).label("Account Type"),
            reference("ParentId", "Account").label("Parent Account ID").children("ChildAccounts"),
        ],
    );
    account.fields.extend(address("Billing"));
    account.fields.extend(address("Shipping"));
    account.fields.extend([
        phone("Phone").label("Account Phone"),
        phone("Fax").label("Account Fax"),
        text("AccountNumber", 40),
        url("Website"),
        text("Sic", 20).label("SIC Code"),
        picklist("Industry", &INDUSTRIES),
        FieldDef { scale: 0, ..currency("AnnualRevenue") },
        int("NumberOfEmployees").label("Employees"),
        picklist("Ownership", &["Public", "Private", "Subsidiary", "Other"]),
        text("TickerSymbol", 20),
        long_text("Description", 32_000).label("Account Description"),
        picklist("Rating", &RATINGS).label("Account Rating"),
        text("Site", 80).label("Account Site"),
        picklist("AccountSource", &LEAD_SOURCES),
    ]);
    let mut contact = object(
        "Contact",
        "003",
        vec![
            reference("AccountId", "Account").children("Contacts").on_delete(OnDelete::Cascade),
            text("LastName", 80).required(),
            text("FirstName", 40),
            picklist("Salutation", &SALUTATIONS),
            text("Name", 121).label("Full Name").name_field().filled_in().read_only(),
        ],
    );
    contact.fields.extend(address("Mailing"));
    contact.fields.extend([
        phone("Phone").label("Business Phone"),
        phone("Fax").label("Business Fax"),
        phone("MobilePhone"),
        phone("HomePhone"),
        reference("ReportsToId", "Contact"),
        email("Email"),
        text("Title", 128),
        text("Department", 80),
        picklist("LeadSource", &LEAD_SOURCES),
        date("Birthdate"),
        long_text("Description", 32_000).label("Contact Description"),
    ]);
    let with_activities = |object: ObjectDef| {
        let mut object = object.owned().audited();
        object.fields.push(last_activity());
        object
    };
    vec![with_activities(account), with_activities(contact)]
}

/// The parts of a compound address, as plain fields.
pub(super) fn address(kind: &str) -> Vec<FieldDef> {
    vec![
        long_text(&format!("{kind}Street"), 255),
        text(&format!("{kind}City"), 40),
        text(&format!("{kind}State"), 80).label(&format!("{kind} State/Province")),
        text(&format!("{kind}PostalCode"), 20).label(&format!("{kind} Zip/Postal Code")),
        text(&format!("{kind}Country"), 80),
    ]
}
