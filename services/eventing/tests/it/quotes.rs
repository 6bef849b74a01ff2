//! Which Quotes a transaction leads to.

use crate::support::{ORG, Stack};
use anyhow::Result;
use serde_json::json;
use shared::contracts::eventing::Changed;
use shared::jobs::JobState;
use test_support::{Fault, FaultAction};

#[tokio::test]
async fn fifty_changed_opportunities_become_fifty_quotes_one_event_and_one_notification() -> Result<()> {
    let stack = Stack::start(50, 2).await?;
    let user = stack.user("sales.user").await?;
    let id = stack.create("transaction-1", Changed::Records(stack.all().await?), Some(user)).await?;
    stack.assert_quoted(&id, 50).await?;
    assert_eq!(stack.event_of(&id).await?["UserId__c"], user.as_str());
    let sent = stack.notifications(1).await?;
    assert_eq!((sent[0].recipient.as_str(), sent[0].title.as_str()), (user.as_str(), "Quotes: completed"));
    assert!(sent[0].body.starts_with("50 made, 0 skipped, 0 failed."), "{sent:?}");
    // Published by the user of the authorization, as whom the Quotes were written, too.
    let admin = stack.user("admin").await?;
    assert_eq!(stack.org.count(ORG, &format!("SELECT COUNT() FROM Quote WHERE CreatedById = '{admin}'")).await?, 50);
    Ok(())
}

#[tokio::test]
async fn a_transaction_delivered_to_a_second_job_makes_no_second_quote() -> Result<()> {
    let stack = Stack::start(50, 2).await?;
    let ids = stack.all().await?;
    let first = stack.changed("transaction-1", ids.clone()).await?;
    stack.assert_quoted(&first, 50).await?;
    let second = stack.changed("transaction-1", ids.clone()).await?;
    stack.assert_quoted(&second, 50).await?;
    // At the same time, and overlapping.
    let (third, fourth) =
        (stack.changed("transaction-2", ids[..30].to_vec()), stack.changed("transaction-2", ids[10..].to_vec()));
    let (third, fourth) = (third.await?, fourth.await?);
    stack.ends(&third, JobState::Completed).await?;
    stack.ends(&fourth, JobState::Completed).await?;
    let counts = stack.org.counts(ORG).await?;
    assert_eq!((counts["Quote"], counts["QuoteLineItem"]), (100, 200));
    let events = [stack.event_of(&third).await?, stack.event_of(&fourth).await?];
    assert!(
        events.iter().all(|event| event["Status__c"] == "completed" && event["Failed__c"] == json!(0.0)),
        "{events:?}"
    );
    Ok(())
}

#[tokio::test]
async fn a_quote_in_stages_is_made_once_as_well() -> Result<()> {
    let mut stack = Stack::without_workers(1, 600).await?;
    stack.add_worker("worker.1").await?;
    let ids = stack.all().await?;
    for _ in 0..2 {
        let id = stack.changed("transaction-1", ids.clone()).await?;
        stack.ends(&id, JobState::Completed).await?;
        let counts = stack.org.counts(ORG).await?;
        assert_eq!((counts["Quote"], counts["QuoteLineItem"]), (1, 600));
    }
    assert_eq!(stack.org.count(ORG, "SELECT COUNT() FROM Quote WHERE QuoteJobKey__c LIKE '%:staging'").await?, 0);
    Ok(())
}

#[tokio::test]
async fn what_was_deleted_drops_out_and_nothing_is_told_of_nothing() -> Result<()> {
    let stack = Stack::start(5, 1).await?;
    let ids = stack.all().await?;
    stack.org.delete_record(ORG, "Opportunity", ids[0].as_str()).await?;
    let id = stack.changed("transaction-1", ids.clone()).await?;
    stack.assert_quoted(&id, 4).await?;
    let id = stack.changed("transaction-2", vec![ids[0]]).await?;
    let job = stack.ends(&id, JobState::Completed).await?;
    assert_eq!((job.total_chunks, job.processed), (0, 0));
    assert_eq!(stack.events().await?.len(), 1);
    Ok(())
}

#[tokio::test]
async fn only_opportunities_in_a_stage_that_counts_get_a_quote() -> Result<()> {
    let mut stack = Stack::without_workers(6, 2).await?;
    stack.stages = "Closed Won, Proposal/Price Quote";
    stack.add_worker("worker.1").await?;
    let ids = stack.all().await?;
    for (id, stage) in ids.iter().zip(["Closed Won", "Proposal/Price Quote", "Closed Lost"]) {
        stack.org.update(ORG, "Opportunity", id.as_str(), &json!({ "StageName": stage })).await?;
    }
    let id = stack.changed("transaction-1", ids).await?;
    stack.assert_quoted(&id, 2).await?;
    let quoted = "SELECT COUNT() FROM Quote WHERE Opportunity.StageName IN ('Closed Won', 'Proposal/Price Quote')";
    assert_eq!(stack.org.count(ORG, quoted).await?, 2);
    Ok(())
}

#[tokio::test]
async fn after_an_overflow_all_that_changed_since_get_a_quote() -> Result<()> {
    let mut stack = Stack::without_workers(45, 2).await?;
    stack.stages = "Prospecting";
    stack.add_worker("worker.1").await?;
    let ids = stack.all().await?;
    tokio::time::sleep(std::time::Duration::from_millis(2_100)).await;
    let since = chrono::Utc::now();
    for id in &ids[..41] {
        stack.org.update(ORG, "Opportunity", id.as_str(), &json!({ "NextStep": "call" })).await?;
    }
    stack.org.update(ORG, "Opportunity", ids[0].as_str(), &json!({ "StageName": "Closed Lost" })).await?;
    let id = stack.create("overflow-1", Changed::Since(since), None).await?;
    stack.assert_quoted(&id, 40).await?;
    // Told again, or by a second overflow at about the same time: what was dealt with is left out.
    for transaction in ["overflow-1", "overflow-2"] {
        let id = stack.create(transaction, Changed::Since(since), None).await?;
        let job = stack.ends(&id, JobState::Completed).await?;
        assert_eq!(job.total_chunks, 0, "{job:?}");
        stack.assert_quotes(40).await?;
    }
    assert_eq!(stack.events().await?.len(), 1);
    Ok(())
}

/// Each chunk of an overflow's job is run once more, as its worker is lost before it can tell.
#[tokio::test]
async fn an_overflow_is_quoted_whole_though_workers_are_lost() -> Result<()> {
    let mut stack = Stack::without_workers(60, 2).await?;
    let since = chrono::Utc::now() - chrono::TimeDelta::minutes(5);
    let held = FaultAction::DelayAfter { ms: 60_000 };
    stack.add_worker("worker.1").await?;
    let held = stack.fault(Fault::new(held).path("/composite/graph").times(1)).await?;
    let id = stack.create("overflow-1", Changed::Since(since), None).await?;
    stack.hit(held).await?;
    stack.workers[0].kill().await?;
    stack.add_worker("successor").await?;
    stack.assert_quoted(&id, 60).await
}

#[tokio::test]
async fn a_transaction_of_more_ids_than_a_query_holds_is_planned_in_pages() -> Result<()> {
    let stack = Stack::start(500, 2).await?;
    let id = stack.changed("transaction-1", stack.all().await?).await?;
    stack.assert_quoted(&id, 500).await?;
    assert_eq!(stack.job(&id).await?.total_chunks, 25);
    Ok(())
}
