//! One record: create, read, update, upsert, delete.

use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

use super::error::Told;
use super::path::{api_name, resource};
use super::transport::{Answer, Request};
use super::{ApiError, Cleaner, Client, Error, Operation, SalesforceId};

/// Salesforce's answer to a write of one record, alone or in a collection.
#[derive(Deserialize)]
pub(super) struct SaveResult {
    #[serde(default)]
    pub(super) id: Option<SalesforceId>,
    pub(super) success: bool,
    #[serde(default)]
    pub(super) created: bool,
    /// Not empty on success either when a platform event is published.
    #[serde(default)]
    errors: Vec<Told>,
}

impl SaveResult {
    /// Whether it tells an error.
    pub(super) fn is_told(&self) -> bool {
        !self.errors.is_empty()
    }

    /// Why it failed, without the token.
    pub(super) fn errors(self, cleaner: &Cleaner) -> Vec<ApiError> {
        self.errors.into_iter().map(|error| error.cleared(cleaner)).collect()
    }
}

/// Result of an upsert.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Upserted {
    /// The record, new or old.
    pub id: SalesforceId,
    /// It is new.
    pub created: bool,
}

impl Client {
    /// Creates a record and returns its id.
    ///
    /// # Errors
    /// Any [`Error`].
    pub async fn create(&self, object: &str, fields: &impl Serialize) -> Result<SalesforceId, Error> {
        let path = resource(&["sobjects", api_name(object, false)?])?;
        let request = Request::post(Operation::Create, path, fields)?;
        Ok(self.save(request).await?.id)
    }

    /// Reads fields of a record into `T`. `fields` may be paths, such as `Account.Name`.
    ///
    /// # Errors
    /// Any [`Error`]; kind `NotFound` when there is no such record.
    pub async fn retrieve<T>(&self, object: &str, id: &SalesforceId, fields: &[&str]) -> Result<T, Error>
    where
        T: DeserializeOwned,
    {
        let mut path = record(object, id)?;
        for (index, field) in fields.iter().enumerate() {
            path.push_str(if index == 0 { "?fields=" } else { "," });
            path.push_str(api_name(field, true)?);
        }
        self.get(Operation::Retrieve, &path).await
    }

    /// Sets the given fields of a record.
    ///
    /// # Errors
    /// Any [`Error`].
    pub async fn update(&self, object: &str, id: &SalesforceId, fields: &impl Serialize) -> Result<(), Error> {
        self.send(Request::patch(Operation::Update, record(object, id)?, fields)?, Answer::nothing).await
    }

    /// Updates the record whose external id `field` is `value`, or creates it. Needs API version 46.0 or later, because
    /// older ones do not answer with the id.
    ///
    /// # Errors
    /// Any [`Error`]; an API error `MULTIPLE_CHOICES` when several records have the value.
    pub async fn upsert(
        &self,
        object: &str,
        field: &str,
        value: &str,
        fields: &impl Serialize,
    ) -> Result<Upserted, Error> {
        let path = resource(&["sobjects", api_name(object, false)?, api_name(field, false)?, value])?;
        self.save(Request::patch(Operation::Upsert, path, fields)?).await
    }

    /// Moves a record to the recycle bin.
    ///
    /// # Errors
    /// Any [`Error`]; kind `NotFound` when it is there already.
    pub async fn delete(&self, object: &str, id: &SalesforceId) -> Result<(), Error> {
        self.send(Request::delete(Operation::Delete, record(object, id)?), Answer::nothing).await
    }

    /// Moves the record whose external id `field` is `value` to the recycle bin: that one and no other, also when the field
    /// was changed a moment ago.
    ///
    /// # Errors
    /// Any [`Error`]; kind `NotFound` when no record has the value.
    pub async fn delete_by_external_id(&self, object: &str, field: &str, value: &str) -> Result<(), Error> {
        let path = resource(&["sobjects", api_name(object, false)?, api_name(field, false)?, value])?;
        self.send(Request::delete(Operation::Delete, path), Answer::nothing).await
    }

    async fn save(&self, request: Request) -> Result<Upserted, Error> {
        self.send(request, |answer| match answer.json()? {
            SaveResult { id: Some(id), success: true, created, .. } => Ok(Upserted { id, created }),
            result @ SaveResult { success: false, .. } if result.is_told() => {
                let errors = result.errors(&answer.cleaner);
                Err(Error::Api { operation: answer.operation, status: 400, errors, retry_after: None })
            }
            _ => Err(Error::malformed(answer.operation, "it brings neither an id nor an error")),
        })
        .await
    }
}

fn record(object: &str, id: &SalesforceId) -> Result<String, Error> {
    resource(&["sobjects", api_name(object, false)?, id.as_str()])
}

#[cfg(test)]
mod tests;
