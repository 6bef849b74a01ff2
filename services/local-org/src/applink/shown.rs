//! Connections and authorizations as the API shows them.

use std::sync::Arc;

use chrono::SecondsFormat;
use serde_json::{Value, json};

use crate::host::links::{Kind, Link, Mark, State};
use crate::host::{Host, OrgHost, User};
use crate::version::Version;

/// The org and the user of a link that works.
pub(super) fn org_of<'h>(host: &'h Host, link: &Link) -> Option<(&'h Arc<OrgHost>, &'h User)> {
    let State::Live { org, user_id } = &link.state else { return None };
    let org = host.org(org)?;
    Some((org, org.user(user_id)?))
}

/// A link without secrets.
pub(super) fn link(host: &Host, link: &Link, base_url: &str) -> Value {
    let found = org_of(host, link);
    let org = found.map(|(org, _)| org);
    let user = found.map(|(_, user)| user);
    let name = match link.kind {
        Kind::Connection => "connection_name",
        Kind::Authorization => "developer_name",
    };
    let mut shown = json!({
        "id": link.id,
        "addon_id": host.addon.id,
        "app_name": link.via_app,
        "connection_method": if link.by_jwt { "JWT" } else { "OAuth" },
        "status": status(link),
        "org": {
            "id": org.map_or("", |org| org.store.id()),
            name: link.name,
            "instance_url": org.map_or("", |_| base_url),
            "type": "SalesforceOrg",
            "api_version": Version::DEFAULT.to_string(),
            "user_id": user.map(|user| &user.id),
            "username": user.map(|user| &user.username),
        },
        "created_at": at(&link.created),
        "created_by": link.created.by,
        "created_via_app": link.via_app,
        "last_modified_at": at(&link.modified),
        "last_modified_by": link.modified.by,
        "redirect_uri": null,
    });
    match &link.state {
        State::Asking { redirect_uri, .. } => shown["redirect_uri"] = json!(redirect_uri),
        State::Failed(failure) => shown["error"] = json!({"id": failure.id, "message": failure.message}),
        State::Live { .. } => {}
    }
    shown
}

/// The session with which an app works.
pub(super) fn session(user: &User, token: &str) -> Value {
    json!({"username": user.username, "user_id": user.id, "access_token": token})
}

fn status(link: &Link) -> &'static str {
    match (link.kind, &link.state) {
        (Kind::Connection, State::Asking { .. }) => "connecting",
        (Kind::Connection, State::Live { .. }) => "connected",
        (Kind::Authorization, State::Asking { .. }) => "authorizing",
        (Kind::Authorization, State::Live { .. }) => "authorized",
        (_, State::Failed(_)) => "failed",
    }
}

/// AppLink writes microseconds.
fn at(mark: &Mark) -> String {
    mark.at.to_rfc3339_opts(SecondsFormat::Micros, true)
}
