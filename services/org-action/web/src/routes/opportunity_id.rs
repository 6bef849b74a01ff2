//! The field `opportunityId` of a request.

use ::web::ApiError;
use shared::salesforce::SalesforceId;

/// Start of an Opportunity's Id.
const OPPORTUNITY: &str = "006";

/// Reads `opportunityId`. What passes has letters and digits only.
pub(super) fn opportunity_id(text: Option<&str>) -> Result<SalesforceId, ApiError> {
    const FIELD: &str = "opportunityId";
    let text = text.ok_or_else(|| ApiError::bad_request(FIELD, "opportunityId is missing"))?;
    let id = SalesforceId::parse(text)
        .map_err(|error| ApiError::bad_request(FIELD, format!("opportunityId is not an Id: {error}")))?;
    if id.key_prefix() != OPPORTUNITY {
        let message = format!("opportunityId is not the Id of an Opportunity: it does not begin with {OPPORTUNITY}");
        return Err(ApiError::bad_request(FIELD, message));
    }
    Ok(id)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_forms_of_an_opportunitys_id_pass_and_nothing_else() {
        for right in ["006R0000003FPYx", "006R0000003FPYxIAO"] {
            assert_eq!(opportunity_id(Some(right)).unwrap().as_str(), "006R0000003FPYxIAO", "{right}");
        }
        for wrong in [
            None,
            Some(""),
            Some("006"),
            Some("006R0000003FPYxIAA"),
            Some("001R0000003FPYxIAO"),
            Some("006R0000003FPY'"),
            Some("' OR Name LIKE '%"),
            Some("006R0000003FPYxé"),
        ] {
            let error = opportunity_id(wrong).unwrap_err();
            assert_eq!(error.status().as_u16(), 400, "{wrong:?}");
            assert!(error.to_string().contains("opportunityId"), "{error}");
        }
    }
}
