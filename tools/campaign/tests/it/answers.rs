use anyhow::Result;
use campaign::answers::{Options, run};

/// The cells of these calls and answers: no one hangs, and none is wrong.
async fn good(calls: &[&str], answers: &[&str], cells: usize) -> Result<()> {
    let texts = |texts: &[&str]| texts.iter().map(|text| (*text).to_owned()).collect();
    let options =
        Options { rounds: 1, seed: Some(1), sample: None, only: texts(calls), answer: texts(answers), markdown: false };
    let table = run(options).await?;
    assert_eq!(table.cells.len(), cells);
    assert!(table.is_good(), "{:#?}", table.bad().collect::<Vec<_>>());
    Ok(())
}

#[tokio::test]
async fn a_batch_job() -> Result<()> {
    good(&["in bulk: close", "in bulk: upload"], &["200 page", "423 empty"], 9).await
}

#[tokio::test]
async fn a_quote_for_a_caller() -> Result<()> {
    good(&["org-action: write the graph"], &["page after the work", "200 {}", "its own with 202"], 5).await
}

#[tokio::test]
async fn accounts_of_a_connection() -> Result<()> {
    good(&["api-access: authorization", "api-access: failed results"], &["404 page", "200 empty"], 9).await
}

#[tokio::test]
async fn a_change_event() -> Result<()> {
    good(&["eventing: publish"], &["200 page", "half of it"], 3).await
}
