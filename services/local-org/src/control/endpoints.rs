//! Where this process listens, as the control API tells it.

use std::net::SocketAddr;

use actix_web::{HttpResponse, web};
use serde::Serialize;

use super::routes::Routes;

/// The ports besides the one of the control API.
#[derive(Debug, Clone, Default, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Endpoints {
    /// Pub/Sub API in clear text, `host:port`.
    pub(crate) pubsub: Option<SocketAddr>,
    /// Pub/Sub API with TLS.
    pub(crate) pubsub_tls: Option<SocketAddr>,
    /// The certificate of the ports with TLS, in PEM form.
    pub(crate) certificate: Option<String>,
}

/// Adds the route, below `/local`.
pub(crate) fn configure(routes: &mut Routes<'_>) {
    routes.get("/endpoints", "the ports of the Pub/Sub API, and the certificate of those with TLS", endpoints);
}

async fn endpoints(endpoints: web::Data<Endpoints>) -> HttpResponse {
    HttpResponse::Ok().json(&**endpoints)
}
