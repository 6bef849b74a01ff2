//! `org-job-web`: see the crate `org_job_web`.

use org_job_web::run;
use std::process::ExitCode;

#[actix_web::main]
async fn main() -> ExitCode {
    ::web::main(org_job_web::config, |config| config, run).await
}
