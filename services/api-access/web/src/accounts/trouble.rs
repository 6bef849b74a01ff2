//! What a page says about an org that cannot be shown.

use super::error::AccountsError;
use shared::applink::AppLinkError;
use shared::salesforce::ErrorKind;
use std::time::Duration;

/// A failure in words for people, with those of the program behind them. Holds no token and no URL.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Trouble {
    /// What happened.
    pub(crate) what: String,
    /// What can be done about it.
    pub(crate) advice: &'static str,
    /// What the program says, where that tells more.
    pub(crate) detail: Option<String>,
    /// It may pass by itself.
    pub(crate) passes: bool,
}

impl Trouble {
    pub(super) fn of(error: &AccountsError) -> Self {
        match error {
            AccountsError::Deadline(limit) => Self {
                what: format!("The org did not answer within {} s.", limit.as_secs_f32()),
                advice: "The other orgs are not affected.",
                detail: None,
                passes: true,
            },
            AccountsError::Busy(_) => Self {
                what: "Too many pages wait for the org.".to_owned(),
                advice: "Try again in a moment. The other orgs are not affected.",
                detail: None,
                passes: true,
            },
            AccountsError::AppLink(error) => Self::of_applink(error),
            AccountsError::Salesforce(error) => Self {
                what: salesforce_words(error.kind()).to_owned(),
                advice: salesforce_advice(error.kind()),
                detail: Some(chain(error)),
                passes: error.kind().passes(),
            },
        }
    }

    /// AppLink did not answer in time.
    pub(super) fn applink_silent(limit: Duration) -> Self {
        Self {
            what: format!("Heroku AppLink did not answer within {} s.", limit.as_secs_f32()),
            advice: "Try again in a moment.",
            detail: None,
            passes: true,
        }
    }

    fn of_applink(error: &AppLinkError) -> Self {
        let passes = error.kind().passes();
        let (what, detail) = match error {
            // These say by themselves what there is to say.
            AppLinkError::NotFound { .. }
            | AppLinkError::NotAuthorized { .. }
            | AppLinkError::InvalidName { .. }
            | AppLinkError::DataCloud { .. } => (sentence(error), None),
            AppLinkError::Unreachable { .. } => ("Heroku AppLink could not be reached.".to_owned(), Some(chain(error))),
            AppLinkError::Refused { status: 401 | 403, .. } => {
                ("Heroku AppLink does not let this app in.".to_owned(), Some(chain(error)))
            }
            _ => ("Heroku AppLink gave no usable answer.".to_owned(), Some(chain(error))),
        };
        Self { what, advice: applink_advice(error), detail, passes }
    }
}

fn salesforce_words(kind: ErrorKind) -> &'static str {
    match kind {
        ErrorKind::SessionExpired => "The org does not accept the connection's session any more.",
        ErrorKind::LimitExceeded => "The org has no API calls left.",
        ErrorKind::Forbidden | ErrorKind::Invalid | ErrorKind::NotFound => "The org refused to show its accounts.",
        ErrorKind::Malformed => "The org's answer could not be understood.",
        _ => "The org could not be reached, or broke the call off.",
    }
}

fn applink_advice(error: &AppLinkError) -> &'static str {
    match error {
        AppLinkError::NotFound { .. } | AppLinkError::InvalidName { .. } => {
            "Add it with heroku salesforce:authorizations:add, or take the name out of CONNECTION_NAMES."
        }
        AppLinkError::DataCloud { .. } => {
            "Accounts are shown of Salesforce orgs only: name one of a Salesforce org in CONNECTION_NAMES."
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

/// The error and its causes in a line.
fn chain(error: &(dyn std::error::Error + 'static)) -> String {
    std::iter::successors(Some(error), |error| error.source()).map(ToString::to_string).collect::<Vec<_>>().join(": ")
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
    use shared::salesforce::{self, Operation};

    #[test]
    fn a_failure_is_a_sentence_with_advice() {
        let trouble = Trouble::of(&AccountsError::Deadline(Duration::from_millis(1_500)));
        assert_eq!(trouble.what, "The org did not answer within 1.5 s.");
        let error = AppLinkError::NotFound { name: "my-org".to_owned() };
        let trouble = Trouble::of(&AccountsError::AppLink(error));
        assert_eq!(trouble.what, "AppLink has no authorization named “my-org”.");
        assert!(trouble.advice.contains("CONNECTION_NAMES") && !trouble.passes, "{trouble:?}");
    }

    #[test]
    fn words_of_the_program_stand_behind_those_for_people() {
        let error =
            salesforce::Error::TimedOut { operation: Operation::Composite, host: "acme.my.salesforce.com".to_owned() };
        let trouble = Trouble::of(&AccountsError::Salesforce(error));
        assert_eq!(trouble.what, "The org could not be reached, or broke the call off.");
        assert!(trouble.detail.is_some_and(|detail| detail.contains("(composite)")) && trouble.passes);
        let error = AppLinkError::Refused { status: 401, message: "bad token".to_owned(), retry_after: None };
        let trouble = Trouble::of(&AccountsError::AppLink(error));
        assert_eq!(trouble.what, "Heroku AppLink does not let this app in.");
        assert!(trouble.detail.is_some_and(|detail| detail.contains("bad token")) && !trouble.passes);
    }
}
