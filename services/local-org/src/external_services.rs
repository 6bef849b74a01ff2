//! Salesforce's side of AppLink: External Services, which read an app's API specification, call its operations in the name
//! of a user, and take the callbacks of asynchronous ones.
//!
//! [`publish`] takes a specification, [`heroku`] takes it from the Heroku CLI, [`invoke`] calls an operation, [`callback`] receives what an app posts back; what
//! they leave behind is kept in `crate::apps`.

mod callback;
mod client;
mod heroku;
mod invoke;
mod outgoing;
mod publish;
mod session;
mod validate;

use actix_web::web;

pub(crate) use self::client::http_client;
use crate::control::routes::Routes;

/// Adds the routes of the control API, below `/local`.
pub(crate) fn control(routes: &mut Routes<'_>) {
    publish::configure(routes);
    invoke::configure(routes);
}

/// Adds the route that apps post callbacks to, and those of the add-on by which the Heroku CLI publishes.
pub(crate) fn configure(config: &mut web::ServiceConfig) {
    callback::configure(config);
    heroku::configure(config);
}
