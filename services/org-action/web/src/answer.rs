//! What the caller of `generateQuote` is told when there is no Quote.

use ::web::ApiError;
use ::web::upstream::salesforce_error;
use shared::quotes::{Failure, GenerateError, NO_LINE_ITEMS, NOT_FOUND};
use std::time::Duration;

/// When to come back after a fault that passes by itself.
const FAULT_WAIT: Duration = Duration::from_secs(5);

/// The Opportunity was dealt with, and got no Quote:
/// - 404 `not_found` when the user does not see it, and 404 `NO_LINE_ITEMS` when there is nothing to quote, as Heroku's sample
///   answers both;
/// - 503 when its rows stayed locked;
/// - 422 with the code and the words of Salesforce or of the pricing rules otherwise.
pub(crate) fn refused(failure: Failure) -> ApiError {
    if failure.code == NOT_FOUND {
        return ApiError::not_found(failure.message).with_field("opportunityId");
    }
    if failure.code == NO_LINE_ITEMS {
        return ApiError::not_found(failure.message).with_code(failure.code).with_field("opportunityId");
    }
    if failure.is_passing() {
        return ApiError::service_unavailable(failure.message, FAULT_WAIT).with_code(failure.code);
    }
    ApiError::unprocessable(failure.code, failure.message)
}

/// The call could not be brought to an end: see [`salesforce_error`].
pub(crate) fn interrupted(error: GenerateError) -> ApiError {
    match error {
        GenerateError::Salesforce(error) => salesforce_error(error),
        other => ApiError::internal(other),
    }
}

/// 504: nobody knows.
pub(crate) fn too_late(deadline: Duration) -> ApiError {
    ApiError::gateway_timeout(format!(
        "Salesforce did not answer within {} s. The Quote may have been written all the same. Repeating the call is safe \
         with the same Idempotency-Key, or as the same AppLink request: it then answers that Quote, or makes it. For \
         Opportunities with very many products use generateQuoteAsync.",
        deadline.as_secs()
    ))
}

#[cfg(test)]
mod tests {
    use super::*;
    use shared::salesforce::Error;

    fn failure(code: &str) -> Failure {
        Failure { code: code.to_owned(), message: "Words.".to_owned() }
    }

    #[test]
    fn every_refusal_has_its_status_and_keeps_its_words() {
        for (code, status, told) in [
            ("NOT_FOUND", 404, "not_found"),
            ("NO_LINE_ITEMS", 404, "NO_LINE_ITEMS"),
            ("NUMBER_OUTSIDE_VALID_RANGE", 422, "NUMBER_OUTSIDE_VALID_RANGE"),
            ("FIELD_CUSTOM_VALIDATION_EXCEPTION", 422, "FIELD_CUSTOM_VALIDATION_EXCEPTION"),
            ("UNABLE_TO_LOCK_ROW", 503, "UNABLE_TO_LOCK_ROW"),
            ("STAGING_INTERRUPTED", 503, "STAGING_INTERRUPTED"),
        ] {
            let answer = refused(failure(code));
            assert_eq!((answer.status().as_u16(), answer.code()), (status, told), "{code}");
            assert!(answer.to_string().ends_with("Words."), "{answer}");
        }
    }

    #[test]
    fn an_interrupted_call_is_answered_by_its_cause() {
        assert_eq!(interrupted(GenerateError::Salesforce(Error::SessionExpired)).status().as_u16(), 401);
        assert_eq!(interrupted(GenerateError::Cancelled).status().as_u16(), 500);
    }

    #[test]
    fn the_deadline_tells_how_to_go_on() {
        let answer = too_late(Duration::from_secs(20));
        assert_eq!((answer.status().as_u16(), answer.code()), (504, "gateway_timeout"));
        let text = answer.to_string();
        assert!(text.contains("may have been written") && text.contains("Idempotency-Key"), "{text}");
    }
}
