//! Where the operations are.

use super::{control, events, read};
use actix_web::web::{ServiceConfig, get, post};

/// Adds the operations. The application must hold `Data<Jobs>`, `Data<JobAccess>` and `Data<AllowedHosts>`, as that of
/// [`serve`](super::serve()) does.
pub fn configure(service: &mut ServiceConfig) {
    service
        .route("/api/jobs", get().to(read::list_jobs))
        .route("/api/jobs/{id}", get().to(read::get_job))
        .route("/api/jobs/{id}/errors", get().to(read::get_job_errors))
        .route("/api/jobs/{id}/deadletters", get().to(read::get_job_dead_letters))
        .route("/api/jobs/{id}/events", get().to(events::get_job_events))
        .route("/api/jobs/{id}/cancel", post().to(control::cancel_job))
        .route("/api/jobs/{id}/resume", post().to(control::resume_job))
        .route("/api/jobs/{id}/retry", post().to(control::retry_job));
}
