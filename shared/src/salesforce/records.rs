//! Single records (REST API Developer Guide, "sObject Rows", "sObject Rows by External ID").

use super::client::Client;
use super::error::Error;
use super::id::SalesforceId;
use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};
use reqwest::Method;
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

/// What an upsert did.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
pub struct Upserted {
    /// The record.
    pub id: SalesforceId,
    /// Whether it is new.
    #[serde(default)]
    pub created: bool,
}

#[derive(Deserialize)]
struct Saved {
    id: SalesforceId,
}

impl Client {
    /// Creates a record. Never tried again by itself after an unknown outcome.
    ///
    /// # Errors
    /// Salesforce's.
    pub async fn create(&self, object: &str, fields: &impl Serialize) -> Result<SalesforceId, Error> {
        let body = serde_json::to_vec(fields)?;
        let saved: Saved = self.json(Method::POST, &self.sobjects(&[object]), Some(body), false, "create").await?;
        Ok(saved.id)
    }

    /// Reads all fields of a record that the user may see.
    ///
    /// # Errors
    /// Salesforce's.
    pub async fn retrieve<T: DeserializeOwned>(&self, object: &str, id: &SalesforceId) -> Result<T, Error> {
        self.json(Method::GET, &self.sobjects(&[object, id.as_str()]), None, true, "retrieve").await
    }

    /// Changes fields of a record.
    ///
    /// # Errors
    /// Salesforce's.
    pub async fn update(&self, object: &str, id: &SalesforceId, fields: &impl Serialize) -> Result<(), Error> {
        let body = serde_json::to_vec(fields)?;
        let path = self.sobjects(&[object, id.as_str()]);
        self.send(Method::PATCH, &path, Some(body), true, "update").await.map(drop)
    }

    /// Creates or changes the record whose external id has this value; safe to repeat.
    ///
    /// # Errors
    /// Salesforce's.
    pub async fn upsert(
        &self,
        object: &str,
        external_id: &str,
        value: &str,
        fields: &impl Serialize,
    ) -> Result<Upserted, Error> {
        let body = serde_json::to_vec(fields)?;
        self.json(Method::PATCH, &self.sobjects(&[object, external_id, value]), Some(body), true, "upsert").await
    }

    /// Deletes a record.
    ///
    /// # Errors
    /// Salesforce's; kind `NotFound` when it is gone already.
    pub async fn delete(&self, object: &str, id: &SalesforceId) -> Result<(), Error> {
        self.send(Method::DELETE, &self.sobjects(&[object, id.as_str()]), None, true, "delete").await.map(drop)
    }

    fn sobjects(&self, segments: &[&str]) -> String {
        segments.iter().fold(format!("/services/data/v{}/sobjects", self.api_version()), |path, segment| {
            format!("{path}/{}", utf8_percent_encode(segment, NON_ALPHANUMERIC))
        })
    }
}
