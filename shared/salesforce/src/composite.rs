//! `/composite`: up to 25 subrequests in one call, later ones using results of earlier ones.

use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;

use super::clear::without_value;
use super::path::version_root;
use super::subrequest::{Subrequest, Written};
use super::transport::Request;
use super::{ApiError, Cleaner, Client, Error, Operation, Reference, SalesforceId};

/// Most subrequests in one call ("Composite Request Body").
pub const MAX_SUBREQUESTS: usize = 25;

/// Subrequests to be made in order, in one call.
#[derive(Debug, Clone)]
pub struct CompositeRequest {
    all_or_none: bool,
    subrequests: Vec<Subrequest>,
}

/// The answer to one subrequest.
#[derive(Debug, Clone, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Subresponse {
    reference_id: String,
    #[serde(rename = "httpStatusCode")]
    status: u16,
    body: Option<Box<RawValue>>,
    /// Of the session of the call.
    #[serde(skip)]
    cleaner: Cleaner,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Body<'a> {
    all_or_none: bool,
    composite_request: Vec<Written<'a>>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Answer {
    composite_response: Vec<Subresponse>,
}

impl CompositeRequest {
    /// An empty request. With `all_or_none`, one failure undoes everything.
    #[must_use]
    pub fn new(all_or_none: bool) -> Self {
        Self { all_or_none, subrequests: Vec::new() }
    }

    /// Number of subrequests.
    #[must_use]
    pub fn len(&self) -> usize {
        self.subrequests.len()
    }

    /// Whether there is no subrequest.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.subrequests.is_empty()
    }

    /// Creates a record.
    ///
    /// # Errors
    /// [`Error::InvalidRequest`] for a wrong name or fields that are no JSON object.
    pub fn create(&mut self, object: &str, fields: &impl Serialize) -> Result<Reference, Error> {
        let subrequest = Subrequest::create(self.len(), object, fields)?;
        Ok(self.push(subrequest))
    }

    /// Reads fields of a record.
    ///
    /// # Errors
    /// [`Error::InvalidRequest`] for a wrong name.
    pub fn retrieve(&mut self, object: &str, id: &SalesforceId, fields: &[&str]) -> Result<Reference, Error> {
        let subrequest = Subrequest::retrieve(self.len(), object, id, fields)?;
        Ok(self.push(subrequest))
    }

    /// Sets fields of a record.
    ///
    /// # Errors
    /// [`Error::InvalidRequest`] for a wrong name or fields that are no JSON object.
    pub fn update(&mut self, object: &str, id: &SalesforceId, fields: &impl Serialize) -> Result<Reference, Error> {
        let subrequest = Subrequest::update(self.len(), object, id, fields)?;
        Ok(self.push(subrequest))
    }

    /// Updates or creates the record whose external id `field` is `value`.
    ///
    /// # Errors
    /// [`Error::InvalidRequest`] for a wrong name or fields that are no JSON object.
    pub fn upsert(
        &mut self,
        object: &str,
        field: &str,
        value: &str,
        fields: &impl Serialize,
    ) -> Result<Reference, Error> {
        let subrequest = Subrequest::upsert(self.len(), object, field, value, fields)?;
        Ok(self.push(subrequest))
    }

    /// Moves a record to the recycle bin.
    ///
    /// # Errors
    /// [`Error::InvalidRequest`] for a wrong name.
    pub fn delete(&mut self, object: &str, id: &SalesforceId) -> Result<Reference, Error> {
        let subrequest = Subrequest::delete(self.len(), object, id)?;
        Ok(self.push(subrequest))
    }

    /// Runs a query; its answer is a [`QueryPage`](super::QueryPage).
    pub fn query(&mut self, soql: &str) -> Reference {
        self.push(Subrequest::query(self.len(), soql))
    }

    fn push(&mut self, subrequest: Subrequest) -> Reference {
        let reference = subrequest.reference;
        self.subrequests.push(subrequest);
        reference
    }
}

impl Subresponse {
    /// HTTP status of the subrequest.
    #[must_use]
    pub fn status(&self) -> u16 {
        self.status
    }

    /// The body of a successful subrequest; `()` reads the empty body of an update or delete.
    ///
    /// # Errors
    /// [`Error::Api`] when the subrequest failed, kind `Malformed` when its body is not a `T`.
    pub fn json<T: DeserializeOwned>(&self) -> Result<T, Error> {
        let body = self.body.as_deref().map_or("null", RawValue::get);
        if !(200..300).contains(&self.status) {
            return Err(super::error::from_answer(
                Operation::Composite,
                "Salesforce",
                self.status,
                body.as_bytes(),
                None,
                &self.cleaner,
            ));
        }
        serde_json::from_str(body)
            .map_err(|error| Error::malformed(Operation::Composite, without_value(&error)).cleared(&self.cleaner))
    }

    /// The errors of a failed subrequest; empty when it succeeded.
    #[must_use]
    pub fn errors(&self) -> Vec<ApiError> {
        if (200..300).contains(&self.status) {
            return Vec::new();
        }
        ApiError::of_part(self.body.as_deref(), &self.cleaner)
            .unwrap_or_else(|| vec![ApiError::undescribed(self.status)])
    }
}

impl Client {
    /// Makes the subrequests in one call; the answers are in their order.
    ///
    /// # Errors
    /// Any [`Error`]; [`Error::InvalidRequest`] for more than 25 subrequests. Failures of subrequests are in the
    /// answers.
    pub async fn composite(&self, request: &CompositeRequest) -> Result<Vec<Subresponse>, Error> {
        if request.is_empty() {
            return Ok(Vec::new());
        }
        if request.len() > MAX_SUBREQUESTS {
            let reason = format!("{} subrequests are more than the {MAX_SUBREQUESTS} of one call", request.len());
            return Err(Error::invalid_request(reason));
        }
        let root = version_root(&self.inner.source.session().await?.api_version);
        let body = Body {
            all_or_none: request.all_or_none,
            composite_request: request.subrequests.iter().map(|part| part.written(&root)).collect(),
        };
        let expected: Vec<_> = request.subrequests.iter().map(|part| part.reference.to_string()).collect();
        self.send(Request::post(Operation::Composite, "/composite".to_owned(), &body)?, |answer| {
            let responses = answer.json::<Answer>()?.composite_response;
            if responses.iter().map(|response| &response.reference_id).ne(expected.iter()) {
                return Err(Error::malformed(Operation::Composite, "its parts are not those of the request"));
            }
            Ok(responses.into_iter().map(|part| Subresponse { cleaner: answer.cleaner.clone(), ..part }).collect())
        })
        .await
    }
}

#[cfg(test)]
mod tests;
