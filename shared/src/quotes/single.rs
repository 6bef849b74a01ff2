//! What became of the one Opportunity of org-action, for the one who asked.

use super::{Failure, NO_LINE_ITEMS, NOT_FOUND, Outcome};
use crate::salesforce::SalesforceId;

/// Its Quote with the number of its lines, or the reason in words.
///
/// # Errors
/// The [`Failure`]; its code is [`NOT_FOUND`] for an Opportunity that the user does not see, and [`NO_LINE_ITEMS`] for one
/// without lines.
pub fn quote_of(outcome: Outcome) -> Result<(SalesforceId, usize), Failure> {
    let failure = |code: &str, message: &str| Failure { code: code.to_owned(), message: message.to_owned() };
    match outcome {
        Outcome::Quoted { quote, lines } => Ok((quote, lines)),
        Outcome::Skipped => {
            Err(failure(NO_LINE_ITEMS, "The Opportunity has no products, so there is nothing to quote."))
        }
        Outcome::Failed(found) if found.code == NOT_FOUND => {
            Err(failure(NOT_FOUND, "There is no Opportunity with this Id that the user may see."))
        }
        Outcome::Failed(found) => Err(found),
    }
}
