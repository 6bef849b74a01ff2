//! The jobs of an org's users, who call through Salesforce.

use super::access::JobAccess;
use super::error::job_error;
use super::owner::JobOwner;
use crate::ApiError;
use crate::client_context::Caller;
use actix_web::dev::Payload;
use actix_web::http::StatusCode;
use actix_web::web::Data;
use actix_web::{FromRequest, HttpRequest};
use secrecy::SecretString;
use shared::jobs::{JobId, JobView, Jobs};
use std::future::{Ready, ready};

/// The jobs that the [`Caller`] of a request may see and steer: their own, and those of all users of the org for who may manage
/// them ([`JobAccess`]). What the caller starts, resumes or retries runs in the caller's session.
///
/// The application must hold `Data<Jobs>`, `Data<JobAccess>` and `Data<AllowedHosts>`.
#[derive(Clone)]
pub struct UserJobs {
    jobs: Data<Jobs>,
    access: Data<JobAccess>,
    caller: Caller,
}

impl UserJobs {
    /// Who calls.
    #[must_use]
    pub fn caller(&self) -> &Caller {
        &self.caller
    }

    /// The newest jobs that the caller may see, at most `limit`, those created before `before` if it is given.
    ///
    /// # Errors
    /// As [`JobOwner::job`], but 404.
    pub async fn list(&self, limit: usize, before: Option<&JobId>) -> Result<Vec<JobView>, ApiError> {
        let found = match self.access.manages(&self.caller).await? {
            true => self.jobs.list(self.org(), limit, before).await,
            false => self.jobs.list_of(self.org(), self.user(), limit, before).await,
        };
        found.map_err(job_error)
    }
}

impl JobOwner for UserJobs {
    const GOES_ON: StatusCode = StatusCode::ACCEPTED;
    const ERRORS: u64 = 100;

    fn jobs(&self) -> &Jobs {
        &self.jobs
    }

    fn org(&self) -> &str {
        self.caller.org_id().as_str()
    }

    fn user(&self) -> &str {
        self.caller.user_id()
    }

    fn session(&self) -> Result<Option<SecretString>, ApiError> {
        self.caller.session.to_secret().map(Some).map_err(ApiError::internal)
    }

    async fn job(&self, id: &JobId) -> Result<JobView, ApiError> {
        self.access.job(&self.jobs, &self.caller, id).await
    }
}

impl FromRequest for UserJobs {
    type Error = ApiError;
    type Future = Ready<Result<Self, ApiError>>;

    fn from_request(request: &HttpRequest, payload: &mut Payload) -> Self::Future {
        let caller = Caller::from_request(request, payload).into_inner();
        ready(caller.and_then(|caller| {
            let missing = |what| ApiError::internal(anyhow::anyhow!("the application holds no {what}"));
            Ok(Self {
                jobs: request.app_data().cloned().ok_or_else(|| missing("Data<Jobs>"))?,
                access: request.app_data().cloned().ok_or_else(|| missing("Data<JobAccess>"))?,
                caller,
            })
        }))
    }
}
