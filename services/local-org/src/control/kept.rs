//! What an org keeps for days, forgotten at once: the recycle bin (15 days in an org) and ended bulk jobs (7 days).

use actix_web::{HttpResponse, web};
use serde_json::json;

use super::respond::{at_once, in_transaction};
use super::routes::Routes;
use crate::host::Host;
use crate::http::answer::Answer;

/// Adds the routes, below `/local`.
pub(crate) fn configure(routes: &mut Routes<'_>) {
    routes
        .delete(
            "/orgs/{name}/recycle-bin",
            "deletes for good what was deleted, as an org does after 15 days",
            empty_recycle_bin,
        )
        .delete(
            "/orgs/{name}/bulk-jobs",
            "forgets bulk jobs that have ended, as an org does after 7 days",
            forget_bulk_jobs,
        );
}

type HostData = web::Data<Host>;

async fn empty_recycle_bin(name: web::Path<String>, host: HostData) -> HttpResponse {
    in_transaction(&host, &name, |_, tx| Ok(Answer::ok(json!({"records": tx.empty_recycle_bin()?})))).await
}

async fn forget_bulk_jobs(name: web::Path<String>, host: HostData) -> HttpResponse {
    at_once(&host, &name, |org| Ok(Answer::ok(json!({"jobs": org.jobs.forget_ended()}))))
}
