//! Asks before something is done.

use askama::Template;
use web::site::Frame;

/// Asks before something is done. Nothing is done by a link.
#[derive(Template)]
#[template(path = "confirm.html")]
pub(crate) struct ConfirmPage {
    pub(crate) frame: Frame,
    pub(crate) asked: Asked,
}

/// A question.
pub(crate) struct Asked {
    pub(crate) title: String,
    /// What happens then.
    pub(crate) consequence: String,
    /// Where the form goes.
    pub(crate) action: String,
    /// Fields that it sends.
    pub(crate) fields: Vec<(&'static str, String)>,
    /// Asks for the length and the reason of a pause, too.
    pub(crate) pause: bool,
    pub(crate) yes: &'static str,
    pub(crate) no: &'static str,
    /// Where the other button leads.
    pub(crate) back: String,
}
