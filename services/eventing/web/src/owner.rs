//! Whose jobs these are: the authorization's, in whose name they run. Whoever has the token may see, steer and start them, as
//! the `operator` of their history; no client context of AppLink is asked for.

use crate::app::App;
use crate::token::Authorized;
use ::web::ApiError;
use ::web::jobs::{JobOwner, job_error, unknown_job};
use actix_web::dev::Payload;
use actix_web::http::StatusCode;
use actix_web::web::Data;
use actix_web::{FromRequest, HttpRequest};
use secrecy::SecretString;
use shared::jobs::{JobId, JobView, Jobs, OPERATOR};
use shared::salesforce::SalesforceId;
use std::future::{Ready, ready};

/// The jobs of the authorization, for who has sent the token.
#[derive(Clone)]
pub(crate) struct OperatorJobs(Data<App>);

impl OperatorJobs {
    /// The org that a job is meant for which is asked for now, if that can be told.
    pub(crate) async fn current_org(&self) -> Option<SalesforceId> {
        self.0.org.get().await
    }
}

impl JobOwner for OperatorJobs {
    const GOES_ON: StatusCode = StatusCode::OK;
    const ERRORS: u64 = 1_000;

    fn jobs(&self) -> &Jobs {
        &self.0.jobs
    }

    fn org(&self) -> &str {
        &self.0.authorization
    }

    fn user(&self) -> &str {
        OPERATOR
    }

    /// The worker asks AppLink for it.
    fn session(&self) -> Result<Option<SecretString>, ApiError> {
        Ok(None)
    }

    async fn job(&self, id: &JobId) -> Result<JobView, ApiError> {
        self.jobs().get(self.org(), id).await.map_err(job_error)?.ok_or_else(unknown_job)
    }
}

impl FromRequest for OperatorJobs {
    type Error = ApiError;
    type Future = Ready<Result<Self, ApiError>>;

    fn from_request(request: &HttpRequest, payload: &mut Payload) -> Self::Future {
        let authorized = Authorized::from_request(request, payload).into_inner();
        ready(authorized.and_then(|_| {
            let app = request.app_data().cloned();
            app.map(Self).ok_or_else(|| ApiError::internal(anyhow::anyhow!("the application holds no Data<App>")))
        }))
    }
}
