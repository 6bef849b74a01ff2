//! The login page.

use super::Frame;
use askama::Template;

/// The login form.
#[derive(Template)]
#[template(path = "login.html")]
pub(crate) struct LoginPage {
    pub(crate) frame: Frame,
    /// What was entered before.
    pub(crate) username: String,
    /// Where to go after the login.
    pub(crate) next: String,
    /// Why the last try did not succeed.
    pub(crate) problem: Option<String>,
}
