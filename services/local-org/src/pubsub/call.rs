//! What every call begins with: an id, a session, and the faults that refuse it.

use std::sync::Arc;

use tonic::metadata::MetadataMap;
use tonic::{Extensions, Status};
use uuid::Uuid;

use super::failure::Failure;
use crate::host::{Host, OrgHost, Session};
use crate::store::Access;
use crate::streams::{Ending, Handle, Order, Stream};

/// A call whose caller is known.
#[derive(Debug)]
pub(super) struct Call {
    /// Name of the method.
    pub(super) rpc: &'static str,
    /// Id of the call, a UUID.
    pub(super) rpc_id: String,
    pub(super) org: Arc<OrgHost>,
    pub(super) session: Session,
    connection: Handle,
    order: Order,
}

impl Call {
    /// Begins a call. The access token alone says whose it is: clients send instance URLs without the port, and all
    /// kinds of tenant ids.
    pub(super) fn begin(
        host: &Host,
        rpc: &'static str,
        metadata: &MetadataMap,
        extensions: &Extensions,
    ) -> Result<Self, Status> {
        let rpc_id = Uuid::new_v4().to_string();
        let token = metadata.get("accesstoken").and_then(|token| token.to_str().ok()).unwrap_or_default();
        let Some((org, session)) = host.session(token) else {
            return Err(Failure::unauthenticated().status(rpc, &rpc_id));
        };
        let connection = extensions.get::<Handle>().cloned().unwrap_or_default();
        let order = org.pubsub.refusal().map_err(|ending| {
            if ending == Ending::Reset {
                connection.reset();
            }
            ended(ending).status(rpc, &rpc_id)
        })?;
        Ok(Self { rpc, rpc_id, org: Arc::clone(org), session, connection, order })
    }

    /// Registers the call as an open stream.
    pub(super) fn stream(&self) -> Stream {
        let streams = &self.org.pubsub.streams;
        streams.open(self.rpc, &self.session.user.username, self.connection.clone(), self.order)
    }

    /// The org as topics and errors name it.
    pub(super) fn tenant(&self) -> String {
        format!("CORE/prod/{}", self.org.store.id())
    }

    /// What the caller may do. Waits for the org's database.
    pub(super) async fn access(&self) -> Result<Arc<Access>, Failure> {
        let (org, actor) = (Arc::clone(&self.org), self.session.actor());
        blocking(move || Ok(org.store.access(&actor)?)).await
    }

    /// A failure of this call.
    pub(super) fn status(&self, failure: &Failure) -> Status {
        failure.status(self.rpc, &self.rpc_id)
    }
}

/// The failure with which a fault ends calls.
pub(super) fn ended(ending: Ending) -> Failure {
    match ending {
        Ending::Reset | Ending::Unavailable => Failure::unavailable(),
        Ending::Unauthenticated => Failure::unauthenticated(),
    }
}

/// Runs work that waits for the database.
pub(super) async fn blocking<T: Send + 'static>(
    work: impl FnOnce() -> Result<T, Failure> + Send + 'static,
) -> Result<T, Failure> {
    tokio::task::spawn_blocking(work).await.unwrap_or_else(|error| {
        tracing::error!(%error, "work for the Pub/Sub API broke off");
        Err(Failure::internal())
    })
}
