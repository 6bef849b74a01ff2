//! The pages: HTML from templates (`templates/`), which escape whatever they show.

mod home;
mod load;

pub(crate) use home::{AccountsPage, HomePage, OrgCard};
pub(crate) use load::{ConfirmPage, FailuresPage, LoadCard, LoadsPage, failures_link};

pub(crate) use ::web::pages::{grouped, html};

use ::web::login::{Face, LoginForm, Session};
use ::web::pages::{Files, STYLE, aria_current, counted};
use actix_web::HttpResponse;
use actix_web::http::StatusCode;
use askama::Template;

/// The files that the pages load.
pub(crate) static FILES: Files = Files::new(&[
    ("style.css", "text/css; charset=utf-8", STYLE),
    ("live.js", "text/javascript; charset=utf-8", include_str!("../../static/live.js")),
    ("icon.svg", "image/svg+xml", include_str!("../../static/icon.svg")),
]);

/// Where a page belongs in the navigation.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Section {
    /// The accounts.
    Accounts,
    /// The bulk loads.
    Loads,
    /// The login page, which has no navigation.
    Login,
    /// Anything else.
    Other,
}

/// What all pages have around their content.
#[derive(Debug, Clone)]
pub(crate) struct Frame {
    csrf: String,
    user: Option<String>,
    section: Section,
    style: String,
    script: String,
    icon: String,
}

impl Frame {
    pub(crate) fn new(session: &Session, section: Section) -> Self {
        Self {
            csrf: session.csrf().to_owned(),
            user: session.user().map(str::to_owned),
            section,
            style: FILES.address("style.css"),
            script: FILES.address("live.js"),
            icon: FILES.address("icon.svg"),
        }
    }

    /// Whether there is a navigation.
    fn has_navigation(&self) -> bool {
        self.section != Section::Login
    }

    /// The value of `aria-current` of the link to the accounts.
    fn accounts_current(&self) -> &'static str {
        aria_current(self.section == Section::Accounts)
    }

    /// The value of `aria-current` of the link to the loads.
    fn loads_current(&self) -> &'static str {
        aria_current(self.section == Section::Loads)
    }
}

/// A page that says what went wrong.
#[derive(Template)]
#[template(path = "failure.html")]
struct FailurePage<'a> {
    frame: &'a Frame,
    title: &'a str,
    message: &'a str,
}

/// The login form.
#[derive(Template)]
#[template(path = "login.html")]
struct LoginPage {
    frame: Frame,
    form: LoginForm,
}

/// How the login looks here.
pub(crate) struct Pages;

impl Face for Pages {
    fn login(&self, session: &Session, status: StatusCode, form: LoginForm) -> HttpResponse {
        html(status, &LoginPage { frame: Frame::new(session, Section::Login), form })
    }

    fn failure(&self, session: &Session, status: StatusCode, title: &str, message: &str) -> HttpResponse {
        let section = if session.user().is_some() { Section::Other } else { Section::Login };
        failure(&Frame::new(session, section), status, title, message)
    }
}

/// The answer with a page that says what went wrong.
pub(crate) fn failure(frame: &Frame, status: StatusCode, title: &str, message: &str) -> HttpResponse {
    html(status, &FailurePage { frame, title, message })
}
