//! The session that AppLink hands to an app, with a permission set activated for it where there is one ("user mode plus").

use std::sync::Arc;

use actix_web::web;

use crate::error::ApiError;
use crate::host::{OrgHost, User};

/// A session for one call.
pub(super) struct Opened {
    /// Id of the `AuthSession`.
    pub(super) id: String,
    /// Its access token.
    pub(super) token: String,
    /// The permission set that was activated.
    pub(super) activated: Option<String>,
}

/// Which permission set to activate.
#[derive(Debug, Clone)]
pub(super) enum Elevation {
    None,
    /// The one that the operation names. One that cannot be activated is left out: a real org is no stricter than that.
    Operation(String),
    /// The one that the caller names, which must exist and be one that is activated.
    Caller(String),
}

/// Opens a session. A permission set that is not assigned to the user is not activated: the call goes out with what the
/// user has in every session, and fails where it needs more. Blocks.
///
/// # Errors
/// 403 when the user lacks the permission set of the client, 400 when the caller's permission set cannot be activated.
pub(super) fn open(org: &OrgHost, user: &User, client: &str, elevation: &Elevation) -> Result<Opened, ApiError> {
    if !org.store.is_assigned(&user.id, client)? {
        let message =
            format!("{} has no permission set {client}, without which its operations cannot be called", user.username);
        return Err(ApiError::new(403, "INSUFFICIENT_ACCESS", message).with_fields(["user"]));
    }
    let activated = match elevation {
        Elevation::None => None,
        Elevation::Operation(set) | Elevation::Caller(set) => match org.store.is_assigned(&user.id, set) {
            Ok(true) => Some(set.clone()),
            Ok(false) => None,
            Err(error) if error.status == 400 && matches!(elevation, Elevation::Operation(_)) => None,
            Err(error) => return Err(error),
        },
    };
    let sets = activated.as_slice();
    match org.open_session(user, sets) {
        Ok((id, token)) => Ok(Opened { id, token, activated }),
        Err(error) if error.status == 400 && matches!(elevation, Elevation::Operation(_)) => {
            tracing::warn!(%error, "the permission set of the operation is not activated");
            let (id, token) = org.open_session(user, &[])?;
            Ok(Opened { id, token, activated: None })
        }
        Err(error) => Err(error),
    }
}

/// Ends the activation of a session. A failure is only logged: the caller's answer does not depend on it.
pub(super) async fn end_activation(org: &Arc<OrgHost>, session_id: String) {
    let org = Arc::clone(org);
    log(web::block(move || org.store.end_activations(&session_id)).await);
}

/// Ends the session of a token.
pub(super) async fn end(org: &Arc<OrgHost>, token: String) {
    let org = Arc::clone(org);
    log(web::block(move || org.end_session(&token)).await);
}

fn log(done: Result<Result<(), ApiError>, actix_web::error::BlockingError>) {
    match done {
        Ok(Ok(())) => {}
        Ok(Err(error)) => tracing::error!(%error, "a session or its activation was not ended"),
        Err(error) => tracing::error!(%error, "a session or its activation was not ended"),
    }
}
