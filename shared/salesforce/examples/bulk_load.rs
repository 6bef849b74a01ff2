//! A thousand Accounts through the Bulk API 2.0, and what became of each.

#[path = "common/session.rs"]
mod session;

use futures_util::future::BoxFuture;
use futures_util::stream;
use salesforce::bulk::{
    Bulk, BulkSettings, Columns, IngestOperation, IngestSpec, JobRef, NoteError, RowOutcome, Wanted, WriteOptions,
};
use serde_json::json;
use std::error::Error;
use tokio_util::sync::CancellationToken;

#[tokio::main]
#[expect(clippy::print_stdout, reason = "an example")]
async fn main() -> Result<(), Box<dyn Error>> {
    let bulk = Bulk::new(session::client()?, BulkSettings::default());

    // Rows are made while they are sent, so a million of them take no more memory.
    let columns = Columns::new(["Name", "Site"])?;
    let row = |number| columns.row(&json!({ "Name": format!("Loaded {number}"), "Site": "Example" }));
    let rows = stream::iter((1..=1_000).map(row));

    // A service keeps the job's id here, and after a crash asks `Bulk::settle` what became of it.
    let note = |job: JobRef| -> BoxFuture<'static, Result<(), NoteError>> {
        println!("job {}", job.id);
        Box::pin(async { Ok(()) })
    };
    let options = WriteOptions { note: &note, cancelled: &CancellationToken::new(), wanted: Wanted::All };
    let (mut written, mut failed) = (0, 0);
    let spec = IngestSpec::new("Account", IngestOperation::Insert);
    let processed = bulk
        .write(spec, columns.clone(), rows, &options, &mut |row| match row.outcome {
            RowOutcome::Succeeded { .. } => written += 1,
            RowOutcome::Failed { error, .. } => {
                failed += 1;
                println!("{}: {}", row.row.get("Name").unwrap_or_default(), error.message);
            }
            RowOutcome::Unprocessed => println!("not processed"),
        })
        .await?;
    println!("{processed} rows: {written} written, {failed} failed");
    Ok(())
}
