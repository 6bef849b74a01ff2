//! Up to 200 records of one object in one call; each succeeds or fails by itself unless all-or-none is asked for.

use serde::{Serialize, Serializer};

use super::path::api_name;
use super::records::SaveResult;
use super::transport::Request;
use super::{ApiError, Client, Error, Operation, SalesforceId};

/// Most records in one call ("Use sObject Collections").
pub const MAX_COLLECTION_RECORDS: usize = 200;

/// What became of one record: its id, or why not.
pub type RecordResult = Result<SalesforceId, Vec<ApiError>>;

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Body<'a, T> {
    all_or_none: bool,
    records: Vec<Record<'a, T>>,
}

#[derive(Serialize)]
struct Record<'a, T> {
    #[serde(serialize_with = "attributes")]
    attributes: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    id: Option<SalesforceId>,
    #[serde(flatten)]
    fields: &'a T,
}

/// `{"type": "Account"}`
fn attributes<S: Serializer>(object: &&str, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.collect_map([("type", object)])
}

impl Client {
    /// Creates records; the results are in the order of `records`.
    ///
    /// # Errors
    /// Any [`Error`]; [`Error::InvalidRequest`] for more than 200 records.
    pub async fn create_many<T: Serialize>(
        &self,
        object: &str,
        records: &[T],
        all_or_none: bool,
    ) -> Result<Vec<RecordResult>, Error> {
        let attributes = api_name(object, false)?;
        let records = records.iter().map(|fields| Record { attributes, id: None, fields }).collect();
        self.save_many(Operation::CreateMany, Body { all_or_none, records }).await
    }

    /// Sets fields of records; the results are in the order of `records`.
    ///
    /// # Errors
    /// Any [`Error`]; [`Error::InvalidRequest`] for more than 200 records.
    pub async fn update_many<T: Serialize>(
        &self,
        object: &str,
        records: &[(SalesforceId, T)],
        all_or_none: bool,
    ) -> Result<Vec<RecordResult>, Error> {
        let attributes = api_name(object, false)?;
        let records = records.iter().map(|(id, fields)| Record { attributes, id: Some(*id), fields }).collect();
        self.save_many(Operation::UpdateMany, Body { all_or_none, records }).await
    }

    /// Moves records of any objects to the recycle bin; the results are in the order of `ids`.
    ///
    /// # Errors
    /// Any [`Error`]; [`Error::InvalidRequest`] for more than 200 ids.
    pub async fn delete_many(&self, ids: &[SalesforceId], all_or_none: bool) -> Result<Vec<RecordResult>, Error> {
        if ids.is_empty() {
            return Ok(Vec::new());
        }
        check_size(ids.len())?;
        let list = ids.iter().map(SalesforceId::as_str).collect::<Vec<_>>().join(",");
        let path = format!("/composite/sobjects?ids={list}&allOrNone={all_or_none}");
        self.results(Request::delete(Operation::DeleteMany, path), ids.len()).await
    }

    async fn save_many<T: Serialize>(
        &self,
        operation: Operation,
        body: Body<'_, T>,
    ) -> Result<Vec<RecordResult>, Error> {
        let count = body.records.len();
        if count == 0 {
            return Ok(Vec::new());
        }
        check_size(count)?;
        let path = "/composite/sobjects".to_owned();
        let request = match operation {
            Operation::CreateMany => Request::post(operation, path, &body)?,
            _ => Request::patch(operation, path, &body)?,
        };
        self.results(request, count).await
    }

    async fn results(&self, request: Request, count: usize) -> Result<Vec<RecordResult>, Error> {
        self.send(request, |answer| {
            let results: Vec<SaveResult> = answer.json()?;
            if results.len() != count {
                let reason = format!("it has {} results for {count} records", results.len());
                return Err(Error::malformed(answer.operation, reason));
            }
            let outcome = |result: SaveResult| match result {
                SaveResult { id: Some(id), success: true, .. } => Ok(Ok(id)),
                result @ SaveResult { success: false, .. } if result.is_told() => {
                    Ok(Err(result.errors(&answer.cleaner)))
                }
                _ => Err(Error::malformed(answer.operation, "a result has neither an id nor an error")),
            };
            results.into_iter().map(outcome).collect()
        })
        .await
    }
}

fn check_size(count: usize) -> Result<(), Error> {
    if count <= MAX_COLLECTION_RECORDS {
        return Ok(());
    }
    Err(Error::invalid_request(format!("{count} records are more than the {MAX_COLLECTION_RECORDS} of one call")))
}

#[cfg(test)]
mod tests;
