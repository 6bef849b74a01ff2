//! The Bulk API (v1), `/services/async/{version}/job`: other paths, XML or JSON about jobs, and errors of its own
//! ([`failure`]) around [`crate::bulk::v1`], whose batches run like the jobs of 2.0.

mod batches;
mod failure;
mod format;
mod jobs;
mod resource;

use std::sync::Arc;

use actix_web::{HttpRequest, HttpResponse, web};

use self::failure::Failure;
use self::format::Format;
use self::resource::Resource;
use super::bulk::upload::{self, Received};
use super::encoding::Encoding;
use super::gateway::{counted, pause};
use super::request::{check_head, header};
use super::resource::Method;
use crate::cdc::Origin;
use crate::faults::RecordError;
use crate::host::{Host, OrgHost, Session};
use crate::settings::allows_duplicates;
use crate::version::Version;

/// Adds the routes.
pub(crate) fn configure(config: &mut web::ServiceConfig) {
    config.service(web::resource("/services/async/{version}/{path:.*}").to(call));
}

/// Any call. Like those of the data API it runs on a task of its own.
async fn call(request: HttpRequest, payload: web::Payload, host: web::Data<Host>) -> HttpResponse {
    let format = Format::of(&request);
    let task = actix_web::rt::spawn(async move {
        let call = Call::parse(&request, &host);
        let encoding = Encoding::of(&request).map_err(Failure::from);
        let body = match (&call, encoding) {
            (Ok(call), Ok(encoding)) if matches!(call.resource, Resource::Batches { .. }) => {
                upload::spool(payload, encoding).await.map_err(Failure::from)
            }
            (Ok(_), Ok(encoding)) => upload::text(payload, encoding).await.map_err(Failure::from),
            // A client that is not done with sending does not read the answer.
            (_, encoding) => {
                let read = upload::text(payload, Encoding::Identity).await.map_err(Failure::from);
                encoding.and(read)
            }
        };
        match (call, body) {
            (Ok(call), Ok(body)) => call.run(request, host, body).await,
            (Err(failure), _) | (_, Err(failure)) => format.unwrap_or_default().fail(&failure),
        }
    });
    task.await.unwrap_or_else(|error| format.unwrap_or_default().fail(&Failure::unexpected(&error)))
}

/// A well-formed call.
struct Call {
    org: Arc<OrgHost>,
    session: Session,
    version: Version,
    method: Method,
    resource: Resource,
    /// What the request is written in, if it says so.
    format: Option<Format>,
}

impl Call {
    fn parse(request: &HttpRequest, host: &Host) -> Result<Self, Failure> {
        check_head(request)?;
        let token = header(request, "X-SFDC-Session").ok_or_else(Failure::no_session)?;
        let (org, session) = host.session(token.trim()).ok_or_else(Failure::session)?;
        let info = request.match_info();
        let version = info.query("version");
        let version = Version::parse(&format!("v{}", version.trim_start_matches('v')))
            .ok_or_else(|| Failure::new("InvalidVersion", format!("Invalid version: {version}")))?;
        let resource = Resource::parse(info.query("path"))?;
        let method = Method::parse(request.method().as_str())
            .filter(|method| resource.methods().contains(method))
            .ok_or_else(|| Failure::new("InvalidUrl", format!("{} is not allowed here", request.method())))?;
        Ok(Self { org: Arc::clone(org), session, version, method, resource, format: Format::of(request) })
    }

    /// Counts the call and executes it, with faults and costs.
    async fn run(self, request: HttpRequest, host: web::Data<Host>, body: Received) -> HttpResponse {
        let (org, operation) = (Arc::clone(&self.org), self.resource.operation(self.method));
        let sample = body.sample().to_vec();
        let execute = |fault| {
            let exchange = Exchange {
                allow_duplicates: header(&request, "Sforce-Duplicate-Rule-Header").is_some_and(allows_duplicates),
                origin: Origin::bulk(&self.version, header(&request, "Sforce-Call-Options")),
                chunking: header(&request, "Sforce-Enable-PKChunking").map(str::to_owned),
                host: host.clone(),
                fault,
                call: self,
            };
            exchange.execute(body)
        };
        counted(&host, &request, &org, operation, &sample, execute).await
    }
}

/// A call with what came with it.
struct Exchange {
    call: Call,
    host: web::Data<Host>,
    /// The injected error of the batches' records.
    fault: Option<RecordError>,
    allow_duplicates: bool,
    /// Where the changes of the job come from.
    origin: Origin,
    /// How a job's queries are to be divided.
    chunking: Option<String>,
}

impl Exchange {
    async fn execute(self, body: Received) -> HttpResponse {
        let costs = self.host.costs.get();
        let org = Arc::clone(&self.call.org);
        let format = self.call.format;
        let done = match org.counters.begin(costs.max_concurrent) {
            Ok(_in_execution) => {
                pause(costs.call()).await;
                self.answer(body).await
            }
            Err(_) => Err(Failure::new("ExceededQuota", "ConcurrentPerOrgLongTxn Limit exceeded.")),
        };
        done.unwrap_or_else(|failure| format.unwrap_or_default().fail(&failure))
    }

    async fn answer(self, body: Received) -> Result<HttpResponse, Failure> {
        match (&self.call.resource, self.call.method) {
            (Resource::Jobs, _) => self.create(&body),
            (Resource::Job { id }, Method::Post) => self.change(id, &body),
            (Resource::Job { id }, _) => self.job_info(id),
            (Resource::Batches { job }, Method::Post) => self.add_batch(&self.job(job)?, body).await,
            (Resource::Batches { job }, _) => self.batch_list(job),
            (Resource::Batch { job, id }, _) => self.batch_info(job, id),
            (Resource::Request { job, batch }, _) => self.request(job, batch),
            (Resource::Result { job, batch }, _) => self.result(job, batch).await,
            (Resource::QueryResult { job, batch, id }, _) => self.query_result(job, batch, id).await,
        }
    }
}
