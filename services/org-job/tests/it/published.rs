//! The service as Salesforce has it: published from its document, and called in the name of a user who has no rights of his own
//! to what jobs write. Those come from the permission set that the document names, for the session of each call.

use crate::support::{ALL, ORG, Stack};
use anyhow::{Context, Result, bail};
use serde_json::{Value, json};
use std::path::Path;
use std::time::Duration;
use test_support::{Fault, FaultAction, Invoke, Invoked, Publication, eventually};

/// A user with the profile *Standard User*.
const SALES: &str = "sales.user@my-org.local";
const CLIENT: &str = "GenerateQuoteJob";
const PERMISSIONS: &str = "GenerateQuoteJobPermissions";

/// What is committed and published.
fn document() -> Result<Value> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../web/api-docs.yaml");
    Ok(yaml_serde::from_str(&std::fs::read_to_string(path)?)?)
}

/// The same, where calls of this operation activate nothing.
fn without_permission_set(path: &str) -> Result<Value> {
    let mut document = document()?;
    let operation = document["paths"][path]["post"].as_object_mut().context("no such operation")?;
    operation.remove("x-sfdc").context("it had no x-sfdc")?;
    Ok(document)
}

async fn publish(stack: &Stack, document: &Value) -> Result<()> {
    let publication = Publication {
        org: ORG.to_owned(),
        client_name: CLIENT.to_owned(),
        url: stack.web.url()?.to_owned(),
        spec: document.to_string(),
    };
    assert_eq!(stack.org.publish(&publication).await?.warnings, Vec::<String>::new());
    Ok(())
}

async fn start(stack: &Stack) -> Result<String> {
    let call = Invoke::new(CLIENT, "executeBatch").user(SALES).body(json!({ "soqlWhereClause": ALL }));
    let started = stack.org.invoke(ORG, &call).await?;
    assert_eq!((started.status, started.session_permission_set.as_deref()), (202, Some(PERMISSIONS)), "{started:?}");
    Ok(started.body["jobId"].as_str().context("no jobId")?.to_owned())
}

async fn act(stack: &Stack, operation: &str, id: &str) -> Result<Invoked> {
    let invoked = stack.org.invoke(ORG, &Invoke::new(CLIENT, operation).user(SALES).parameter("id", id)).await?;
    assert_eq!(invoked.status, 202, "{invoked:?}");
    Ok(invoked)
}

/// The user looks until the job is in that state. The maker of a job is not asked for a permission, so this makes no query.
async fn reaches(stack: &Stack, id: &str, state: &str) -> Result<Value> {
    let call = Invoke::new(CLIENT, "getJob").user(SALES).parameter("id", id);
    eventually(Duration::from_secs(90), &format!("job {id} is {state}"), async || {
        let seen = stack.org.invoke(ORG, &call).await?;
        if seen.body["state"] == state { Ok(seen.body) } else { bail!("{seen:?}") }
    })
    .await
}

/// A job whose session has ended is resumed: the answer to the call, and the job at its end.
async fn resumed(document: &Value) -> Result<(Invoked, Value)> {
    let mut stack = Stack::start(5, 1, 0).await?;
    publish(&stack, document).await?;
    let id = start(&stack).await?;
    stack.org.expire_sessions(ORG).await?;
    stack.add_worker("late").await?;
    reaches(&stack, &id, "needsAuthorization").await?;
    let invoked = act(&stack, "resumeJob", &id).await?;
    Ok((invoked, reaches(&stack, &id, "completed").await?))
}

/// A job whose only chunk was given up is retried: the answer to the call, and the job at its end.
async fn retried(document: &Value) -> Result<(Invoked, Value)> {
    let mut stack = Stack::start(5, 1, 0).await?;
    publish(&stack, document).await?;
    let refused = FaultAction::status(400, "INVALID_FIELD", "No such column 'Quantity'");
    stack.fault(Fault::new(refused).path("/composite/graph").times(1)).await?;
    let id = start(&stack).await?;
    stack.add_worker("late").await?;
    let job = reaches(&stack, &id, "completed").await?;
    assert_eq!((&job["deadChunks"], &job["failed"]), (&json!(1), &json!(5)), "{job}");
    let invoked = act(&stack, "retryJob", &id).await?;
    Ok((invoked, reaches(&stack, &id, "completed").await?))
}

fn assert_done((invoked, job): &(Invoked, Value)) {
    assert_eq!(invoked.session_permission_set.as_deref(), Some(PERMISSIONS), "{invoked:?}");
    assert_eq!((&job["succeeded"], &job["failed"]), (&json!(5), &json!(0)), "{job}");
}

fn assert_refused((invoked, job): &(Invoked, Value)) {
    assert_eq!(invoked.session_permission_set, None, "{invoked:?}");
    assert_eq!((&job["succeeded"], &job["failed"]), (&json!(0), &json!(5)), "{job}");
}

#[tokio::test]
async fn a_job_that_is_resumed_has_the_rights_of_the_permission_set() -> Result<()> {
    assert_done(&resumed(&document()?).await?);
    Ok(())
}

#[tokio::test]
async fn a_job_that_is_retried_has_the_rights_of_the_permission_set() -> Result<()> {
    assert_done(&retried(&document()?).await?);
    Ok(())
}

/// Which shows that the tests above hold because of the document, and not because of what the user may do anyway.
#[tokio::test]
async fn without_it_in_the_document_the_work_that_goes_on_is_refused() -> Result<()> {
    assert_refused(&resumed(&without_permission_set("/api/jobs/{id}/resume")?).await?);
    assert_refused(&retried(&without_permission_set("/api/jobs/{id}/retry")?).await?);
    Ok(())
}
