//! Bulk API 2.0: `jobs/ingest` and `jobs/query`.
//!
//! Unlike the rest of the data API these calls stream: uploads go to disk as they come, results come from there. Jobs
//! themselves are [`crate::bulk`]'s business; [`background`] runs them when the call that started them has been answered.

pub(super) mod background;
pub(super) mod download;
mod ingest;
mod multipart;
mod query;
mod resource;
pub(super) mod upload;

use std::future::Future;
use std::sync::Arc;

use actix_web::{HttpRequest, HttpResponse, web};

use self::resource::Resource;
use self::upload::Received;
use super::answer::{Answer, builder, internal, invalid_session, not_found};
use super::call::method_of;
use super::encoding::Encoding;
use super::gateway::{counted, pause, refused};
use super::request::{check_head, header, session_of};
use super::resource::Method;
use crate::bulk::Job;
use crate::bulk::job::Work;
use crate::cdc::Origin;
use crate::error::ApiError;
use crate::faults::RecordError;
use crate::host::{Host, OrgHost, Session};
use crate::settings::allows_duplicates;
use crate::version::Version;

/// Adds the routes, below `/services/data`.
pub(crate) fn configure(config: &mut web::ServiceConfig) {
    config.service(web::resource("/{version}/jobs/{path:.*}").to(jobs));
}

/// Any call. Like those of the rest of the data API it runs on a task of its own.
async fn jobs(request: HttpRequest, payload: web::Payload, host: web::Data<Host>) -> HttpResponse {
    let task = actix_web::rt::spawn(async move {
        let call = Call::parse(&request, &host).and_then(|call| Ok((call, Encoding::of(&request)?)));
        let body = match &call {
            Ok((call, encoding)) if matches!(call.resource, Resource::Batches { .. }) => {
                upload::spool(payload, *encoding).await
            }
            Ok((_, encoding)) => upload::text(payload, *encoding).await,
            // A client that is not done with sending does not read the answer.
            Err(_) => upload::text(payload, Encoding::Identity).await,
        };
        match (call, body) {
            (Ok((call, _)), Ok(body)) => call.run(request, host, body).await,
            (Err(error), _) | (_, Err(error)) => Answer::from(error).into_response(),
        }
    });
    task.await.unwrap_or_else(|error| Answer::from(internal(error.to_string())).into_response())
}

/// A well-formed call.
struct Call {
    org: Arc<OrgHost>,
    session: Session,
    version: Version,
    method: Method,
    resource: Resource,
    /// Parameters of the query string.
    params: Vec<(String, String)>,
}

impl Call {
    fn parse(request: &HttpRequest, host: &Host) -> Result<Self, ApiError> {
        check_head(request)?;
        let (org, session) = session_of(host, request).ok_or_else(invalid_session)?;
        let info = request.match_info();
        let version = Version::parse(info.query("version")).ok_or_else(not_found)?;
        let resource = Resource::parse(info.query("path")).ok_or_else(not_found)?;
        let params: Vec<(String, String)> =
            url::form_urlencoded::parse(request.query_string().as_bytes()).into_owned().collect();
        let method = method_of(request.method().as_str(), &params);
        let method = Method::parse(method)
            .filter(|method| resource.methods().contains(method))
            .ok_or_else(|| resource.refused(method))?;
        Ok(Self { org: Arc::clone(org), session, version, method, resource, params })
    }

    /// Counts the call and executes it, with faults and costs.
    async fn run(self, request: HttpRequest, host: web::Data<Host>, body: Received) -> HttpResponse {
        let (org, operation) = (Arc::clone(&self.org), self.resource.operation(self.method));
        let sample = body.sample().to_vec();
        let execute = |fault| {
            let (host, org) = (host.clone(), Arc::clone(&org));
            let (multipart, allow_duplicates) = (
                header(&request, "Content-Type").and_then(multipart::boundary),
                header(&request, "Sforce-Duplicate-Rule-Header").is_some_and(allows_duplicates),
            );
            let origin = Origin::bulk(&self.version, header(&request, "Sforce-Call-Options"));
            let call = Exchange { call: self, host: host.clone(), fault, multipart, allow_duplicates, origin };
            async move { in_execution(&host, &org, call.execute(body)).await }
        };
        counted(&host, &request, &org, operation, &sample, execute).await
    }

    fn param(&self, name: &str) -> Option<&str> {
        self.params.iter().find(|(key, _)| key == name).map(|(_, value)| value.as_str())
    }
}

/// A call with what came with it.
struct Exchange {
    call: Call,
    host: web::Data<Host>,
    /// The injected error of the job's records.
    fault: Option<RecordError>,
    /// The boundary of a multipart body.
    multipart: Option<String>,
    allow_duplicates: bool,
    /// Where the changes of the job come from.
    origin: Origin,
}

impl Exchange {
    async fn execute(self, body: Received) -> Result<HttpResponse, ApiError> {
        match (&self.call.resource, self.call.method) {
            (Resource::Jobs { query: false }, Method::Post) => self.create_ingest(&body),
            (Resource::Jobs { query: true }, Method::Post) => self.create_query(&body).await,
            (Resource::Jobs { query }, _) => self.list(*query),
            (Resource::Batches { .. }, _) => self.upload(body),
            (Resource::Job { query, id }, Method::Patch) => self.change(&self.job(*query, id)?, &body),
            (Resource::Job { query, id }, Method::Delete) => {
                self.call.org.jobs.delete(&*self.job(*query, id)?)?;
                Ok(Answer::no_content().into_response())
            }
            (Resource::Job { query, id }, _) => Ok(Answer::ok(self.job(*query, id)?.info()).into_response()),
            (Resource::Results { id, part }, _) => self.ingest_results(self.job(false, id)?, *part).await,
            (Resource::QueryResults { id }, _) => self.query_results(&*self.job(true, id)?),
            (Resource::ResultPages { id }, _) => self.result_pages(&*self.job(true, id)?),
        }
    }

    /// The job of that id, if it is one of that kind.
    fn job(&self, query: bool, id: &str) -> Result<Arc<Job>, ApiError> {
        let job = self.call.org.jobs.get(id)?;
        if matches!(job.work, Work::Query(_)) == query { Ok(job) } else { Err(not_found()) }
    }
}

/// Does `work` as one of the org's calls in execution, if there may be one more, and after the time that a call takes.
async fn in_execution(
    host: &Host,
    org: &OrgHost,
    work: impl Future<Output = Result<HttpResponse, ApiError>>,
) -> HttpResponse {
    let costs = host.costs.get();
    let Ok(_in_execution) = org.counters.begin(costs.max_concurrent) else {
        return refused("ConcurrentPerOrgLongTxn").into_response();
    };
    pause(costs.call()).await;
    work.await.unwrap_or_else(|error| Answer::from(error).into_response())
}
