//! The pages: HTML from templates (`templates/`), which escape whatever they show.

mod home;
mod load;

pub(crate) use home::{AccountsPage, HomePage, OrgCard};
pub(crate) use load::{ConfirmPage, FailuresPage, LoadCard, LoadsPage, failures_link};

pub(crate) use ::web::pages::{grouped, html};

use ::web::pages::{Files, STYLE, counted};
use ::web::site::{Frame, Site};

/// Address of the accounts.
pub(crate) const ACCOUNTS: &str = "/";

/// Address of the bulk loads.
pub(crate) const LOADS: &str = "/bulk-demo";

/// The pages.
pub(crate) static SITE: Site = Site {
    name: "AppLink Accounts",
    files: Files::new(&[
        ("style.css", "text/css; charset=utf-8", STYLE),
        ("live.js", "text/javascript; charset=utf-8", include_str!("../static/live.js")),
        ("icon.svg", "image/svg+xml", include_str!("../static/icon.svg")),
    ]),
    more_styles: &[],
    links: &[(ACCOUNTS, "Accounts"), (LOADS, "Bulk load")],
};
