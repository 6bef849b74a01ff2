//! What a page says about an org that cannot be shown.

use super::AccountsError;
use shared::applink::AppLinkError;
use shared::salesforce::ErrorKind;

/// A failure in words for people. Holds no token and no URL.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Trouble {
    /// What happened.
    pub(crate) what: String,
    /// What can be done about it.
    pub(crate) advice: &'static str,
}

impl Trouble {
    pub(super) fn of(error: &AccountsError) -> Self {
        let (what, advice) = match error {
            AccountsError::Deadline(limit) => (
                format!("The org did not answer within {} s.", limit.as_secs_f32()),
                "The other orgs are not affected.",
            ),
            AccountsError::AppLink(error) => (sentence(error), applink_advice(error)),
            AccountsError::Salesforce(error) => (sentence(error), salesforce_advice(error.kind())),
        };
        Self { what, advice }
    }
}

fn applink_advice(error: &AppLinkError) -> &'static str {
    match error {
        AppLinkError::NotFound { .. } | AppLinkError::InvalidName { .. } => {
            "Add it with heroku salesforce:authorizations:add, or take the name out of CONNECTION_NAMES."
        }
        AppLinkError::NotAuthorized { .. } => "Authorize it again with heroku salesforce:authorizations:add.",
        AppLinkError::Refused { status: 401 | 403, .. } => "Check HEROKU_APPLINK_TOKEN and HEROKU_APP_ID of this app.",
        _ => "Try again in a moment.",
    }
}

fn salesforce_advice(kind: ErrorKind) -> &'static str {
    match kind {
        ErrorKind::SessionExpired => "Authorize the connection again with heroku salesforce:authorizations:add.",
        ErrorKind::LimitExceeded => "The org has used up its API calls; they come back within a day.",
        ErrorKind::Forbidden | ErrorKind::Invalid | ErrorKind::NotFound => {
            "Check that the connection's user may read Accounts and use the API."
        }
        _ => "Try again in a moment.",
    }
}

/// The error as a sentence: a capital, a full stop, and names in quotes as people write them.
fn sentence(error: &dyn std::error::Error) -> String {
    let text = error.to_string();
    let parts = text.split('`').enumerate();
    let text: String =
        parts.map(|(index, part)| if index % 2 == 1 { format!("“{part}”") } else { part.to_owned() }).collect();
    let mut letters = text.chars();
    let first = letters.next().map(|first| first.to_uppercase().to_string()).unwrap_or_default();
    format!("{first}{}.", letters.as_str().trim_end_matches('.'))
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::time::Duration;

    #[test]
    fn a_failure_is_a_sentence_with_advice() {
        let trouble = Trouble::of(&AccountsError::Deadline(Duration::from_millis(1_500)));
        assert_eq!(trouble.what, "The org did not answer within 1.5 s.");
        let error = AppLinkError::NotFound { name: "my-org".to_owned() };
        let trouble = Trouble::of(&AccountsError::AppLink(error));
        assert_eq!(trouble.what, "AppLink has no authorization named “my-org”.");
        assert!(trouble.advice.contains("CONNECTION_NAMES"));
    }
}
