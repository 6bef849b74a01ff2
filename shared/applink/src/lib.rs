#![doc = include_str!("../README.md")]
//!
//! Heroku AppLink: who is calling this service, and tokens of users who authorized it.
//!
//! [`ClientContext`] reads the header that Salesforce sends along; [`AppLink`] asks the add-on for the session of an
//! authorized user. Both give a [`Session`](salesforce::Session). Nothing in here serves HTTP.

mod addon;
mod authorization;
mod authorizations;
pub mod callback;
mod client_context;
mod error;
mod source;
mod user;

pub use addon::{AddonConfig, AddonConfigError};
pub use authorization::{Authorization, OrgType};
pub use authorizations::{AppLink, AppLinkSettings};
pub use client_context::{ClientContext, ClientContextError, MAX_HEADER_BYTES};
pub use error::AppLinkError;
pub use source::Source;
pub use user::AuthorizedUser;
