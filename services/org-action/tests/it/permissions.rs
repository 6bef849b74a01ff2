//! What the calling user may do decides, and what AppLink activates for the session of the call.

use crate::support::{Line, Stack, quote_id, refusal};
use anyhow::Result;
use reqwest::{Method, Response};
use serde_json::json;
use test_support::{Org, User};

const SALES: &str = "sales.user@my-org.local";
/// The session permission set of the pattern.
const PERMISSIONS: &str = "GenerateQuotePermissions";
/// One line of 100.00 with half of it off.
const HALF: Line = Line { price: 100.0, quantity: 1.0, discount: Some(50.0) };

/// The everyday user, in a session with these permission sets active.
async fn sales(stack: &Stack, permission_sets: &[&str]) -> Result<(Org, User)> {
    stack.session(SALES, permission_sets).await
}

async fn quote_as(stack: &Stack, (org, user): &(Org, User), opportunity: &str) -> Result<Response> {
    let request = stack.call_as(org, user, Method::POST, "/api/generatequote")?;
    Ok(request.json(&json!({ "opportunityId": opportunity })).send().await?)
}

#[tokio::test]
async fn without_access_to_the_field_the_answer_is_salesforces_own() -> Result<()> {
    let stack = Stack::start(1).await?;
    let opportunity = stack.opportunity_of(&[HALF]).await?;
    let caller = sales(&stack, &[]).await?;
    let refused = refusal(quote_as(&stack, &caller, &opportunity).await?).await?;
    assert_eq!((refused.0, refused.1.as_str()), (422, "INVALID_FIELD"), "{refused:?}");
    assert!(refused.2.contains("No such column 'DiscountOverride__c' on entity 'OpportunityLineItem'"), "{refused:?}");
    let job = stack.quote_async_as(&caller.0, &caller.1, &opportunity).await?;
    let body = stack.only_callback(&job).await?;
    assert_eq!(body["error"], json!({ "code": refused.1, "message": refused.2 }));
    assert_eq!(stack.counts().await?, (0, 0));
    Ok(())
}

#[tokio::test]
async fn with_the_permission_set_active_the_override_is_the_price() -> Result<()> {
    let stack = Stack::start(1).await?;
    let opportunity = stack.opportunity_of(&[HALF]).await?;
    let caller = sales(&stack, &[PERMISSIONS]).await?;
    let quote = quote_id(quote_as(&stack, &caller, &opportunity).await?).await?;
    assert_eq!(stack.total(&quote).await?, Some(50.0));
    let job = stack.quote_async_as(&caller.0, &caller.1, &opportunity).await?;
    let body = stack.only_callback(&job).await?;
    assert_eq!(stack.total(body["quoteId"].as_str().unwrap_or_default()).await?, Some(50.0), "{body}");
    // The repeated call finds the Quote of the first one in the same way.
    let mut quotes = Vec::new();
    for _ in 0..2 {
        let request = stack.call_as(&caller.0, &caller.1, Method::POST, "/api/generatequote")?;
        let request = request.header("Idempotency-Key", "once").json(&json!({ "opportunityId": opportunity }));
        quotes.push(quote_id(request.send().await?).await?);
    }
    assert_eq!(quotes[0], quotes[1]);
    Ok(())
}

#[tokio::test]
async fn without_overrides_the_field_is_not_asked_for() -> Result<()> {
    let stack = Stack::start_without_overrides().await?;
    let opportunity = stack.opportunity_of(&[HALF]).await?;
    let caller = sales(&stack, &[PERMISSIONS]).await?;
    let quote = quote_id(quote_as(&stack, &caller, &opportunity).await?).await?;
    assert_eq!(stack.total(&quote).await?, Some(90.0));
    // The key of a Quote is a field as well, and every Quote needs it.
    let refused = refusal(quote_as(&stack, &sales(&stack, &[]).await?, &opportunity).await?).await?;
    assert_eq!(refused.0, 422, "{refused:?}");
    assert!(refused.2.contains("QuoteJobKey__c"), "{refused:?}");
    Ok(())
}
