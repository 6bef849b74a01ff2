//! What is special about single objects, plugged into the general pipeline.

mod hooks;
mod line_item;
mod opportunity;
mod opportunity_line_item;
mod permissions;
mod person;
mod pricebook_entry;
mod quote;
mod quote_line_item;

use self::hooks::Rules;

struct NoRules;

impl Rules for NoRules {}

/// Sessions that have ended are gone.
struct AuthSession;

impl Rules for AuthSession {
    fn has_recycle_bin(&self) -> bool {
        false
    }
}

/// The rules of the object of that API name.
pub(super) fn of(object: &str) -> &'static dyn Rules {
    match object {
        "AuthSession" => &AuthSession,
        "Contact" => &person::Contact,
        "FieldPermissions" => &permissions::FieldPermissions,
        "ObjectPermissions" => &permissions::ObjectPermissions,
        "Opportunity" => &opportunity::Opportunity,
        "OpportunityLineItem" => &opportunity_line_item::OpportunityLineItem,
        "PermissionSet" => &permissions::PermissionSet,
        "PermissionSetAssignment" => &permissions::PermissionSetAssignment,
        "PricebookEntry" => &pricebook_entry::PricebookEntry,
        "Quote" => &quote::Quote,
        "QuoteLineItem" => &quote_line_item::QuoteLineItem,
        "SessionPermSetActivation" => &permissions::SessionPermSetActivation,
        "User" => &person::User,
        _ => &NoRules,
    }
}
