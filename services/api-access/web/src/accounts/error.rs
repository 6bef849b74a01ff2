//! Why an org's Accounts are not shown.

use ::web::ApiError;
use shared::applink::AppLinkError;
use shared::salesforce;
use std::time::Duration;

/// Why an org's Accounts are not shown.
#[derive(Debug, thiserror::Error)]
pub(crate) enum AccountsError {
    /// AppLink gives no session.
    #[error(transparent)]
    AppLink(#[from] AppLinkError),
    /// Salesforce gives no answer, or another than the accounts.
    #[error(transparent)]
    Salesforce(#[from] salesforce::Error),
    /// Too many pages wait for it.
    #[error("{0}")]
    Busy(ApiError),
    /// Neither answered in time.
    #[error("no answer within {} ms", .0.as_millis())]
    Deadline(Duration),
}
