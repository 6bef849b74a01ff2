//! What must not get out, and what must not get in.

use crate::support::{ORG, Stack};
use anyhow::{Context, Result};

#[tokio::test]
async fn no_token_in_logs_or_redis() -> Result<()> {
    let stack = Stack::start(30, 1).await?;
    let (_, user) = stack.org.org(ORG).await?;
    let secret = user.access_token.split_once('!').context("a token has a !")?.1;
    // Also on the way through the event bus.
    let fault = test_support::Fault::new(test_support::FaultAction::DropAfter).path(crate::support::PUBLISH);
    stack.fault(fault.times(1)).await?;
    let id = stack.changed("transaction-1", stack.all().await?).await?;
    stack.assert_quoted(&id, 30).await?;
    assert_eq!(stack.redis.dump().await?.keys_with(secret), Vec::<String>::new());
    let logs = stack.logs();
    assert!(logs.contains(&id.to_string()), "the worker logs at trace level");
    assert!(!logs.contains(secret), "a token stands in the log");
    for addon_secret in stack.org.applink_env()?.iter().filter(|(name, _)| name.ends_with("_TOKEN")) {
        assert!(!logs.contains(&addon_secret.1), "the add-on's token stands in the log");
    }
    Ok(())
}

#[tokio::test]
async fn a_transaction_key_is_any_text_and_stays_text() -> Result<()> {
    let stack = Stack::start(4, 1).await?;
    let ids = stack.all().await?;
    let first = stack.changed("x') OR (Name LIKE '%", ids[..2].to_vec()).await?;
    stack.assert_quoted(&first, 2).await?;
    let second = stack.changed("%", ids[2..].to_vec()).await?;
    stack.ends(&second, shared::jobs::JobState::Completed).await?;
    stack.assert_quotes(4).await
}

/// Its jobs have no session of their own: the authorized user's is fetched for them.
#[tokio::test]
async fn a_job_that_was_changed_in_redis_does_nothing_in_the_authorized_users_name() -> Result<()> {
    let mut stack = Stack::start(4, 0).await?;
    let ids = stack.all().await?;
    let id = stack.changed("transaction-1", ids[..1].to_vec()).await?;
    let key = format!("{{eventing}}:params:{id}");
    let params = stack.redis.text(&key).await?;
    let changed = params.replace(ids[0].as_str(), ids[3].as_str());
    assert_ne!(params, changed);
    stack.redis.command(&["SET", &key, &changed]).await?;
    stack.add_worker("worker.1").await?;
    let job = stack.ends(&id, shared::jobs::JobState::Failed).await?;
    assert!(job.reason.as_deref().is_some_and(|reason| reason.starts_with("unproven job")), "{job:?}");
    let refused = stack.jobs.retry(ORG, &id, None).await.expect_err("it is refused");
    assert!(refused.to_string().contains("Start it anew"), "{refused}");
    assert_eq!(stack.events().await?.len(), 0, "an event was published");
    stack.assert_quotes(0).await
}
